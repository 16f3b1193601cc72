"""Speed of the links engine beside its peers: `python -m benchmarks.links`."""
