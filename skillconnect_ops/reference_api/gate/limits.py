"""Rate limits: how many requests in how much time, counted in Redis for all workers at once.

A request is counted before it is looked at, and the count taken back where successes do not count:
to look first would let fifty requests that come at once all pass. One script counts all limits that
apply, so no other request comes in between, and it costs one journey. Windows are fixed, and begin
with the first request, as `express-rate-limit` with its Redis store has it.

Where Redis is gone each worker counts by itself, and allows its share alone (one at least), so no
limit is ever off: an attacker who sees Redis go gains one more limit's worth, once. What a worker
has counted itself counts on when Redis comes back empty.
"""

import time
from collections.abc import Sequence
from hashlib import sha1
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from redis.exceptions import NoScriptError, RedisError

if TYPE_CHECKING:
    from redis.asyncio import Redis

_COUNT = """
local out = {}
for i, key in ipairs(KEYS) do
  local n = redis.call('INCR', key)
  local left = redis.call('PTTL', key)
  if left < 0 then
    redis.call('PEXPIRE', key, ARGV[i])
    left = tonumber(ARGV[i])
  end
  out[2 * i - 1] = n
  out[2 * i] = left
end
return out
"""
_UNDO = """
local n = tonumber(redis.call('GET', KEYS[1]) or '0')
if n > 0 then redis.call('DECR', KEYS[1]) end
return n
"""
REST_S = 1.0
"""For so long Redis is left alone after it failed: else each request would wait for it."""
_REMEMBERED_S = 3600.0
"""The longest window."""
_MOST_KEYS = 100_000
"""Of one worker; the oldest windows are forgotten then."""


class Policy(Struct, frozen=True, kw_only=True):
    """One limit."""

    name: str
    limit: int
    window_s: int
    skips_successes: bool = False
    """Whether a request that succeeds (a status below 400) does not count."""
    what: str = "Too many requests"


AUTH = Policy(name="auth", limit=5, window_s=15 * 60, what="Too many login attempts")
API = Policy(name="api", limit=30, window_s=60)
SENSITIVE = Policy(name="sensitive", limit=3, window_s=60, skips_successes=True)
ACCOUNT = Policy(name="account", limit=100, window_s=60 * 60, skips_successes=True)
"""Wrong passwords and codes of one account, from wherever they come (NIST SP 800-63B, 5.2.2)."""
CODES = Policy(name="codes", limit=10, window_s=60 * 60, skips_successes=True)
"""Wrong codes of a second factor of one account: of a million, ten an hour are tried."""
MESSAGES = Policy(name="messages", limit=30, window_s=60)


class Hit(Struct, frozen=True, kw_only=True):
    """What a policy says of one request."""

    policy: Policy
    key: str
    count: int
    reset_s: int
    """Until the window ends, rounded up."""
    allowed: int
    """How many the window takes; less than the policy's where this worker counts by itself."""

    @property
    def passes(self) -> bool:
        """Whether the request may go on."""
        return self.count <= self.allowed

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        """The standard headers, as draft 6 of the IETF's `RateLimit` fields names them."""
        policy = self.policy
        said = {
            "RateLimit-Policy": f"{policy.limit};w={policy.window_s}",
            "RateLimit-Limit": str(policy.limit),
            "RateLimit-Remaining": str(max(0, self.allowed - self.count)),
            "RateLimit-Reset": str(self.reset_s),
        }
        if not self.passes:
            said["Retry-After"] = str(self.reset_s)
        return [(name.lower().encode(), value.encode()) for name, value in said.items()]


class Wanted(Struct, frozen=True):
    """A policy, and whom it counts."""

    policy: Policy
    who: str

    @property
    def key(self) -> str:
        """Under which it is counted."""
        return f"rl:{self.policy.name}:{self.who}"


