"""What two events have in common, and how rare it is: the families, and the compiled arithmetic behind them.

`people`, `reference`, `circumstances`, `narrative` and `families` (place, time, profile) are the families; `background`
is what is usual in this force's records. `pairs` scores many pairs at once by `kernel`, which reads `columns` and is
compiled by `compiled`; so are `tiles`, which finds the pairs that are worth it, and `together`, which finds incidents.
"""
