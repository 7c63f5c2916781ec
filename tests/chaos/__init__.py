"""Chaos: the whole stack with a fleet that misbehaves, while its processes are killed; then what should be there is.

``python -m tests.chaos [--seconds N] [--seed N] [--stores N]``. The seed says which faults and kills come in which order.
"""
