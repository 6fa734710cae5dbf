"""Releases side by side: what changed, why, whom it concerns, and which of them earns more on later accounts."""
