"""Rigs: a whole setup in one YAML file, which holds no code."""
