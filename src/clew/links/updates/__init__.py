"""Links kept up to date event by event, between two full runs (decision 75).

`incremental` is the state and its updates; `frozen` is what is held fixed meanwhile; `facts` and `postings` are how it
is held.
"""
