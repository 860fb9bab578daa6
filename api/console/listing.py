"""Pages that list: the API's own filters as a form, its rows as a table, its pages and cursors as links."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from flask import Response, request
from markupsafe import Markup

from api.console.frame import Visit
from api.console.inside import Refused, passed_on, whole
from api.http.routes import ROUTES

CHOICES = {"true": "yes", "false": "no"}
_TRUTHS = frozenset({"is_click_and_collect", "cancellation_failure", "unplanned", "is_active", "open", "late"})
_PAGING = frozenset({"page", "limit", "page_size", "sort", "ordering", "format", "position__gt"})

Cell = Callable[[dict[str, Any]], Any]


@dataclass(frozen=True)
class Column:
    """`cell(row)` gives text or Markup; `kind`: a class such as `number` or `wide` (left out on a phone)."""

    title: str
    cell: Cell
    kind: str = ""
    sort: str = ""


@dataclass(frozen=True)
class Listing:
    """`path` below the API's, whose route says the filters; `main`: those that stand before all others, with a label;
    `choices`: filter → {value: words}."""

    title: str
    path: str
    columns: Sequence[Column]
    main: Mapping[str, str]
    choices: Mapping[str, Mapping[str, str]]
    empty: str = "Nothing is like this."

    def page(self, visit: Visit, template: str = "list.html", **context: Any) -> Response:
        """The page; with `format` in the query the list as a file."""
        query = {name: text for name, text in request.args.items() if text != ""}
        if query.get("format", "json") != "json":
            return passed_on(visit.api.ask("GET", self.path, query=query))
        query.setdefault("limit", "50")
        try:
            found, refused = visit.api.get(self.path, **query), None
        except Refused as wrong:
            if wrong.status != 400:
                raise
            found, refused = {"count": 0, "next": None, "previous": None, "results": []}, wrong
        return visit.show(
            template,
            400 if refused else 200,
            listing=self,
            found=found,
            refused=refused,
            given=query,
            fields=self.fields(),
            more_open=any(name not in self.main and name not in _PAGING for name in query),
            here=here,
            query_of=query_of,
            **context,
        )

    def fields(self) -> dict[str, str]:
        """Every filter but the main ones → its sentence."""
        known = asked_at(self.path)
        return {name: text for name, text in known.items() if name not in _PAGING and name not in self.main}

    def options(self, name: str) -> Mapping[str, str]:
        return self.choices.get(name) or (CHOICES if name in _TRUTHS else {})


def asked_at(path: str) -> Mapping[str, str]:
    """The query parameters of the API's list at a path, with a sentence each."""
    known = next(route.query for route in ROUTES if route.method == "GET" and route.path == whole(path))
    return {name: said if isinstance(said, str) else said.sentence for name, said in known.items()}


def here(**changed: str | None) -> str:
    """This very list with some parameters changed; None: without it."""
    query = {name: text for name, text in request.args.items() if text != "" and name not in changed}
    query |= {name: text for name, text in changed.items() if text is not None}
    return f"{request.path}?{urlencode(query)}"


def query_of(address: str) -> str:
    """The API's link to another page as this page's."""
    return f"{request.path}?{urlsplit(address).query}"


def link(path: str, text: Any) -> Markup:
    return Markup('<a href="{}">{}</a>').format(path, text)
