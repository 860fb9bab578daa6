"""Forgetting a customer (spec 6.2): told in the log, their key destroyed, the columns of plain text emptied. What was
sealed stays where it is and is nobody's any more, so the chain and all figures hold."""

from typing import Any

from domain import customer
from domain.kinds import stream_of
from eventlog.keyring import Keyring
from eventlog.log import EventLog
from projections.models.order_customers import forget as empty_rows
from projections.objects.person import customer_id_of

# The pages of the table still hold what a row said before, and the planner's statistics some of its values.
CLEAN = "vacuum (analyze, skip_locked) order_customers"
BY_ID = "select key from customers where id = %s"
OF_ORDER = "select c.key from orders o join order_customers c on c.order_id = o.id where o.number = %s limit 1"


def key_of(log: EventLog, id: int) -> str | None:
    """The name of a customer's key, destroyed or not; None where nobody of this id ever ordered."""
    with log.listening() as connection:
        row = connection.execute(BY_ID, (id,)).fetchone()
    return None if row is None else str(row[0])


def found(log: EventLog, keyring: Keyring, who: str) -> tuple[int, str] | None:
    """(id, key) of the customer named by id, by e-mail or remote id, or by the number of one of their orders."""
    key = key_of(log, int(who)) if who.isdecimal() and len(who) < 19 else None
    key = key or keyring.key_of(who)
    if key is None:
        with log.listening() as connection:
            row = connection.execute(OF_ORDER, (who,)).fetchone()
        key = None if row is None else str(row[0])
    return None if key is None else (customer_id_of(key), key)


def forget_customer(log: EventLog, keyring: Keyring, id: int, key: str, *, actor: str) -> dict[str, Any]:
    """For who has no request: the event, then `carry_out`."""
    log.decide(
        stream_of("customer", id),
        lambda state, _: customer.forget(state, id, key),
        actor=actor,
        command="forget-customer",
    )
    return carry_out(log, keyring, id, key)


def carry_out(log: EventLog, keyring: Keyring, id: int, key: str) -> dict[str, Any]:
    """{id, orders}: of how many orders the person is gone. Safe to repeat: the projector does the same when it comes to
    the event, whoever died before."""
    keyring.forget(key)
    with log.listening() as connection:
        orders = empty_rows(connection, [key])
        connection.execute(CLEAN)
    return {"id": id, "orders": orders}
