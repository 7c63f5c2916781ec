"""Alerts, and webhooks out, over the API. Each caller sees those of its own stores alone."""
