"""Reports held to the truth: a seeded chain, taken in as facts, and every cell of every report computed by brute force."""
