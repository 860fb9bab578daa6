"""openapi.json is valid, whole and true: what the service answers is what it says; /docs shows all of it."""

import base64
import hashlib
import re
from typing import Any

import jsonschema_rs
import pytest

from api.http import docs_page
from api.http.object_schemas import OBJECTS, object_schemas
from api.http.routes import ANYBODY, ROUTES
from domain.kernel import COMMANDS
from domain.planning import Leg
from projections.queries import LISTS
from tests.api.site import Site
from webhook_outbox.registry import SCHEMAS


@pytest.fixture(scope="module")
def document(site: Site) -> dict[str, Any]:
    found: dict[str, Any] = site.nobody.get("openapi.json")
    return found


def test_it_is_valid_to_a_public_judge(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    import schemathesis  # large: only where it runs

    judged = schemathesis.openapi.from_dict(document)
    judged.validate()
    operations = list(judged.get_all_operations())
    assert len(operations) == len(ROUTES)
    assert not [one for one in operations if "Err" in type(one).__name__]


def test_every_schema_is_one_and_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    every = [{"$ref": f"#/components/schemas/{name}"} for name in document["components"]["schemas"]]
    jsonschema_rs.Draft202012Validator({"components": document["components"], "anyOf": every})
    known = {f"#/components/{of}/{name}" for of, all in document["components"].items() for name in all}
    assert set(_values(document, "$ref")) <= known


def test_every_route_is_there_with_its_roles(document: dict[str, Any]) -> None:
    for one in ROUTES:
        said = document["paths"][re.sub(r"<(?:int:)?(\w+)>", r"{\1}", one.path)][one.method.lower()]
        assert said["summary"].endswith("."), one.path
        assert bool(said["security"]) == (one.roles is not ANYBODY)
        assert {p["name"] for p in said["parameters"] if p["in"] == "path"} == set(
            re.findall(r"<(?:int:)?(\w+)>", one.path)
        )
        assert ("requestBody" in said) == (one.body is not None or one.free_body or bool(one.takes))
        assert all("application/json" in r["content"] for s, r in said["responses"].items() if s >= "400")
    ids = [said["operationId"] for methods in document["paths"].values() for said in methods.values()]
    assert len(ids) == len(set(ids))


def test_bodies_that_are_no_json_say_what_they_are(document: dict[str, Any]) -> None:
    said = document["paths"]["/api/v1/oms/imports/"]["post"]["requestBody"]
    assert said["required"] and next(iter(said["content"])) == "text/csv"
    said = document["paths"]["/api/v1/oms/carriers/{slug}/status/"]["post"]["requestBody"]
    assert {of: how["schema"]["type"] for of, how in said["content"].items()} == {
        "application/json": "object",
        "application/xml": "string",
    }


def test_every_filter_of_a_list_is_a_parameter(document: dict[str, Any]) -> None:
    said = document["paths"]["/api/v1/oms/packages/"]["get"]
    names = {parameter["name"] for parameter in said["parameters"]}
    assert {*LISTS["packages"].filters, "page", "limit", "page_size", "sort", "ordering", "format"} < names
    assert "position__gt" in names
    assert {"400", "401", "403", "406", "503"} <= set(said["responses"])
    assert "406" in document["paths"]["/api/v1/oms/channels/"]["get"]["responses"]


def test_every_command_has_a_body_with_its_slug(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    told = {
        slug
        for whole in ("PackageCommand", "TransferCommand")
        for one in schemas[whole]["oneOf"]
        for way in schemas[one["$ref"].rpartition("/")[2]]["properties"]["slug"]["anyOf"]
        for slug in way["enum"]
    }
    assert {slug for _, slug in COMMANDS} <= told
    refusing = schemas["PackagePackageRefuseWithDenialReasonCommand"]
    assert refusing["required"] == ["slug", "denial_reason"]


@pytest.mark.parametrize(
    ("body", "good"),
    [
        ({"slug": "start-preparing"}, True),
        ({"slug": "package-refuse-with-denial-reason", "denial_reason": 4}, True),
        ({"slug": "package-refuse-with-denial-reason"}, False),
        ({"slug": "product-not-found", "package_items": [{"id": 7, "quantity": 2, "reason": "not_found"}]}, True),
        ({"slug": "product-not-found", "package_items": [7]}, True),
        ({"slug": "fly"}, False),
    ],
)
def test_a_command_body_is_told_from_a_wrong_one(document: dict[str, Any], body: Any, good: bool) -> None:
    schema = {**document, "$ref": "#/components/schemas/PackageCommand"}
    assert jsonschema_rs.Draft202012Validator(schema).is_valid(body) is good


def test_the_registry_leads_to_schemas_that_are_there(document: dict[str, Any], site: Site) -> None:
    assert set(SCHEMAS.values()) <= set(document["components"]["schemas"])
    rows = site.admin.get("/whisperer/hooks/registry/")["results"]
    assert {row["payload_schema"]["$ref"].rpartition("/")[2] for row in rows} <= set(SCHEMAS.values())


@pytest.fixture(scope="module")
def lived(site: Site) -> Site:
    """Something in every list: shipped, refused, not found, a transfer, a discrepancy, a plan."""
    shipped = site.package()
    for slug in ("complete-packaging-with-shipment", "ship-package"):
        assert site.admin.command(shipped, slug).status_code == 204
    missing = site.package()
    item = site.admin.get(f"packages/{missing}/")["packageitem_set"][0]["id"]
    rows = [{"id": item, "quantity": 1, "reason": "defective"}]
    assert site.admin.command(missing, "product-not-found", package_items=rows).status_code == 204
    order = site.order()
    lines = tuple((one["id"], int(one["quantity"])) for one in order["orderitem_set"])
    site.plan(order, "ST-014", (Leg(site.places["WH-01"], lines[:1]),))
    site.admin.post("/whisperer/hooks/", {"target_url": "http://127.0.0.1:9/openapi", "event_type": "order.*"})
    assert site.log.wait_for(["projections"], site.log.head().position, 20)
    return site


def test_what_lists_and_details_answer_is_what_is_said(document: dict[str, Any], lived: Site) -> None:
    """Every GET without a parameter in its path, and the detail of its first row."""
    empty = []
    for path, methods in document["paths"].items():
        if "get" not in methods or "{" in path or path in ("/metrics", "/docs", "/api/v1/oms/openapi.json"):
            continue
        if any(parameter.get("required") for parameter in methods["get"]["parameters"]):
            continue
        schema = methods["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        answer = lived.admin.get(path)
        _agrees(document, schema, answer, path)
        if isinstance(answer, list):  # permission_groups: a plain array
            continue
        if answer.get("results") == []:
            empty.append(path)
        detail = f"{path}{{id}}/"
        rows = answer.get("results") or []
        if rows and "id" in rows[0] and "get" in document["paths"].get(detail, {}):
            said = document["paths"][detail]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
            _agrees(document, said, lived.admin.get(detail.format(id=rows[0]["id"])), detail)
    judged = {re.sub("/list-simple/$", "/", path) for path in document["paths"]} - {
        re.sub("/list-simple/$", "/", path) for path in empty
    }
    for name in ("orders", "packages", "packages/short", "transfer_orders", "transfer-items", "shipments"):
        assert f"/api/v1/oms/{name}/" in judged, "nothing was there to judge by"
    assert "/api/v1/oms/inventory-discrepancies/" in judged
    assert "/api/v1/oms/state-transition-logs/" in judged


def test_history_and_differences_are_what_is_said(document: dict[str, Any], lived: Site) -> None:
    package = lived.package()
    assert lived.admin.command(package, "start-preparing").status_code == 204
    assert lived.log.wait_for(["projections"], lived.log.head().position, 20)
    for path, url in (
        ("/api/v1/oms/audit/{kind}/{id}/history/", f"audit/package/{package}/history/"),
        ("/api/v1/oms/audit/{kind}/{id}/diff/", f"audit/package/{package}/diff/?from=1&to=2"),
    ):
        said = document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        _agrees(document, said, lived.admin.get(url), path)


def test_a_refusal_has_the_shape_that_is_said(document: dict[str, Any], site: Site) -> None:
    schema = {"$ref": "#/components/schemas/Error"}
    package = site.package()
    for answer in (
        site.admin.command(package, "fly"),
        site.admin.command(package, "ship-package"),
        site.admin.command(package, "package-refuse-with-denial-reason"),
        site.admin("GET", "packages/?colour=red"),
        site.admin("POST", "orders/", {"number": "X", "channel": "web", "items": [{"quantity": "x"}]}),
        site.nobody("GET", "packages/"),
        site.admin("GET", "packages/987654321/"),
    ):
        assert answer.status_code >= 400
        _agrees(document, schema, answer.json(), answer.url)
    answer = site.admin("GET", "/whisperer/hooks/987654321/")
    _agrees(document, {"$ref": "#/components/schemas/WebhookError"}, answer.json(), answer.url)


def test_the_objects_hold_what_the_specification_lists() -> None:
    """A field that is not there makes an object wrong."""
    schema = object_schemas()["Change"]
    judge = jsonschema_rs.Draft202012Validator(schema)
    assert judge.is_valid({"field": "state", "from": "100", "to": None})
    assert not judge.is_valid({"field": "state", "from": "100"})
    assert len(OBJECTS) == len(object_schemas())


def test_docs_show_every_path_and_load_nothing(document: dict[str, Any], site: Site) -> None:
    answer = site.nobody("GET", "/docs")
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    page = answer.text
    for path, methods in document["paths"].items():
        assert f"<code>{path}</code>" in page
        assert all(f'id="{said["operationId"]}"' in page for said in methods.values())
    for slug in {slug for _, slug in COMMANDS}:
        assert slug in page
    policy = answer.headers["Content-Security-Policy"]
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in policy and "default-src 'none'" in policy
    assert not re.search(r"<script|<link|<img|src=|@import|url\(|http-equiv| style=", page)
    assert set(re.findall(r'href="([^"#][^"]*)"', page)) == {"/api/v1/oms/openapi.json"}
    assert 'name="viewport"' in page and '<html lang="en">' in page


def test_docs_escape_what_they_show() -> None:
    shown = docs_page._pages.get_template("docs.html").render(
        style="", objects=[], tags=[("<b>", [docs_page._row({}, "/<script>", "get", _operation("<i>&"))])]
    )
    assert "<script>" not in shown and "<i>" not in shown and "<b>" not in shown
    assert "&lt;i&gt;&amp;" in shown


def _operation(sentence: str) -> dict[str, Any]:
    return {"operationId": "x", "summary": sentence, "parameters": [], "responses": {"204": {"description": ""}}}


def _agrees(document: dict[str, Any], schema: dict[str, Any], value: Any, where: str) -> None:
    whole = {"components": document["components"], "allOf": [schema]}
    errors = [
        f"{e.instance_path}: {e.message[:300]}" for e in jsonschema_rs.Draft202012Validator(whole).iter_errors(value)
    ]
    assert not errors, f"{where}: {errors[:5]}"


def _values(value: Any, key: str) -> list[str]:
    if isinstance(value, dict):
        own = [value[key]] if isinstance(value.get(key), str) else []
        return own + [found for inner in value.values() for found in _values(inner, key)]
    return [found for inner in value for found in _values(inner, key)] if isinstance(value, list) else []
