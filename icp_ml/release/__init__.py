"""The release folder, criteria.json, scoring and explaining."""
