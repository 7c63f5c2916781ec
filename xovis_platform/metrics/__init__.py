"""What the platform measures of itself, for Prometheus: all of it is named in these two files, and told of in docs/seeing.md.

``asked`` is read from database and broker when somebody looks; ``counted`` is what processes count as they work.
"""
