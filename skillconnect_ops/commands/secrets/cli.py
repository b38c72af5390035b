"""The command line of `skc secrets`."""

from pathlib import Path
from typing import Annotated

import typer

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.secrets import generate as generating
from skillconnect_ops.commands.secrets.making import Kind
from skillconnect_ops.core.report import Report
from skillconnect_ops.terminal.group import Group

SECRETS = Group("secrets")


@SECRETS.command(
    "generate",
    examples=(
        "skc secrets generate",
        "skc secrets generate --kind password --count 3",
        "skc secrets generate --kind ed25519 --out-key signing.pem",
    ),
)
def generate(
    house: House,
    *,
    kind: Annotated[
        Kind, typer.Option("--kind", help="Which form it has.", show_default=True)
    ] = Kind.HEX,
    size_bytes: Annotated[
        int | None,
        typer.Option(
            "--bytes",
            metavar="N",
            min=1,
            help="How many random bytes; of a password the strength, of an RSA key the modulus.",
        ),
    ] = None,
    count: Annotated[
        int, typer.Option("--count", metavar="N", min=1, max=1000, help="How many to make.")
    ] = 1,
    out_key: Annotated[
        Path | None,
        typer.Option(
            "--out-key",
            metavar="FILE",
            help="Write the private key there (0600, never over a file), and show the public one.",
        ),
    ] = None,
    account: Annotated[
        str, typer.Option("--account", metavar="NAME", help="Of a TOTP secret: whose it is.")
    ] = "account",
    issuer: Annotated[
        str, typer.Option("--issuer", metavar="NAME", help="Of a TOTP secret: which app it is for.")
    ] = "skc",
) -> Report:
    """Make a strong secret.

    The value alone goes to stdout, nothing of it anywhere else. Less than 128 bits are refused. A
    password is of letters and digits that need no quoting or encoding in a URI, an env file, a
    shell or YAML, and none of them looks like another.
    """
    wish = generating.Wish(
        kind=kind,
        size_bytes=size_bytes,
        count=count,
        out_key=out_key,
        account=account,
        issuer=issuer,
    )
    return generating.generate(house, wish)


from skillconnect_ops.commands.secrets import scan_cli  # noqa: E402, F401 - declares its command
