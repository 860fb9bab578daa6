"""`list_counts`: how many rows each list has, by location and state: `count` is exact without counting (spec 3.1)."""

import msgspec

from projections.model import Table


class CountRow(msgspec.Struct):
    """`location` 0 and `state` "" where a list is not told apart by them."""

    list: str
    location: int
    state: str
    n: int


LIST_COUNTS = Table(
    "list_counts",
    CountRow,
    key=("list", "location", "state"),
    # What has come down to 0 is found at once and removed.
    indexes=("(list) where n = 0",),
    settings="fillfactor = 50",
)
