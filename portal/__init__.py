"""Pages for people: overview, compare, store, alerts, data health, signs."""
