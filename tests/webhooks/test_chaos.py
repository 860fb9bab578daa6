"""The chaos program, short; see tests.webhooks.chaos for the long one."""

from tests.webhooks.chaos import Counts, chaos


def test_nothing_missing_nothing_out_of_order() -> None:
    counts = chaos(seconds=6.0, orders=80, seed=3)
    print(counts)
    assert counts.wrong() == []
    assert counts.kills >= 3 and counts.stops >= 1 and counts.restarts >= 1
    assert counts.messages > 80 * 8 * 3 and counts.failed > 0


def test_it_would_say_so() -> None:
    assert Counts(missing=1).wrong() and Counts(out_of_order=1).wrong() and Counts(repeats=1).wrong()
    assert Counts(late=1, kills=5).wrong() and not Counts(repeats=3, most_repeats_of_an_object=1, kills=1).wrong()
