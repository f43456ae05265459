"""What `scripts/bench_training` is made of: LightGCN as several projects train it, on the same prepared data.

Nothing here is part of the package: it measures it.
"""
