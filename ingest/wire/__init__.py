"""One GET to any controller, and its JSON: guarded sockets, limits, one tree of errors, and decoding row by row.

The rooms of the protocols (``xcs``, ``xovis``) stand on it; it knows neither.
"""
