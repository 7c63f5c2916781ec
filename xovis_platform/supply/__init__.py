"""What the platform is made of, and what is known to be wrong with it: the audit of CI and the bill of materials."""
