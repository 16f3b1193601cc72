"""The naive interpreter: one case and one rule at a time, in plain Python. What the kernel is tested against."""
