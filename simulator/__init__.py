"""A fleet of XCS controllers over HTTP with a known truth, and faults on demand.

Knows nothing of the platform, so that it can't share a mistake with it. ``python -m simulator serve`` runs it.
"""
