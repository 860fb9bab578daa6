"""What limits beside the quota count: packages of a location by day, and by channel (spec 2.5).

They are no guard rows: the planner counts them from the log's facts, and keeps them with its checkpoint. That a daily
maximum holds among several planners, a claim sees to (`day_claims` in scenarios/recording.py)."""

from typing import TYPE_CHECKING, Any

from domain.kernel import Reference
from domain.order import Order
from domain.package import PackageCreated
from domain.states import SLOT, UNPLANNED
from eventlog.recorded import Recorded
from scenarios.hours import day_of

if TYPE_CHECKING:  # a world holds tallies
    from scenarios.world import World


class Tallies:
    """By location (id): the last day with its count, and packages in a slot by channel (slug)."""

    __slots__ = ("_channels", "_days")

    def __init__(self) -> None:
        self._days: dict[int, tuple[str, int]] = {}
        self._channels: dict[tuple[int, str], int] = {}

    def copy(self) -> "Tallies":
        made = Tallies()
        made._days, made._channels = dict(self._days), dict(self._channels)
        return made

    def born(self, location: int, day: str) -> int:
        kept = self._days.get(location)
        return kept[1] if kept is not None and kept[0] == day else 0

    def of_channel(self, location: int, channel: str) -> int:
        return max(0, self._channels.get((location, channel), 0))

    def count(self, location: int, day: str, n: int = 1) -> None:
        """n packages more on that day; a later day begins anew, an earlier one is over."""
        kept = self._days.get(location)
        if kept is None or kept[0] < day:
            self._days[location] = (day, n)
        elif kept[0] == day:
            self._days[location] = (day, kept[1] + n)

    def hold(self, location: int, channel: str, n: int) -> None:
        """n packages of the channel take (+) or free (-) a slot there."""
        key = (location, channel)
        total = self._channels.get(key, 0) + n
        if total:
            self._channels[key] = total
        else:
            self._channels.pop(key, None)

    def as_json(self) -> dict[str, Any]:
        return {
            "days": [[location, day, n] for location, (day, n) in sorted(self._days.items())],
            "channels": [[location, channel, n] for (location, channel), n in sorted(self._channels.items())],
        }

    @classmethod
    def of(cls, said: dict[str, Any]) -> "Tallies":
        made = cls()
        made._days = {location: (day, n) for location, day, n in said.get("days", ())}
        made._channels = {(location, channel): n for location, channel, n in said.get("channels", ())}
        return made


def tally(world: "World", reference: Reference, before: Order | None, event: Recorded, after: Order) -> None:
    """What an event of an order does to the world's tallies. They are not in the guard tables."""
    fact, tallies = event.fact, world.tallies
    id = getattr(fact, "package", None)
    if id is None:
        return
    was = before.packages.get(id) if before is not None else None
    now = after.packages.get(id)
    channel = reference.one("channel", after.channel)
    slug = channel.slug if channel else ""
    if was is not None and was.state in SLOT:
        tallies.hold(was.location, slug, -1)
    if now is not None and now.state in SLOT:
        tallies.hold(now.location, slug, 1)
    if isinstance(fact, PackageCreated) and fact.state not in UNPLANNED:
        at = world.places.ordinal.get(fact.location)
        if at is not None:
            tallies.count(fact.location, day_of(world.places.rows[at], event.at))
