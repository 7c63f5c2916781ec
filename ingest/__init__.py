"""From the wire to facts: polling controllers, landing webhooks, and writing what they said."""
