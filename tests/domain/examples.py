"""One example of every stored fact, with something said in every field: what the golden files hold."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from domain import (
    application_settings,
    carriers,
    correcting,
    customer,
    discrepancy,
    invoice,
    jobs,
    location,
    order,
    order_place,
    order_source,
    package,
    package_items,
    pickup,
    settings,
    shipment,
    stock,
    transfer,
    transfer_misses,
    transition_settings,
    webhook_endpoint,
)
from domain.document import Document
from domain.kernel import info
from domain.order import Destination, OrderItem
from domain.personal import Personal
from domain.planning_facts import Level
from domain.shipment import Parcel
from domain.states import OrderStatus, PackageStatus, ShipmentStatus, TransferStatus
from tests.domain.cancelling_examples import CANCELLING

AT = datetime(2026, 11, 23, 10, 0, 0, 123456, tzinfo=UTC)
DOCUMENT = Document("b94d27", "application/pdf", 1234)
LEVELS = (Level("85123A", Decimal("12.50"), AT, 600),)
PROFILE = location.Profile(
    erp_code="ST-014",
    name="Leeds Briggate",
    stock_location_type="warehouse",
    is_active=False,
    priority=10,
    max_quota=40,
    is_fulfillment_center=False,
    is_pickup_location=True,
    is_delivery_location=False,
    is_transfer_location=True,
    is_return_available=True,
    is_fast_delivery_available=True,
    tags=("city",),
    conf={"floor": 2},
    engine={"type": "multiple", "settle_minutes": 10},
    address=location.Address(
        "Shop",
        "1 Briggate",
        "LS1 6AA",
        "ring twice",
        {"code": "GB"},
        {"name": "Leeds"},
        {"name": "West"},
        {"name": "Centre"},
        "53.79648",
        "-1.54785",
    ),
    omnitron_id=7,
    daytime_phone="+441",
    evening_phone="+442",
    fax_number="+443",
    email="shop@example.org",
    target_packaging_minutes=30,
    target_exit_minutes=60,
    opening_hours={"mon": ["09:00", "18:00"]},
    closed_days=("2026-12-25",),
    cut_off="16:00",
    closed_until={"until": "2026-12-01", "reason": "flood", "user": "ada"},
    max_packages_per_day=100,
    channel_limits={"web": 5},
    safety_stock=2,
    auto_reroute_after=3600,
)
RECEIVED: dict[str, Any] = {
    "order": 1,
    "number": "R1000001",
    "channel": 2,
    "status": OrderStatus.approved,
    "items": (
        OrderItem(
            3, "85123A", 6, "T-LIGHT HOLDER", "869", 4, Decimal("2.55"), Decimal("20.00"), Decimal("0.10"),
            {"fragile": True}, {"gift": "yes"},
        ),
    ),
    "destination": Destination("United Kingdom", "Leeds", "West", "Centre", 53.8, -1.55),
    "personal": Personal("k1", "c2VhbGVk"),
    "omnitron_id": 5,
    "currency": "GBP",
    "amount": Decimal("30.60"),
    "discount_amount": Decimal("0.60"),
    "shipping_amount": Decimal("4.95"),
    "payment_type": "credit_card",
    "customer_type": "retail",
    "cargo_company": 6,
    "delivery_type": "express",
    "retail_store": "ST-014",
    "ship_complete": True,
    "delivery_range": {"from": "2026-11-24", "to": "2026-11-25"},
    "date_placed": AT,
    "extra": {"campaign": [1, "x"]},
    "plan": False,
}  # fmt: skip

EXAMPLES: tuple[Any, ...] = (
    location.LocationRegistered(location=14, profile=PROFILE),
    location.LocationChanged(location=14, profile=PROFILE),
    stock.StockAnswered(stock=14, levels={"85123A": Decimal(7)}, asked_at=AT, settle=600),
    stock.StockPushed(stock=14, levels={"85123A": Decimal(12), "22423": Decimal("0.5")}),
    order.OrderReceived(**RECEIVED),
    order.OrderPlanRequested(order=1),
    order_place.OrderPlaceSought(order=1),
    order_place.OrderPlaced(order=1, latitude=53.8, longitude=-1.55),
    order.OrderUnplanned(order=1, reasons=("Standard: channel is shop", "no answer of the stock service")),
    order.OrderPlanned(
        order=1, plan=9, scenario=7, scenario_version=3, scenario_name="Standard", planner="1", inputs="b94d27",
        choices={"rules": [{"rule": "near", "chosen": ["ST-014"]}], "open": []}, again=True,
    ),
    order.OrderFulfilledByMultiplePackages(order=1, packages=2),
    package.PackageCreated(
        package=10, number="R1000001P1", state=PackageStatus.waiting_for_transfer,
        born=PackageStatus.waiting_remote_action, location=14, items=(package.NewItem(11, 3, "85123A", 6, 2),),
        scenario=7, scenario_version=3, rule="near", plan=9, levels=LEVELS, margin=2, by_quota=True, forced=True,
    ),
    package.PackageTransfersArrived(package=10, state=PackageStatus.waiting),
    package.PackageReservationsDeallocated(package=10),
    package.PackagePreparing(package=10),
    package.PackagePicked(package=10),
    package.PackagePacked(
        package=10, state=PackageStatus.packed, items=(package.PackedItem(11, "869", "S1", "0.4"),)
    ),
    package.PackageLabelled(package=10),
    package_items.PackageItemCut(package=10, item=11, quantity=1, cut=12),
    package_items.PackageItemReplaced(package=10, item=11, was="85123A", sku="22423"),
    package_items.PackageItemsMissing(package=10, items=((11, 1),)),
    package_items.PackageItemsScanned(package=10, items=((11, "869"),)),
    package_items.PackageItemsSetApart(package=10, items=((11, 1),)),
    package_items.PackagePackedForRefund(package=10),
    package_items.PackagePickingReopened(package=10),
    package.PackageShipped(package=10),
    package.PackageRefused(package=10, denial_reason=4, reason="Too busy", exclude_until=AT),
    package.PackageNotFound(package=10),
    package.PackageBlocked(package=10, reason="fraud?"),
    package.PackageUnblocked(package=10),
    package.PackageRemoteActionCompleted(package=10),
    package.PackageRescheduleRequested(package=10),
    package.PackageLinesReplanned(package=10, moved=((11, 2),), emptied=False),
    package.PackageCancelled(package=10, reason="changed mind", held=True, goods_back=True),
    pickup.PackageReadyForPickup(package=10, otp=True),
    pickup.PickupCodeMade(package=10, digest="ab", salt="cd", expires_at=AT, sealed=Personal("k1", "c2VhbGVk")),
    pickup.PickupCodeSent(package=3, message="M000001"),
    pickup.PickupCodeExpired(package=10),
    pickup.PickupCodeRejected(package=10, reason="wrong", spent=True),
    pickup.PackagePickedUp(package=10),
    invoice.PackageBilled(
        package=3, number="B-7", date="2026-11-23", document_type="base64", document=DOCUMENT, source="test"
    ),
    invoice.PackageInvoiced(
        package=10, number="INV-1", date="2026-11-23", document_type="base64", document=DOCUMENT, source="remote"
    ),
    invoice.PackageInvoiceCopied(package=10, address=Document("0d7e", "text/uri-list", 40), copy=DOCUMENT),
    transfer.TransferCreated(
        transfer=20, number="R1000001P1T1", package=10, source=15, destination=14,
        items=(transfer.NewTransferItem(21, 11, "85123A", 2),), after=19, levels=LEVELS, margin=1, onward=16,
    ),
    transfer.TransferMadeReady(transfer=20),
    transfer.TransferDispatched(transfer=20),
    transfer.TransferDelivered(transfer=20, package=10, counted=(transfer.Arrival(21, 11, "85123A", 2, 1),)),
    transfer.TransferCancelled(transfer=20, package=10, reason="its package was cancelled"),
    transfer.TransferDetached(transfer=20, package=10),
    transfer_misses.TransferCarrierTold(transfer=20, cargo_company=6, tracking_number="TRK1"),
    transfer_misses.TransferItemsNotFound(transfer=20, package=10, items=((21, 2),), emptied=True),
    transfer_misses.TransferOutOfStock(transfer=20, package=10, source=15, flagged=("85123A",)),
    transfer_misses.TransferLinesReleased(transfer=20, package=10, lines=((11, 2),)),
    shipment.ShipmentCreated(shipment=30, package=10, cargo_company=6, parcels=(Parcel("AWB1", "1.2"),)),
    shipment.ShipmentHandedOver(shipment=30, package=10, source="carrier"),
    shipment.ShipmentStatusUpdated(
        shipment=30, package=10, status=ShipmentStatus.attempted_delivery, state=PackageStatus.attempted_delivery,
        source="carrier",
    ),
    shipment.ShipmentInfoUpdated(shipment=30, package=10, cargo_company=6, awb_number="AWB1", query_number="Q1"),
    shipment.ShipmentLabelRequested(shipment=30, package=10, items=(11,)),
    shipment.ShipmentReturnBooked(shipment=4, package=3, awb_number="R123", label=DOCUMENT),
    shipment.ShipmentLabelled(
        shipment=30, package=10, awb_number="AWB1", parcels=(Parcel("AWB1", "1.2"),), query_number="Q1", label=DOCUMENT
    ),
    shipment.ShipmentCancelled(shipment=30, package=10),
    discrepancy.DiscrepancyRecorded(
        discrepancy=40, package=10, transfer=20, item=11, location=15, sku="85123A", quantity=1,
        reason=discrepancy.DiscrepancyReason.lost, freeze=172800,
    ),
    discrepancy.DiscrepancyRemoved(discrepancy=40, package=10, item=11),
    discrepancy.DiscrepancyClosed(discrepancy=40, package=10, location=15, sku="85123A", counted=3),
    settings.ChannelSaved(
        channel=2,
        record=settings.Channel(2, "Web", "web", "web", {"a": 1}, False, {"sync_remote_order_status": True}),
    ),
    settings.CargoCompanySaved(
        cargo_company=6, record=settings.CargoCompany(6, "Fast Cargo", "fast", True, {"a": 1}, False)
    ),
    settings.DenialReasonSaved(
        denial_reason=4, record=settings.DenialReason(4, "Too busy", "R4", 1, False, 3600)
    ),
    settings.CancellationReasonSaved(
        cancellation_reason=10, record=settings.CancellationReason(10, "Changed my mind", "C3", 2, False)
    ),
    order_source.OrderHeardFromSource(
        order=1, modified=AT, status=OrderStatus.approved, said=((77, 6),),
        declined=("The address stays.",), extra={"basket": {"id": 7}, "gift": [True, "1.50"]},
    ),
    order_source.OrderStatesTold(order=1, of=12, states=((3, OrderStatus.preparing),)),
    order_source.OrderPlanHeardFromSource(order=1, uuid="7f0c", modified=AT, taken=((3, 2),)),
    carriers.SenderAddressSaved(
        sender_address=9, record=carriers.SenderAddress(9, 14, 6, "LDS-14", "R14", False)
    ),
    carriers.CargoCompanyConditionSaved(
        cargo_company_condition=5,
        record=carriers.CargoCompanyCondition(5, "heavy", 6, "package.weight > 30", 3, False),
    ),
    settings.ScenarioSaved(scenario=7, record=settings.Scenario(7, "Standard", {"rules": []}, False)),
    settings.TransferScenarioSaved(
        transfer_scenario=8, record=settings.TransferScenario(8, "From the warehouse", {"rules": []}, False)
    ),
    settings.UserSaved(user=50, record=settings.User(50, "ada", ("store",), (14,), False, (3,))),
    settings.PermissionGroupSaved(
        permission_group=3, record=settings.PermissionGroup(3, "Leads", ("manual-planning",), False)
    ),
    jobs.JobSaved(job=9, record=jobs.JobSetting(9, "stock-refresh", False, 600, "0 3 * * 1-5", "Europe/London")),
    application_settings.ApplicationSettingSaved(
        application_setting=5, record=application_settings.ApplicationSetting(5, "IS_OTP_ENABLED", True)
    ),
    transition_settings.TransitionSaved(
        transition=31,
        record=transition_settings.TransitionSetting(
            31, 1031, "pack", False, {"sync_remote_order_status": True}, ("packer",)
        ),
    ),
    settings.SubscriptionSaved(
        webhook=60,
        record=settings.Subscription(
            60, 50, "https://erp.example.org/hook", "package.*", False, {"choice": "fixed"}, {"rate": 5}
        ),
    ),
    webhook_endpoint.EndpointFailing(webhook=60, since=datetime(2026, 11, 20, 9, tzinfo=UTC), failures=5, status=500),
    webhook_endpoint.EndpointRecovered(webhook=60),
    webhook_endpoint.EndpointDisabled(
        webhook=60, reason="gone", since=datetime(2026, 11, 20, 9, tzinfo=UTC), status=410
    ),
    settings.RecordRemoved(record=60),
    customer.CustomerForgotten(customer=70, key="0f3a"),
    correcting.PackageStateCorrected(
        package=10, before=PackageStatus.shipped, state=PackageStatus.packed, reason="it stands on the shelf"
    ),
    correcting.TransferStateCorrected(
        transfer=20, before=TransferStatus.in_transit, state=TransferStatus.waiting, reason="the van did not come"
    ),
    correcting.ShipmentStateCorrected(
        shipment=30, package=10, before=ShipmentStatus.shipped, state=ShipmentStatus.labelled, reason="it stands there"
    ),
)  # fmt: skip

EXAMPLES += CANCELLING
BY_NAME = {info(example).name: example for example in EXAMPLES}
