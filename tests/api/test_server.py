"""What the HTTP server answers by itself, before any of our code is asked (spec 3.1: never HTML)."""

import json
import socket

import pytest
from gunicorn.arbiter import Arbiter

from api.server import Server, write_error
from api.settings import Settings


def test_what_is_no_request_is_answered_in_our_shape() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        write_error(ours, 414, "URI Too Long", "Request Line is too large (8191 > 8190) <b>")
        head, _, body = theirs.recv(4000).decode().partition("\r\n\r\n")
    assert head.startswith("HTTP/1.1 414 URI Too Long\r\n") and "\r\nX-Request-ID: " in head
    assert "\r\nContent-Type: application/json\r\n" in head and f"Content-Length: {len(body)}" in head
    error = {"code": "uri_too_long", "message": "Request Line is too large (8191 > 8190) <b>"}
    assert json.loads(body) == {"error": error, "status_code": 414}


def test_a_process_that_starts_while_the_database_is_away_says_so(caplog: pytest.LogCaptureFixture) -> None:
    nowhere = Settings(database_url="postgresql://oms:s3cret@127.0.0.1:1/nothing")
    with pytest.raises(SystemExit, match=str(Arbiter.WORKER_BOOT_ERROR)):
        Server(nowhere, "key").load()
    [said] = caplog.records
    assert said.getMessage().startswith("The database does not answer: ") and said.exc_info is None
    assert "127.0.0.1" in said.getMessage() and "s3cret" not in caplog.text
