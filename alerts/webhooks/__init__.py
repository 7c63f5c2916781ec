"""Webhooks out, as the Standard Webhooks specification has them: signed, retried for a day, listed and replayable.

What is to be told is written by ``alerts.outbox`` in the transaction of what happened; from there on it's this room's.
"""
