"""The objects have every field of spec 7, and what stands in them is what the state says."""

import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from benchmarks.lives import Lives
from domain.order import OrderPlanned
from domain.states import OrderStatus, PackageStatus
from projections.objects import render
from projections.objects.location import location_object
from projections.objects.plan import plan_data, plan_object
from projections.objects.state import CONTENT_TYPES, state_id, state_object
from projections.objects.wire import amount, moment
from tests.projections.stories import reveal

STATE = "id name translations config enum_class enum_value content_type created_date modified_date"
FIELDS = {
    "address": "id title line postcode notes latitude longitude is_active mapping country city township district",
    "stock_location": """id omnitron_id name stock_location_type erp_code engine address is_fulfillment_center
        is_pickup_location is_delivery_location is_transfer_location is_return_available is_fast_delivery_available
        is_active priority tags conf daytime_phone evening_phone fax_number email max_quota quota available_quota
        target_packaging_minutes target_exit_minutes opening_hours closed_days cut_off closed_until
        max_packages_per_day channel_limits safety_stock auto_reroute_after created_date modified_date""",
    "product": """id omnitron_id name base_code sku barcode attributes attributes_kwargs extra_attributes
        productimage_set created_date modified_date remote_modified_date""",
    "order_item": """id omnitron_id order state commands product quantity net_amount price price_currency retail_price
        tax_rate tax_amount discount_amount without_net_amount installment_interest_amount attributes
        attributes_kwargs image price_list stock_list extra_field parent_omnitron_id created_date modified_date""",
    "order": """id omnitron_id number state commands channel channel_name customer currency amount discount_amount
        shipping_amount refund_amount payment_type customer_type cargo_company delivery_type retail_store
        ship_complete delivery_range is_click_and_collect shipping_address billing_address notes has_gift_box
        gift_box_note language_code tracking_number invoice_number invoice_date extra_field date_placed orderitem_set
        package_set created_date modified_date""",
    "package": """id number state commands order order_id order_number channel_name remote_id date_placed order_notes
        payment_type city delivery_range stock_location shipment shipment_date shipping_label invoice_number invoice
        cancellation_failure packageitem_set transfer_orders scenario plan created_date modified_date""",
    "package_item": """id package order_item state product quantity unit_type unit_weight discrepancy_reason
        denial_reason selected_barcode serial_no transfer_orders projected_departure created_date modified_date""",
    "package_short": """id number state order order_id order_number channel_name remote_id date_placed payment_type
        city stock_location stock_location_erp_code shipment packageitem_count packageitem_set transfer_orders
        created_date modified_date""",
    "transfer": """id number state order package source destination transferitem_set shipment extra_information
        commands created_date modified_date""",
    "transfer_item": """id state transfer_order package_item product name stock_code barcode quantity unit_type
        created_date modified_date""",
    "shipment": """id state package transfer_order cargo_company awb_number parcels query_number label sender_address
        destination created_date modified_date shipped_date delivered_date history""",
    "plan": """id state order commands orderexecutionplanitem_set context explanation created_date modified_date""",
}


def missing(kind: str, shown: dict[str, Any]) -> set[str]:
    return set(FIELDS[kind].split()) - set(shown)


@pytest.fixture(scope="module")
def lives() -> Lives:
    lives = Lives(seed=5)
    for _ in range(80):
        lives.receive()
    for _ in range(900):
        lives.step()
    return lives


def every(lives: Lives) -> list[tuple[str, int, Any]]:
    """(kind, id, order) of all objects there are."""
    found = []
    for order in lives.orders.values():
        found += [("order", order.id, order)]
        found += [("order_item", i.id, order) for i in order.items]
        for package in order.packages.values():
            found += [("package", package.id, order), ("package_short", package.id, order)]
            found += [("package_item", i.id, order) for i in package.items]
        for transfer in order.transfers.values():
            found += [("transfer", transfer.id, order), ("transfer_short", transfer.id, order)]
            found += [("transfer_item", i.id, order) for i in transfer.items]
        found += [("shipment", id, order) for id in order.shipments]
        found += [("discrepancy", id, order) for id in order.discrepancies]
    return found


def test_every_object_has_every_field_and_is_json(lives: Lives) -> None:
    seen = set()
    for kind, id, order in every(lives):
        shown = render(kind, id, order, lives.settings, reveal)
        assert shown is not None
        assert shown["id"] == id
        seen.add(kind)
        if kind in FIELDS:
            assert not missing(kind, shown), kind
        if isinstance(shown.get("state"), dict):
            assert set(shown["state"]) == set(STATE.split())
        again = json.loads(msgspec.json.encode(shown))
        assert again["id"] == id
    assert seen >= set(FIELDS) - {"address", "stock_location", "product", "plan"}


