"""Order execution plan (spec 7): what a planning decided for an order. What its inputs were is explained from them."""

from collections.abc import Mapping
from typing import Any

import msgspec

from domain.order import Order, OrderPlanned
from domain.states import PackageStatus

COMPLETED = {
    "id": 80_004,
    "name": "Completed",
    "translations": {"en-us": {"name": "Completed"}, "tr-tr": {"name": "Tamamlandı"}},
    "config": {},
    "enum_class": "OrderExecutionPlanStatus",
    "enum_value": "completed",
    "content_type": "orderexecutionplan",
    "created_date": None,
    "modified_date": None,
}
"""A plan is written when it is done; an order that waits for one has none yet."""


def plan_items(order: Order, plan: int) -> list[dict[str, Any]]:
    """Of the order right after it was planned: its lines as they went into the packages of this plan. A line that
    found no location was parked in out_of_stock."""
    return [
        {
            "order_item": item.item,
            "quantity": item.quantity,
            "package": package.id,
            "stock_location": package.location,
            "rule": package.rule,
            "reason": "no location can supply it" if package.state is PackageStatus.out_of_stock else None,
        }
        for package in order.packages.values()
        if package.plan == plan
        for item in package.items
    ]


def plan_data(order: Order, fact: OrderPlanned) -> bytes:
    """What the read model keeps of a plan, as JSON."""
    return msgspec.json.encode(
        {
            "orderexecutionplanitem_set": plan_items(order, fact.plan),
            "scenario": {"id": fact.scenario, "version": fact.scenario_version, "name": fact.scenario_name},
            "planner": fact.planner,
            "inputs": fact.inputs,
            "choices": fact.choices,
            "again": fact.again,
        }
    )


def plan_object(
    id: int, order: int, at: str | None, data: Mapping[str, Any], explained: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """`data`: as kept; `explained`: scenarios.explain of its kept inputs, where they are still kept."""
    scenario = data["scenario"]
    return {
        "id": id,
        "state": COMPLETED,
        "order": order,
        "commands": [],
        "orderexecutionplanitem_set": data["orderexecutionplanitem_set"],
        "context": {
            "stock": stock_seen(explained) if explained else {},
            "asked_at": explained["asked_at"] if explained else None,
            "scenario": scenario["id"],
            "version": scenario["version"],
        },
        "explanation": explained["sentences"] if explained else [],
        "rules": explained["rules"] if explained else [],
        "scenario_name": scenario["name"],
        "planner": data["planner"],
        "inputs": data["inputs"],
        "choices": data["choices"],
        "created_date": at,
        "modified_date": at,
    }


def stock_seen(explained: Mapping[str, Any]) -> dict[str, dict[str, dict[str, str]]]:
    """By SKU and erp code: `stock_count` as it was known, `reservation_count` of it, `quantity` the difference, and of
    that what was `available` without the `safety_stock`. Inputs that an older planner kept have what was available
    only: what was reserved had been taken off before."""
    if explained["stock_apart"] is None:
        return {
            sku: {
                code: {"stock_count": str(n), "reservation_count": "0", "quantity": str(n)}
                for code, n in by_code.items()
            }
            for sku, by_code in explained["stock"].items()
        }
    return {
        sku: {
            code: {
                "stock_count": str(row["stock"]),
                "reservation_count": str(row["reserved"]),
                "quantity": str(row["stock"] - row["reserved"]),
                "safety_stock": str(row["safety_stock"]),
                "available": str(row["available"]),
            }
            for code, row in by_code.items()
        }
        for sku, by_code in explained["stock_apart"].items()
    }
