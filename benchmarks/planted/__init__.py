"""Series planted into the demonstration's background, and who would have raised them.

    python -m benchmarks.planted [--json] [--series 40] [--ablate] [--narrative] [--seed 1]

`series` plants them, `baselines` are three things a desk could do instead, `measure` counts who is raised within a
budget. What is planted is made up by us: the figures say which kinds of series the engine can see, and compare it with
the baselines on the same events. They are no forecast for a force. A demonstration with hindsight, not a validation.
"""
