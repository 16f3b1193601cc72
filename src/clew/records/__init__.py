"""The tables, their meaning, reading, and what was known at T."""
