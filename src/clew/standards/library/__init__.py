"""Standards shipped with Clew, and the JSON Schema of the language."""
