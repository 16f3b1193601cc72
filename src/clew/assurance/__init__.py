"""Sample, score, find, plan, and prove that a change operates today."""
