"""icp-ml: the ideal customer profile that a CRM history supports, with a stated error rate."""
