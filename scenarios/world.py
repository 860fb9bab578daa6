"""The world the planner looks at: locations, available stock, quota. Kept in memory; `plan` never changes it.

A million stock rows must fit (design/performance.md: 60 bytes a row), so a SKU is one array over the ordinals of
the locations, four bytes each, and only what is reserved is told apart.
"""

from array import array
from collections.abc import Iterable
from decimal import Decimal
from math import floor

from scenarios.places import MOST, Pieces, Place, Places
from scenarios.tallies import Tallies


class Row:
    """One SKU: `free` = known − reserved by ordinal (may be short: what is beyond it is 0), `reserved` where any;
    `below`: somewhere more may be reserved than is known."""

    __slots__ = ("below", "free", "reserved")

    def __init__(self, free: Pieces, reserved: dict[int, int] | None = None, below: bool = False) -> None:
        self.free, self.reserved, self.below = free, reserved, below

    def copy(self) -> "Row":
        return Row(self.free[:], dict(self.reserved) if self.reserved else None, self.below)

    def add(self, ordinal: int, n: int) -> None:
        """To what is free, within four bytes."""
        if ordinal >= len(self.free):
            self.free.extend([0] * (ordinal + 1 - len(self.free)))
        now = self.free[ordinal] = max(-MOST, min(MOST, self.free[ordinal] + n))
        self.below = self.below or now < 0

    def hold(self, ordinal: int, n: int) -> None:
        reserved = self.reserved = self.reserved or {}
        total = reserved.get(ordinal, 0) + n
        if total:
            reserved[ordinal] = total
        else:
            reserved.pop(ordinal, None)


class World:
    """Locations, stock and quota as of a position of the log, changed by the one who follows it."""

    def __init__(self, places: Iterable[Place] = ()) -> None:
        self.places = Places(places)
        self.quota = [0] * len(self.places)
        self._rows: dict[str, Row] = {}
        self.tallies = Tallies()

    # what the planner asks

    def born(self, ordinal: int, day: str) -> int:
        """Packages given to the location on that day (its own date, in ISO form)."""
        return self.tallies.born(self.places.rows[ordinal].id, day)

    def of_channel(self, ordinal: int, channel: str) -> int:
        """Packages of the channel (slug) that hold a quota slot there."""
        return self.tallies.of_channel(self.places.rows[ordinal].id, channel)

    def available(self, sku: str) -> Pieces:
        """Pieces that may be planned, by ordinal: known − reserved − safety stock, at least 0. A new array."""
        row = self._read(sku)
        if row is None:
            found = array("i")
        elif self.places.has_safety:
            found = array("i", [n - s if n > s else 0 for n, s in zip(row.free, self.places.safety, strict=False)])
        elif row.below:
            found = array("i", [n if n > 0 else 0 for n in row.free])
        else:
            found = row.free[:]
        missing = len(self.places.rows) - len(found)
        if missing:
            found.frombytes(bytes(found.itemsize * missing))
        return found

    def apart(self, sku: str) -> tuple[dict[int, int], dict[int, int]]:
        """What `available` does not tell, by ordinal: the pieces that are reserved; and what is free where none of it
        may be planned, for it is no more than the safety stock, or less than nothing."""
        row = self._read(sku)
        if row is None:
            return {}, {}
        reserved, free = row.reserved or {}, row.free
        if self.places.has_safety:
            return reserved, {
                at: n for at, (n, s) in enumerate(zip(free, self.places.safety, strict=False)) if n <= s and n
            }
        if row.below:
            return reserved, {at: n for at, n in enumerate(free) if n < 0}
        return reserved, {}

    def has_any(self, sku: str, ordinals: Iterable[int]) -> bool:
        """Whether there may be a piece of it at one of these locations."""
        row = self._read(sku)
        return row is not None and any(at < len(row.free) and row.free[at] > 0 for at in ordinals)

    def reserved(self, location: int, sku: str) -> int:
        row = self._read(sku)
        return (row.reserved or {}).get(self.places.ordinal[location], 0) if row else 0

    # what the follower of the log says; a location by its id, KeyError where it was never put

    def put_place(self, place: Place) -> None:
        """A location that is new or has changed; its quota and stock stay."""
        self.places = self.places.with_place(place)
        self.quota.extend([0] * (len(self.places) - len(self.quota)))

    def set_known(self, location: int, sku: str, n: int | Decimal) -> None:
        """The known stock is n (a fraction of a piece cannot be sold); what is reserved stays reserved."""
        at, row = self.places.ordinal[location], self._write(sku)
        known = max(-MOST, min(MOST, floor(n)))
        now = row.free[at] if at < len(row.free) else 0
        row.add(at, known - (row.reserved or {}).get(at, 0) - now)

    def reserve(self, location: int, sku: str, n: int) -> None:
        """n pieces are reserved (+) or released (−)."""
        at, row = self.places.ordinal[location], self._write(sku)
        row.add(at, -n)
        row.hold(at, n)

    def move(self, location: int, sku: str, n: int) -> None:
        """n pieces arrive (+) or leave (−)."""
        self._write(sku).add(self.places.ordinal[location], n)

    def slots(self, location: int, n: int) -> None:
        """n quota slots are taken (+) or freed (−)."""
        self.quota[self.places.ordinal[location]] += n

    def _read(self, sku: str) -> Row | None:
        return self._rows.get(sku)

    def _write(self, sku: str) -> Row:
        row = self._rows.get(sku)
        if row is None:
            row = self._rows[sku] = Row(array("i"))
        return row


class Overlay(World):
    """A world to try things in: shows another one, and keeps to itself what is changed here.

    The world below must not change while it is in use: orders of one batch, or one order with a fresh answer."""

    def __init__(self, below: World) -> None:
        self.places, self.quota, self._rows = below.places, below.quota[:], {}
        self.tallies = below.tallies.copy()
        self._below = below

    def _read(self, sku: str) -> Row | None:
        return self._rows.get(sku) or self._below._read(sku)

    def _write(self, sku: str) -> Row:
        row = self._rows.get(sku)
        if row is None:
            shown = self._below._read(sku)
            row = self._rows[sku] = shown.copy() if shown else Row(array("i"))
        return row
