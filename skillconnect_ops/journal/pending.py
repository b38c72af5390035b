"""Secrets on their way from the command line to the escrow.

A plan holds no secret, and a handler is made from its plan; so the step names a token, and the
handler takes the value from here, once, in its `before`, and puts it into the escrow.
"""

import secrets

from skillconnect_ops.core.secret import Secret


class Pending:
    """Values by token, each for one taker; they live as long as this process at most."""

    def __init__(self) -> None:
        self._values: dict[str, Secret] = {}

    def give(self, value: Secret) -> str:
        """Keep a value; gives its token."""
        token = secrets.token_hex(8)
        self._values[token] = value
        return token

    def keep(self, token: str, value: Secret) -> None:
        """Keep a value under a token of one's own, for a plan that was shown before it came."""
        self._values[token] = value

    def take(self, token: str) -> Secret | None:
        """The value, which is forgotten here; None where there is none."""
        return self._values.pop(token, None)


PENDING = Pending()
