"""Attributes as model input, and the hunt for leaks."""
