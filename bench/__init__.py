"""How much the platform carries on this machine: ``python -m bench [NAME…]``, all of it without a name.

A benchmark is a module here whose ``run()`` yields figures as they are measured; its name stands in ``__main__.py``.
"""
