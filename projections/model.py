"""What a read model declares: a table, and the rows that an order gives. Everything else is done the same for all.

A row is a msgspec struct: its fields are the columns of the table, in order, the first one is the key.
"""

import hashlib
import types
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec

from domain.order import Order
from eventlog.recorded import Recorded
from projections.objects.person import Reveal

_SQL_TYPES: dict[Any, str] = {
    int: "bigint",
    str: 'text collate "C"',  # so that one index serves equality, beginnings and sorting
    bool: "boolean",
    Decimal: "numeric",
    datetime: "timestamptz",
    msgspec.Raw: "text",
}


@dataclass(frozen=True)
class Table:
    """`indexes`: what stands behind `create index … on <table>`; `settings`: storage parameters; `revision`: raised
    where the same columns come to say something else, so that the table is built anew; `key`: the first column, unless
    said."""

    name: str
    row: type[msgspec.Struct]
    indexes: tuple[str, ...] = field(default=(), kw_only=True)
    settings: str = field(default="", kw_only=True)
    revision: str = field(default="1", kw_only=True)
    key: tuple[str, ...] = field(default=(), kw_only=True)

    @cached_property
    def columns(self) -> tuple[str, ...]:
        return self.row.__struct_fields__

    @cached_property
    def definition(self) -> str:
        """The columns as they stand in `create table`."""
        hints = get_type_hints(self.row)
        columns = [
            f'"{name}" {kind}' + ("" if _optional(hints[name]) else " not null")
            for name, kind in zip(self.columns, self.types, strict=True)
        ]
        return ", ".join([*columns, f"primary key ({', '.join(self.key or self.columns[:1])})"])

    @cached_property
    def types(self) -> tuple[str, ...]:
        """The SQL type of each column."""
        hints = get_type_hints(self.row)
        return tuple(_SQL_TYPES[_inner(hints[name])] for name in self.columns)

    @cached_property
    def uncompressed(self) -> tuple[str, ...]:
        """Columns of JSON: compressing them would cost more than writing them."""
        hints = get_type_hints(self.row)
        return tuple(name for name in self.columns if hints[name] is msgspec.Raw)

    @cached_property
    def shape(self) -> str:
        """Changes when what is kept would: then the table is built anew."""
        said = repr((self.definition, self.indexes, self.settings, self.revision))
        return hashlib.sha256(said.encode()).hexdigest()[:16]


def _optional(hint: Any) -> bool:
    return get_origin(hint) in (Union, types.UnionType)


def _inner(hint: Any) -> Any:
    return next(part for part in get_args(hint) if part is not type(None)) if _optional(hint) else hint


Text = TypeVar("Text", str, str | None)


def cut(text: Text) -> Text:
    """As much of a text as is kept in a column with an index, whose entries are at most some 2,700 bytes long."""
    return text if text is None or len(text) <= 255 else text[:255]


Count = tuple[int, str]
"""(location or 0, state or ""): what is counted apart."""


@dataclass(frozen=True)
class OfState(Table):
    """Rows that are a function of the state. `things(order)`: what gives rows, by id; a thing that stayed the very
    same object gives the same rows. `rows(order, thing, position, reveal)`: `position` of the last event about it.
    `kind`: what the facts call it. `many`: a thing gives any number of rows, else exactly one with its id.
    `besides(order)`: what of the order itself the rows show. `within(thing)`: what of a thing the rows show, where that
    is less than all of it and no position."""

    kind: str
    things: Callable[[Order], Mapping[int, Any]]
    rows: Callable[[Order, Any, int, Reveal], Iterable[msgspec.Struct]]
    many: bool = field(default=False, kw_only=True)
    besides: Callable[[Order], Any] | None = field(default=None, kw_only=True)
    within: Callable[[Any], Any] | None = field(default=None, kw_only=True)
    counted: Callable[[Order, Any], Count] | None = field(default=None, kw_only=True)


@dataclass(frozen=True)
class OfEvents(Table):
    """Rows that each event adds: `rows(event, before, after)` with the order's states around it. Never changed.
    `once`: many events name the same row; the first one stays, and nobody counts them."""

    rows: Callable[[Recorded, Order | None, Order], Iterable[msgspec.Struct]]
    once: bool = field(default=False, kw_only=True)


@dataclass(frozen=True)
class Chained(OfEvents):
    """Rows of which each ends the one before it of the same thing. `of`: the columns that say which thing; `ends`:
    (column of the old row, column of the new one whose value it takes). A row is open while the first of them is
    null: by an index of those, which there is from the start, new rows find what they end."""

    of: tuple[str, ...] = field(kw_only=True)
    ends: tuple[tuple[str, str], ...] = field(kw_only=True)

    @cached_property
    def open_ones(self) -> str:
        return f"({', '.join(self.of)}) where {self.ends[0][0]} is null"
