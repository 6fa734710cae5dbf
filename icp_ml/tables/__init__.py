"""Four typed tables, and every defect found in one pass."""
