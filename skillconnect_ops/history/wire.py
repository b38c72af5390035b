"""What goes between processes, as MessagePack.

A `Secret` refuses to be pickled, since a pickle may be a copy on some disk. Here its text crosses a
pipe between a child and its parent, in memory, and becomes a `Secret` again on the other side.
"""

from typing import Any

import msgspec

from skillconnect_ops.core.secret import Secret
from skillconnect_ops.history.model import Gap, Hit


class Harvest(msgspec.Struct, frozen=True, kw_only=True):
    """What one job gave."""

    hits: tuple[Hit, ...] = ()
    gaps: tuple[Gap, ...] = ()
    unreadable: int = 0
    """Objects that git could not give."""
    names: frozenset[str] = frozenset()
    """Names in trees."""
    pointers: dict[str, tuple[str, ...]] = {}
    """LFS object ids, and the paths of pointers to each, as far as they mean something else."""
    size_bytes: int = 0
    passed_over: int = 0
    """How often something was plainly no secret (`Looked.passed_over`)."""


def packed(harvest: Harvest) -> bytes:
    """For the way from a child."""
    return _ENCODER.encode(harvest)


def unpacked(data: bytes) -> Harvest:
    """What a child packed."""
    return _DECODER.decode(data)


def _clear(value: Any) -> Any:
    if isinstance(value, Secret):
        return value.reveal().encode("utf-8", "surrogatepass")
    raise NotImplementedError(type(value).__name__)


def _secret(wanted: type, value: Any) -> Any:
    if wanted is Secret:
        return Secret(value.decode("utf-8", "surrogatepass"))
    raise NotImplementedError(wanted.__name__)


_ENCODER = msgspec.msgpack.Encoder(enc_hook=_clear)
_DECODER = msgspec.msgpack.Decoder(Harvest, dec_hook=_secret)
