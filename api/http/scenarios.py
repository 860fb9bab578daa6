"""Distribution and transfer scenarios (spec 2.2, 2.4, 3.2): kept as they were written, a new version at each save."""

from collections.abc import Callable
from typing import Any

from api.http.audit_points import whole
from api.http.details import not_found
from api.http.errors import WrongInput
from api.http.paging import PARAMETERS, page_of_all
from api.http.plain_json import plain
from api.http.records import named, one, remove, rows, there
from api.http.routes import OMS, PLAN, READ, Answer, Call, Query, route
from api.http.saving import Saved, save
from domain import settings
from domain.kinds import KINDS, stream_of
from domain.settings import Record, Scenario, TransferScenario
from projections.objects.settings import record_object
from projections.objects.wire import moment
from scenarios.comparing import compared
from scenarios.demands import place_of
from scenarios.parsing import parse_scenario, parse_transfer_scenario
from scenarios.places import Places
from scenarios.rulebook import Rulebook
from scenarios.warnings import Known, warnings

OURS = {"id", "version", "warnings", "is_active", "created_date", "modified_date"}
"""What an answer has beside the definition; sent back, it is not part of it."""

FILTERS = ("name", "status")


class Routes:
    """What can be done with scenarios of one kind."""

    def __init__(self, kind: str, record: type[Any], title: str, parse: Callable[..., Any]) -> None:
        self.kind, self.record, self.title, self.parse = kind, record, title, parse

    def page(self, call: Call) -> Answer:
        found = rows(call, self.kind)
        return page_of_all(call, [self._with_defaults(row) for row in found], FILTERS)

    def create(self, call: Call) -> Answer:
        definition = _definition(call.body)
        saved = self._save(call, None, lambda before, id: self._record(id, definition))
        return saved.answer(self._shown(call, saved.state), 201)

    def read(self, call: Call, id: int) -> Answer:
        record = one(call, self.kind, self.title, id)
        return Answer(self._shown(call, record), headers={"ETag": f'"{record.version}"'})

    def put(self, call: Call, id: int) -> Answer:
        definition = _definition(call.body)
        saved = self._save(call, id, lambda before, id: self._record(id, definition))
        return saved.answer(self._shown(call, saved.state))

    def patch(self, call: Call, id: int) -> Answer:
        changes = _definition(call.body)
        saved = self._save(call, id, lambda before, id: self._record(id, {**before.definition, **changes}))
        return saved.answer(self._shown(call, saved.state))

    def remove(self, call: Call, id: int) -> Answer:
        return remove(call, self.kind, self.title, id)

    def versions(self, call: Call, id: int) -> Answer:
        one(call, self.kind, self.title, id)
        return page_of_all(call, [row for row, _ in reversed(self._versions(call, id))])

    def restore(self, call: Call, id: int, n: int) -> Answer:
        one(call, self.kind, self.title, id)
        found = next((state for row, state in self._versions(call, id) if row["version"] == n), None)
        if found is None or found.removed:
            raise not_found(f"version {n} of {self.title}", id)
        saved = self._save(call, id, lambda before, id: self._record(id, found.definition), said={"version": n})
        return saved.answer(self._shown(call, saved.state))

    def diff(self, call: Call, id: int) -> Any:
        one(call, self.kind, self.title, id)
        asked = [whole(call, name, required=True) or 0 for name in ("from", "to")]
        versions = {row["version"]: row for row, _ in self._versions(call, id)}
        for n in asked:
            if n not in versions:
                raise not_found(f"version {n} of {self.title}", id)
        old, new = (versions[n]["definition"] for n in asked)
        return {"changes": compared(old, new)}

    def _versions(self, call: Call, id: int) -> list[tuple[dict[str, Any], Any]]:
        """Each version with who saved it, and the record as it then was."""
        evolve = KINDS[self.kind].evolve
        found, state = [], None
        for event in call.log.events(stream_of(self.kind, id)):
            state = evolve(state, event.fact, event.at)
            row = {"id": event.version, "version": event.version, "saved_date": moment(event.at), "user": event.actor}
            found.append(({**row, "removed": state.removed, "definition": state.definition}, state))
        return found

    def _record(self, id: int, definition: dict[str, Any]) -> Record:
        parsed = self.parse(definition)
        made: Record = self.record(id, parsed.name, definition, parsed.active)
        return made

    def _save(self, call: Call, id: int | None, made: Callable[[Any, int], Record], said: Any = None) -> Saved:
        def decided(before: Any, record_id: int) -> list[Any]:
            if id is not None:
                there(before, self.title, id)
            return settings.save(before, made(before, record_id))

        return save(call, self.kind, decided, command=f"save-{self.title}", names=("name",), id=id, said=said)

    def _shown(self, call: Call, record: Any) -> dict[str, Any]:
        call.log.reference.refresh()
        places = Places([place_of(location) for location in call.log.reference.all("location")])
        parsed = self.parse(record.definition, record.id, record.version)
        return {**self._with_defaults(record_object(record)), "warnings": warnings(parsed, places, _known(call))}

    def _with_defaults(self, row: dict[str, Any]) -> dict[str, Any]:
        return {"description": "", "priority": 0, **row}


