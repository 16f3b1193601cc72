"""A made-up force with a public case woven in, for trying Clew out."""
