from datetime import UTC, datetime

import pytest

from eventlog.log import EventLog
from tests.scenarios.shop import Shop


@pytest.fixture
def now() -> datetime:
    return datetime(2026, 11, 23, 10, tzinfo=UTC)


@pytest.fixture
def shop(log: EventLog) -> Shop:
    return Shop(log)
