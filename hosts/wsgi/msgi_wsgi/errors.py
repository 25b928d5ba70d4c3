"""What an application meets when its exchange ends early (section 4.1)."""


class ExchangeError(ConnectionResetError):
    """The exchange has failed. `code`: an error code of RFC 9113; `by`: "peer", "app", "server" or "transport"."""

    def __init__(self, code, by):
        super().__init__(f"the exchange has failed: code {code} by {by}")
        self.code = code
        self.by = by


def belongs_to(error, failure):
    """Whether an application has failed for the failure of its exchange, as such or under an error of its framework."""
    seen = 0
    while error is not None and seen < 100:
        if error is failure:
            return True
        error, seen = error.__cause__ or error.__context__, seen + 1
    return False
