"""Extended JSON v2 in one wording: `{$numberLong: '5'}` is 5, and a date has many spellings.

A server lists what a filter means, and not how it was written. Pure.
"""

import math
import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

INT64 = range(-(2**63), 2**63)
"""What BSON holds as a whole number."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d(:?\d\d)?)?")
_OID = re.compile(r"[0-9a-fA-F]{24}")


class NotExtended(ValueError):
    """A value that BSON has not, or a wrapper such as `$date` around what does not fit."""


def normal(value: Any) -> Any:
    """A value in one wording; numbers are equal where a server finds them equal.

    Raises:
        NotExtended: in words for people.
    """
    if isinstance(value, Mapping):
        wrapper = _WRAPPERS.get(next(iter(value), ""))
        if wrapper is not None and len(value) == 1:
            return wrapper(next(iter(value.values())))
        return {name: normal(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [normal(one) for one in value]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _number(value)
    return value


def is_wrapper(value: object) -> bool:
    """Whether it is a value in Extended JSON, such as `{$date: …}`, and no document."""
    return isinstance(value, Mapping) and len(value) == 1 and next(iter(value)) in _WRAPPERS


def _number(value: float) -> Any:
    if isinstance(value, float):
        if not math.isfinite(value):
            word = "NaN" if math.isnan(value) else "Infinity"
            raise NotExtended(
                f"it is not finite; in a filter {{$numberDouble: '{word}'}} stands for it"
            )
        return int(value) if value.is_integer() else value
    if value not in INT64:
        raise NotExtended("it needs more than 64 bits, and BSON has no such whole number")
    return value


def _int(value: Any) -> Any:
    if not isinstance(value, str) or not re.fullmatch(r"-?\d{1,20}", value):
        raise NotExtended("a whole number stands in quotes: {$numberLong: '5'}")
    return _number(int(value))


def _double(value: Any) -> Any:
    try:
        number = float(value) if isinstance(value, str) else None
    except ValueError:
        number = None
    if number is None:
        raise NotExtended("a number stands in quotes: {$numberDouble: '5.5'}")
    return _number(number) if math.isfinite(number) else {"$numberDouble": _named(number)}


def _named(number: float) -> str:
    if math.isnan(number):
        return "NaN"
    return "Infinity" if number > 0 else "-Infinity"


def _decimal(value: Any) -> Any:
    try:
        number = Decimal(value) if isinstance(value, str) else None
    except InvalidOperation:
        number = None
    if number is None:
        raise NotExtended("a number stands in quotes: {$numberDecimal: '5.5'}")
    if not number.is_finite():
        return {"$numberDouble": _named(float(number))}
    if number == number.to_integral_value() and abs(number) < INT64.stop:
        return int(number)
    return float(number) if Decimal(float(number)) == number else {"$numberDecimal": f"{number}"}


def _date(value: Any) -> Any:
    try:
        moment_ms = _ms(value)
    except (ValueError, OverflowError):
        moment_ms = None
    if moment_ms is None or moment_ms not in INT64:
        raise NotExtended("a date is {$date: 2020-12-31T23:59:59Z}")
    try:
        moment = _EPOCH + timedelta(milliseconds=moment_ms)
    except OverflowError:
        moment = None
    if moment is None or moment < _EPOCH:
        return {"$date": {"$numberLong": str(moment_ms)}}
    text = moment.strftime("%Y-%m-%dT%H:%M:%S")
    return {"$date": f"{text}.{moment_ms % 1000:03}Z" if moment_ms % 1000 else f"{text}Z"}


def _ms(value: Any) -> int | None:
    if isinstance(value, str) and _MOMENT.fullmatch(value):
        moment = datetime.fromisoformat(value)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return (moment - _EPOCH) // timedelta(milliseconds=1)
    if isinstance(value, Mapping) and set(value) == {"$numberLong"}:
        found = _int(value["$numberLong"])
        return int(found)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _oid(value: Any) -> Any:
    if not isinstance(value, str) or not _OID.fullmatch(value):
        raise NotExtended("an ObjectId has 24 hexadecimal digits: {$oid: 65a1b2c3d4e5f60718293a4b}")
    return {"$oid": value.lower()}


def _uuid(value: Any) -> Any:
    try:
        return {"$binary": {"base64": _base64(UUID(value).bytes), "subType": "04"}}
    except (ValueError, AttributeError, TypeError):
        raise NotExtended("a UUID is {$uuid: 123e4567-e89b-12d3-a456-426614174000}") from None


def _base64(raw: bytes) -> str:
    return b64encode(raw).decode()


def _binary(value: Any) -> Any:
    told = value if isinstance(value, Mapping) and set(value) == {"base64", "subType"} else {}
    try:
        raw = b64decode(told["base64"], validate=True)
        kind = bytes.fromhex(told["subType"].zfill(2))
    except (KeyError, ValueError, TypeError, AttributeError):
        kind = b""
    if len(kind) != 1:
        raise NotExtended("bytes are {$binary: {base64: AQID, subType: '00'}}")
    return {"$binary": {"base64": _base64(raw), "subType": kind.hex()}}


def _timestamp(value: Any) -> Any:
    parts = [value.get("t"), value.get("i")] if isinstance(value, Mapping) else []
    if not parts or any(type(one) is not int or not 0 <= one < 2**32 for one in parts):
        raise NotExtended("a timestamp is {$timestamp: {t: 1600000000, i: 1}}")
    return {"$timestamp": {"t": parts[0], "i": parts[1]}}


def _key(name: str) -> Callable[[Any], Any]:
    def found(value: Any) -> Any:
        if type(value) is not int or value != 1:
            raise NotExtended(f"it is {{{name}: 1}}")
        return {name: 1}

    return found


_WRAPPERS: Mapping[str, Callable[[Any], Any]] = {
    "$numberInt": _int,
    "$numberLong": _int,
    "$numberDouble": _double,
    "$numberDecimal": _decimal,
    "$date": _date,
    "$oid": _oid,
    "$uuid": _uuid,
    "$binary": _binary,
    "$timestamp": _timestamp,
    "$minKey": _key("$minKey"),
    "$maxKey": _key("$maxKey"),
}
