"""From the cells of a row to the body that the API takes: columns are the paths of the schema's fields.

`address.city.name` is a field inside another, `conf.floor` a key of a free object, `items.sku` a field of a line. An
empty cell is as if it were not said. What makes no sense is left as it is, for the schema to say what is allowed.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from marshmallow import Schema, fields

from api.setup.sheets import WrongFile

YES, NO = frozenset({"true", "yes", "1", "on"}), frozenset({"false", "no", "0", "off"})
LIST_MARK = "|"
SHOWN = 80

Convert = Callable[[Any], Any]
Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Column:
    """Where a cell goes, and how it is read."""

    path: tuple[str, ...]
    convert: Convert


@dataclass(frozen=True, slots=True)
class Columns:
    """`plain`: by name; `open`: objects whose keys are free, by their name."""

    plain: Mapping[str, Column]
    open: Mapping[str, Convert]

    @classmethod
    def of(cls, schema: Schema, without: Iterable[str] = ()) -> "Columns":
        plain: dict[str, Column] = {}
        free: dict[str, Convert] = {}
        _collect(schema, (), frozenset(without), plain, free)
        return cls(plain, free)

    def head(self, cells: Sequence[Any]) -> list[Column | None]:
        """The columns of a file by its first row; None for one without a name. Raises WrongFile."""
        names = [str(cell).strip() if cell is not None else "" for cell in cells]
        found = [self._column(name) if name else None for name in names]
        unknown = [name for name, column in zip(names, found, strict=True) if name and column is None]
        if unknown:
            known = ", ".join(self.names)
            raise WrongFile(f"There is no column {unknown[0][:SHOWN]!r}; the first row names columns, of {known}.")
        twice = [name for n, name in enumerate(names) if name and name in names[:n]]
        if twice:
            raise WrongFile(f"There are two columns {twice[0][:SHOWN]!r}.")
        if not any(found):
            raise WrongFile(f"The first row names the columns: {', '.join(self.names)}.")
        return found

    @property
    def names(self) -> list[str]:
        return [*self.plain, *(f"{name}.…" for name in self.open)]

    def _column(self, name: str) -> Column | None:
        if name in self.plain:
            return self.plain[name]
        above, _, key = name.rpartition(".")
        return Column((*above.split("."), key), self.open[above]) if above in self.open and key else None


def body_of(columns: Sequence[Column | None], cells: Sequence[Any]) -> Body:
    """What a row says. Cells beyond the head are not looked at."""
    body: Body = {}
    for column, cell in zip(columns, cells, strict=False):
        cell = cell.strip() if isinstance(cell, str) else cell
        if column is not None and cell not in (None, ""):
            inner = body
            for name in column.path[:-1]:
                inner = inner.setdefault(name, {})
            inner[column.path[-1]] = column.convert(cell)
    return body


def _collect(
    schema: Schema, above: tuple[str, ...], without: frozenset[str], plain: dict[str, Column], free: dict[str, Convert]
) -> None:
    for name, field in schema.fields.items():
        path = (*above, name)
        said = ".".join(path)
        if said in without or field.dump_only:
            continue
        inner = field.inner if isinstance(field, fields.List) else field
        if isinstance(inner, fields.Nested):
            _collect(inner.schema, path, without, plain, free)
            continue
        if isinstance(field, fields.Dict):
            free[said] = _whole if said == "channel_limits" else _as_it_is
        plain[said] = Column(path, _convert(field))


def _convert(field: fields.Field) -> Convert:
    if isinstance(field, fields.List):
        return _several
    return next((convert for kind, convert in _CONVERTS if isinstance(field, kind)), _text)


def _text(cell: Any) -> Any:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))  # a workbook has no whole numbers
    if isinstance(cell, datetime | date | time):
        return cell.isoformat()
    return cell if isinstance(cell, str) else str(cell)


def _whole(cell: Any) -> Any:
    if isinstance(cell, float) and cell.is_integer():
        return int(cell)
    return int(cell) if isinstance(cell, str) and re.fullmatch(r"[+-]?\d{1,18}", cell) else cell


def _number(cell: Any) -> Any:
    return str(Decimal(repr(cell))) if isinstance(cell, float) else cell


def _switch(cell: Any) -> Any:
    said = str(_whole(cell)).lower()
    return said in YES if said in YES | NO else cell


def _moment(cell: Any) -> Any:
    """A workbook's times have no zone: they are taken as UTC."""
    if isinstance(cell, datetime):
        return cell.isoformat() + ("" if cell.tzinfo else "Z")
    return cell


def _several(cell: Any) -> Any:
    return [part.strip() for part in _text(cell).split(LIST_MARK) if part.strip()]


def _object(cell: Any) -> Any:
    try:
        return json.loads(cell, parse_float=Decimal)
    except (TypeError, ValueError, RecursionError):
        return cell


def _as_it_is(cell: Any) -> Any:
    if isinstance(cell, float):
        return int(cell) if cell.is_integer() else Decimal(repr(cell))
    return cell if isinstance(cell, str | int) else _text(cell)


_CONVERTS: tuple[tuple[type[fields.Field], Convert], ...] = (
    (fields.Boolean, _switch),
    (fields.Integer, _whole),
    (fields.Decimal, _number),
    (fields.DateTime, _moment),
    (fields.Dict, _object),
)
