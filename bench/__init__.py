"""Ratio benchmarks: two ways of one work, side by side in one run."""
