"""The live stream: each change of an occupancy or a queue, sent to whoever listens and may see it.

A small ASGI application of its own, beside Django's request cycle. In each process one feed asks the database what has
changed, once for all listeners; a listener costs a queue in memory.
"""
