"""Test vectors of the cores: directed cases first, then seeded random ones."""
