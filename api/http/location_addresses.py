"""Stock locations as other programs ask for them (spec 3.2): their addresses alone, and told by the code they have."""

from dataclasses import replace
from typing import Any

from marshmallow import ValidationError

from api.http.lists import listed, parameters
from api.http.location_schema import LocationBody
from api.http.locations import LIST, TAG, patch, register
from api.http.paging import PARAMETERS, page_of_all
from api.http.routes import OMS, OWN, READ, WRITE, Answer, Call, route
from projections.objects.location import location_object

FILTERS = ("id", "stock_location", "erp_code")
ADDRESSES = {**PARAMETERS, **{name: f"Only with this {name.replace('_', ' ')}." for name in FILTERS}}


@route(
    "GET",
    f"{OMS}/stock_location_addresses/",
    roles=READ,
    tag=TAG,
    query=ADDRESSES,
    answers="[LocationAddress]",
    reach=OWN,
)
@route(
    "GET",
    f"{OMS}/stock_location_addresses/list-simple/",
    roles=READ,
    tag=TAG,
    query=ADDRESSES,
    answers="[LocationAddress]",
    reach=OWN,
)
def addresses(call: Call) -> Answer:
    """A page of the addresses of stock locations."""
    call.log.reference.refresh()
    rows = []
    for one in call.log.reference.all("location"):
        if call.caller.may_at(one.id):
            address: dict[str, Any] = location_object(one)["address"] or {}
            rows.append({**address, "stock_location": one.id, "erp_code": one.profile.erp_code})
    return page_of_all(call, rows, FILTERS)


@route(
    "GET",
    f"{OMS}/stocklocations-webhook",
    roles=READ,
    tag=TAG,
    query=parameters(LIST),
    answers="[StockLocation]",
    reach=OWN,
)
def told(call: Call) -> Answer:
    """A page of stock locations, as the webhooks `stock_location.*` tell of them."""
    call.log.reference.refresh()
    return listed(call, LIST)


@route(
    "POST",
    f"{OMS}/stocklocations-webhook",
    roles=WRITE,
    tag=TAG,
    body=LocationBody(partial=True),
    answers="StockLocation",
)
@route(
    "PUT",
    f"{OMS}/stocklocations-webhook",
    roles=WRITE,
    tag=TAG,
    body=LocationBody(partial=True),
    answers="StockLocation",
)
def tell(call: Call) -> Answer:
    """Takes in what another system says of a location: registers one of a new `erp_code`, else changes what is said."""
    call.log.reference.refresh()
    found = call.log.reference.find("location", call.body.get("erp_code", ""))
    if found is not None:
        return patch(call, found.id)
    missing = LocationBody().validate({name: call.body.get(name) for name in ("erp_code", "name") if name in call.body})
    if missing:
        raise ValidationError(missing)
    return replace(register(call), status=200)
