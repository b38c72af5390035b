"""Names of backups: readable, and sorted by time."""

import re
from datetime import datetime

_SHAPE = re.compile(r"\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ-[A-Za-z0-9._-]+")
_ODD = re.compile(r"[^A-Za-z0-9._]+")


def backup_id(at: datetime, name: str) -> str:
    """`2026-11-22T15-44-03Z-shop` for a UTC time and a database or project name."""
    slug = _ODD.sub("-", name).strip("-.") or "backup"
    return f"{at:%Y-%m-%dT%H-%M-%SZ}-{slug[:40]}"


def is_backup_id(name: str) -> bool:
    """Whether a folder's name looks like one of ours."""
    return _SHAPE.fullmatch(name) is not None
