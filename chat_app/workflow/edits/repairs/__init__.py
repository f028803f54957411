"""Deterministic repairs of what models write."""
