"""Whether all that `oms serve` starts can listen where it is to: else who listens there would be taken for ours."""

import socket

from api.settings import Settings
from api.showcase import ports_of

HERE = "127.0.0.1"
"""Where the simulators listen, whatever the API's own address."""

LAST = 65535


def hindrance(settings: Settings) -> str | None:
    """A sentence that names what cannot listen and which setting chooses another place; None: all can."""
    if (why := _taken(settings.host, settings.port)) is not None:
        return f"Nothing can listen at {settings.authority}: {why}. OMS_HOST and OMS_PORT name another address."
    ports = ports_of(settings.port) if settings.simulators else {}
    wrong = [f"{name} at {HERE}:{port}: {why}" for name, port in ports.items() if (why := _taken(HERE, port))]
    if not wrong:
        return None
    return (
        f"Simulators that cannot listen: {'; '.join(wrong)}. Their ports follow OMS_PORT, now {settings.port}: name "
        "another, or OMS_SIMULATORS=off leaves them out."
    )


def _taken(host: str, port: int) -> str | None:
    if port > LAST:
        return f"ports end at {LAST}"
    six = ":" in host
    try:
        both = six and socket.has_dualstack_ipv6()  # as gunicorn listens: at :: for IPv4, too
        family = socket.AF_INET6 if six else socket.AF_INET
        socket.create_server((host, port), family=family, dualstack_ipv6=both).close()
    except OSError as wrong:
        return (wrong.strerror or str(wrong)).partition(" (")[0].lower()
    return None
