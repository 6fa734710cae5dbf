"""A company's config: schema, loading, presets."""
