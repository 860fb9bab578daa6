"""The staff of all the stores and warehouses: they look what lies there, and act on it through the HTTP API.

`run` is for the demo and the tests, `python -m simulators.staff --url …` for `make run`. What staff do is chosen in
`staff_choices`, how they find and do it is in `staff_work`. Before an action is sent it stands in the journal, and
after the answer its outcome: so neither the end of the API nor the end of the staff loses one, nor does one twice;
after a start, actions without an outcome are sent again, with the same Idempotency-Key.
"""

import json
import os
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from pathlib import Path

from simulators import program
from simulators.customers import Customers
from simulators.journal import Journal
from simulators.staff_choices import Rates
from simulators.staff_client import Client, Unanswered
from simulators.staff_work import Staff, Tally


def run(
    base_url: str,
    *,
    username: str = "",
    password: str = "",
    token: str = "",
    seed: int = 0,
    rates: Rates | None = None,
    until: Callable[[Tally], bool] | None = None,
    threads: int = 8,
    journal: str | Path | None = None,
    stock_url: str | None = None,
    locations: Sequence[str] = (),
    think: float = 0.0,
    pause: float = 0.1,
    patience: float = 60.0,
    stop: threading.Event | None = None,
    inbox_url: str | None = None,
    errand: float = 0.0,
    most: int = 0,
) -> Tally:
    """Works until `until(tally)` is true after a round (without it: until three rounds in a row found nothing to do),
    or `stop` is set. `think`: seconds before each action, `pause`: seconds after a round that found nothing,
    `patience`: seconds to go on asking an API that does not answer. A round that got no list counts as unanswered, and
    work goes on. `inbox_url`: the provider of text messages where customers read the codes with which they fetch their
    packages, `errand` seconds after; `most`: actions of a round (0: all there are).
    """
    enough = until or (lambda tally: tally.idle >= 3)
    stop = stop or threading.Event()
    client, notes = Client(base_url, username, password, token, patience, stop), Journal(journal)
    rates = rates or Rates()
    customers = Customers(inbox_url, seed, rates.mistake, errand, stop) if inbox_url else None
    staff = Staff(client, seed, rates, notes, stock_url, locations, think, stop, customers, most)
    tally = staff.tally
    try:
        with ThreadPoolExecutor(threads, thread_name_prefix="staff") as people:
            while not stop.is_set():
                try:
                    work = staff.work()
                except Unanswered:
                    tally.unanswered += 1
                    continue
                list(people.map(staff.act, work))
                tally.rounds += 1
                tally.idle = 0 if work else tally.idle + 1
                if enough(tally):
                    break
                if not work:
                    stop.wait(pause)
    finally:
        notes.close()
    return tally


def main() -> None:
    arguments = program.parser("staff", "The staff of all stores and warehouses, simulated.", listens=False)
    arguments.add_argument("--url", required=True, help="address of the API, e.g. http://127.0.0.1:8000")
    arguments.add_argument("--username", default="admin")
    arguments.add_argument("--password-file", help="file with the password; else STAFF_PASSWORD or STAFF_TOKEN is set")
    arguments.add_argument("--stock-url", help="stock service to tell what left and arrived")
    arguments.add_argument("--inbox-url", help="text messages, where customers read the codes they fetch packages with")
    arguments.add_argument("--errand", type=float, default=0.0, help="seconds from a text message until they come")
    arguments.add_argument("--most", type=int, default=0, help="actions between two looks at the lists (all)")
    arguments.add_argument("--location", action="append", default=[], help="only this erp code; may be repeated")
    arguments.add_argument("--threads", type=int, default=8)
    arguments.add_argument("--think", type=float, default=0.0, help="seconds before each action (%(default)s)")
    arguments.add_argument(
        "--pause", type=float, default=0.5, help="seconds after a look that found nothing (%(default)s)"
    )
    arguments.add_argument("--until-idle", action="store_true", help="stop when there is nothing to do")
    for rate in fields(Rates):
        arguments.add_argument(f"--{rate.name.replace('_', '-')}", type=float, default=rate.default, help="rate")
    options = arguments.parse_args()
    password = os.environ.get("STAFF_PASSWORD", "")
    if options.password_file:
        password = Path(options.password_file).read_text().strip()
    stop = program.until_stopped()
    print(f"staff at work at {options.url}", flush=True)
    tally = run(
        options.url,
        username=options.username,
        password=password,
        token=os.environ.get("STAFF_TOKEN", ""),
        seed=options.seed,
        rates=Rates(**{rate.name: getattr(options, rate.name) for rate in fields(Rates)}),
        until=None if options.until_idle else (lambda _: False),
        threads=options.threads,
        journal=options.journal,
        stock_url=options.stock_url,
        locations=options.location,
        think=options.think,
        pause=options.pause,
        stop=stop,
        inbox_url=options.inbox_url,
        errand=options.errand,
        most=options.most,
    )
    json.dump(vars(tally), sys.stdout)
    print(flush=True)


if __name__ == "__main__":
    main()
