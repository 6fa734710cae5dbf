"""A person's decisions on a release's rules: read, judged by the standard of the data's own rules, applied."""
