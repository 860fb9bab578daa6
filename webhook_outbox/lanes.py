"""What of an endpoint's queue is in memory: lanes with their next deliveries. No I/O; one thread only.

Deliveries are read by id. A lane whose delivery failed, or that has many, lets go of its rows and is `behind`: what is
read by id passes it over, and when its time comes its rows are read by lane. So memory is bounded, and one that waits
fills no room that others need.
"""

import heapq
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

WINDOW = 200
"""Deliveries of one endpoint in memory, about."""
PER_LANE = 20
LANES_AT_ONCE = 20
"""How many lanes are read by lane together: after a long failure very many are due at the same time."""


@dataclass(frozen=True, slots=True)
class Queued:
    """A delivery as it was read; `key` and `content`: its payload as it lies in the table."""

    id: int
    endpoint: int
    lane: str
    uuid: UUID
    previous: UUID | None
    event_type: str
    sequence: int
    position: int
    at: datetime
    tries: int
    key: str | None
    content: bytes


@dataclass(slots=True, eq=False)
class Lane:
    name: str
    rows: deque[Queued] = field(default_factory=deque)
    busy: bool = False
    behind: bool = False
    due: float = 0.0  # Unix time before which nothing is sent


class Lanes:
    """The lanes of one endpoint. `cursor`: the highest id read so far; `size`: deliveries in memory, without those
    under way."""

    def __init__(self) -> None:
        self.cursor = 0
        self.size = 0
        self._lanes: dict[str, Lane] = {}
        self._ready: deque[Lane] = deque()
        self._later: list[tuple[float, str]] = []
        self._order: str | None = None

    def block(self, name: str, due: float) -> None:
        """A lane whose next delivery is not to be tried before `due`; it has none waiting in `take`."""
        lane = self._lanes.setdefault(name, Lane(name))
        self.size -= len(lane.rows)
        lane.rows.clear()
        lane.behind, lane.due = True, due
        heapq.heappush(self._later, (due, name))

    def add(self, rows: Iterable[Queued]) -> bool:
        """Deliveries with ids above the cursor, by id; whether all were taken. Where `order_mode` was changed, what was
        queued since waits for what was queued before, which it would overtake; but for what has no order."""
        for row in rows:
            order = _order(row.lane)
            if order is not None and order != self._order:
                if self._order is not None and any(_order(name) == self._order for name in self._lanes):
                    return False
                self._order = order
            self.cursor = row.id
            lane = self._lanes.setdefault(row.lane, Lane(row.lane))
            if lane.behind:
                continue
            if len(lane.rows) >= PER_LANE:
                lane.behind = True
                continue
            self._append(lane, row)
        return True

    @property
    def ready(self) -> bool:
        """Whether `take` gives one."""
        return bool(self._ready)

    def due(self, now: float) -> set[str]:
        """Names of lanes whose rows must be read by lane now (`refill`), a few at a time."""
        found: set[str] = set()
        while self._later and self._later[0][0] <= now and len(found) < LANES_AT_ONCE:
            due, name = heapq.heappop(self._later)
            lane = self._lanes.get(name)
            if lane is not None and lane.behind and lane.due == due and not lane.busy and not lane.rows:
                found.add(name)
        return found

    def next_due(self) -> float | None:
        return self._later[0][0] if self._later else None

    def refill(self, name: str, rows: list[Queued], limit: int) -> None:
        """The lane's next pending deliveries with ids up to the cursor, by id, at most `limit` were asked for."""
        lane = self._lanes[name]
        lane.behind, lane.due = len(rows) == limit, 0.0
        for row in rows:
            self._append(lane, row)
        self._tidy(lane)

    def take(self) -> Queued | None:
        """The next delivery of a lane that has none under way; the lane is busy until `done`, `block` or `leave`."""
        if not self._ready:
            return None
        lane = self._ready.popleft()
        lane.busy = True
        self.size -= 1
        return lane.rows.popleft()

    def done(self, name: str) -> None:
        """What was under way in the lane is settled: the next one may go."""
        lane = self._lanes[name]
        lane.busy = False
        if lane.rows:
            self._ready.append(lane)
        elif lane.behind:
            heapq.heappush(self._later, (lane.due, name))
        else:
            self._tidy(lane)

    def failed(self, name: str, due: float) -> None:
        """What was under way is to be tried again at `due`."""
        self._lanes[name].busy = False
        self.block(name, due)

    def _append(self, lane: Lane, row: Queued) -> None:
        lane.rows.append(row)
        self.size += 1
        if len(lane.rows) == 1 and not lane.busy:
            self._ready.append(lane)

    def _tidy(self, lane: Lane) -> None:
        if not lane.rows and not lane.busy and not lane.behind:
            self._lanes.pop(lane.name, None)


def _order(lane: str) -> str | None:
    """In what order a lane's deliveries were queued (matching.lane_of); None: in none."""
    if lane.startswith("#"):
        return None
    return "entity" if lane else "endpoint"
