"""Conditions in CEL, the Common Expression Language: read once, bounded, with errors that point at the place.

CEL cannot loop but by its macros over lists (`all`, `map`, …), and these are not allowed here; so a condition takes
time in the length of its text at most. What goes wrong while it is looked at (a product without the attribute that is
asked for) means that it does not hold.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from scenarios.demand import Address, Demand, Line
from scenarios.places import Place

if TYPE_CHECKING:
    import cel

LONGEST = 1_000  # characters
ORDER = (
    "channel", "cargo_company", "payment_type", "customer_type", "delivery_type", "retail_store", "ship_complete",
    "country", "city", "township", "district", "lines", "pieces", "amount", "skus",
)  # fmt: skip
ITEM = ("sku", "quantity", "price", "value", "attributes", "category", "fragile", "frozen", "oversize", "hazardous")
LOCATION = ("location",)
FUNCTIONS = frozenset({"size", "startsWith", "endsWith", "contains", "int", "double", "string", "has"})

_QUOTED = re.compile(r"'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\"")
_MACRO = re.compile(r"\.\s*(all|exists|exists_one|map|filter)\s*\(")
_AND = re.compile(r"&&")
_EQUAL = re.compile(r"""([\w.]+)\s*==\s*('[^'&|]*'|"[^"&|]*"|[\d.]+)""")
_PLACE = re.compile(r"<input>:(\d+):(\d+): (?:Syntax error: )?([^\n]*)")

_SAMPLE: dict[str, Any] = {
    **dict.fromkeys(ORDER, ""), "ship_complete": False, "lines": 1, "pieces": 1, "amount": 1.0, "skus": ["A"],
    "value": "", "sku": "A", "quantity": 1, "price": 1.0, "attributes": {}, "category": "", "fragile": False,
    "frozen": False, "oversize": False, "hazardous": False,
    "location": {"erp_code": "", "name": "", "type": "", "tags": [""], "roles": [""], "priority": 0, "country": "",
                 "city": "", "township": "", "district": ""},
}  # fmt: skip


class Wrong(Exception):
    """Why a text is no condition, with its place where that is known."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


def check(text: str, variables: tuple[str, ...]) -> None:
    """Raises Wrong unless the text is a condition over these variables."""
    program = _compiled(text)
    unknown = [name for name in program.variables() if name not in variables]
    if unknown:
        raise Wrong(f"{_at(text, unknown[0])}there is no {unknown[0]!r}; there are {', '.join(variables)}")
    named = [name for name in program.functions() if name[0].isalpha() and name not in FUNCTIONS]
    if named:
        raise Wrong(f"{_at(text, named[0])}there is no function {named[0]!r}; there are {', '.join(sorted(FUNCTIONS))}")
    try:
        sample = {name: _SAMPLE[name] for name in variables}
        if "quantity" in variables:
            sample["value"] = 1.0
        said = program.execute(sample)
    except (TypeError, ValueError) as error:
        if "No such key" not in str(error):
            raise Wrong(_first_line(error)) from None
    except Exception:  # cel raises RuntimeError for a key that a sample has not: what it may be, only orders say
        return
    else:
        if not isinstance(said, bool):
            raise Wrong(f"must say true or false, and says {said!r}")


def holds(text: str, values: Mapping[str, Any]) -> bool:
    """Whether the condition is true; what cannot be said is not."""
    try:
        return _compiled(text).execute(dict(values)) is True
    except Exception:  # any error of an expression means the same: it does not hold for this order
        return False


def never(text: str) -> bool:
    """Whether the condition asks nothing and is false, or compares what it asks with two different values at once."""
    if not text:
        return False
    try:
        program = _compiled(text)
        if not program.variables():
            return program.execute({}) is not True
    except Exception:  # what cannot be read is refused elsewhere
        return False
    wanted: dict[str, str] = {}
    parts = [part.strip() for part in _AND.split(text)] if "||" not in text and "?" not in text else []
    for part in parts:
        equal = _EQUAL.fullmatch(part)
        if equal and wanted.setdefault(equal[1], equal[2]) != equal[2]:
            return True
    return False


def of_order(demand: Demand) -> dict[str, Any]:
    """The order's variables, as docs/scenarios.md has them."""
    where = demand.destination
    return {
        "channel": demand.channel,
        "cargo_company": demand.cargo_company,
        "payment_type": demand.payment_type,
        "customer_type": demand.customer_type,
        "delivery_type": demand.delivery_type,
        "retail_store": demand.retail_store or "",
        "ship_complete": demand.ship_complete,
        **_address(where),
        "lines": len(demand.lines),
        "pieces": sum(line.quantity for line in demand.lines),
        "amount": float(sum(line.price * line.quantity for line in demand.lines)),
        "skus": [line.sku for line in demand.lines],
    }


def of_line(line: Line) -> dict[str, Any]:
    """The line's variables; what the product does not say of itself is "" or false."""
    said = line.attributes
    return {
        "sku": line.sku,
        "quantity": line.quantity,
        "price": float(line.price),
        "value": float(line.price * line.quantity),
        "attributes": dict(said),
        "category": str(said.get("category") or ""),
        **{name: said.get(name) in (True, "true", 1) for name in ("fragile", "frozen", "oversize", "hazardous")},
    }


def of_place(place: Place) -> dict[str, Any]:
    return {
        "location": {
            "erp_code": place.erp_code,
            "name": place.name,
            "type": place.type,
            "tags": sorted(place.tags),
            "roles": sorted(place.roles),
            "priority": place.priority,
            **_address(place.address),
        }
    }


def _address(where: Address) -> dict[str, Any]:
    return {name: getattr(where, name) or "" for name in ("country", "city", "township", "district")}


@lru_cache(maxsize=1024)
def _compiled(text: str) -> "cel.Program":
    import cel  # brings a whole console along: only where there are conditions

    if len(text) > LONGEST:
        raise Wrong(f"longer than {LONGEST} characters")
    plain = _QUOTED.sub(lambda found: "'" * len(found[0]), text)
    macro = _MACRO.search(plain)
    if macro:
        raise Wrong(f"column {macro.start(1) + 1}: {macro[1]!r} goes through lists, which is not allowed; use `in`")
    try:
        return cel.compile(text)
    except ValueError as error:
        found = _PLACE.search(str(error))
        if not found:
            raise Wrong(_first_line(error)) from None
        line = "" if found[1] == "1" else f"line {found[1]}, "
        raise Wrong(f"{line}column {found[2]}: {found[3].split(' expecting ')[0]}") from None


def _at(text: str, name: str) -> str:
    plain = _QUOTED.sub(lambda found: "'" * len(found[0]), text)
    found = re.search(rf"(?<![\w.]){re.escape(name)}\b", plain) or re.search(rf"\b{re.escape(name)}\b", plain)
    return f"column {found.start() + 1}: " if found else ""


def _first_line(error: Exception) -> str:
    return str(error).split("\n")[0][:200]
