"""The routes of channels, carriers and denial reasons (spec 3.2), made from the table in record_kinds.py."""

from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

from marshmallow import Schema

from api.http.details import not_found
from api.http.errors import WrongInput
from api.http.paging import PARAMETERS, page_of_all
from api.http.record_kinds import RECORD_KINDS, RecordKind
from api.http.routes import ALL, COMMON, OMS, READ, WRITE, Answer, Call, route
from api.http.saving import Saved, save
from api.http.sealing import masked, put_away
from domain import settings
from domain.kinds import stream_of
from projections.objects.settings import record_object


def rows(call: Call, kind: str) -> list[dict[str, Any]]:
    """All records of a kind that were not removed, as they stand."""
    call.log.reference.refresh()
    return [masked(record_object(record)) for record in call.log.reference.all(kind) if not record.removed]


def one(call: Call, kind: str, title: str, id: int) -> Any:
    """A record as it stands; 404 where it is not there, or no more."""
    return there(call.log.state(stream_of(kind, id)).state, title, id)


def there(record: Any, title: str, id: int) -> Any:
    if record is None or record.removed:
        raise not_found(title, id)
    return record


def remove(call: Call, kind: str, title: str, id: int) -> Answer:
    """Removed; those that name it still know it."""
    saved = save(
        call,
        kind,
        lambda state, id: settings.remove(there(state, title, id)),
        command=f"remove-{title}",
        id=id,
        said={},
    )
    return Answer(None, 204, saved.headers)


class Routes:
    """What can be done with the records of one kind."""

    def __init__(self, of: RecordKind) -> None:
        self.of = of

    def page(self, call: Call) -> Answer:
        return page_of_all(call, rows(call, self.of.kind), self.filters)

    def create(self, call: Call) -> Answer:
        said = self._said(call, None)
        saved = self._save(call, None, lambda _before, id: self._record(id, said, None), said)
        return saved.answer(masked(record_object(saved.state)), 201)

    def read(self, call: Call, id: int) -> Answer:
        record = one(call, self.of.kind, self.of.title, id)
        return Answer(masked(record_object(record)), headers={"ETag": f'"{record.version}"'})

    def put(self, call: Call, id: int) -> Answer:
        said = self._said(call, id)
        saved = self._save(call, id, lambda before, id: self._record(id, said, before), said)
        return saved.answer(masked(record_object(saved.state)))

    def patch(self, call: Call, id: int) -> Answer:
        said = self._said(call, id)

        def changed(before: Any, _id: int) -> Any:
            return replace(before, **{k: v for k, v in said.items() if k != "slug" or v is not None})

        saved = self._save(call, id, changed, said)
        return saved.answer(masked(record_object(saved.state)))

    def remove(self, call: Call, id: int) -> Answer:
        return remove(call, self.of.kind, self.of.title, id)

    @property
    def filters(self) -> tuple[str, ...]:
        """Its own fields that hold plain values."""
        known = {field.name for field in fields(self.of.record)} - {
            "conf",
            "settings",
            "version",
            "removed",
            "created",
            "modified",
        }
        return tuple(sorted(known))

    def _record(self, id: int, body: dict[str, Any], before: Any) -> Any:
        return self.of.record(id, **self.of.complete(body, before))

    def _said(self, call: Call, id: int | None) -> dict[str, Any]:
        """The body with its secrets put away and ids for the records it names."""
        before = None if id is None else call.log.state(stream_of(self.of.kind, id)).state
        found = {
            name: _found(call, kind, name, call.body[name])
            for name, kind in self.of.others.items()
            if name in call.body
        }
        held = {name: call.body[name] for name in self.of.sealed if name in call.body}
        return {
            **call.body,
            **found,
            **{name: put_away(call, name, v, getattr(before, name, None)) for name, v in held.items()},
        }

    def _save(self, call: Call, id: int | None, made: Callable[[Any, int], Any], said: dict[str, Any]) -> Saved:
        def decided(before: Any, record_id: int) -> list[Any]:
            if id is not None:
                there(before, self.of.title, id)
            return settings.save(before, made(before, record_id))

        return save(call, self.of.kind, decided, command=f"save-{self.of.title}", names=self.of.names, id=id, said=said)


def _found(call: Call, kind: str, field: str, said: str | int) -> int:
    """The id of a record or location that is named by id, slug, name or code."""
    reference = call.log.reference
    reference.refresh()
    one = reference.one(kind, said) if isinstance(said, int) else reference.find(kind, said)
    if one is None and isinstance(said, str) and said.isascii() and said.isdigit() and len(said) < 19:
        one = reference.one(kind, int(said))
    if one is None or getattr(one, "removed", False):
        raise WrongInput(**{field: [f"There is no {str(said)[:100]!r}."]})
    return int(one.id)


def _declare(of: RecordKind) -> None:
    routes, title = Routes(of), of.title
    tag = of.paths[-1]
    whole, part = of.body(), of.body(partial=True)
    listing = {**PARAMETERS, **{name: f"Only with this {name}." for name in routes.filters}}
    declared: tuple[tuple[str, str, Callable[..., Any], str, Schema | None, int], ...] = (
        ("POST", "", routes.create, f"Makes a {title}.", whole, 201),
        ("GET", "<int:id>/", routes.read, f"A {title}.", None, 200),
        ("PUT", "<int:id>/", routes.put, f"Replaces a {title}.", whole, 200),
        ("PATCH", "<int:id>/", routes.patch, f"Changes fields of a {title}.", part, 200),
        ("DELETE", "<int:id>/", routes.remove, f"Removes a {title}; its name may be used again.", None, 204),
    )
    for path in of.paths:
        common = COMMON if "stock_location" not in of.others else ALL
        for method, below, function, sentence, body, status in declared:
            roles = READ if method == "GET" else WRITE
            reach = common if method == "GET" else ALL
            made = route(
                method,
                f"{OMS}/{path}/{below}",
                roles=roles,
                tag=tag,
                body=body,
                status=status,
                answers="" if status == 204 else of.answers,
                reach=reach,
            )
            made(named(function, f"{method} {path} {below}", sentence))
        for below in ("", "list-simple/"):
            sentence = f"A page of {title}s" + (", for BI tools." if below else ".")
            made = route(
                "GET",
                f"{OMS}/{path}/{below}",
                roles=READ,
                tag=tag,
                query=listing,
                answers=f"[{of.answers}]",
                reach=common,
            )
            made(named(routes.page, f"list {path} {below}", sentence))


def named(function: Callable[..., Any], name: str, sentence: str) -> Callable[..., Any]:
    """The same function under a name and a sentence of its own, for OpenAPI."""

    def declared(call: Call, **path: Any) -> Any:
        return function(call, **path)

    declared.__name__ = "_".join(part for part in "".join(c if c.isalnum() else " " for c in name.lower()).split())
    declared.__doc__ = sentence
    return declared


for _of in RECORD_KINDS:
    _declare(_of)
