"""What every list takes and gives (spec 3.1): page, limit, sort, format, and `{count, next, previous, results}`."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import request

from api.http.errors import Failure, WrongInput
from api.http.routes import Answer, Call, Parameter
from api.http.tables import table
from projections.listing import COUNTED_TO

LIMIT, MOST = 20, 100
FORMATS = ("json", "csv", "xlsx", "xls")
TABLES = FORMATS[1:]
"""Formats for spreadsheets, which are given up to all the rows that pages go to in one."""

_WHOLE = {"type": "integer", "minimum": 1}


def sorted_by(names: Iterable[str]) -> dict[str, Parameter]:
    """`sort` and its twin, of a list that sorts by these."""
    known = [way + name for name in names for way in ("", "-")]
    looks = {"type": "array", "items": {"enum": known}}
    said = f"What to sort by, several with commas; `-` before a name turns it round. Known: {', '.join(known[::2])}."
    return {"sort": Parameter(said, looks), "ordering": Parameter("The same as sort.", looks)}


PARAMETERS: dict[str, str | Parameter] = {
    "page": Parameter("Which page, from 1; pages go up to 10,000 rows, further on by a cursor.", _WHOLE),
    "limit": Parameter(
        "Rows a page, 20 by default; more than 100 is 100, in csv and xlsx more than 10,000 is 10,000.", _WHOLE
    ),
    "page_size": Parameter("The same as limit.", _WHOLE),
    "sort": Parameter("`id`, or `-id` for the last ones first.", {"enum": ["id", "-id"]}),
    "ordering": Parameter("The same as sort.", {"enum": ["id", "-id"]}),
    "format": Parameter("json, csv or xlsx (xls gives the same).", {"enum": list(FORMATS)}),
}
"""Query parameters of every list, with a sentence each."""

NEWEST_FIRST = {name: said for name, said in PARAMETERS.items() if name not in ("sort", "ordering")}
"""Of a list that cannot be sorted."""

_TWINS = {"page_size": "limit", "ordering": "sort"}


@dataclass(frozen=True)
class Asked:
    """`filters`: what is left of the query, by name."""

    page: int
    limit: int
    sort: str | None
    format: str
    filters: Mapping[str, str]


def asked_of(call: Call) -> Asked:
    """The query of a list, checked. A parameter may stand once."""
    given: dict[str, str] = {}
    for name, values in request.args.lists():
        if len(values) > 1:
            raise WrongInput(**{name: ["It may stand once; several values go with commas into a filter `…__in`."]})
        given[_TWINS.get(name, name)] = values[0]
    format = given.pop("format", "") or "json"
    if format not in FORMATS:
        raise Failure(406, "not_acceptable", f"There is no format {format[:20]}; there are {', '.join(FORMATS)}.")
    page, limit = _whole(given, "page", 1), _whole(given, "limit", LIMIT)
    return Asked(
        page, min(limit, COUNTED_TO if format in TABLES else MOST), given.pop("sort", None) or None, format, given
    )


def _whole(given: dict[str, str], name: str, otherwise: int) -> int:
    text = given.pop(name, "")
    if text == "":
        return otherwise
    if not text.isascii() or not text.isdigit() or int(text[:19]) < 1:
        raise WrongInput(**{name: ["A whole number from 1 is needed."]})
    return int(text[:19])


def page_of(
    asked: Asked, results: Iterable[Mapping[str, Any]], count: int, exact: bool = True, cursor: str | None = None
) -> Answer:
    """The answer. `cursor`: the query of the next page where it goes on by a cursor, like `id__lt=7`."""
    until = asked.page * asked.limit
    following = previous = None
    if cursor is not None:
        name, _, value = cursor.partition("=")
        following = _address(asked, **{"page": None, name: value})
    elif until < count and until < COUNTED_TO:
        following = _address(asked, page=str(asked.page + 1))
    if asked.page > 1:
        previous = _address(asked, page=str(asked.page - 1))
    if asked.format in TABLES:
        links = [f'<{url}>; rel="{rel}"' for url, rel in ((following, "next"), (previous, "prev")) if url]
        headers = {"Link": ", ".join(links)} if links else {}
        name = request.path.removesuffix("/").removesuffix("/list-simple").rpartition("/")[2]
        return Answer(raw=table(results, asked.format, name, headers))
    body: dict[str, Any] = {"count": count, "next": following, "previous": previous, "results": list(results)}
    if not exact:
        body["count_exact"] = False
    return Answer(body)


def page_of_all(call: Call, rows: Sequence[Mapping[str, Any]], filters: Sequence[str] = ()) -> Answer:
    """A list that is short and held in memory; `filters` compare a field's text."""
    asked = asked_of(call)
    if asked.sort not in (None, "id", "-id"):
        raise WrongInput(sort=[f"There is no sort {asked.sort}; known are id, -id."])
    for name, text in asked.filters.items():
        if name not in filters:
            known = ", ".join(sorted(filters)) or "none"
            raise WrongInput(**{name: [f"There is no filter {name}; known are {known}."]})
        rows = [row for row in rows if text == "" or str(row[name]).lower() == text.lower()]
    if asked.sort == "-id":
        rows = rows[::-1]
    start = (asked.page - 1) * asked.limit
    return page_of(asked, rows[start : start + asked.limit], len(rows))


def _address(asked: Asked, **changed: str | None) -> str:
    """This list's address with another page or cursor."""
    query = {name: text for name, text in request.args.items() if name not in changed}
    query |= {name: text for name, text in changed.items() if text is not None}
    return f"{request.base_url}?{urlencode(query)}"
