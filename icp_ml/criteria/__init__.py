"""Criteria and exclusions with evidence valid for the whole search."""
