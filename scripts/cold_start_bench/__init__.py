"""What `scripts/bench_cold_start` is made of: tables of recommenders, each a function from a `plan.Plan` to its rows.

Nothing here is part of the package: it measures it.
"""
