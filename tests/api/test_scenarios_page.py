"""docs/scenarios.md is true: its examples are taken and plan, its tables name all there is."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from eventlog.embedded import EmbeddedServer
from scenarios import conditions, definition, parsing
from tests.api.conftest import set_up
from tests.api.site import Site

PAGE = (Path(__file__).parents[2] / "docs" / "scenarios.md").read_text(encoding="utf-8")
EXAMPLES: list[dict[str, Any]] = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", PAGE, re.S)]


@pytest.fixture
def site(postgres: EmbeddedServer) -> Iterator[Site]:
    """Of its own: locations that other tests made have stock services that nobody answers for."""
    with set_up(postgres, "test_scenarios_page") as made:
        yield made


def test_the_examples_are_read_and_plan(site: Site) -> None:
    standard, shops, transfers, asked = EXAMPLES
    for example, path in ((standard, "scenarios/"), (shops, "scenarios/"), (transfers, "transfer-scenarios/")):
        made = site.admin.post(path, {**example, "status": "passive", "name": f"Page: {example['name']}"})
        assert made["rules"] == example["rules"]
    said = site.admin.post("scenarios/simulate", asked, 200)
    assert said["packages"], said["reasons"]
    assert [p["stock_location"] for p in said["packages"]] == ["ST-014", "WH-01"]
    assert said["why_not"]["chosen"]
    for example in (standard, shops):
        order = {"channel": "web", "payment_type": "card", "items": [{"sku": "A", "quantity": 2}]}
        said = site.admin.post("scenarios/simulate", {"order": order, "scenario": example}, 200)
        assert said["packages"], said["reasons"]


def test_the_tables_name_all_there_is() -> None:
    names = [
        *conditions.ORDER, *conditions.ITEM, *conditions.FUNCTIONS - {"int", "double", "string"},
        *definition.ROLES, *definition.ORDER_BY, *definition.SELECT_BY, *definition.STRATEGIES, *definition.COVERAGES,
        *definition.PRODUCTS, *definition.OPEN_AT, *definition.PREREQUISITES, *parsing.SPLIT_KEYS, *parsing.WEIGHT_KEYS,
        *parsing.RULE_KEYS - {"name"}, *parsing.LOCATION_KEYS,
    ]  # fmt: skip
    assert [name for name in names if not re.search(rf"\b{name}\b", PAGE)] == []
