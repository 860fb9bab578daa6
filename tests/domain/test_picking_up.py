"""Click and collect with and without a one-time code (spec 1.6: C24, C25)."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from domain.application_settings import ApplicationSetting
from domain.deciding import decide
from domain.kernel import Refusal
from domain.order import evolve
from domain.personal import Personal
from domain.picking_up import PickupInput, code_made, expired, needs_code
from domain.pickup import PackagePickedUp, PackageReadyForPickup, PickupCodeMade, PickupCodeRejected, digest_of_code
from tests.domain import shop
from tests.domain.given import NOW, Books, Story
from tests.domain.table import P, status

ON = Books({**shop.BOOKS.rows, ("application_setting", 1): ApplicationSetting(1, "IS_OTP_ENABLED", True)})
SEALED = Personal("key", "sealed")


def waiting(books: Books = ON) -> Story:
    return Story(*shop.PACKED, books=books).command("package", 1, "ready-for-pickup")


def with_code() -> Story:
    return waiting().when(lambda o, given: code_made(o, 1, digest_of_code("123456", "salt"), "salt", SEALED, given))


def tried(story: Story, otp: str | None) -> Refusal:
    """A refused try, whose facts are written as the edge does."""
    refusal = story.refused(lambda o, given: decide(o, "package", 1, "deliver-to-customer", PickupInput(otp), given))
    for fact in refusal.facts:
        story.order = evolve(story.order, fact, NOW)
    return refusal


def test_without_one_time_passwords_nobody_asks() -> None:
    story = waiting(shop.BOOKS)
    assert story.facts == [PackageReadyForPickup(package=1, otp=False)] and not needs_code(story.order, 1)
    story.command("package", 1, "deliver-to-customer", PickupInput())
    assert story.facts[1:] == [PackagePickedUp(package=1)]
    assert story.messages == [*status("ready_for_pickup"), *status("delivered")]


def test_with_the_code_it_is_handed_over() -> None:
    story = with_code()
    assert story.facts[0] == PackageReadyForPickup(package=1, otp=True)
    [made] = [fact for fact in story.facts if isinstance(fact, PickupCodeMade)]
    assert made.expires_at == NOW + timedelta(days=1) and "123456" not in repr(made)
    story.command("package", 1, "deliver-to-customer", PickupInput(" 123456 "))
    assert story.facts[-1] == PackagePickedUp(package=1)


@pytest.mark.parametrize("said", [None, "", "  "])
def test_no_code_said_is_missing_and_not_counted(said: str | None) -> None:
    refusal = tried(with_code(), said)
    assert refusal.extra == {"fields": {"otp": ["Missing data for required field."]}} and refusal.facts == ()


def test_before_a_code_is_made_none_is_right() -> None:
    assert "being sent" in tried(waiting(), "123456").message


def test_five_wrong_ones_then_a_new_code() -> None:
    story = with_code()
    for left in (4, 3, 2, 1):
        refusal = tried(story, "000000")
        assert f"{left} tries left" in refusal.message
        assert refusal.facts == (PickupCodeRejected(package=1, reason="wrong", spent=False),)
    assert tried(story, "000000").facts == (PickupCodeRejected(package=1, reason="wrong", spent=True),)
    refusal = tried(story, "123456")
    assert "being sent" in refusal.message and refusal.facts == ()
    assert needs_code(story.order, 1)
    story.when(lambda o, given: code_made(o, 1, digest_of_code("654321", "s"), "s", SEALED, given))
    assert not needs_code(story.order, 1)
    assert "4 tries left" in tried(story, "123456").message, "the old one is wrong now"
    story.command("package", 1, "deliver-to-customer", PickupInput("654321"))
    assert story.order is not None and story.order.packages[1].state is P.delivered


def test_an_expired_code_is_refused_and_a_new_one_due() -> None:
    story = with_code()
    story.given = replace(story.given, now=NOW + timedelta(days=1, seconds=1))
    refusal = tried(story, "123456")
    assert refusal.facts == (PickupCodeRejected(package=1, reason="expired", spent=True),)
    assert needs_code(story.order, 1)


def test_an_expired_code_is_let_go_of_and_whoever_comes_with_it_gets_a_new_one() -> None:
    story = with_code()
    assert expired(story.order, [1, 2], story.given) == []
    story.given = replace(story.given, now=NOW + timedelta(days=1, seconds=1))
    story.when(lambda o, given: expired(o, [1], given))
    assert story.order is not None and story.order.packages[1].pickup is not None
    assert story.order.packages[1].pickup.code is None and not needs_code(story.order, 1)
    assert expired(story.order, [1], story.given) == []
    assert tried(story, "123456").facts == (PickupCodeRejected(package=1, reason="expired", spent=True),)
    assert needs_code(story.order, 1)


def test_a_second_code_is_not_made() -> None:
    story = with_code()
    made = len(story.facts)

    def again(order: Any, given: Any) -> Any:
        return code_made(order, 1, "d", "s", SEALED, given)

    assert len(story.when(again).facts) == made
    assert Story().when(again).facts == []
