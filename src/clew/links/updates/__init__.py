"""Links kept up to date event by event, between two full runs (decision 75).

`incremental` is the state and its updates; `frozen` is what is held fixed meanwhile, `rates` how often links as strong
are seen and made by chance; `facts`, `postings` and `room` are how events are held; `saved` is the state as a file.
"""
