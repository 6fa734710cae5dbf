"""Draft a company's config from nothing but its tables: every guess with its reason, nothing decided for good."""
