"""One experiment seed, a named independent stream for every use."""

from __future__ import annotations

import hashlib


def derive_seed(seed: int, *names: str | int) -> int:
    """A seed in 0..2**63-1 for the stream `names`, independent of every other stream's.

    The same on every machine and Python: a hash of the names, not `hash()`.
    """
    text = "/".join([str(seed), *map(str, names)])
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest()) >> 1
