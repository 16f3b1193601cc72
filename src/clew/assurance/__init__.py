"""Sample, score, find, plan, and prove that a change operates today.

`sampling` draws what nobody could steer; `scoring` has it read blind; `evaluation` says what it shows; `plan` tracks
what was promised; `control` says whether it operates; `equality` whether everyone is served alike. The arithmetic is in
`clew.statistics`. Each part is pure: clocks, randomness and the ledger's records are handed in.
"""
