"""Pure statistics over numbers: each module is one subject with its sources; none reads a file or a clock.

Samples and rates: `bounds`, `intervals`, `planning`, `priors`, `sequential`, `monetary`, `totals`, `strata`, `survey`.
Reviewers and tables: `agreement`, `contingency`. Charts over time: `control_chart`, `cusum` (a risk a case),
`rate_cusum` (counts against expectations), `sprt`. Units side by side: `funnel` (proportions), `ratio_funnel`
(observed over expected), `random_rate` (counts whose rate differs from unit to unit). Clusters in space and time:
`knox` (pairs), `scan` and `scan_chance` (circles and windows). Randomness, where there is any, is handed in.
"""
