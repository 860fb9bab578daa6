"""Stock locations (spec 3.2, 7): registered, changed, listed with the load they carry now."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from api.http.details import not_found
from api.http.engine_schema import sealed
from api.http.lists import listed, parameters
from api.http.location_schema import LocationBody, of_profile
from api.http.routes import OMS, OWN, READ, WRITE, Answer, Call, route
from api.http.saving import Saved, save
from domain import location
from domain.kinds import stream_of
from domain.location import Location, Profile
from eventlog.secrets import Secrets
from projections.fetching import fetch
from projections.lists.locations import QUOTA
from projections.objects.location import location_object

TAG = "stock_locations"
LIST = "stock_locations"


@route(
    "GET", f"{OMS}/stock_locations/", roles=READ, tag=TAG, query=parameters(LIST), answers="[StockLocation]", reach=OWN
)
def locations(call: Call) -> Answer:
    """A page of stock locations with the quota slots they hold now."""
    call.log.reference.refresh()
    return listed(call, LIST)


@route(
    "GET",
    f"{OMS}/stocklocations/list-simple/",
    roles=READ,
    tag=TAG,
    query=parameters(LIST),
    answers="[StockLocation]",
    reach=OWN,
)
def locations_simple(call: Call) -> Answer:
    """A page of stock locations, for BI tools."""
    return locations(call)


@route(
    "POST", f"{OMS}/stock_locations/", roles=WRITE, tag=TAG, body=LocationBody(), status=201, answers="StockLocation"
)
def register(call: Call) -> Answer:
    """Registers a stock location; its erp code is unique and stays."""
    said = of_profile(call.body)

    def decided(before: Location | None, id: int) -> list[Any]:
        return location.save(before, id, Profile(**said))

    said["engine"] = sealed(said.get("engine"), None, _secrets(call))
    return _answer(call, _save(call, said, decided), 201)


@route("GET", f"{OMS}/stock_locations/<int:id>/", roles=READ, tag=TAG, answers="StockLocation", reach=OWN)
def read(call: Call, id: int) -> Answer:
    """A stock location."""
    held = call.log.state(stream_of("location", id))
    if held.state is None or not call.caller.may_at(id):
        raise not_found("stock location", id)
    return Answer(shown(call, held.state), headers={"ETag": f'"{held.version}"'})


@route(
    "PUT",
    f"{OMS}/stock_locations/<int:id>/",
    roles=WRITE,
    tag=TAG,
    body=LocationBody(),
    answers="StockLocation",
    reach=OWN,
)
def put(call: Call, id: int) -> Answer:
    """Replaces what is set of a stock location; what is not given takes its default."""
    return _change(call, id, lambda before, said: Profile(**said))


@route(
    "PATCH",
    f"{OMS}/stock_locations/<int:id>/",
    roles=WRITE,
    tag=TAG,
    body=LocationBody(partial=True),
    answers="StockLocation",
    reach=OWN,
)
def patch(call: Call, id: int) -> Answer:
    """Changes fields of a stock location."""
    return _change(call, id, lambda before, said: replace(before, **said))


def _change(call: Call, id: int, made: Any) -> Answer:
    said = of_profile(call.body)
    if "engine" in said:
        found = call.log.state(stream_of("location", id)).state
        said["engine"] = sealed(said["engine"], found.profile.engine if found else None, _secrets(call))

    def decided(before: Location | None, id: int) -> list[Any]:
        if before is None or not call.caller.may_at(id):
            raise not_found("stock location", id)
        return location.save(before, id, made(before.profile, said))

    return _answer(call, _save(call, said, decided, id))


def _save(call: Call, said: Mapping[str, Any], decided: Any, id: int | None = None) -> Saved:
    return save(call, "location", decided, command="save-location", names=("erp_code",), id=id, said=said)


def _secrets(call: Call) -> Secrets:
    return Secrets(call.log.listening, call.services.secret_key)


def _answer(call: Call, saved: Saved, status: int = 200) -> Answer:
    return saved.answer(shown(call, saved.state), status)


def shown(call: Call, state: Location) -> dict[str, Any]:
    with call.reads.connection() as connection:
        quota = dict(fetch(connection, QUOTA, ([state.id],)))
    return location_object(state, quota.get(state.id, 0))
