"""What acts on controllers, and what they have sent: ``test``, ``discover``, ``poll``, ``backfill``, and the events."""
