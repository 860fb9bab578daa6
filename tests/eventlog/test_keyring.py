"""Personal values: sealed per customer, revealed, forgotten everywhere at once."""

import dataclasses

import psycopg
import pytest

from domain.personal import Personal
from eventlog.keyring import Keyring
from eventlog.log import EventLog
from tests.eventlog.probe import ProbeCounted, deciding

SECRET = "an installation's secret"


def test_sealed_and_revealed(log: EventLog) -> None:
    keyring = log.keyring(SECRET)
    key = keyring.new_key("Jane@Example.com ")
    sealed = keyring.seal(key, {"name": "Jane", "lines": ["1 High St", None]})
    assert "Jane" not in sealed.sealed
    assert keyring.reveal(sealed) == {"name": "Jane", "lines": ["1 High St", None]}
    assert keyring.seal(key, "Jane").sealed != keyring.seal(key, "Jane").sealed  # equal values do not show
    assert keyring.reveal_bytes(key, keyring.seal_bytes(key, b"\x00\xff")) == b"\x00\xff"


def test_one_key_a_customer_and_one_each_for_guests(log: EventLog) -> None:
    keyring = log.keyring(SECRET)
    assert keyring.new_key("jane@example.com") == log.keyring(SECRET).new_key("JANE@example.com")
    assert keyring.new_key("jane@example.com") != keyring.new_key("joe@example.com")
    assert keyring.new_key(None) != keyring.new_key(None)


def test_keys_of_many_are_found_and_made_together(log: EventLog) -> None:
    keyring = log.keyring(SECRET)
    jane = keyring.new_key("jane@example.com")
    keys = keyring.new_keys(["joe@example.com", None, "Jane@example.com", "JOE@example.com", None])
    assert keys[2] == jane and keys[0] == keys[3] == keyring.new_key("joe@example.com")
    assert len(set(keys)) == 4
    assert [keyring.reveal(keyring.seal(key, "x")) for key in keys] == ["x"] * 5
    assert keyring.new_keys([]) == []


def test_the_table_names_nobody_and_holds_no_open_key(log: EventLog, database_url: str) -> None:
    keyring = log.keyring(SECRET)
    key = keyring.new_key("jane@example.com")
    with psycopg.connect(database_url) as connection:
        row = connection.execute("select subject, wrapped from customer_keys").fetchone()
    assert row is not None and b"jane" not in row[0] and len(row[1]) == 12 + 32 + 16
    with pytest.raises(ValueError, match="OMS_SECRET_KEY"):
        log.keyring("another secret").seal(key, "x")


def test_forgetting_destroys_the_person_and_nothing_else(log: EventLog, database_url: str) -> None:
    keyring, elsewhere = log.keyring(SECRET), Keyring(log._datastore, SECRET, keep=0.0)
    key = keyring.new_key("jane@example.com")
    fact = ProbeCounted(probe=1, by=1, person=keyring.seal(key, "Jane"))
    log.append(deciding(("probe-1", fact)))
    stored = log.read()[0].fact.person
    assert isinstance(stored, Personal) and elsewhere.reveal(stored) == "Jane"
    assert keyring.forget(key) and not keyring.forget(key)
    assert keyring.reveal(stored) is None and elsewhere.reveal(stored) is None
    assert log.read()[0].fact == fact  # the log is as it was
    with pytest.raises(KeyError):
        keyring.seal(key, "Jane again")
    assert keyring.new_key("jane@example.com") != key  # who comes back is somebody new


def test_a_kept_key_is_not_kept_for_long(log: EventLog) -> None:
    long, short = Keyring(log._datastore, SECRET, keep=1000.0), Keyring(log._datastore, SECRET, keep=0.0)
    key = long.new_key("jane@example.com")
    sealed = long.seal(key, "Jane")
    assert long.reveal(sealed) == short.reveal(sealed) == "Jane"
    log.keyring(SECRET).forget(key)
    assert short.reveal(sealed) is None


def test_a_changed_value_and_a_strangers_key_are_refused(log: EventLog) -> None:
    keyring = log.keyring(SECRET)
    mine, yours = keyring.new_key(None), keyring.new_key(None)
    sealed = keyring.seal_bytes(mine, b"Jane")
    with pytest.raises(ValueError, match="changed"):
        keyring.reveal_bytes(mine, sealed[:-1] + bytes([sealed[-1] ^ 1]))
    with pytest.raises(ValueError, match="not sealed with key"):
        keyring.reveal_bytes(yours, sealed)
    assert keyring.reveal(dataclasses.replace(keyring.seal(mine, 1), key="nobody")) is None
