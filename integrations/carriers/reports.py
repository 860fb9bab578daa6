"""What carriers report of their parcels, told or asked (A6): found by number, decided like a command, once each."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from typing import Any

from domain.kernel import Facts, Given
from domain.kinds import stream_of
from domain.order import Order
from domain.settings import CargoCompany
from domain.shipment import Shipment
from domain.shipping import Report, reported
from eventlog.log import EventLog
from integrations.carriers.adapters import carrier, is_connected, system_of
from integrations.desk import Desk
from integrations.tables import Connection
from integrations.trouble import Resting, Trouble, Unanswered

AT_ONCE = 50
UNDER_WAY = ("labelled", "shipped", "attempted_delivery", "delivery_failed")

# By the number of the shipment or of one of its parcels; numbers of two carriers may be the same.
FIND = """
select s.order_id, s.id from shipment_awb_numbers n join shipments s on s.id = n.shipment_id
 where n.awb_number = %s and s.cargo_company = %s and s.state <> all(array['cancelled', 'returned'])
 order by s.id desc limit 2
"""

# Those that may still move, in parts, by id.
MOVING = """
select id, order_id from shipments
 where cargo_company = %s and state = any(%s) and id > %s order by id limit %s
"""


def take(
    log: EventLog, connection: Connection, company: CargoCompany, rows: Iterable[tuple[str, Report]], correlation: str
) -> list[str]:
    """Writes what each number's report means; the numbers that nobody knows here (yet) come back. `correlation`: the
    request or the job's run that brought it."""
    unknown = []
    for awb, report in rows:
        found = connection.execute(FIND, (awb, company.id)).fetchall()
        if not found:
            unknown.append(awb)
        for order, shipment in found[:1]:
            if _main(log, order, shipment).awb_number == awb:  # further parcels follow the first
                write(log, order, shipment, report, company, correlation)
    return unknown


def write(log: EventLog, order: int, shipment: int, report: Report, company: CargoCompany, correlation: str) -> bool:
    """Whether it was news."""

    def decided(state: Order | None, _given: Given) -> Facts:
        return reported(state, shipment, report)

    stream = stream_of("order", order)
    before = log.state(stream).version
    written = log.decide(
        stream,
        decided,
        actor=system_of(company),
        command="carrier-report",
        correlation_id=correlation,
        causation_id=correlation,
    )
    return written.versions[stream] > before


def ask(
    desk: Desk,
    connect: AbstractContextManager[Connection],
    company: CargoCompany,
    correlation: str,
    check: Callable[[], None] = lambda: None,
) -> dict[str, Any]:
    """Asks a carrier how everything is that may still move; {asked, news, error}. Raises nothing of the carrier's, and
    who was not answered for holds up no other; `check` between its parts may raise."""
    told: dict[str, Any] = {"asked": 0, "news": 0}
    with connect as connection:
        try:
            line = carrier(company, desk)
            for part in _moving(connection, desk.log, company):
                check()
                numbers = {shipment.awb_number or "": (order, shipment.id) for order, shipment in part}
                told["asked"] += len(numbers)
                try:
                    for awb, report in line.reports(numbers):
                        if report is not None and awb in numbers:
                            told["news"] += write(desk.log, *numbers[awb], report, company, correlation)
                except Unanswered as unanswered:
                    told.setdefault("error", str(unanswered))
                    if isinstance(unanswered, Resting):
                        break
        except Trouble as trouble:
            told["error"] = str(trouble)
    return told


def connected(log: EventLog) -> list[CargoCompany]:
    log.reference.refresh()
    return [c for c in log.reference.all("cargo_company") if c.is_active and not c.removed and is_connected(c)]


def _moving(connection: Connection, log: EventLog, company: CargoCompany) -> Iterator[list[tuple[int, Shipment]]]:
    after = 0
    while rows := connection.execute(MOVING, (company.id, list(UNDER_WAY), after, AT_ONCE)).fetchall():
        after = rows[-1][0]
        found = [(order, _main(log, order, shipment)) for shipment, order in rows]
        part = [(order, shipment) for order, shipment in found if shipment.awb_number is not None]
        if part:
            yield part


def _main(log: EventLog, order: int, shipment: int) -> Shipment:
    found: Shipment = log.state(stream_of("order", order)).state.shipments[shipment]
    return found
