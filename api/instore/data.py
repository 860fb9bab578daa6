"""The JSON behind the page (spec 6.5): who is here and where, lists, one object, what a scanner found, news."""

import json
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from flask import Response

from api.console.frame import Visit, page
from api.console.inside import Refused
from api.instore.shown import PATHS, SHOWN, commands, place, states
from domain.application_settings import value_of
from projections.schema import FOLLOWER

ROWS = 100
"""Objects a page of a list; what a shop has open at a time mostly fits."""

SIDES = {"expected": "destination__erp_code", "dispatch": "source__erp_code"}
"""Transfers that come here, and those that leave."""

FILTERS: Mapping[str, Mapping[str, str]] = {
    "package": {
        "date": "order__date",
        "order": "order__number",
        "package": "number",
        "barcode": "product_barcode",
        "sku": "product_sku",
        "first": "customer_first_name",
        "last": "customer_last_name",
    },
    "transfer": {
        "date": "order__date_placed",
        "order": "order__number",
        "package": "package_number",
        "barcode": "product_barcode",
        "sku": "product_sku",
        "first": "order__customer__first_name",
        "last": "order__customer__last_name",
    },
}
"""The page's filters (spec 6.5) by the API's names."""

IN_HAND = {"state__enum_value__in": "100,200,400"}
"""Packages whose goods are picked or packed: only in these a product that is scanned is looked for."""

F = TypeVar("F", bound=Callable[..., Any])


def data(path: str, *, methods: tuple[str, ...] = ("GET",)) -> Callable[[F], F]:
    """Declares a page whose answers, refusals too, are JSON."""

    def declare(function: F) -> F:
        def answered(visit: Visit, **path: Any) -> Response:
            try:
                return plain(function(visit, **path))
            except Refused as refused:
                return plain({"error": dict(refused.error), "message": refused.message}, refused.status)

        answered.__name__, answered.__module__ = function.__name__, function.__module__
        page(f"/instore/data/{path}", methods=methods)(answered)
        return function

    return declare


def plain(content: Any, status: int = 200) -> Response:
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return Response(text, status, content_type="application/json")


def position(visit: Visit) -> int:
    """How far the read models are: taken before they are read, so that no news is missed."""
    return visit.services.log.positions().get(FOLLOWER, 0)


@data("me/")
def me(visit: Visit) -> Any:
    """Whose page it is, the token of what it sends, its locations, and what stands in no object."""
    api = visit.api
    return {
        "user": visit.caller.id,
        "name": visit.caller.username,
        "csrf": visit.csrf,
        "acts": api.may("POST", "packages/1/command/"),
        "locations": [place(one) for one in every(visit, "stock_locations/", sort="name")],
        "commands": commands(every(visit, "transitions/", sort="id")),
        "states": states(
            row for of in ("package", "transferorder") for row in every(visit, "states/", content_type=of, sort="id")
        ),
        "reasons": [
            {"id": one["id"], "title": one["title"]}
            for one in sorted(every(visit, "packages/package_denial_reason/", sort="id"), key=lambda o: o["priority"])
            if one["is_active"]
        ],
        "carriers": [{"slug": one["slug"], "name": one["name"]} for one in every(visit, "cargo-companies/", sort="id")],
        "codes": bool(value_of(visit.services.log.reference, "IS_OTP_ENABLED")),
    }


def every(visit: Visit, path: str, **query: Any) -> list[Any]:
    """All rows of a list that is short."""
    found: list[Any] = []
    while True:
        said = visit.api.get(path, limit=100, page=len(found) // 100 + 1, **query)
        found += said["results"]
        if len(found) >= said["count"] or not said["results"]:
            return found


@data("list/<what>/")
def listed(visit: Visit, what: str) -> Any:
    """`what`: packages, expected or dispatch, at the location `at`; `states` and the filters narrow it."""
    kind = "package" if what == "packages" else "transfer"
    side = "stock_location__erp_code" if kind == "package" else SIDES.get(what)
    if side is None:
        raise Refused(404, {"message": f"There is no list {what}."}, {})
    said = visit.query
    query = {api: said.get(name, "").strip() for name, api in FILTERS[kind].items()}
    before = position(visit)
    found = visit.api.get(
        f"{PATHS[kind]}/",
        limit=ROWS,
        page=said.get("page", "1"),
        sort="id",
        **{side: said.get("at", ""), "state__enum_value__in": said.get("states", ""), **query},
    )
    return {
        "objects": [SHOWN[kind](one) for one in found["results"]],
        "count": found["count"],
        "more": found["next"] is not None,
        "position": before,
    }


@data("counts/")
def counts(visit: Visit) -> Any:
    """Per state how many packages stand at the location `at`, and how many transfers leave it and come."""
    at = visit.query.get("at", "")

    def row(of: str) -> Mapping[str, Any]:
        rows = visit.api.get(f"reports/{of}-location-movements/", erp_code=at)["results"] if at else []
        return next(iter(rows), {})

    packages, transfers = row("package"), row("transfer")
    return {
        "packages": packages.get("states", {}),
        "dispatch": transfers.get("states", {}),
        "expected": transfers.get("incoming", {}),
    }


@data("one/<kind>/<int:id>/")
def one(visit: Visit, kind: str, id: int) -> Any:
    """An object as it stands; another location's is not found."""
    if kind not in PATHS:
        raise Refused(404, {"message": f"There is no {kind}."}, {})
    now = visit.services.log.head().position
    return {"object": SHOWN[kind](visit.api.get(f"{PATHS[kind]}/{id}/")), "position": now}


@data("found/")
def found(visit: Visit) -> Any:
    """What a code on paper or goods may mean at `at`: a package or transfer by its number, a package by its label, an
    order's packages, packages and transfers that hold an item: the first that fits, `by` the filter that finds them
    all; none: an empty list."""
    code, at = visit.query.get("code", "").strip()[:255], visit.query.get("at", "")
    before = position(visit)
    here, either = {"stock_location__erp_code": at}, {"erp_code": at}
    tries: tuple[tuple[str, str, Mapping[str, str]], ...] = (
        ("package", "package", {"number": code, **here}),
        ("transfer", "package", {"number": code, **either}),
        ("package", "label", {"shipment__awb_number": code, **here}),
        ("package", "order", {"order__number": code, **here}),
        ("package", "barcode", {"product_barcode": code, **IN_HAND, **here}),
        ("package", "sku", {"product_sku": code, **IN_HAND, **here}),
        ("transfer", "barcode", {"product_barcode": code, **either}),
        ("transfer", "sku", {"product_sku": code, **either}),
    )
    for kind, by, query in tries if code and at else ():
        rows = visit.api.get(f"{PATHS[kind]}/", limit=20, sort="id", **query)["results"]
        exact = [row for row in rows if row["number"].lower() == code.lower()]
        if rows:
            return {"objects": [SHOWN[kind](row) for row in (exact or rows)], "by": by, "position": before}
    return {"objects": [], "by": None, "position": before}


@data("news/")
def news(visit: Visit) -> Any:
    """Whether anything at `at` has changed since position `since`; asked every few seconds by every page that is looked
    at, so it is cheap: while the log stands still, no table is read."""
    since, at = visit.query.get("since", "0"), visit.query.get("at", "")
    now = position(visit)
    if str(now) == since:
        return {"position": now, "changed": False}
    asked = (("packages/short/", {"stock_location__erp_code": at}), ("transfer_orders/short/", {"erp_code": at}))
    changed = any(visit.api.get(path, position__gt=since, limit=1, **place)["results"] for path, place in asked)
    return {"position": now, "changed": changed}
