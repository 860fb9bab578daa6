"""Which webhooks an event causes (spec 4.2): the named ones of its fact, then those of the states that changed."""

from dataclasses import dataclass
from typing import Any

from domain.kernel import FACTS, info
from domain.order import Order
from domain.states import OrderStatus, PackageStatus, TransferStatus


@dataclass(frozen=True, slots=True)
class Message:
    """`event` about the object `kind` `id`; the payload is that object as it was right after the event."""

    event: str
    kind: str
    id: int


def catalogue() -> dict[str, str]:
    """Every event name there is, with a sentence."""
    named = {name: info(f).sentence for f in FACTS.values() for name in info(f).webhooks}
    states = {f"package.status.{s.name}": f"A package became {s.name} ({s.value})." for s in PackageStatus}
    moves = {f"transfer.status.{s.name}": f"A transfer became {s.name}." for s in TransferStatus}
    return {
        **named,
        **states,
        "package.status.transitioned": "A package changed its state.",
        "transfer.status.created": "A transfer was asked of its source.",
        **moves,
        "transfer.status.transitioned": "A transfer changed its state.",
        "order.cancelled": "An order was cancelled as a whole.",
        "webhook.endpoint.disabled": "An endpoint was switched off, or fails and is tried one at a time.",
    }


_KIND = {"stock_location": "location"}
"""Where an event name begins with another word than the kind of its object."""


def messages(before: Any, fact: object, after: Any) -> list[Message]:
    """In the order in which they are sent; `before` and `after` are the states of the stream. A birth sends only its
    own name."""
    about = info(fact)
    out = []
    for name in about.webhooks:
        prefix = name.split(".")[0]
        kind = _KIND.get(prefix, prefix)
        out.append(Message(name, kind, getattr(fact, kind)))
    if before is None or not isinstance(after, Order):
        return out
    for kind, things in (("package", "packages"), ("transfer", "transfers")):
        id = getattr(fact, kind, None)
        if id is None or kind not in (about.on, *about.also):
            continue
        old, new = getattr(before, things).get(id), getattr(after, things)[id]
        if old is None:
            if kind == "transfer":
                out.append(Message("transfer.status.created", kind, id))
        elif old.state is not new.state:
            out.append(Message(f"{kind}.status.{new.state.name}", kind, id))
            out.append(Message(f"{kind}.status.transitioned", kind, id))
    if before.state is not after.state and after.state is OrderStatus.cancelled:
        out.append(Message("order.cancelled", "order", after.id))
    return out
