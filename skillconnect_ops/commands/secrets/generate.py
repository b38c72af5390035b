"""`skc secrets generate`: makes secrets, and hands each over in the one way that was asked for.

A new private key is one file that was not there before: it is written once, by `O_EXCL`, and needs
neither plan nor journal; the same holds for `--out`. What goes into an env file is `into_env`'s.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.secrets.errors import DoNotGoTogether
from skillconnect_ops.commands.secrets.into_env import Into, into_env
from skillconnect_ops.commands.secrets.making import Kind, Label, Made, make
from skillconnect_ops.commands.secrets.new_file import write_new
from skillconnect_ops.core.errors import UsageError
from skillconnect_ops.core.report import Report
from skillconnect_ops.core.view import Lines


class Wish(Struct, frozen=True, kw_only=True):
    """What was asked for."""

    kind: Kind
    size_bytes: int | None = None
    count: int = 1
    out_key: Path | None = None
    account: str = "account"
    issuer: str = "skc"
    into: Into | None = None


class NobodyCouldEnrol(UsageError):
    """A TOTP secret would go into a file, and no authenticator app would ever hold it."""

    def __init__(self, into: Into) -> None:
        super().__init__(
            "nobody could enrol with this TOTP secret",
            why="an authenticator app takes it as an otpauth URI, and the value alone would be "
            "written; nothing was made",
            fix=f"{into.words()} --kind totp --out-key otpauth.txt   # 0600; or --reveal shows it",
        )


def generate(house: House, wish: Wish) -> Report:
    """Make the secrets.

    Raises:
        TooWeak: they would have less than 128 bits.
        DoNotGoTogether: the wish contradicts itself.
        KeyFileTaken: there is a file where the private key is to go.
        Precondition: the file cannot be written.
    """
    _check(wish)
    if wish.into is not None:
        return into_env(house, wish.into, lambda: _make(wish))
    made = [_make(wish) for _ in range(wish.count)]
    house.person.note(made[0].says(count_of=len(made)))
    if wish.out_key is not None:
        return _to_file(house, made[0], wish.out_key)
    return Report(
        command="secrets generate",
        facts={"generated": [_shown(one) for one in made]},
        view=(Lines(tuple(line for one in made for line in _lines(one))),),
        next=("skc secrets generate --env KEY   # straight into the env file, and never shown",),
    )


def _make(wish: Wish) -> Made:
    label = Label(issuer=wish.issuer, account=wish.account)
    return make(wish.kind, size_bytes=wish.size_bytes, label=label)


def _check(wish: Wish) -> None:
    if wish.into is not None and wish.count > 1:
        raise DoNotGoTogether("--env", "--count", why="one variable holds one value")
    if wish.into is not None and wish.kind.is_key_pair:
        why = "a key of several lines is no value for an env file; use --out-key, and name the file"
        raise DoNotGoTogether("--env", f"--kind {wish.kind}", why=why)
    if wish.into is not None and wish.kind is Kind.TOTP:
        if wish.into.uri_file is None and not wish.into.reveal:
            raise NobodyCouldEnrol(wish.into)
        return
    if wish.into is not None and wish.into.reveal:
        why = "it shows the URI of a TOTP secret; any other goes into the file unseen"
        raise DoNotGoTogether("--reveal", f"--kind {wish.kind}", why=why)
    if wish.out_key is None:
        return
    if not wish.kind.is_key_pair:
        why = f"a secret of the kind {wish.kind} has no private key"
        raise DoNotGoTogether("--out-key", f"--kind {wish.kind}", why=why)
    if wish.count > 1:
        raise DoNotGoTogether("--out-key", "--count", why="one file holds one key")


def _lines(made: Made) -> list[str]:
    lines = made.secret.reveal().splitlines()
    return lines if made.uri is None else [*lines, made.uri.reveal()]


def _shown(made: Made) -> Mapping[str, Any]:
    """The value in a report: it is the very thing that was asked for."""
    shown: dict[str, Any] = {
        "kind": made.kind,
        "bits": made.bits,
        "value": made.secret.reveal(),
        "public": made.public,
    }
    return shown if made.uri is None else {**shown, "uri": made.uri.reveal()}


def _to_file(house: House, made: Made, named: Path) -> Report:
    path = house.environment.folder / named
    write_new(path, made.secret.reveal().encode(), disk=house.disk)
    public = made.public or ""
    return Report(
        command="secrets generate",
        subject={"files": [str(named)]},
        facts={"generated": [{"kind": made.kind, "bits": made.bits, "public": public}]},
        view=(Lines(tuple(public.splitlines())),),
    )
