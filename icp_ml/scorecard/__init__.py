"""Integer points and tiers over active rules."""
