"""What may come of a call besides its answer. Texts are for people and hold no secret."""


class Trouble(Exception):
    """A call did not do what it was for."""


class Unanswered(Trouble):
    """No answer, or none that makes sense: it may have acted. Asked again with the same key, after `seconds` where the
    other side said so."""

    def __init__(self, text: str, seconds: float | None = None) -> None:
        super().__init__(text)
        self.seconds = seconds


class Resting(Unanswered):
    """Nothing was sent: the system has failed lately and is left alone for `seconds`. Counts as no try."""


class Declined(Trouble):
    """The other side said no, for good (4xx); asking again would change nothing. `status` is what it answered."""

    def __init__(self, text: str, status: int = 400) -> None:
        super().__init__(text)
        self.status = status


class Misconfigured(Declined):
    """What people set for this system does not suffice; the text says what is missing. Nothing was sent."""


class NotYet(Trouble):
    """The other side has it and is not done; it is asked again in `seconds`, None: as after a failed try."""

    def __init__(self, text: str, seconds: float | None = None) -> None:
        super().__init__(text)
        self.seconds = seconds


class Moot(Trouble):
    """Nothing is to be done any more; the text says why."""
