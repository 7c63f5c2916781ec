"""The way in: what landing, writing and polling carry, each beside what the machine itself can do in the same run."""
