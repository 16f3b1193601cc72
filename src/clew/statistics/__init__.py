"""Pure statistics over numbers: bounds, plans, priors, agreement, charts, funnels, surveys, two-way tables.

Each module is one subject with its sources; none reads a file, a clock or a random number.
"""
