"""What a member of staff does about a package or a transfer that lies before them.

Every choice is a function of the seed, the object's number and its state: not of the clock, nor of who came first. So
the same orders planned the same way are worked off the same way, however the threads ran. Slugs, states and inputs are
the tables of commands of the specification's page on the domain (C and T numbers below).
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple

FETCHED, HAND_OVER = "550", "deliver-to-customer"
PACKAGE_STATES = ("100", "200", "400", "500", FETCHED, "600", "700")
TRANSFER_STATES = ("waiting", "ready_to_shipment", "in_transit")


@dataclass(frozen=True)
class Rates:
    """Probabilities from 0 to 1, each of its own state."""

    refuse: float = 0.03  # of packages that wait: refused with a denial reason (C5)
    miss: float = 0.03  # of packages that wait: one item is not to be found (C6)
    by_steps: float = 0.3  # of the rest: begun (C14), picked (C15), packed (C2); else packed at once
    dispatch: float = 1.0  # of transfers: made ready (T1, those by steps) and sent (T3)
    receive: float = 1.0  # of transfers under way: received (T4)
    lost: float = 0.0  # of those received: one item counted a piece short
    ship: float = 1.0  # of packed packages: handed to the carrier (C18)
    attempt: float = 0.05  # of shipped packages: the carrier tries in vain first (C21)
    deliver: float = 1.0  # of shipped packages: delivered (C21)
    mistake: float = 0.1  # of packages that customers fetch: a wrong code is said first (C25)


@dataclass(frozen=True)
class Action:
    """One command, with the key that makes it act once however often it is sent, and the goods that it moves."""

    kind: str  # packages or transfer_orders: the path
    id: int
    number: str
    state: str
    key: str
    body: dict[str, Any]
    # [{erp_code, sku, quantity}]: goods that leave a location, negative ones arrive; told to the stock service.
    moves: list[dict[str, Any]] = field(default_factory=list)

    @property
    def slug(self) -> str:
        return str(self.body["slug"])

    def asdict(self) -> dict[str, Any]:
        return asdict(self)


class Choice(NamedTuple):
    """What to send, before it is known whether the object allows it."""

    slug: str
    inputs: dict[str, Any]
    moves: list[dict[str, Any]]


class Luck:
    """Numbers from 0 to 1 that only the seed, the object's number and the question decide."""

    def __init__(self, seed: int, number: str, state: str) -> None:
        self._of = f"{seed}|{number}|{state}"

    def draw(self, question: str) -> float:
        digest = hashlib.sha256(f"{self._of}|{question}".encode()).digest()
        return int.from_bytes(digest[:7], "big") / 2**56

    def pick(self, question: str, options: Sequence[Any]) -> Any:
        return options[int(self.draw(question) * len(options))]


def about_package(seed: int, rates: Rates, package: Mapping[str, Any], reasons: Sequence[int]) -> Action | None:
    """`package` as the list shows it; `reasons`: ids of the denial reasons in use. None: it is left lying."""
    state = package["state"]["enum_value"]
    luck = Luck(seed, package["number"], state)
    items = [(item["id"], pieces(item), item["product"]["sku"]) for item in package["packageitem_set"] if pieces(item)]
    leave = [
        {"erp_code": package["stock_location"]["erp_code"], "sku": sku, "quantity": quantity}
        for _, quantity, sku in items
    ]
    fetched = _is_fetched(package)
    packed = Choice(f"complete-packaging-with{'out' if fetched else ''}-shipment", {}, leave)
    chosen: Choice | None = None
    if state == "100":
        drawn = luck.draw("refuse or miss")
        if drawn < rates.refuse:
            # Without a reason nobody can refuse; the package waits until there is one.
            if reasons:
                reason = {"denial_reason": luck.pick("reason", reasons)}
                chosen = Choice("package-refuse-with-denial-reason", reason, [])
        elif drawn < rates.refuse + rates.miss and items:
            item, quantity, _ = luck.pick("item", items)
            gone = {"id": item, "quantity": 1 + int(luck.draw("pieces") * quantity), "reason": "not_found"}
            chosen = Choice("product-not-found", {"package_items": [gone]}, [])
        else:
            chosen = Choice("start-preparing", {}, []) if luck.draw("by steps") < rates.by_steps else packed
    elif state == "200":
        chosen = Choice("ready-for-packaging", {}, [])
    elif state == "400":
        chosen = packed
    elif state == "500" and fetched:
        chosen = Choice("ready-for-pickup", {}, [])
    elif state == "500" and luck.draw("ship") < rates.ship:
        chosen = Choice("ship-package", {}, [])
    elif state == "600" and luck.draw("attempt") < rates.attempt:
        chosen = Choice("update-shipment-status", {"status": "attempted_delivery"}, [])
    elif state in ("600", "700") and luck.draw("deliver") < rates.deliver:
        chosen = Choice("update-shipment-status", {"status": "delivered"}, [])
    return _action(seed, "packages", "package", package, chosen)


