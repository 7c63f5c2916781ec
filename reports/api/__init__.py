"""The report and live API: parameters in, figures out."""
