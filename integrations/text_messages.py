"""Text messages: one interface, a provider over HTTP and one that only logs (setting SMS_SETTINGS, spec 5)."""

import logging
from collections.abc import Mapping
from typing import Any, Protocol

from domain.application_settings import value_of
from integrations.desk import Desk
from integrations.kinds import Work
from integrations.outside import Said, System, posting
from integrations.trouble import Misconfigured

TEMPLATES: Mapping[str, str] = {
    "en-us": "Your order {order} waits for you. Your pickup code: {code}",
    "tr-tr": "{order} numaralı siparişiniz sizi bekliyor. Teslim kodunuz: {code}",
}
"""By language, where SMS_SETTINGS.template says nothing."""

log_ = logging.getLogger("daybook.text_messages")


class Sender(Protocol):
    """`send` gives the provider's name of the message; the same key again is the same message."""

    def send(self, to: str, text: str, key: str) -> str: ...


class HttpSender:
    """`POST url {to, from, text, reference}` → `{id}`."""

    def __init__(self, settings: Mapping[str, Any], desk: Desk, work: Work) -> None:
        self._settings, self._desk, self._work = settings, desk, work

    def send(self, to: str, text: str, key: str) -> str:
        work = self._work
        body = {"to": to, "from": self._settings.get("sender"), "text": text, "reference": key}
        url = str(self._settings["url"])
        ask = posting(url, "text message", body, key, lane=work.subject, call=work.id, may_send=work.may_send)
        return self._desk.call(System.of(work.system, self._settings), ask, _id)


class LogSender:
    """Sends nothing: a line of the log says to whom it would have gone, without the number and the text."""

    def send(self, to: str, text: str, key: str) -> str:
        log_.info("a text message of %d characters would go to %s", len(text), masked(to))
        return f"log-{key}"


def masked(number: str) -> str:
    """+44•••••••23: enough to recognise one's own."""
    return number[:3] + "•" * max(len(number) - 5, 0) + number[-2:] if len(number) > 6 else "•" * len(number)


def sender(desk: Desk, work: Work) -> Sender:
    """By SMS_SETTINGS: `provider` is http (`url`, `auth`, `sender`, `timeouts`) or log."""
    settings = value_of(desk.log.reference, "SMS_SETTINGS")
    if not settings:
        raise Misconfigured("SMS_SETTINGS does not say who sends text messages")
    if settings.get("provider") == "log":
        return LogSender()
    if not settings.get("url"):
        raise Misconfigured("SMS_SETTINGS.url says where the provider is")
    return HttpSender(desk.opened(settings), desk, work)


def template(desk: Desk, language: str | None) -> str:
    """In this language, else in the installation's."""
    settings = value_of(desk.log.reference, "SMS_SETTINGS") or {}
    usual = str(value_of(desk.log.reference, "DEFAULT_LANGUAGE"))
    own = {**TEMPLATES, **{name: text for name, text in (settings.get("template") or {}).items() if text}}
    return own.get(str(language), own.get(usual, TEMPLATES["en-us"]))


def _id(said: Said) -> str:
    found = said.json()["id"]
    if not isinstance(found, str | int) or isinstance(found, bool):
        raise ValueError("no id")
    return str(found)[:100]
