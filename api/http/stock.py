"""Stock by location and SKU (spec 3.2): pushed by the thousand, read from the rows that guard every reservation."""

import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import uuid5

from api.http.commands import KEYS, another_body, claim_of
from api.http.dry_run import DryRun
from api.http.errors import WrongInput
from api.http.lists import listed, parameters
from api.http.plain_json import written_out
from api.http.routes import OMS, OWN, READ, WRITE, Answer, Call, route
from domain import stock
from domain.guards import Effect
from domain.kinds import KINDS, stream_of
from eventlog.recorded import Claim, ClaimTaken, Decision, new_command_id

MOST_ROWS = 10_000
MOST_STOCK = Decimal(10) ** 12
PLACES = 6
EVENT_BYTES = 500_000
"""An event of the log is smaller than 1 MB; only very long SKUs by the thousand come near it."""

Levels = dict[str, Decimal]


@dataclass
class Rows:
    """The rows of a call: the good ones by location, and why the others are not."""

    accepted: int = 0
    levels: dict[int, Levels] = field(default_factory=dict)
    rejected: list[dict[str, Any]] = field(default_factory=list)


@route("GET", f"{OMS}/stock/", roles=READ, tag="stock", query=parameters("stock"), answers="[Stock]", reach=OWN)
def levels(call: Call) -> Answer:
    """A page of stock: known, reserved, and available, as of now."""
    return listed(call, "stock")


@route("PUT", f"{OMS}/stock/", roles=WRITE, tag="stock", free_body=True, reach=OWN)
def push(call: Call) -> Answer:
    """Takes in up to 10,000 levels; each replaces what was known. One bad row stops no other."""
    said = call.body.get("stock")
    if not isinstance(said, list):
        raise WrongInput(stock=["A list of {erp_code, sku, quantity}."])
    if len(said) > MOST_ROWS:
        raise WrongInput(stock=[f"At most {MOST_ROWS:,} rows a call."])
    rows = read_rows(call, said)
    answer = {"accepted": rows.accepted, "rejected": rows.rejected}
    claims = _claims(call, answer)
    if claims and (found := call.log.claim(claims[0].key)) is not None:
        return _repeated(found.fingerprint, claims[0].fingerprint, found.answer, found.position)
    decision = _decision(call, rows, claims)
    if call.dry:
        raise DryRun(fact for _, fact in decision.events)
    if not decision.events:
        return Answer(answer)
    try:
        written = call.log.append(decision)
    except ClaimTaken as taken:
        return _repeated(taken.fingerprint, claims[0].fingerprint, taken.answer, taken.position)
    if written.repeated and claims:
        found = call.log.claim(claims[0].key)
        if found is not None:
            return _repeated(found.fingerprint, claims[0].fingerprint, found.answer, found.position)
    return Answer(answer, headers={"X-OMS-Position": str(written.position)})


def _decision(call: Call, rows: Rows, claims: tuple[Claim, ...]) -> Decision:
    """All of a call or nothing: an event for each location, and what they do to the guard rows."""
    events, effects = [], list[Effect]()
    for location, of_location in rows.levels.items():
        for part in _parts(of_location):
            for fact in stock.push(location, part):
                events.append((stream_of("stock", location), fact))
                effects += KINDS["stock"].effects(None, fact, None)
    return Decision(
        command_id=uuid5(KEYS, claims[0].key) if claims else new_command_id(),
        events=tuple(events),
        effects=tuple(effects),
        claims=claims,
        actor=call.caller.username,
        command="push-stock",
        correlation_id=call.request_id,
        causation_id=call.request_id,
    )


def _parts(levels: Levels) -> Iterator[Levels]:
    part, size = Levels(), 0
    for sku, quantity in levels.items():
        row = 2 * len(sku.encode()) + 40
        if part and size + row > EVENT_BYTES:
            yield part
            part, size = Levels(), 0
        part[sku] = quantity
        size += row
    yield part


# --- a call that came before


def _claims(call: Call, answer: Mapping[str, Any]) -> tuple[Claim, ...]:
    key = call.headers.get("Idempotency-Key")
    if key is None:
        return ()
    return (claim_of(call, key, call.body, zlib.compress(json.dumps(answer).encode())),)


def _repeated(found: str, mine: str, answer: bytes | None, position: int) -> Answer:
    if found != mine:
        raise another_body()
    said = json.loads(zlib.decompress(answer)) if answer else None
    return Answer(said, headers={"X-OMS-Position": str(position)})


# --- reading rows


def read_rows(call: Call, said: list[Any]) -> Rows:
    """The rows of a call, each good or with what is wrong about it."""
    call.log.reference.refresh()
    known = {location.profile.erp_code: location.id for location in call.log.reference.all("location")}
    codes = {code: id for code, id in known.items() if call.caller.may_at(id)}
    rows = Rows()
    for n, row in enumerate(said):
        errors: dict[str, list[str]] = {}
        if not isinstance(row, dict):
            rows.rejected.append({"row": n, "erp_code": None, "sku": None, "errors": {"row": ["An object is needed."]}})
            continue
        code, sku = row.get("erp_code"), _sku(row.get("sku"), errors)
        location = codes.get(code) if isinstance(code, str) else None
        if location is None:
            errors["erp_code"] = ["There is no such location."]
        quantity = _quantity(row.get("quantity"), errors)
        if errors or location is None or quantity is None:
            shown = {"erp_code": _told(code), "sku": _told(row.get("sku"))}
            rows.rejected.append({"row": n, **shown, "errors": errors})
            continue
        rows.levels.setdefault(location, {})[sku] = quantity
        rows.accepted += 1
    return rows


def _sku(value: Any, errors: dict[str, list[str]]) -> str:
    """A SKU is a text; a number is taken as the text of it."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not 1 <= len(value) <= 255:
        errors["sku"] = ["A text of 1 to 255 characters."]
        return ""
    return value


def _quantity(value: Any, errors: dict[str, list[str]]) -> Decimal | None:
    wrong = f"A number from 0 to {MOST_STOCK:,f}, with at most {PLACES} digits after the point."
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal) or len(str(value)) > 40:
        errors["quantity"] = [wrong]
        return None
    try:
        quantity = Decimal(value)
    except InvalidOperation:
        quantity = Decimal("NaN")
    text = written_out(quantity, PLACES) if quantity.is_finite() and 0 <= quantity <= MOST_STOCK else None
    if text is None:
        errors["quantity"] = [wrong]
        return None
    return Decimal(text)


def _told(value: Any) -> str | None:
    return str(value)[:255] if isinstance(value, str | int) else None
