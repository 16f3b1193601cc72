"""An append-only log outsiders can check."""
