"""What one ERP took in, per endpoint and object, and what was wrong with the order it came in.

Each event names its `previous`: the event before it that this endpoint got for the same object. So the events of an
object are a chain, and the chain alone says which object an event belongs to:

* `previous` is the newest event of a chain: it follows.
* none: a new chain begins.
* an older event of a chain: out of order, something newer came before it.
* an event that never came: a gap.
* besides, a `sequence` (the object's version) below that of the newest event of its chain is out of order. Equal ones
  are right: messages of one change share it.
* an event that came before is a repeat, allowed since delivery is at least once. It is *late* when newer events of its
  chain came in between, and *changed* when its body is not the same to the byte.
"""

import threading
from collections import Counter
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Chain:
    """The events of one object at one endpoint, as they came."""

    object: str
    newest: str = ""
    sequence: int = -1
    events: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class Endpoint:
    chains: list[Chain] = field(default_factory=list)
    # uuid → (its chain, digest of its body)
    taken: dict[str, tuple[Chain, str]] = field(default_factory=dict)


class Ledger:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self._endpoints: dict[str, Endpoint] = {}
        self._counts: Counter[str] = Counter()
        self._by_type: Counter[str] = Counter()
        self.problems: list[dict[str, Any]] = []

    def take(self, row: dict[str, Any]) -> None:
        """`row`: {endpoint, object, type, uuid, sequence, previous, position, digest}; the caller holds the lock."""
        endpoint = self._endpoints.setdefault(row["endpoint"], Endpoint())
        self._counts["received"] += 1
        if row["uuid"] in endpoint.taken:
            self._repeat(row, *endpoint.taken[row["uuid"]])
            return
        self._counts["distinct"] += 1
        self._by_type[row["type"]] += 1
        chain = self._chain(endpoint, row)
        if row["sequence"] < chain.sequence:
            self._problem("out_of_order", row, f"sequence {row['sequence']} after {chain.sequence}")
        chain.newest, chain.sequence = row["uuid"], max(chain.sequence, row["sequence"])
        chain.events.append({name: row[name] for name in ("uuid", "type", "sequence", "previous", "position")})
        endpoint.taken[row["uuid"]] = (chain, row["digest"])

    def _repeat(self, row: dict[str, Any], chain: Chain, digest: str) -> None:
        self._counts["repeats"] += 1
        if row["uuid"] != chain.newest:
            self._problem("late_repeats", row, f"sent again after {chain.newest}")
        if row["digest"] != digest:
            self._problem("changed_repeats", row, "the same uuid with another body")

    def _chain(self, endpoint: Endpoint, row: dict[str, Any]) -> Chain:
        previous = row["previous"]
        if previous in endpoint.taken:
            chain = endpoint.taken[previous][0]
            if chain.newest != previous:
                self._problem("out_of_order", row, f"follows {previous}, but {chain.newest} came before it")
            return chain
        if previous is not None:
            self._problem("gaps", row, f"follows {previous}, which never came")
        chain = Chain(row["object"])
        endpoint.chains.append(chain)
        return chain

    def _problem(self, kind: str, row: dict[str, Any], sentence: str) -> None:
        self._counts[kind] += 1
        said = {"kind": kind, "endpoint": row["endpoint"], "object": row["object"], "uuid": row["uuid"]}
        if len(self.problems) < 1000:  # enough to find the cause; the counts go on
            self.problems.append(said | {"type": row["type"], "sentence": sentence})

    def report(self) -> dict[str, Any]:
        names = ("received", "distinct", "repeats", "late_repeats", "changed_repeats", "out_of_order", "gaps")
        with self.lock:
            counts: dict[str, Any] = {name: self._counts[name] for name in names}
            counts["objects"] = sum(len(endpoint.chains) for endpoint in self._endpoints.values())
            counts["by_type"] = dict(sorted(self._by_type.items()))
            return counts

    def objects(self, endpoint: str | None, name: str | None) -> list[dict[str, Any]]:
        """[{endpoint, object, events: [{uuid, type, sequence, previous, position}]}], as they came."""
        with self.lock:
            return [
                {"endpoint": at, "object": chain.object, "events": list(chain.events)}
                for at, kept in self._endpoints.items()
                for chain in kept.chains
                if endpoint in (None, at) and name in (None, chain.object)
            ]
