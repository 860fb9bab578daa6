"""What a plan was made from, kept so that it can be explained and made again (spec 2.6).

In two parts, because the greater one is the same for thousands of orders: the *frame* (locations, scenario version,
transfer scenarios), kept once under its digest, and the *case* of one order (its lines, the available stock of its
SKUs, the quotas). Both are canonical JSON, compressed; the digest is over what is uncompressed.
"""

import zlib
from array import array
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256

import msgspec

from scenarios.definition import Scenario, TransferScenario
from scenarios.demand import Demand
from scenarios.hours import day_of
from scenarios.places import Pieces, Place, Places
from scenarios.world import World

LEVEL = 2  # measured on real orders, 60 locations: 52 µs for 1,648 bytes; level 6 takes 174 µs for 1,487


@dataclass(frozen=True)
class Frame:
    """The locations in the order of their ordinals, and the scenarios that plan."""

    places: tuple[Place, ...]
    scenario: Scenario
    transfer_scenarios: tuple[TransferScenario, ...] = ()

    @cached_property
    def raw(self) -> bytes:
        return msgspec.json.encode(
            {"places": self.places, "scenario": self.scenario, "transfer_scenarios": self.transfer_scenarios},
            order="deterministic",
        )

    @cached_property
    def seen(self) -> Places:
        """The locations as a plan asks them."""
        return Places(self.places)

    @cached_property
    def digest(self) -> str:
        return sha256(self.raw).hexdigest()

    @cached_property
    def packed(self) -> bytes:
        """What is kept under the digest."""
        return zlib.compress(self.raw, LEVEL)


@dataclass(frozen=True, slots=True)
class Case:
    """`stock`: by SKU the available pieces by ordinal; `quota`: slots held by ordinal;
    `asked_at`: when the stock was answered, as the caller says it (told in explanations, never looked at); `born`:
    packages of the day by ordinal, `of_channel` those of the order's channel, where a location has such a limit.
    `reserved` and `left`: by SKU what of the stock was reserved, and what was free where nothing was available, as
    (ordinal, pieces) of World.apart; told in explanations, None where an older planner kept the case."""

    frame: str
    demand: Demand
    stock: dict[str, list[int]]
    quota: list[int]
    asked_at: str | None = None
    born: list[int] = field(default_factory=list)
    of_channel: list[int] = field(default_factory=list)
    reserved: dict[str, list[tuple[int, int]]] | None = None
    left: dict[str, list[tuple[int, int]]] | None = None


@dataclass(frozen=True, slots=True)
class Inputs:
    """`digest`: sha256 of the case, which names its frame; `packed`: what is kept of this order."""

    frame: Frame
    case: Case
    digest: str
    packed: bytes

    def view(self) -> "Kept":
        """The part of the world the plan saw, to be read only; `world` builds one that can be changed."""
        return Kept(self.frame.seen, self.case.quota, self.case)

    def world(self) -> World:
        """The part of the world the plan saw."""
        world = World(self.frame.places)
        for ordinal, held in enumerate(self.case.quota):
            world.slots(self.frame.places[ordinal].id, held)
        for sku, rows in self.case.stock.items():
            for ordinal, available in enumerate(rows):
                place = self.frame.places[ordinal]
                world.set_known(place.id, sku, available + place.safety_stock)
        demand = self.case.demand
        for ordinal, n in enumerate(self.case.of_channel):
            world.tallies.hold(self.frame.places[ordinal].id, demand.channel, n)
        for ordinal, n in enumerate(self.case.born):
            if n and demand.at is not None:
                place = self.frame.places[ordinal]
                world.tallies.count(place.id, day_of(place, demand.at), n)
        return world


@dataclass(slots=True)
class Kept:
    """A case as a plan looks at it: of its own demand, at the demand's time. Never changed."""

    places: Places
    quota: list[int]
    case: Case

    def available(self, sku: str) -> Pieces:
        return array("i", self.case.stock.get(sku) or bytes(array("i").itemsize * len(self.places)))

    def born(self, ordinal: int, _day: str) -> int:
        return self.case.born[ordinal] if self.case.born else 0

    def of_channel(self, ordinal: int, _channel: str) -> int:
        return self.case.of_channel[ordinal] if self.case.of_channel else 0


def keep(demand: Demand, world: World, frame: Frame, asked_at: str | None = None) -> Inputs:
    """The inputs of the plan of this demand in this world, as they are now. The frame's places are the world's."""
    if frame.places is not world.places.rows:
        raise ValueError("the frame is of other locations than the world")
    skus = sorted({line.sku for line in demand.lines})
    stock = {sku: world.available(sku).tolist() for sku in skus}
    apart = {sku: world.apart(sku) for sku in skus}
    places, everywhere = world.places, range(len(world.places))
    case = Case(
        frame=frame.digest,
        demand=demand,
        stock=stock,
        quota=list(world.quota),
        asked_at=asked_at,
        born=[world.born(i, day_of(places.rows[i], demand.at)) for i in everywhere]
        if places.has_day_limits and demand.at is not None
        else [],
        of_channel=[world.of_channel(i, demand.channel) for i in everywhere] if places.has_channel_limits else [],
        reserved={sku: sorted(reserved.items()) for sku, (reserved, _) in apart.items() if reserved},
        left={sku: sorted(left.items()) for sku, (_, left) in apart.items() if left},
    )
    raw = msgspec.json.encode(case, order="deterministic")
    return Inputs(frame, case, sha256(raw).hexdigest(), zlib.compress(raw, LEVEL))


def unpack(packed_case: bytes, packed_frame: bytes) -> Inputs:
    """The inputs from what was kept; ValueError where the two do not belong together. What an older planner kept is
    read, too: what it did not know of is as if it were not set."""
    raw, raw_frame = zlib.decompress(packed_case), zlib.decompress(packed_frame)
    case = msgspec.json.decode(raw, type=Case)
    frame = _frame(raw_frame)
    if case.frame != sha256(raw_frame).hexdigest():
        raise ValueError("the case belongs to another frame")
    return Inputs(frame, case, sha256(raw).hexdigest(), packed_case)


def frame_of(packed_case: bytes) -> str:
    """The digest under which the case's frame is kept."""
    return msgspec.json.decode(zlib.decompress(packed_case), type=Case).frame


class _Frame(msgspec.Struct):
    places: tuple[Place, ...]
    scenario: Scenario
    transfer_scenarios: tuple[TransferScenario, ...]


def _frame(raw: bytes) -> Frame:
    read = msgspec.json.decode(raw, type=_Frame)
    return Frame(read.places, read.scenario, read.transfer_scenarios)
