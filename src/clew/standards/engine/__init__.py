"""The vector kernel: facts laid out as arrays, and every duty of a rule decided at once."""
