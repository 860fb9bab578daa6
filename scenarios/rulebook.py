"""The scenarios as they stand, parsed once a version, and what a plan by them is kept with."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from eventlog.log import EventLog
from scenarios.definition import Scenario, TransferScenario
from scenarios.inputs import Frame
from scenarios.parsing import parse_scenario, parse_transfer_scenario
from scenarios.places import Places

KEPT = 64  # frames


class Settings(Protocol):
    """Where the saved scenarios stand: a log's reference, now or as of a position."""

    def all(self, kind: str) -> list[Any]: ...


@dataclass(slots=True)
class Rulebook:
    """All that is active."""

    scenarios: list[Scenario] = field(default_factory=list)
    transfers: list[TransferScenario] = field(default_factory=list)
    _frames: dict[tuple[int, int, int], Frame] = field(default_factory=dict)

    @classmethod
    def of(cls, log: EventLog) -> "Rulebook":
        """As the log has them now."""
        return cls.of_view(log.reference)

    @classmethod
    def of_view(cls, view: Settings) -> "Rulebook":
        """As they stand there."""
        return cls(
            [
                parse_scenario(s.definition, s.id, s.version)
                for s in view.all("scenario")
                if s.is_active and not s.removed
            ],
            [
                parse_transfer_scenario(s.definition, s.id, s.version)
                for s in view.all("transfer_scenario")
                if s.is_active and not s.removed
            ],
        )

    def next_change(self, now: datetime) -> datetime | None:
        """When one of them begins or ends to be valid."""
        times = (at for one in self.scenarios for at in (one.valid_from, one.valid_to) if at is not None)
        return min((at for at in times if at > now), default=None)

    @property
    def by_quota(self) -> bool:
        """Whether any rule minds free slots."""
        return any(rule.locations.by_quota for scenario in self.scenarios for rule in scenario.rules)

    def frame(self, scenario: Scenario, places: Places) -> Frame:
        """Kept as long as neither changes."""
        key = (id(places), scenario.id, scenario.version)
        frame = self._frames.get(key)
        if len(self._frames) > KEPT:
            self._frames.clear()
        if frame is None or frame.places is not places.rows:
            frame = self._frames[key] = Frame(places.rows, scenario, tuple(self.transfers))
        return frame
