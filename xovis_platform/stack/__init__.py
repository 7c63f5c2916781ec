"""The embedded stack: PostgreSQL, a broker, web, workers, beat and (for a demo) the fleet, under one supervisor.

Started by ``python -m xovis_platform.stack run|demo``. Nothing in here imports Django: it must run before a database is
there, and the settings read its state.
"""
