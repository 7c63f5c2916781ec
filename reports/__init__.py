"""From facts to figures: definitions, rollups, queries, and the report and live API."""
