"""Ids of things that nobody numbers: places, products and customers, known here by their names alone (spec 7)."""

from functools import lru_cache
from hashlib import sha256

BYTES = 6
"""48 bits: exact in every JSON reader; that two of 100,000 names share one happens in one installation of 50,000."""


@lru_cache(maxsize=65_536)
def named_id(kind: str, *names: str) -> int:
    """The same for the same names, in every process and whenever the read models are built anew; never 0."""
    said = "\0".join((kind, *names)).encode("utf-8", "surrogatepass")
    return int.from_bytes(sha256(said).digest()[:BYTES], "big") or 1


def place_id(kind: str, *path: str | None) -> int | None:
    """Of a country, city, township or district by its path of names from the country down, its own last; None for a
    place without a name. A city of the same name in another country is another."""
    return named_id(kind, *(name or "" for name in path)) if path[-1] else None
