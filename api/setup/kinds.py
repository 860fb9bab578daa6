"""What can be imported, and how its rows are written: by the same functions as requests, so by the same rules."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from marshmallow import fields

from api.http import intake, locations, stock
from api.http.bodies import check_texts
from api.http.dry_run import DryRun
from api.http.errors import answer
from api.http.input_schemas import Text
from api.http.location_schema import LocationBody
from api.http.order_schema import ItemBody, Open, OrderBody
from api.http.record_kinds import RECORD_KINDS, RecordKind
from api.http.records import Routes
from api.http.routes import Answer, Call
from api.setup.columns import Body, Column, Columns, body_of
from api.setup.sheets import Row, WrongFile
from domain.kinds import stream_of

CREATED, CHANGED, THERE, REJECTED = "created", "changed", "there", "rejected"
BUSY = 503
TRIES = 5


@dataclass(frozen=True, slots=True)
class Item:
    """One thing of a file: the row it begins in, the last one, and what it says."""

    row: int
    last: int
    body: Body


@dataclass(frozen=True, slots=True)
class Came:
    """What came of an item. `problems`: (row, field, text)."""

    outcome: str
    problems: tuple[tuple[int, str, str], ...] = ()


class NotNow(Exception):
    """The log is too busy, or away: the same is tried again later."""


@dataclass(frozen=True)
class ImportKind:
    """`columns` of its files; `chunk`: items written together; `group`: rows with the same value of this column in a
    row after another are one item, whose `lines` are of their own."""

    name: str
    sentence: str
    columns: Columns
    write: Callable[[Call, Sequence[Item]], list[Came]]
    chunk: int = 100
    group: str | None = None
    lines: str = ""

    def items(self, rows: Iterator[Row]) -> Iterator[Item]:
        """Raises WrongFile."""
        first = next(rows, None)
        if first is None:
            raise WrongFile("It is empty.")
        columns = self.columns.head(first[1])
        if self.group is None:
            for number, cells in rows:
                yield Item(number, number, body_of(columns, cells))
        else:
            yield from self._grouped(columns, rows)

    def _grouped(self, columns: Sequence[Column | None], rows: Iterator[Row]) -> Iterator[Item]:
        open: Item | None = None
        for number, cells in rows:
            body = body_of(columns, cells)
            line = body.pop(self.lines, None)
            if open is not None and body.get(self.group or "") == open.body.get(self.group or ""):
                open = Item(open.row, number, {**open.body, self.lines: [*open.body[self.lines], line or {}]})
                continue
            if open is not None:
                yield open
            open = Item(number, number, {**body, self.lines: [line or {}]})
        if open is not None:
            yield open


def problems_of(item: Item, error: Mapping[str, Any], lines: str = "") -> tuple[tuple[int, str, str], ...]:
    """The texts of an error as the API answers it, each with its row: a line of a group has one of its own."""
    if "code" in error and "message" in error:
        return ((item.row, "", str(error["message"])),)
    found = []
    for path, text in _texts(error, ()):
        row = item.row
        if lines and path[:1] == (lines,) and len(path) > 1 and str(path[1]).isdigit():
            row, path = item.row + int(path[1]), (lines, *path[2:])
        found.append((row, ".".join(str(part) for part in path), text))
    return tuple(found)


def _texts(error: Any, path: tuple[Any, ...]) -> Iterator[tuple[tuple[Any, ...], str]]:
    if isinstance(error, Mapping):
        for name, inner in error.items():
            yield from _texts(inner, (*path, name))
    elif isinstance(error, list):
        for inner in error:
            yield from _texts(inner, path)
    else:
        yield path, str(error)


def _refused(item: Item, error: Exception, lines: str = "") -> Came:
    status, body, _ = answer(error)
    if status == BUSY:
        raise NotNow(str(error)) from error
    if status >= 500:
        raise error
    return Came(REJECTED, problems_of(item, body["error"], lines))


def _each(write: Callable[[Call, Body], str]) -> Callable[[Call, Sequence[Item]], list[Came]]:
    """One item after the other; one that is refused stops no other."""

    def every(call: Call, items: Sequence[Item]) -> list[Came]:
        found = []
        for item in items:
            try:
                check_texts(item.body)
                found.append(Came(write(call, item.body)))
            except Exception as error:
                found.append(_refused(item, error))
        return found

    return every


# --- locations, channels, carriers, reasons


def _location(call: Call, body: Body) -> str:
    there = call.log.reference.find("location", str(body.get("erp_code", "")))
    if there is None:
        said = LocationBody().load(body)
        return _written(lambda: locations.register(replace(call, body=said)), None)
    said = LocationBody(partial=True).load(body)
    version = call.log.state(stream_of("location", there.id)).version
    return _written(lambda: locations.patch(replace(call, body=said), there.id), version)


def _record(of: RecordKind) -> Callable[[Call, Body], str]:
    routes = Routes(of)

    def write(call: Call, body: Body) -> str:
        keys = (str(body[name]) for name in of.names if body.get(name))
        there = next((one for key in keys if (one := call.log.reference.find(of.kind, key))), None)
        if there is None:
            said = of.body().load(body)
            return _written(lambda: routes.create(replace(call, body=said)), None)
        said = of.body(partial=True).load(body)
        version = call.log.state(stream_of(of.kind, there.id)).version
        return _written(lambda: routes.patch(replace(call, body=said), there.id), version)

    return write


def _written(write: Callable[[], Answer], version: int | None) -> str:
    """Whether it was made, changed, or was like that; `version` before, None where it is new."""
    try:
        tag = write().headers.get("ETag")
    except DryRun as dry:
        if version is None:
            return CREATED
        return CHANGED if dry.events else THERE
    if version is None:
        return CREATED
    return THERE if tag == f'"{version}"' else CHANGED


# --- orders and stock: written together


def _orders(call: Call, items: Sequence[Item]) -> list[Came]:
    """Each is there once, by its number; one that was is left as it is."""
    found: dict[int, Came] = {}
    left = []
    for n, item in enumerate(items):
        try:
            check_texts(item.body)
            left.append(n)
        except Exception as error:
            found[n] = _refused(item, error, "items")
    for _ in range(TRIES):
        if not left:
            break
        results = intake.take_in(replace(call, body={"orders": [items[n].body for n in left]})).json["results"]
        again = []
        for n, result in zip(left, results, strict=True):
            if result["status_code"] == BUSY:
                again.append(n)
            elif result["status_code"] >= 400:
                found[n] = Came(REJECTED, problems_of(items[n], result["error"], "items"))
            else:
                found[n] = Came(CREATED if result["status_code"] == 201 else THERE)
        left = again
    if left:
        raise NotNow("the log is too busy")
    return [found[n] for n in range(len(items))]


class StockRow(Open):
    """A level as `PUT stock/` takes it."""

    erp_code = Text(required=True)
    sku = Text(required=True)
    quantity = fields.Decimal(required=True, allow_nan=False)


def _stock(call: Call, items: Sequence[Item]) -> list[Came]:
    """Each level replaces what was known."""
    rows = [item.body for item in items]
    refused = {row["row"]: row["errors"] for row in stock.read_rows(call, rows).rejected}
    for n, item in enumerate(items):
        try:
            check_texts(item.body)
        except Exception as error:
            refused[n] = {"": [str(error)]}
    good = [row for n, row in enumerate(rows) if n not in refused]
    if good and not call.dry:
        try:
            stock.push(replace(call, body={"stock": good}))
        except Exception as error:
            if answer(error)[0] == BUSY:
                raise NotNow(str(error)) from error
            raise
    return [
        Came(REJECTED, problems_of(item, refused[n])) if n in refused else Came(CHANGED) for n, item in enumerate(items)
    ]


_OF_RECORDS = {
    "channels": "channel",
    "cargo_companies": "cargo_company",
    "reasons": "denial_reason",
    "cancellation_reasons": "cancellation_reason",
}
_OWN_ROUTES = ("engine", "settings", "items")
"""What is no column: secrets and calls are set by their routes; `items` are lines."""


def _line_columns() -> Columns:
    order = Columns.of(OrderBody(), ("items",))
    line = Columns.of(ItemBody())
    plain = {f"items.{name}": Column(("items", *column.path), column.convert) for name, column in line.plain.items()}
    free = {f"items.{name}": convert for name, convert in line.open.items()}
    return Columns({**order.plain, **plain}, {**order.open, **free})


def _kinds() -> Iterable[ImportKind]:
    for name, kind in _OF_RECORDS.items():
        of = next(one for one in RECORD_KINDS if one.kind == kind)
        yield ImportKind(name, f"Each a {of.title}.", Columns.of(of.body(), _OWN_ROUTES), _each(_record(of)))
    location = Columns.of(LocationBody(), _OWN_ROUTES)
    yield ImportKind("stock_locations", "Each a stock location, known by its erp_code.", location, _each(_location))
    said = "Each a level: what a location has of a SKU."
    yield ImportKind("stock", said, Columns.of(StockRow()), _stock, chunk=2000)
    said = "Each a line of an order; lines with the same number, one after the other, are one order."
    yield ImportKind("orders", said, _line_columns(), _orders, chunk=100, group="number", lines="items")


IMPORTS: dict[str, ImportKind] = {kind.name: kind for kind in _kinds()}
"""By name."""

__all__ = ["IMPORTS", "Came", "ImportKind", "Item", "NotNow"]
