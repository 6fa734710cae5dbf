"""Recording discoveries in MLflow, and reading a recorded model back."""
