"""The morning list, and the replay of past mornings."""
