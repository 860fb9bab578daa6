"""One-time codes for pickup (C24, C25): made where one is due, then sent to the customer as a text message.

The code stands nowhere in the open: sealed with the customer's key in the event, in the message, and in no log.
"""

import secrets
from collections.abc import Iterator

from domain.kernel import Facts, Given
from domain.order import Order
from domain.picking_up import DIGITS, code_made, code_sent, needs_code, otp_setting
from domain.pickup import PackageReadyForPickup, PickupCodeMade, PickupCodeRejected, digest_of_code
from integrations.desk import Desk
from integrations.kinds import CallKind, Caused, Seen, Work, declare
from integrations.text_messages import sender, template
from integrations.trouble import Declined, Moot


def _due(seen: Seen) -> Iterator[Caused]:
    fact = seen.fact
    if fact.otp if isinstance(fact, PackageReadyForPickup) else fact.spent:
        yield _of(fact.package, "pickup codes")


def _made(seen: Seen) -> Iterator[Caused]:
    yield _of(seen.fact.package, "text messages")


def _of(package: int, system: str) -> Caused:
    return Caused(f"package-{package}", f"pickup-{package}", system, {"package": package})


def _make(work: Work, desk: Desk) -> str:
    order, package = desk.order(work), work.about["package"]
    if not needs_code(order, package):
        raise Moot("no code is due any more")
    digits = otp_setting(desk.log.reference, "digits", DIGITS)
    code, salt = f"{secrets.randbelow(10**digits):0{digits}}", secrets.token_hex(8)
    try:
        sealed = desk.keyring.seal(order.personal.key, {"code": code})
    except KeyError:
        raise Declined("the customer was forgotten") from None
    digest = digest_of_code(code, salt)

    def told(now: Order | None, given: Given) -> Facts:
        return code_made(now, package, digest, salt, sealed, given)

    desk.decide(work, told, command="make-pickup-code")
    return f"a code of {digits} digits"


def _send(work: Work, desk: Desk) -> str:
    order, id = desk.order(work), work.about["package"]
    made = desk.then(work).packages[id].pickup
    pickup = order.packages[id].pickup
    if made is None or made.code is None or pickup is None or pickup.code != made.code or pickup.due:
        raise Moot("the code holds no more")
    if desk.log.now() > made.code.expires_at:
        raise Moot("the code has expired")
    opened, person = desk.keyring.reveal(made.code.sealed), desk.keyring.reveal(order.personal)
    if opened is None or person is None:
        raise Declined("the customer was forgotten")
    number = str((person.get("customer") or {}).get("phone_number") or "").strip()
    if not number:
        raise Declined("the customer left no phone number; tell the code in another way, or take another proof")
    text = template(desk, order.extra.get("language_code"))
    said = text.replace("{order}", order.number).replace("{code}", opened["code"])
    message = sender(desk, work).send(number, said, str(work.key))

    def told(now: Order | None, _given: Given) -> Facts:
        return code_sent(now, id, message)

    desk.decide(work, told, command="send-pickup-code", actor="text messages")
    return f"message {message}"


declare(
    CallKind("pickup.code", "Makes a pickup code.", (PackageReadyForPickup, PickupCodeRejected), _due, _make, once=True)
)
declare(CallKind("pickup.message", "Tells the customer the pickup code.", (PickupCodeMade,), _made, _send))