def _known(call: Call) -> Known:
    """What else there is, for warnings."""
    reference, book = call.log.reference, Rulebook.of(call.log)
    channels, carriers = (
        {one.slug for one in reference.all(kind) if not one.removed} for kind in ("channel", "cargo_company")
    )
    return Known(channels, carriers, book.scenarios, bool(book.transfers), call.log.now())


def _definition(body: dict[str, Any]) -> dict[str, Any]:
    said = {name: value for name, value in plain(body).items() if name not in OURS}
    name = said.get("name")
    if isinstance(name, str) and len(name) > 255:
        raise WrongInput(name=["At most 255 characters."])
    return said


def _declare(routes: Routes, path: str) -> None:
    title = routes.title
    queries: dict[str, Query] = {
        "": {**PARAMETERS, **{name: f"Only with this {name}." for name in FILTERS}},
        "<int:id>/versions/": PARAMETERS,
        "<int:id>/diff/": {"from": "The version to compare.", "to": "The version to compare it with."},
    }
    declared: tuple[tuple[str, str, Callable[..., Any], str, int], ...] = (
        ("GET", "", routes.page, f"A page of {title}s.", 200),
        ("POST", "", routes.create, f"Makes a {title}; `warnings` say what is allowed and seldom meant.", 201),
        ("GET", "<int:id>/", routes.read, f"A {title} as it was written.", 200),
        ("PUT", "<int:id>/", routes.put, f"Makes a new version of a {title}.", 200),
        ("PATCH", "<int:id>/", routes.patch, f"Makes a new version of a {title}, with some keys of it changed.", 200),
        ("DELETE", "<int:id>/", routes.remove, f"Removes a {title}.", 204),
        ("GET", "<int:id>/versions/", routes.versions, f"The versions of a {title}, the newest first.", 200),
        ("GET", "<int:id>/diff/", routes.diff, f"What differs between two versions of a {title}, field by field.", 200),
        (
            "POST",
            "<int:id>/versions/<int:n>/restore/",
            routes.restore,
            f"Makes an old version of a {title} the new one.",
            200,
        ),
    )
    for method, below, function, sentence, status in declared:
        free = method in ("POST", "PUT", "PATCH") and "restore" not in below
        query = queries.get(below, {}) if method == "GET" else {}
        made = route(
            method,
            f"{OMS}/{path}/{below}",
            roles=READ if method == "GET" else PLAN,
            tag=path,
            free_body=free,
            query=query,
            status=status,
            answers="Diff" if below.endswith("diff/") else "",
        )
        made(named(function, f"{method} {path} {below}", sentence))


_declare(Routes("scenario", Scenario, "scenario", parse_scenario), "scenarios")
_declare(
    Routes("transfer_scenario", TransferScenario, "transfer scenario", parse_transfer_scenario), "transfer-scenarios"
)
