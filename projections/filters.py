"""Filters of lists: a condition in SQL with one value, and how the text of a request becomes that value (spec 3.2)."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import Enum
from functools import partial
from typing import Any, Protocol

from domain.kernel import Reference
from projections.model import cut
from projections.objects.named_id import place_id
from projections.objects.state import state_id


class UnknownFilter(Exception):
    """A filter this list does not have; `known` are those it has."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        self.name, self.known = name, sorted(known)
        super().__init__(f"There is no filter {name}; known are {', '.join(self.known)}.")


class BadFilter(Exception):
    """A value that cannot be: the field and a text for people."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(f"{field}: {text}")
        self.field, self.text = field, text


class Wrong(Exception):
    """Raised by readers: why a text cannot be read."""


class Settings(Reference, Protocol):
    """What is looked up by name or code: the log's reference."""

    def all(self, kind: str) -> list[Any]: ...


Read = Callable[[str, Settings], Any]
Apart = tuple[tuple[str, tuple[Any, ...]], ...]
"""Conditions in SQL with their values: every row that is meant satisfies exactly one of them."""


@dataclass(frozen=True, slots=True)
class Filter:
    """`sql` holds one `%s` (or several, then the value is a tuple); `read(text, settings)` gives the value or raises
    Wrong. `order`: how the list is sorted under this filter where nothing else is asked for: along the index that
    finds its rows. `inner`: for a condition on another table, the select of the keys that `column` is among. `apart`:
    of a value, conditions that are this one together, each with an index that has its rows in the order of ids."""

    sql: str
    read: Read
    order: str = ""
    column: str = ""
    inner: str = ""
    apart: Callable[[Any], Apart] | None = None


BIGGEST = 2**63 - 1

Looks = Mapping[str, Any]

_LOOKS: dict[Read, Looks] = {}

TEXT: Looks = {"type": "string", "pattern": "^[^\\u0000]*$"}


def looks(schema: Looks) -> Callable[[Read], Read]:
    """Declares what a reader's texts look like, as JSON Schema of one value."""

    def declare(read: Read) -> Read:
        _LOOKS[read] = schema
        return read

    return declare


def looks_of(read: Read) -> Looks:
    """JSON Schema of a filter's text; any text, unless said."""
    return _LOOKS.get(read, TEXT)


WHOLE: Looks = {"type": "integer", "minimum": -BIGGEST, "maximum": BIGGEST}


@looks(WHOLE)
def whole(text: str, _: Settings) -> int:
    try:
        value = int(text)
    except ValueError:
        raise Wrong("A whole number is needed.") from None
    if abs(value) > BIGGEST:
        raise Wrong("That number is too large.")
    return value


@looks(TEXT)
def word(text: str, _: Settings) -> str:
    if "\0" in text:
        raise Wrong("A text cannot hold NUL.")
    return cut(text)


@looks(WHOLE)
def digits(text: str, settings: Settings) -> str:
    return str(whole(text, settings))


@looks(TEXT)
def beginning(text: str, settings: Settings) -> str:
    """For `like`: texts that begin with this one."""
    plain = word(text, settings).replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return plain + "%"


@looks(TEXT)
def beginning_any_case(text: str, settings: Settings) -> str:
    return beginning(text.lower(), settings)


@looks({"enum": ["true", "false", "1", "0"]})
def truth(text: str, _: Settings) -> bool:
    known = {"true": True, "1": True, "false": False, "0": False}
    if text.lower() not in known:
        raise Wrong("true or false is needed.")
    return known[text.lower()]


MOMENT: Looks = {
    "anyOf": [{"type": "string", "format": "date-time"}, {"type": "string", "format": "date"}, {"const": ""}]
}


def first_moment_of(text: str) -> datetime:
    """A time as RFC 3339, without a zone in UTC; or a day, which is its beginning."""
    try:
        at = datetime.fromisoformat(text.strip().replace(" ", "+") if "T" in text else text.strip())
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        raise Wrong("A time such as 2026-11-23T10:00:00Z is needed.") from None


def last_moment_of(text: str) -> datetime:
    """As `first_moment_of`; a day is its end."""
    at = first_moment_of(text)
    if len(text.strip()) > len("2026-11-23"):
        return at
    return datetime.combine(at.date(), time.max, UTC)


@looks(MOMENT)
def moment(text: str, _: Settings) -> datetime:
    return first_moment_of(text)


@looks(MOMENT)
def last_moment(text: str, _: Settings) -> datetime:
    return last_moment_of(text)


def several(read: Read) -> Read:
    """Values with commas between them."""
    one = looks_of(read)
    parted = {**one, "pattern": "^[^\\u0000,]*$"} if one.get("type") == "string" else one

    @looks({"type": "array", "items": parted})
    def read_all(text: str, settings: Settings) -> list[Any]:
        return [read(part.strip(), settings) for part in text.split(",") if part.strip()]

    return read_all


