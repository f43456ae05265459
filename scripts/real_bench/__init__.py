"""What `scripts/bench_real_search` is made of: searches that train, each a function of `systems.SYSTEMS`.

Nothing here is part of the package: it measures it.
"""
