"""How often and how long an unanswered request is tried again."""

from collections.abc import Callable

from msgspec import Struct

from skillconnect_ops.core.plan import Clock


class Limits(Struct, frozen=True, kw_only=True):
    """Bounds of one call, all of its requests together."""

    attempts: int = 7
    total_s: float = 120.0
    """No wait begins that would end later; a limited rate is refilled about once a minute."""
    first_wait_s: float = 1.0
    longest_wait_s: float = 20.0


class Patience:
    """Counts the attempts of one call and waits between them: doubling, with jitter.

    Args:
        limits: when it ends.
        clock: waits.
        jitter: gives 0 to 1; clients that failed together shall not come back together.
    """

    def __init__(self, limits: Limits, *, clock: Clock, jitter: Callable[[], float]) -> None:
        self._limits = limits
        self._clock = clock
        self._jitter = jitter
        self._until = clock.monotonic() + limits.total_s
        self.failures = 0

    def waits(self, at_least_s: float = 0.0) -> bool:
        """Wait before the next attempt; False, at once, where there is none left."""
        self.failures += 1
        full = min(
            self._limits.first_wait_s * 2 ** (self.failures - 1), self._limits.longest_wait_s
        )
        wait = max(at_least_s, full * (0.5 + self._jitter() / 2))
        late = self._clock.monotonic() + wait > self._until
        if self.failures >= self._limits.attempts or late:
            return False
        self._clock.sleep(wait)
        return True
