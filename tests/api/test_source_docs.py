"""The examples of docs/integrations/order-source.md are sent as they stand there, and what is told is as they say."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from domain.order import item_states
from integrations.order_source.item_states import message_of
from tests.api.omnitron import Source, connected, set_to
from tests.api.site import Site

PAGES = Path(__file__).parents[2] / "docs" / "integrations"


def examples(page: str) -> list[dict[str, Any]]:
    return [json.loads(block) for block in re.findall(r"```json\n(.*?)```", (PAGES / page).read_text(), re.DOTALL)]


@pytest.fixture(scope="module")
def source(site: Site) -> Iterator[Source]:
    yield connected(site)
    set_to(site, None)


def test_the_examples_of_messages_do_what_the_page_says(source: Source) -> None:
    _, order, plan, store, told = examples("order-source.md")
    said = source.told(order["event"]["type"], order["payload"], order["event"]["uuid"])
    assert (said["acted"], said["declined"]) == (True, [])
    kept = source.state(said["order"])
    assert kept.extra == {"basket_id": 4711}
    answered = source.told(plan["event"]["type"], plan["payload"], plan["event"]["uuid"])
    assert [set(row) for row in answered["results"]] == [{"order_item", "accepted", "package", "reason", "quantity"}]
    assert source.wanted(said["order"]) == {"A": 4}
    assert source.told(store["event"]["type"], store["payload"])["acted"] is True

    order = source.state(said["order"])
    message = message_of("5f0c…", 48211, order, item_states(order))
    assert [set(part) for part in message.values()] == [set(part) for part in told.values()]
    assert {**message["payload"], "status": "450", "items": told["payload"]["items"]} == told["payload"]
    assert [set(row) for row in message["payload"]["items"]] == [set(row) for row in told["payload"]["items"]]


@pytest.mark.parametrize("page", ["order-source.md", "seller-center.md"])
def test_the_settings_of_a_page_are_accepted(source: Source, page: str) -> None:
    site = source.site
    said = json.dumps(examples(page)[0], ensure_ascii=False).replace("…", "a long secret")
    for host in set(re.findall(r"https://[\w.]+", said)):
        said = said.replace(host, "https://127.0.0.1:9")
    path = "settings/application_settings/"
    [row] = site.admin.get(f"{path}?key=OMNITRON_CLIENT_SETTINGS")["results"]
    answer = site.admin("PUT", f"{path}{row['id']}/", {"json_value": json.loads(said)["json_value"]})
    assert answer.status_code == 204, answer.text
    assert "a long secret" not in json.dumps(site.admin.get(f"{path}{row['id']}/"))
    connected(site)
