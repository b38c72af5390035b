"""Patterns that are compiled when they are first used."""

import pickle
import re
import sys
from importlib import import_module

import pytest

from skillconnect_ops.core.regex import _Uncompiled, regex


def test_it_does_what_a_compiled_pattern_does() -> None:
    lazy, real = regex(rb"(?P<word>[a-z]+)", re.IGNORECASE), re.compile(rb"([a-z]+)", re.IGNORECASE)
    for _ in range(2):
        assert lazy.findall(b"Ab 1 cd") == real.findall(b"Ab 1 cd")
        assert lazy.sub(b"x", b"Ab 1") == b"x 1"
    found = lazy.search(b"1 Ab 2", 1, 4)
    assert found is not None
    assert (found["word"], found.span(), lazy.groups) == (b"Ab", (2, 4), 1)
    assert lazy.flags == real.flags


def test_nothing_is_compiled_before_it_is_used() -> None:
    wrong = regex("(")
    with pytest.raises(re.error, match="unterminated"):
        wrong.match("(")


def test_it_is_no_pattern_to_what_would_copy_one() -> None:
    assert not hasattr(regex("a"), "__copy__")
    assert pickle.loads(pickle.dumps(regex("a+"))).match("aa") is not None


def test_every_pattern_of_a_scan_compiles() -> None:
    import_module("skillconnect_ops.commands.secrets.scan_run")
    patterns = [
        value
        for name, module in list(sys.modules.items())
        if name.startswith("skillconnect_ops")
        for value in vars(module).values()
        if isinstance(value, _Uncompiled)
    ]
    assert len(patterns) > 50
    for one in patterns:
        assert isinstance(one.pattern, str | bytes)