def about_pickup(seed: int, package: Mapping[str, Any], code: str | None, refused: int) -> Action | None:
    """Handed to the customer, who says this code after so many were refused; without one where none is asked for."""
    said = {} if code is None else {"otp": code}
    return _action(seed, "packages", "package", package, Choice(HAND_OVER, said, []), refused)


def _is_fetched(package: Mapping[str, Any]) -> bool:
    """Whether its customer comes for it to where it is packed."""
    order, here = package["order"], package["stock_location"]["erp_code"]
    return bool(order["is_click_and_collect"]) and (order["retail_store"] or {}).get("erp_code") == here


def about_transfer(seed: int, rates: Rates, transfer: Mapping[str, Any]) -> Action | None:
    """`transfer` as the list shows it. None: it is left lying."""
    state = transfer["state"]["enum_value"]
    luck = Luck(seed, transfer["number"], state)
    chosen: Choice | None = None
    if state == "waiting" and luck.draw("dispatch") < rates.dispatch and luck.draw("by steps") < rates.by_steps:
        chosen = Choice("transfer-ready-for-dispatch", {}, [])
    elif state == "ready_to_shipment" or (state == "waiting" and luck.draw("dispatch") < rates.dispatch):
        chosen = Choice("transfer-dispatch", {}, _moves(transfer, "source", 1, None))
    elif state == "in_transit" and luck.draw("receive") < rates.receive:
        short = luck.pick("item", transfer["transferitem_set"])["id"] if luck.draw("lost") < rates.lost else None
        counted = [
            {"id": item["id"], "quantity": pieces(item) - (item["id"] == short)}
            for item in transfer["transferitem_set"]
        ]
        body = {"transfer_items": counted} if short is not None else {}
        chosen = Choice("transfer-delivered", body, _moves(transfer, "destination", -1, short))
    return _action(seed, "transfer_orders", "transfer", transfer, chosen)


def _moves(transfer: Mapping[str, Any], end: str, sign: int, short: int | None) -> list[dict[str, Any]]:
    rows = [
        {
            "erp_code": transfer[end]["erp_code"],
            "sku": item["product"]["sku"],
            "quantity": sign * (pieces(item) - (item["id"] == short)),
        }
        for item in transfer["transferitem_set"]
    ]
    return [row for row in rows if row["quantity"]]


def _action(
    seed: int,
    kind: str,
    name: str,
    shown: Mapping[str, Any],
    chosen: Choice | None,
    again: int = 0,
) -> Action | None:
    """`again`: how often it was tried in another way, whatever that changed."""
    if chosen is None or chosen.slug not in {command["slug"] for command in shown["commands"]}:
        return None
    slug, inputs, moves = chosen
    number, state = shown["number"], shown["state"]["enum_value"]
    # The time of the last change is in the key: the same package in the same state once more (unpacked, say) is another
    # piece of work, while the same row read twice is not.
    key = f"staff-{seed}-{number}-{slug}-{shown['modified_date']}" + (f"-{again}" if again else "")
    return Action(kind, shown["id"], number, state, key, {name: shown["id"], "slug": slug, **inputs}, moves)


def pieces(item: Mapping[str, Any]) -> int:
    return int(Decimal(str(item["quantity"])))
