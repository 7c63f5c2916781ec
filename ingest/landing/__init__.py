"""Landing: webhooks are authenticated, capped, made durable and answered. What they mean is digested later.

A small ASGI application of its own, beside Django's request cycle: posts in flight share one INSERT and one commit.
"""
