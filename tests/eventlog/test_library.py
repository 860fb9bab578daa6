"""The library's own recorder tests, run against our recorders."""

import io
from collections.abc import Iterator
from contextlib import redirect_stdout
from typing import Any
from uuid import UUID, uuid4

import pytest
from eventsourcing.persistence import ApplicationRecorder, StoredEvent, TrackingRecorder
from eventsourcing.tests.persistence import (
    ApplicationRecorderTestCase,
    NonInterleavingNotificationIDsBaseCase,
    TrackingRecorderTestCase,
)

from eventlog.log import EventLog


@pytest.fixture
def under_test(request: pytest.FixtureRequest, log: EventLog) -> Iterator[None]:
    request.instance.log = log
    with redirect_stdout(io.StringIO()):  # its figures are not ours to show
        yield


@pytest.mark.usefixtures("under_test")
class TestApplicationRecorder(ApplicationRecorderTestCase[ApplicationRecorder]):
    log: EventLog

    def create_recorder(self) -> ApplicationRecorder:
        return self.log.recorder

    def new_originator_id(self) -> UUID | str:
        return f"library-{uuid4()}"

    def test_subscribe(self) -> None:
        self.optional_test_insert_subscribe()

    # These two write versions from 0 on; ours count from 1. test_kill.py has ours under concurrent writers.
    test_concurrent_no_conflicts: Any = None
    test_concurrent_throughput: Any = None


@pytest.mark.usefixtures("under_test")
class TestPositionsDoNotInterleave(NonInterleavingNotificationIDsBaseCase):
    log: EventLog
    insert_num = 300

    def create_recorder(self) -> ApplicationRecorder:
        return self.log.recorder

    def new_originator_id(self) -> UUID | str:
        return f"library-{uuid4()}"

    def create_stack(self, originator_id: UUID | str) -> list[StoredEvent]:
        return [StoredEvent(originator_id, n + 1, "topic", b"{}") for n in range(self.insert_num)]


@pytest.mark.usefixtures("under_test")
class TestTrackingRecorder(TrackingRecorderTestCase):
    log: EventLog

    def create_recorder(self) -> TrackingRecorder:
        return self.log.followers
