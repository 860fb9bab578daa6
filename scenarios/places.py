"""The locations as the planner sees them: an immutable snapshot, and what can be worked out once for all orders."""

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import cos, inf, nan, radians, sin
from typing import TYPE_CHECKING, TypeAlias

from scenarios.demand import Address

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Pieces: TypeAlias = "array[int]"
"""Of a SKU by the ordinals of the locations, four bytes each."""
MOST = 2**31 - 1  # in four bytes; services answer figures like 999999999999 for "never runs out"


EARTH_KM = 6371.0088
KEPT_DISTANCES = 128  # destinations whose distances are kept; many orders go to the same towns


@dataclass(frozen=True, slots=True)
class Place:
    """A stock location (spec 7). `type` is `store` or `warehouse`; `roles` are names of `definition.ROLES`;
    `max_quota` None: no quota; `safety_stock` pieces of each SKU are never planned; `week`: opening hours from Monday
    on (empty: always open); `cut_off` in minutes of the day; `closed`: why it is taken out for a time; `max_per_day`
    packages; `channel_limits`: packages of a channel at once; `shipping`: cost of a package, and of each kilometre."""

    id: int
    erp_code: str
    name: str = ""
    type: str = "store"
    address: Address = field(default_factory=Address)
    roles: frozenset[str] = frozenset({"packaging_centre"})
    tags: frozenset[str] = frozenset()
    priority: int = 0
    max_quota: int | None = None
    safety_stock: int = 0
    is_active: bool = True
    closed: str = ""
    timezone: str = ""
    week: tuple[tuple[tuple[int, int], ...], ...] = ()
    closed_days: tuple[str, ...] = ()
    cut_off: int | None = None
    packaging_minutes: int | None = None
    max_per_day: int | None = None
    channel_limits: tuple[tuple[str, int], ...] = ()
    shipping: tuple[float, float] | None = None


class Places:
    """All locations, each with its ordinal: its position in the stock rows. Never changed, but replaced.

    `by_code` are the ordinals in the order of the erp codes, in which every ranking ends."""

    def __init__(self, rows: Iterable[Place] = ()) -> None:
        self.rows = tuple(rows)
        self.ordinal = {place.id: i for i, place in enumerate(self.rows)}
        self.safety = [place.safety_stock for place in self.rows]
        self.has_safety = any(self.safety)
        self.has_day_limits = any(place.max_per_day is not None for place in self.rows)
        self.has_channel_limits = any(place.channel_limits for place in self.rows)
        self.passed: dict[object, tuple[int, ...]] = {}
        self._km: dict[tuple[float, float], Sequence[float]] = {}

    @cached_property
    def by_code(self) -> list[int]:
        return sorted(range(len(self.rows)), key=lambda i: self.rows[i].erp_code)

    @cached_property
    def _points(self) -> "NDArray[np.float64]":
        """Of each location on the unit sphere; not a number where it is not known."""
        import numpy as np  # only where something is planned

        unknown = (nan, nan, nan)
        points = [
            unknown if a.latitude is None or a.longitude is None else _on_sphere(a.latitude, a.longitude)
            for a in (place.address for place in self.rows)
        ]
        return np.array(points).reshape(-1, 3)

    def __len__(self) -> int:
        return len(self.rows)

    def with_place(self, place: Place) -> "Places":
        """With the location added at the end, or changed where it stands."""
        at = self.ordinal.get(place.id)
        if at is None:
            return Places((*self.rows, place))
        return Places((*self.rows[:at], place, *self.rows[at + 1 :]))

    def km(self, origin: Address) -> Sequence[float]:
        """Kilometres (great circle) from the origin to each location by ordinal; inf where one is not known."""
        if origin.latitude is None or origin.longitude is None:
            return [inf] * len(self.rows)
        key = (origin.latitude, origin.longitude)
        kept = self._km.get(key)
        if kept is None:
            if len(self._km) >= KEPT_DISTANCES:
                self._km.clear()
            kept = self._km[key] = _kilometres(self._points, _on_sphere(*key))
        return kept


def with_all(need: Sequence[int], rows: Sequence[Pieces], ranked: Sequence[int]) -> Sequence[int]:
    """Those of the ranked (ordinals) that have all of the need, of which `rows` are the stock."""
    for n, row in zip(need, rows, strict=True):
        ranked = [at for at in ranked if row[at] >= n]
        if not ranked:
            break
    return ranked


def _on_sphere(latitude: float, longitude: float) -> tuple[float, float, float]:
    """The point of the unit sphere: the straight line between two gives the great circle with one arc sine."""
    angle, turn = radians(latitude), radians(longitude)
    return cos(angle) * cos(turn), cos(angle) * sin(turn), sin(angle)


def _kilometres(points: "NDArray[np.float64]", here: tuple[float, float, float]) -> list[float]:
    """To the metre, so that the last bits of a platform's sine decide nothing; inf where a point is not known."""
    import numpy as np

    chords = np.sqrt(((points - here) ** 2).sum(axis=1))
    km = np.round(2 * EARTH_KM * np.arcsin(np.minimum(1.0, chords / 2)), 3)
    found: list[float] = np.where(np.isnan(km), inf, km).tolist()
    return found
