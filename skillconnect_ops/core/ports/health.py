"""What a running program says of itself: which generation of each secret it has loaded.

The contract is small. Its health answer is JSON, and somewhere at its top stands

    {"skc": {"JWT_SECRET_KEY": ["4jHk0a-Q", "x8Lw_2Zd"], "MONGO_URI": "Pq1_zzA0"}}

A name is a variable's. A generation is the eight letters that `templates/express/jwt-ring.cjs`
makes of a value (its `kid`; of a URI that of the password), and never the value. A ring of keys
gives a list: all that verify, the one that signs first. A value that a person may have made up has
no generation, and is left out or null.
"""

from collections.abc import Mapping
from typing import Protocol

from msgspec import Struct

from skillconnect_ops.core.outcome import Fact

Generations = str | tuple[str | None, ...] | None
"""The generation in use, or all that are loaded, the one in use first."""


class Health(Struct, frozen=True, kw_only=True):
    """One answer."""

    loaded: Mapping[str, Generations] = {}
    """By the variable; empty where it says nothing of it."""


class HealthAnswers(Protocol):
    """Asks programs how they are."""

    def ask(self, url: str, *, patience_s: float) -> Fact[Health]:
        """Ask once, without a proxy, following nowhere, and sending nothing.

        Args:
            url: where.
            patience_s: how long it may take in all.

        Returns:
            What it says, which may be nothing; missing where it does not answer with success.
        """
