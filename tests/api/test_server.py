"""What the HTTP server answers by itself, before any of our code is asked (spec 3.1: never HTML)."""

import json
import socket

from api.server import write_error


def test_what_is_no_request_is_answered_in_our_shape() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        write_error(ours, 414, "URI Too Long", "Request Line is too large (8191 > 8190) <b>")
        head, _, body = theirs.recv(4000).decode().partition("\r\n\r\n")
    assert head.startswith("HTTP/1.1 414 URI Too Long\r\n") and "\r\nX-Request-ID: " in head
    assert "\r\nContent-Type: application/json\r\n" in head and f"Content-Length: {len(body)}" in head
    error = {"code": "uri_too_long", "message": "Request Line is too large (8191 > 8190) <b>"}
    assert json.loads(body) == {"error": error, "status_code": 414}
