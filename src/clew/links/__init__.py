"""Links between events, each with evidence and a stated chance rate."""
