"""What needs attention, and telling the outside about it."""
