"""What could not be read again is never written: one such event would stop every reader of the log for ever."""

from typing import Any

import pytest

from domain.kinds import stream_of
from domain.settings import Channel, save
from eventlog.log import EventLog
from eventlog.recorded import Poisoned


@pytest.mark.parametrize("channel_type", [None, 7, ["web"]])
def test_a_value_of_another_type_is_refused(log: EventLog, channel_type: Any) -> None:
    wrong = Channel(id=1, name="web", slug="web", channel_type=channel_type)
    with pytest.raises(Poisoned, match="channel_type"):
        log.decide(stream_of("channel", 1), lambda state, _: save(state, wrong), actor="test", command="save")
    assert log.head().position == 0
    right = Channel(id=1, name="web", slug="web")
    log.decide(stream_of("channel", 1), lambda state, _: save(state, right), actor="test", command="save")
    assert [event.version for event in log.read()] == [1]
