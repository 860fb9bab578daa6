"""What a browser is told about every page: nothing from elsewhere, nothing inline, in nobody's frame."""

from flask import Request, Response

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "worker-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)

HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


def harden(asked: Request, response: Response) -> Response:
    """A file that brings a policy of its own keeps it."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if asked.is_secure:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    return response
