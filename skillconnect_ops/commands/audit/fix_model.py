"""What a fix is asked for, and what it comes to."""

from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

from skillconnect_ops.code.logger_model import Left, Logger
from skillconnect_ops.commands.audit.steps import CallsRewrite
from skillconnect_ops.core.report import Unknown


class FixWish(Struct, frozen=True, kw_only=True):
    """What the command line asks for."""

    show: bool = False
    write: bool = False
    logger: Path | None = None
    """The logger's module; None: what skc.yaml says, else the only one that is found."""
    request_id: bool = False


class Spared(Struct, frozen=True, kw_only=True):
    """A file whose calls stay on purpose."""

    path: str
    calls: int
    reason: str


class Fixes(Struct, frozen=True, kw_only=True):
    """All that a fix comes to; nothing of it is done yet."""

    root: Path
    logger: Logger | None
    """None where nothing is to be rewritten at all."""
    steps: tuple[CallsRewrite, ...] = ()
    diffs: Mapping[str, str] = {}
    """What changes in each file, with the lines around it, for a person alone."""
    left: tuple[Left, ...] = ()
    spared: tuple[Spared, ...] = ()
    allowed: int = 0
    """How many uses a comment allows."""
    unknown: tuple[Unknown, ...] = ()
    notes: tuple[str, ...] = ()
