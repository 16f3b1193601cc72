"""Chance links expected over found: Clew's null beside nulls that assume independence, in one run."""
