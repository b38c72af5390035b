"""Defaults are as the signature says, texts and choices as they were typed; the rest is Typer's."""

import subprocess
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import pytest
import typer

from skillconnect_ops.core.report import Report
from skillconnect_ops.terminal import untyped
from skillconnect_ops.terminal.group import Group


class Size(StrEnum):
    SMALL = "small"
    LARGE = "large"


def parsed(*argv: str) -> dict[str, Any]:
    group = Group("shelf")

    @group.bare(examples=())
    def shelf(
        house: object,
        name: Annotated[str, typer.Argument(metavar="NAME")],
        *,
        paths: Annotated[list[Path] | None, typer.Option("--path")] = None,
        size: Annotated[Size, typer.Option("--size")] = Size.SMALL,
        deep: Annotated[int, typer.Option("--deep")] = 3,
        label: Annotated[str | None, typer.Option("--label")] = None,
        tags: Annotated[list[str] | None, typer.Option("--tag")] = None,
    ) -> Report:
        """Put something on the shelf."""
        raise NotImplementedError

    with group.build().make_context("shelf", list(argv)) as ctx:
        return dict(ctx.params)


def test_defaults_are_what_the_signature_says() -> None:
    got = parsed("cup")
    assert got["size"] is Size.SMALL
    assert (got["deep"], got["label"]) == (3, None)
    assert not got["paths"]


def test_what_is_typed_is_converted() -> None:
    got = parsed("cup", "--size", "large", "--deep", "5", "--path", "a", "--path", "b")
    assert got["size"] is Size.LARGE
    assert got["deep"] == 5
    assert list(got["paths"]) == [Path("a"), Path("b")]


def test_texts_and_choices_are_as_typer_would_have_them(monkeypatch: pytest.MonkeyPatch) -> None:
    argv = ("cup", "--size", "large", "--label", "", "--tag", "a b", "--tag", "1", "--tag", "ü")
    ours = parsed(*argv)
    monkeypatch.setattr("skillconnect_ops.terminal.untyped._plain", lambda *_: untyped._NOT_OURS)
    theirs = parsed(*argv)
    assert ours == theirs
    assert [type(value) for value in ours.values()] == [type(value) for value in theirs.values()]
    assert ours["size"] is Size.LARGE


@pytest.mark.parametrize("loads", [True, False])
def test_what_is_plain_loads_no_pydantic(*, loads: bool) -> None:
    argv = ["skc", "rotate", "due", "--target", "a", "--format", "json"]
    code = f"import sys; sys.argv = {argv}; from skillconnect_ops.__main__ import main\n"
    code += (
        "import skillconnect_ops.terminal.untyped as u; u._plain = lambda *_: u._NOT_OURS\n" * loads
    )
    code += "try: main()\nfinally: print('pydantic' in sys.modules, file=sys.stderr)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ran.stderr.splitlines()[-1] == str(loads)


@pytest.mark.parametrize("argv", [(), ("cup", "--deep", "x"), ("cup", "--size", "huge")])
def test_what_is_missing_or_wrong_is_refused(argv: tuple[str, ...]) -> None:
    with pytest.raises(Exception, match=r"(?i)missing|valid|not one of|NAME"):
        parsed(*argv)


def test_typer_converts_without_us_by_loading_pydantic() -> None:
    """The day this fails, Typer does without, and so can `terminal.untyped`."""
    code = (
        "import sys, typer\n"
        "app = typer.Typer()\n"
        "@app.command()\n"
        "def run(deep: int = 3) -> None: print('pydantic' in sys.modules)\n"
        "app()"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "True\n"
