"""How each simulator runs: on a port, until it is told to stop.

`serving` is for tests and the demo (inside their own process), `main` for `python -m simulators.<name>`.
"""

import argparse
import contextlib
import logging
import os
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

from flask import Flask
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from simulators.visitors import Visitors


class Handler(WSGIRequestHandler):
    # Headers and body leave in two writes; with Nagle's algorithm each kept connection would wait 40 ms in between.
    disable_nagle_algorithm = True

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """One line per request would drown the one tidy log of `make run`; the reports count them instead."""


def server_of(app: Flask, host: str, port: int) -> BaseWSGIServer:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    return make_server(host, port, Visitors(app.name, app), threaded=True, request_handler=Handler)


@contextlib.contextmanager
def serving(app: Flask, host: str = "127.0.0.1", port: int = 0) -> Iterator[str]:
    """The app on a thread of this process; gives its address, `http://127.0.0.1:41234` say. Port 0 takes a free one."""
    server = server_of(app, host, port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://{host}:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def until_stopped() -> threading.Event:
    """An event that SIGTERM and SIGINT set. For the main thread of a program."""
    stop = threading.Event()

    def stopped(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, stopped)
    signal.signal(signal.SIGINT, stopped)
    return stop


def parser(prog: str, description: str, listens: bool = True) -> argparse.ArgumentParser:
    arguments = argparse.ArgumentParser(prog=f"python -m simulators.{prog}", description=description)
    if listens:
        arguments.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
        arguments.add_argument("--port", type=int, default=0, help="port to listen on (default: a free one, printed)")
    arguments.add_argument("--seed", type=int, default=0, help="seed of every random choice (%(default)s)")
    arguments.add_argument("--journal", help="append-only JSONL file; what it holds is known again at the next start")
    return arguments


def of_carriers(arguments: argparse.ArgumentParser) -> None:
    """What carriers are told besides: whom they tell of their parcels, and how fast these move."""
    arguments.add_argument("--hook", default="", help="where each step of a parcel is told, signed")
    arguments.add_argument("--pace", type=float, default=0.0, help="seconds a step takes; 0: nothing moves by itself")


def told_to(options: argparse.Namespace) -> dict[str, Any]:
    """The same for `build`; the secret it signs with stands in CARRIER_SECRET, where no list of processes shows it."""
    return {"hook": options.hook, "pace": options.pace, "secret": os.environ.get("CARRIER_SECRET", "")}


def main(name: str, options: argparse.Namespace, build: Callable[[], Flask]) -> None:
    """Serves until SIGTERM or SIGINT, after one line on standard output: `<name> ready at http://…`."""
    stop = until_stopped()
    with serving(build(), options.host, options.port) as url:
        print(f"{name} ready at {url}", flush=True)
        stop.wait()
