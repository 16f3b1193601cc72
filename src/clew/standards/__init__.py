"""Dated, sourced standards tested on every case as known at T."""