def test_nested_objects_have_every_field(lives: Lives) -> None:
    checked = set()
    for kind, id, order in every(lives):
        shown = render(kind, id, order, lives.settings, reveal) or {}
        for name, of in (
            ("stock_location", "stock_location"),
            ("source", "stock_location"),
            ("destination", "stock_location" if kind == "transfer" else "address"),
            ("sender_address", "address"),
            ("shipping_address", "address"),
            ("product", "product"),
            ("shipment", "shipment"),
            ("package_item", "package_item"),
        ):
            if isinstance(shown.get(name), dict):
                assert not missing(of, shown[name]), (kind, name)
                checked.add(name)
        if kind == "package":
            assert all(not missing("package_item", item) for item in shown["packageitem_set"])
            assert shown["stock_location"]["quota"] is None
            assert set(shown["scenario"]) == {"id", "version", "rule"}
            for command in shown["commands"]:
                assert set(command) == {"transition", "slug", "name", "input_schema"}
        if kind == "order":
            assert all(not missing("order_item", item) for item in shown["orderitem_set"])
            assert set(shown["customer"]) == {"id", "email", "first_name", "last_name", "phone_number"}
    assert len(checked) == 8


def test_package_tells_its_state_items_and_commands(lives: Lives) -> None:
    for order in lives.orders.values():
        for package in order.packages.values():
            shown = render("package", package.id, order, lives.settings, reveal)
            assert shown is not None
            assert shown["state"]["enum_value"] == str(package.state.value)
            assert shown["number"].startswith(f"{order.number}P")
            assert [(i["id"], i["quantity"]) for i in shown["packageitem_set"]] == [
                (i.id, i.quantity) for i in package.items
            ]
            assert {i["state"]["enum_class"] for i in shown["packageitem_set"]} <= {"PackageItemStatus"}
            slugs = {c["slug"] for c in shown["commands"]}
            assert ("complete-packaging-with-shipment" in slugs) == (
                package.state in (PackageStatus.waiting, PackageStatus.preparing, PackageStatus.ready_for_packaging)
            )


def test_input_schema_is_of_the_input(lives: Lives) -> None:
    waiting = next(
        (o, p) for o in lives.orders.values() for p in o.packages.values() if p.state is PackageStatus.waiting
    )
    shown = render("package", waiting[1].id, waiting[0], lives.settings, reveal)
    assert shown is not None
    by_slug = {c["slug"]: c for c in shown["commands"]}
    assert by_slug["start-preparing"]["input_schema"] is None
    assert "denial_reason" in json.dumps(by_slug["package-refuse-with-denial-reason"]["input_schema"])


def test_the_forgotten_are_null(lives: Lives) -> None:
    order = lives.orders[7]
    shown = render("order", 7, order, lives.settings, lambda _: None)
    assert shown is not None
    id = shown["customer"].pop("id")
    assert isinstance(id, int) and set(shown["customer"].values()) == {None}
    assert shown["shipping_address"] is None and shown["notes"] is None
    known = render("order", 7, order, lives.settings, reveal)
    assert known is not None and known["customer"]["email"] == "c7@example.org" and known["customer"]["id"] == id
    assert known["amount"] == shown["amount"] == "30.60"


def test_what_is_not_there_is_none(lives: Lives) -> None:
    order = lives.orders[7]
    for kind in ("order", "order_item", "package", "package_item", "transfer", "transfer_item", "shipment"):
        assert render(kind, 10**9, order, lives.settings, reveal) is None
    assert render("package", 1, None, lives.settings, reveal) is None


def test_location_with_its_load(lives: Lives) -> None:
    location = lives.settings.of["location"][3]
    assert not missing("stock_location", location_object(location))
    assert not missing("address", location_object(location)["address"])
    loaded = location_object(location, quota=7)
    assert (loaded["quota"], loaded["available_quota"]) == (7, 33)
    assert location_object(location)["quota"] is None


def test_plan_has_every_field(lives: Lives) -> None:
    order, plan = next(
        (o, p.plan) for o in lives.orders.values() for p in o.packages.values() if p.items and p.plan is not None
    )
    fact = OrderPlanned(
        order=order.id,
        plan=plan,
        scenario=1,
        scenario_version=2,
        scenario_name="Standard",
        planner="p",
        inputs="i",
        choices={},
    )
    shown = plan_object(fact.plan, order.id, None, json.loads(plan_data(order, fact)))
    assert not missing("plan", shown)
    assert set(shown["context"]) == {"stock", "asked_at", "scenario", "version"}
    assert set(shown["orderexecutionplanitem_set"][0]) == {
        "order_item",
        "quantity",
        "package",
        "stock_location",
        "rule",
        "reason",
    }
    assert set(shown["state"]) == set(STATE.split())


def test_states_have_ids_of_their_own_and_two_languages() -> None:
    ids = [state_id(member, of) for of, (_, states) in CONTENT_TYPES.items() for member in states]
    assert len(ids) == len(set(ids))
    assert state_object(OrderStatus.shipped)["name"] == "Shipped"  # 500, as packed is
    packed = state_object(PackageStatus.packed)
    assert packed["enum_class"] == "PackageStatus" and packed["enum_value"] == "500"
    assert packed["translations"] == {"en-us": {"name": "Packed"}, "tr-tr": {"name": "Paketlendi"}}
    assert state_object(PackageStatus.packed, "packageitem")["enum_class"] == "PackageItemStatus"


def test_times_and_amounts() -> None:
    assert moment(None) is None
    assert moment(datetime(2026, 11, 23, 10, tzinfo=UTC)) == "2026-11-23T10:00:00Z"
    assert moment(datetime(2026, 11, 23, 10, tzinfo=timezone(timedelta(hours=3)))) == "2026-11-23T07:00:00Z"
    assert amount(Decimal("1E+3")) == "1000" and amount(Decimal("2.50")) == "2.50"
