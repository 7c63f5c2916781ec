"""The panels of a store's page: one file a kind of picture, each from a basis to what a template shows."""
