"""Application settings (spec 3.2, 5, 7): what an installation says once, by keys of an enum, each with a default."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from domain.kernel import Reference, fact
from domain.settings import Record, declare_record
from domain.sla import PHASES

# --- states


@dataclass(frozen=True, slots=True)
class ApplicationSetting(Record):
    """The value of one key. Secrets in it are names under which they are kept (eventlog.secrets), never themselves."""

    key: str
    json_value: Any = None


@dataclass(frozen=True, slots=True)
class SettingKey:
    """`default` holds while nobody has set it."""

    sentence: str
    default: Any


SETTING_KEYS: Mapping[str, SettingKey] = {
    "OMNITRON_CLIENT_SETTINGS": SettingKey("Where the order source or Seller Center is, and how to log in.", None),
    "GEOCODE_PROVIDER_SETTINGS": SettingKey("Who finds the coordinates of an address.", None),
    "GEOLOCATION_DISCOVERY": SettingKey("Whether addresses without coordinates are looked up.", False),
    "IS_OTP_ENABLED": SettingKey("Whether who picks up a package needs a one-time password.", False),
    "OTP_SETTINGS": SettingKey(
        "One-time passwords: digits, tries, and for how many minutes one holds.",
        {"digits": 6, "tries": 5, "minutes": 1440},
    ),
    "SMS_SETTINGS": SettingKey("Who sends text messages, as whom, and how to log in.", None),
    "CONFIRM_CANCELLATION": SettingKey("Whether a person decides on cancellations of packages being worked on.", False),
    "ORDER_ITEM_QUANTITY_KEY": SettingKey("The attribute of an order item that holds its pieces.", "quantity"),
    "DISCREPANCY_DAYS": SettingKey("Days for which stock that was not found stays at nothing.", 7),
    "SLA_PHASES": SettingKey(
        "Which states make up each phase of a package's life, and how long it should take.", PHASES
    ),
    "DEFAULT_LANGUAGE": SettingKey("The language where a request names none.", "en-us"),
}
"""Every key there is, with a sentence and its default."""


# --- facts


@fact("ApplicationSettingSaved", on="application_setting", sentence="Setting {record.key} was saved.")
class ApplicationSettingSaved:
    application_setting: int
    record: ApplicationSetting


# --- evolve and looking up


declare_record(ApplicationSettingSaved, ApplicationSetting, "key", sparse=True)


def value_of(reference: Reference, key: str) -> Any:
    """What is set for a key, else its default."""
    found = reference.find("application_setting", key)
    return SETTING_KEYS[key].default if found is None else found.json_value
