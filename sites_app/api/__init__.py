"""What every resource of the API has in common, and the registry's own resources.

An endpoint is an ``endpoint.Endpoint``: it refuses parameters that it doesn't know, tags its answers, and its errors are
problems. Lists come in ``pages``; what is made by a POST is made ``idempotency.idempotent``.
"""
