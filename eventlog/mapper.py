"""Facts to JSON and back: the topic is the fact's name, old data is brought up to date by its upcasts.

A fact of version n > 1 carries `"_v": n` in its data. Personal values are opaque here (domain.personal).
"""

import re
from functools import cache
from typing import Any
from uuid import UUID

import msgspec
from eventsourcing.domain import DomainEventProtocol
from eventsourcing.persistence import Mapper, StoredEvent

from domain import declared
from domain.kernel import FACTS, FactInfo, info
from eventlog.recorded import Poisoned, UnknownFact

_encode = msgspec.json.Encoder(decimal_format="string").encode
_raw = msgspec.json.Decoder()
# A NUL that msgspec wrote as \u0000, not the six characters behind an escaped backslash.
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
NO_COMMAND = UUID(int=0)

ALL_DECLARED = declared.__all__  # whoever reads the log knows every fact there is


@cache
def _declared(topic: str) -> tuple[type[Any], FactInfo, msgspec.json.Decoder[Any], str]:
    try:
        cls = FACTS[topic]
    except KeyError:
        raise UnknownFact(f"the log holds a fact named {topic!r} that this version does not know") from None
    declared = info(cls)
    return cls, declared, msgspec.json.Decoder(cls), f'{{"_v":{declared.version}' if declared.version > 1 else ""


def encode(fact: Any) -> tuple[str, bytes]:
    """Topic and data of a fact; Poisoned where it holds what cannot be stored (NUL, lone surrogates, odd types)."""
    declared = info(fact)
    try:
        data = _encode(fact)
    except (TypeError, ValueError, OverflowError) as wrong:
        raise Poisoned(f"{declared.name}: {wrong}") from wrong
    if b"\\u0000" in data and _NUL.search(data):
        raise Poisoned(f"{declared.name}: a text holds a NUL")
    try:
        _declared(declared.name)[2].decode(data)
    except msgspec.MsgspecError as wrong:  # what nobody can read again would stop every reader of the log for ever
        raise Poisoned(f"{declared.name}: {wrong}") from wrong
    if declared.version > 1:
        mark = b'{"_v":%d' % declared.version
        data = mark + b"}" if data == b"{}" else mark + b"," + data[1:]
    return declared.name, data


def decode(topic: str, data: str | bytes) -> Any:
    """The fact of stored data, upcast to today's version; UnknownFact for a topic or version not known here."""
    cls, declared, decoder, mark = _declared(topic)
    if not mark:
        return decoder.decode(data)
    text = data if isinstance(data, str) else data.decode()
    if text.startswith((mark + ",", mark + "}")):
        return decoder.decode(text)
    stored = _raw.decode(text)
    version = stored.pop("_v", 1)
    if version > declared.version:
        raise UnknownFact(f"{topic} of version {version}; this version knows {declared.version}")
    for upcast in declared.upcasts[version - 1 :]:
        stored = upcast(stored)
    return msgspec.convert(stored, cls, str_keys=True)


class FactMapper(Mapper[str]):
    """The library's mapper over our facts: Recorded ↔ StoredEvent."""

    def to_stored_event(self, domain_event: DomainEventProtocol[str]) -> StoredEvent:
        recorded: Any = domain_event
        topic, data = encode(recorded.fact)
        return StoredEvent(recorded.originator_id, recorded.originator_version, topic, data)

    def to_domain_event(self, stored_event: StoredEvent) -> Any:
        return decode(stored_event.topic, stored_event.state)