class Limiter:
    """Counts for one worker.

    Args:
        workers: among how many workers a limit is shared where each counts by itself.
    """

    def __init__(self, *, workers: int) -> None:
        self._workers = workers
        self._local = _Local()
        self._rests_until = 0.0
        self._remembers_until = 0.0
        """Redis may have come back empty: until then what was counted here counts, too."""

    @property
    def is_local(self) -> bool:
        """Whether Redis did not answer when it was asked last."""
        return self._rests_until > 0.0

    async def count(self, redis: "Redis", wanted: Sequence[Wanted]) -> list[Hit]:
        """Count one request against all of these."""
        here = [self._local.count(one) for one in wanted]
        if time.monotonic() >= self._rests_until:
            if self.is_local:  # one request tries it, and the others do not wait for that
                self._rests_until = time.monotonic() + REST_S
            try:
                counted = await _counted(redis, wanted)
            except (RedisError, OSError):
                self._rests_until = time.monotonic() + REST_S
            else:
                if self.is_local:
                    self._remembers_until = time.monotonic() + _REMEMBERED_S
                self._rests_until = 0.0
                remembers = time.monotonic() < self._remembers_until
                return [
                    Hit(
                        policy=one.policy,
                        key=one.key,
                        count=max(count, own) if remembers else count,
                        reset_s=-(-left_ms // 1000),
                        allowed=one.policy.limit,
                    )
                    for one, (count, left_ms), (own, _) in zip(wanted, counted, here, strict=True)
                ]
        return [self._by_itself(one, *found) for one, found in zip(wanted, here, strict=True)]

    async def undo(self, redis: "Redis", hit: Hit) -> None:
        """Take back what was counted: the request has succeeded."""
        self._local.undo(hit.key)
        if self.is_local:
            return
        try:
            await _run(redis, _UNDO, [hit.key], [])
        except (RedisError, OSError):  # it counts, then: a limit errs on this side
            self._rests_until = time.monotonic() + REST_S

    def _by_itself(self, one: Wanted, count: int, left_s: float) -> Hit:
        allowed = max(1, one.policy.limit // self._workers)
        return Hit(
            policy=one.policy,
            key=one.key,
            count=count,
            reset_s=max(1, round(left_s + 0.5)),
            allowed=allowed,
        )


class _Local:
    """What this worker has counted."""

    def __init__(self) -> None:
        self._windows: dict[str, list[float]] = {}
        """The count and the end of each window, the oldest window first."""

    def count(self, one: Wanted) -> tuple[int, float]:
        now = time.monotonic()
        window = self._windows.get(one.key)
        if window is None or window[1] <= now:
            self._windows.pop(one.key, None)
            self._make_room(now)
            window = self._windows[one.key] = [0, now + one.policy.window_s]
        window[0] += 1
        return int(window[0]), window[1] - now

    def undo(self, key: str) -> None:
        window = self._windows.get(key)
        if window is not None and window[0] > 0:
            window[0] -= 1

    def _make_room(self, now: float) -> None:
        if len(self._windows) < _MOST_KEYS:
            return
        over = [key for key, window in self._windows.items() if window[1] <= now]
        for key in over or list(self._windows)[: _MOST_KEYS // 10]:
            del self._windows[key]


async def _counted(redis: "Redis", wanted: Sequence[Wanted]) -> list[tuple[int, int]]:
    keys = [one.key for one in wanted]
    windows = [str(one.policy.window_s * 1000) for one in wanted]
    flat = await _run(redis, _COUNT, keys, windows)
    return list(zip(flat[::2], flat[1::2], strict=True))


async def _run(redis: "Redis", script: str, keys: list[str], arguments: list[str]) -> Any:
    """By its digest, which a server forgets when it restarts."""
    try:
        return await redis.evalsha(_SHAS[script], len(keys), *keys, *arguments)
    except NoScriptError:
        return await redis.eval(script, len(keys), *keys, *arguments)


def _sha(script: str) -> str:

    return sha1(script.encode()).hexdigest()  # noqa: S324 - so Redis names scripts


_SHAS = {script: _sha(script) for script in (_COUNT, _UNDO)}
