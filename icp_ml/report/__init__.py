"""Summary, terminal, HTML report and memo."""
