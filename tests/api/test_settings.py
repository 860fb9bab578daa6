"""`settings/application_settings/`: keys of an enum, each value by its own schema, secrets nowhere to be seen."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from api.http.setting_schemas import VALUES
from domain.application_settings import SETTING_KEYS, value_of
from eventlog.secret_values import opened
from eventlog.secrets import Secrets
from tests.api.site import SECRET, Site, serving

PATH = "settings/application_settings/"
SOURCE: dict[str, Any] = {
    "auth": {"request_type": "token", "token": "hush-1"},
    "urls": {"oms_url": "https://oms.example.org", "base_url": "https://source.example.org"},
    "timeouts": {"read": 10, "connect": 2.5},
    "endpoint_conf": [{"endpoint": "orders", "base_url": "https://other.example.org", "auth": {"token": "hush-2"}}],
}
EXAMPLES: dict[str, Any] = {
    "OMNITRON_CLIENT_SETTINGS": SOURCE,
    "GEOCODE_PROVIDER_SETTINGS": {"provider": "x", "url": "https://geo.example.org", "api_key": "hush-3"},
    "GEOLOCATION_DISCOVERY": True,
    "IS_OTP_ENABLED": True,
    "OTP_SETTINGS": {"digits": 4, "tries": 3, "minutes": 60},
    "SMS_SETTINGS": {"url": "https://sms.example.org", "template": {"tr-tr": "Kodunuz {code}"}},
    "CONFIRM_CANCELLATION": True,
    "ORDER_ITEM_QUANTITY_KEY": "pieces",
    "DISCREPANCY_DAYS": 3,
    "SLA_PHASES": [{"name": "all", "states": ["before_birth", "100", "500"], "target_minutes": 5}],
    "DEFAULT_LANGUAGE": "tr-tr",
}


@pytest.fixture
def own(database_url: str) -> Iterator[Site]:
    """A site whose settings are its own."""
    with serving(database_url) as made:
        yield made


def set_up(site: Site, key: str, value: Any) -> int:
    answer = site.admin("POST", PATH, {"key": key, "json_value": value})
    assert (answer.status_code, answer.content) == (201, b""), answer.text
    return int(answer.headers["Location"].rstrip("/").rpartition("/")[2])


def test_every_key_has_a_schema_and_its_default_is_of_it() -> None:
    assert set(VALUES) == set(SETTING_KEYS) == set(EXAMPLES)
    for key, field in VALUES.items():
        field.deserialize(SETTING_KEYS[key].default)


def test_each_key_is_set_read_and_looked_up(own: Site) -> None:
    assert own.admin.get(PATH)["results"] == []
    for key, value in EXAMPLES.items():
        assert value_of(own.log.reference, key) == SETTING_KEYS[key].default
        id = set_up(own, key, value)
        shown = own.admin.get(f"{PATH}{id}/")
        assert (shown["id"], shown["key"]) == (id, key)
        assert "hush" not in json.dumps(shown)
        held = value_of(own.log.reference, key)
        assert opened(held, Secrets(own.log.listening, SECRET).read) == value
        assert "hush" not in json.dumps(held)
    assert {row["key"] for row in own.admin.get(PATH)["results"]} == set(EXAMPLES)
    assert [row["json_value"] for row in own.admin.get(f"{PATH}?key=DISCREPANCY_DAYS")["results"]] == [3]


def test_put_answers_without_a_body_and_the_new_value_holds(own: Site) -> None:
    id = set_up(own, "IS_OTP_ENABLED", False)
    answer = own.admin("PUT", f"{PATH}{id}/", {"key": "IS_OTP_ENABLED", "json_value": True})
    assert (answer.status_code, answer.content) == (204, b"")
    assert value_of(own.log.reference, "IS_OTP_ENABLED") is True
    assert own.admin("PUT", f"{PATH}{id}/", {"key": "DISCREPANCY_DAYS", "json_value": 1}).status_code == 400
    assert own.admin("PUT", f"{PATH}{id + 1}/", {"json_value": True}).status_code == 404


def test_a_key_is_set_once(own: Site) -> None:
    set_up(own, "IS_OTP_ENABLED", False)
    answer = own.admin("POST", PATH, {"key": "IS_OTP_ENABLED", "json_value": True})
    assert (answer.status_code, list(answer.json()["error"])) == (400, ["key"])


def test_a_masked_secret_stays_but_never_goes_elsewhere(own: Site) -> None:
    id = set_up(own, "OMNITRON_CLIENT_SETTINGS", SOURCE)
    shown = own.admin.get(f"{PATH}{id}/")["json_value"]
    shown["timeouts"]["read"] = 20
    assert own.admin("PUT", f"{PATH}{id}/", {"json_value": shown}).status_code == 204
    read = Secrets(own.log.listening, SECRET).read
    held = opened(value_of(own.log.reference, "OMNITRON_CLIENT_SETTINGS"), read)
    assert held == {**SOURCE, "timeouts": {"read": 20, "connect": 2.5}}
    shown["endpoint_conf"][0]["base_url"] = "https://thief.example.org"
    answer = own.admin("PUT", f"{PATH}{id}/", {"json_value": shown})
    assert (answer.status_code, list(answer.json()["error"])) == (400, ["json_value"])
    kept = value_of(own.log.reference, "OMNITRON_CLIENT_SETTINGS")["auth"]["token"]  # its name opens nothing either
    thief: dict[str, Any] = {
        "urls": {"base_url": "https://thief.example.org"},
        "auth": {"request_type": "token", "token": kept},
    }
    assert own.admin("PUT", f"{PATH}{id}/", {"json_value": thief}).status_code == 400
    thief["auth"]["token"] = value_of(own.log.reference, "OMNITRON_CLIENT_SETTINGS")["endpoint_conf"][0]["auth"][
        "token"
    ]
    assert own.admin("PUT", f"{PATH}{id}/", {"json_value": thief}).status_code == 204
    name: Any = opened(value_of(own.log.reference, "OMNITRON_CLIENT_SETTINGS"), read)["auth"]["token"]
    assert name == thief["auth"]["token"]  # a secret like another, not what it names


@pytest.mark.parametrize(
    ("key", "value", "where"),
    [
        ("NO_SUCH_KEY", True, "key"),
        ("IS_OTP_ENABLED", "yes", "json_value"),
        ("IS_OTP_ENABLED", None, "json_value"),
        ("IS_OTP_ENABLED", 1, "json_value"),
        ("OTP_SETTINGS", {"tries": 0}, "json_value"),
        ("OTP_SETTINGS", [], "json_value"),
        ("OMNITRON_CLIENT_SETTINGS", {"urls": {"base_url": "ftp://x"}}, "json_value"),
        ("OMNITRON_CLIENT_SETTINGS", {"urls": {"base_url": "https://u:p@x"}}, "json_value"),
        ("OMNITRON_CLIENT_SETTINGS", {"urls": {}, "timeout": 1}, "json_value"),
        ("OMNITRON_CLIENT_SETTINGS", {"urls": {}, "auth": {"request_type": "magic"}}, "json_value"),
        ("OMNITRON_CLIENT_SETTINGS", {"urls": {}, "timeouts": {"read": 0}}, "json_value"),
        ("SMS_SETTINGS", {"url": "https://x", "template": {"xx": "y"}}, "json_value"),
        ("DISCREPANCY_DAYS", 2.5, "json_value"),
        ("DEFAULT_LANGUAGE", "de-de", "json_value"),
    ],
)
def test_wrong_input(site: Site, key: str, value: Any, where: str) -> None:
    head = site.log.head().position
    answer = site.admin("POST", PATH, {"key": key, "json_value": value})
    assert (answer.status_code, list(answer.json()["error"])) == (400, [where])
    assert site.log.head().position == head


def test_only_an_admin_sets_and_support_reads(site: Site) -> None:
    for role, read in (("support", 200), ("viewer", 403), ("store", 403), ("integration", 403), ("planner", 403)):
        user = site.user(f"settings-{role}", role)
        assert user("GET", PATH).status_code == read
        assert user("POST", PATH, {"key": "IS_OTP_ENABLED", "json_value": True}).status_code == 403


def test_a_channels_secrets_are_put_away_too(site: Site) -> None:
    invoice = {"remote_url": "https://invoice.example.org", "auth": {"request_type": "token", "token": "hush-4"}}
    made = site.admin.post("channels/", {"name": "with calls", "settings": {"remote_invoice_call": invoice}})
    assert made["settings"]["remote_invoice_call"]["auth"]["token"] == "********"
    assert "hush" not in json.dumps(site.admin.get("channels/?limit=100"))
    back = site.admin("PUT", f"channels/{made['id']}/", {"name": "with calls", "settings": made["settings"]})
    assert back.status_code == 200
    held = site.log.state(f"channel-{made['id']}").state.settings
    assert opened(held, Secrets(site.log.listening, SECRET).read) == {"remote_invoice_call": invoice}
