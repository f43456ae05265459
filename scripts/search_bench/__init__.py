"""What `scripts/bench_search` is made of: tables of trained models, searches over them, and what others would use.

Nothing here is part of the package: it measures it.
"""
