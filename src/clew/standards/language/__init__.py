"""The language standards are written in: YAML read into typed form, with errors that say line, fault and mend."""
