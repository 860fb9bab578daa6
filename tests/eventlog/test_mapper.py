"""Facts as they are stored: names, versions, upcasts; what is not known stops."""

from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import pytest

from domain.personal import Personal
from eventlog.mapper import decode, encode
from eventlog.recorded import Poisoned, Recorded, UnknownFact
from tests.eventlog.probe import ProbeCounted, ProbeNamed


def test_the_stored_form_of_a_fact() -> None:
    fact = ProbeCounted(
        probe=1,
        by=2,
        note="ü",
        price=Decimal("1.50"),
        when=datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC),
        person=Personal("k", "c2VhbGVk"),
    )
    topic, data = encode(fact)
    assert topic == "ProbeCounted"
    assert data.decode() == (
        '{"probe":1,"by":2,"note":"ü","price":"1.50","when":"2026-01-02T03:04:05.000006Z",'
        '"person":{"key":"k","sealed":"c2VhbGVk"}}'
    )
    assert decode(topic, data) == decode(topic, data.decode()) == fact


def test_older_versions_are_brought_up_to_date_step_by_step() -> None:
    assert decode("ProbeNamed", '{"probe":1,"title":"first"}') == ProbeNamed(probe=1, name="FIRST")
    assert decode("ProbeNamed", '{"_v":2,"probe":1,"name":"second"}') == ProbeNamed(probe=1, name="SECOND")
    assert decode("ProbeNamed", '{"_v":3,"probe":1,"name":"third"}') == ProbeNamed(probe=1, name="third")
    assert encode(ProbeNamed(probe=1, name="n")) == ("ProbeNamed", b'{"_v":3,"probe":1,"name":"n"}')


def test_what_is_not_known_stops() -> None:
    with pytest.raises(UnknownFact, match="FromTheFuture"):
        decode("FromTheFuture", "{}")
    with pytest.raises(UnknownFact, match="version 4"):
        decode("ProbeNamed", '{"_v":4,"probe":1,"name":"n"}')


def test_an_escaped_backslash_before_u0000_is_no_nul() -> None:
    for harmless in ("\\u0000", "\\\\u0000", "a\\"):
        topic, data = encode(ProbeCounted(probe=1, by=1, note=harmless))
        assert decode(topic, data).note == harmless
    for nul in ("\0", "\\\0", "a\0b", "\\\\\0"):
        with pytest.raises(Poisoned):
            encode(ProbeCounted(probe=1, by=1, note=nul))


def test_event_ids_come_from_the_command() -> None:
    def event(stream: str, version: int) -> Recorded:
        at = datetime(2026, 1, 2, tzinfo=UTC)
        return Recorded(1, stream, version, at, None, "ada", "name", UUID(int=1), "r", "r")

    assert event("probe-1", 1).event_id == event("probe-1", 1).event_id
    assert len({event(*which).event_id for which in (("probe-1", 1), ("probe-1", 2), ("probe-2", 1))}) == 3
