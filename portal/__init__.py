"""Pages for people: what goes on in the stores, now and over time."""
