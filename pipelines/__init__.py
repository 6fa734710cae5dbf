"""The jobs and the icp command: order, paths, progress, logging, tracking."""