def state(content_type: str, states: type[Enum]) -> Read:
    """A state by its enum value, its name or its id, as the column holds it."""
    known: dict[str, Any] = {}
    for member in states:
        for name in (member.value, member.name, state_id(member, content_type)):
            known[str(name)] = member.value

    @looks({"enum": list(known), "description": "By enum value, name or id."})
    def read(text: str, _: Settings) -> Any:
        if text not in known:
            raise Wrong(f"There is no such state; known are {', '.join(str(m.value) for m in states)}.")
        return known[text]

    return read


def named(kind: str) -> Read:
    """A channel or carrier by id, slug or name; nothing matches one that is not there."""

    def read(text: str, settings: Settings) -> int:
        record = settings.one(kind, int(text)) if text.isdecimal() and len(text) < 18 else settings.find(kind, text)
        return -1 if record is None else int(record.id)

    return read


def code(text: str, settings: Settings) -> int:
    """A location by its erp_code; nothing matches one that is not there."""
    location = settings.find("location", text)
    return -1 if location is None else int(location.id)


@looks({"enum": ["store", "warehouse"]})
def of_type(text: str, settings: Settings) -> list[int]:
    """All locations of a type."""
    if text not in ("store", "warehouse"):
        raise Wrong("store or warehouse is needed.")
    return [found.id for found in settings.all("location") if found.profile.stock_location_type == text]


def equal(column: str, read: Read = whole) -> Filter:
    return Filter(f"{column} = %s", read)


def any_of(column: str, read: Read) -> Filter:
    """`read` gives the values."""
    return Filter(f"{column} = any(%s)", read, apart=partial(each, column))


def each(column: str, values: Iterable[Any]) -> Apart:
    return tuple((f"{column} = %s", (value,)) for value in dict.fromkeys(values))


def one_of(column: str, read: Read = whole) -> Filter:
    return any_of(column, several(read))


def keys(column: str = "t.id") -> Mapping[str, Filter]:
    """The filters by id that every list has."""
    return {
        "id": equal(column),
        "id__gt": Filter(f"{column} > %s", whole),
        "id__gte": Filter(f"{column} >= %s", whole),
        "id__lt": Filter(f"{column} < %s", whole),
        "id__lte": Filter(f"{column} <= %s", whole),
        "pk__in": Filter(f"{column} = any(%s)", several(whole)),
    }


def dates(name: str, column: str) -> Mapping[str, Filter]:
    """`name__gte` and `name__lte`, both included."""
    return {
        f"{name}__gte": Filter(f"{column} >= %s", moment, f"{column} desc"),
        f"{name}__lte": Filter(f"{column} <= %s", last_moment, f"{column} desc"),
    }


def in_country(text: str, settings: Settings) -> list[int]:
    """All locations in a country, by its id, name or code."""
    found = []
    for one in settings.all("location"):
        country = one.profile.address.country or {}
        name = country.get("name")
        if text and text in (name, country.get("code"), str(place_id("country", name))):
            found.append(int(one.id))
    return found


def of_day(column: str) -> Filter:
    """Within one day (UTC)."""
    return Filter(f"{column} >= (%s)::timestamptz and {column} < (%s)::timestamptz", day, f"{column} desc")


@looks(MOMENT)
def day(text: str, settings: Settings) -> tuple[datetime, datetime]:
    start = datetime.combine(moment(text, settings).date(), time.min, UTC)
    return start, start + timedelta(days=1)


def begins(column: str) -> Filter:
    """A number by its beginning."""
    return Filter(f"{column} like %s", beginning, f"{column} asc")


def states(column: str, content_type: str, of: type[Enum]) -> Mapping[str, Filter]:
    read = state(content_type, of)
    return {
        "state": equal(column, read),
        "state__enum_value": equal(column, read),
        "state__enum_value__ne": Filter(f"{column} <> %s", read),
        "state__enum_value__in": one_of(column, read),
    }


def among(column: str, table: str, key: str, condition: str, read: Read = whole) -> Filter:
    """For a condition on another table, there called `x`: `column` is among the `key`s that satisfy it."""
    inner = f"select x.{key} from {table} x where {condition}"  # noqa: S608 - names of ours
    return Filter(f"{column} in ({inner})", read, column=column, inner=inner)


def customer(column: str, order_id: str) -> Filter:
    """By what a customer's name begins with, upper and lower case alike."""
    return among(order_id, "order_customers", "order_id", f"x.{column} like %s", beginning_any_case)


PLACES = ("country", "city", "township")


def places() -> Mapping[str, Filter]:
    """Where an order goes: `city` takes an id or a name, `city__id` and `city__name` the one or the other."""
    found = {}
    for kind in PLACES:
        of_kind = f"x.kind = '{kind}'"
        at = f"t.{kind}"
        found[kind] = among(at, "places", "id", f"{of_kind} and (x.id = %s or x.name = %s)", id_or_word)
        found[f"{kind}__id"] = equal(at)
        found[f"{kind}__name"] = among(at, "places", "id", f"{of_kind} and x.name = %s", word)
    return found


@looks(TEXT)
def id_or_word(text: str, settings: Settings) -> tuple[int, str]:
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 19 else -1
    return number, word(text, settings)
