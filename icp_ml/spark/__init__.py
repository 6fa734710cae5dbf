"""Spark, for accounts and cohorts that one machine's memory does not hold: an extra, ``icp-ml[spark]``.

Rules are scored by the SELECT of :mod:`icp_ml.exports`, models by the same code as everywhere, in Spark's own workers.
"""
