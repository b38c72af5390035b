"""The command line of `skc secrets`.

What a command needs is imported when that command runs: a hook that scans before each commit has no
use for ledgers and keys.
"""

from pathlib import Path
from typing import Annotated

import typer

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.secrets import scan_cli
from skillconnect_ops.commands.secrets.errors import DoNotGoTogether
from skillconnect_ops.commands.secrets.making import Kind
from skillconnect_ops.core.report import Report
from skillconnect_ops.evidence.matching import Reason
from skillconnect_ops.terminal import options
from skillconnect_ops.terminal.group import Group

SECRETS = Group("secrets")
LEDGER = SECRETS.group(
    "ledger",
    about="""Record retired secrets, and tell when one comes back.

    The ledger holds no value: of each form in which one can be found it holds a fingerprint, made
    under a key of your own. It lies in .skc/retired, for git; what could be guessed stays on this
    machine.""".replace("\n    ", "\n"),
)

Env = Annotated[
    str | None,
    typer.Option("--env", metavar="KEY", help="Take the value that KEY has in the env files."),
]


@SECRETS.command(
    "generate",
    examples=(
        "skc secrets generate",
        "skc secrets generate --env JWT_SECRET_KEY",
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
    env: Annotated[
        str | None,
        typer.Option("--env", metavar="KEY", help="Write it as KEY into the env file, unseen."),
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option("--file", metavar="PATH", help="Which env file, where not the target's own."),
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Let go of the value that KEY has now.")
    ] = False,
    out_key: Annotated[
        Path | None,
        typer.Option(
            "--out-key",
            metavar="FILE",
            help="Write the private key there (0600, never over a file), and show the public one; "
            "with --env the otpauth URI.",
        ),
    ] = None,
    reveal: Annotated[
        bool, typer.Option("--reveal", help="With --env: show a TOTP secret's otpauth URI.")
    ] = False,
    account: Annotated[
        str, typer.Option("--account", metavar="NAME", help="Of a TOTP secret: whose it is.")
    ] = "account",
    issuer: Annotated[
        str, typer.Option("--issuer", metavar="NAME", help="Of a TOTP secret: which app it is for.")
    ] = "skc",
    target: options.Target = None,
    dry_run: options.DryRun = False,
    yes: options.Yes = False,
) -> Report:
    """Make a strong secret.

    The value alone goes to stdout, nothing of it anywhere else; with --env it goes into the env
    file, and is shown nowhere. Less than 128 bits are refused. A password is of letters and digits
    that need no quoting or encoding in a URI, an env file, a shell or YAML, and none of them looks
    like another.
    """
    from skillconnect_ops.commands.secrets import generate as generating
    from skillconnect_ops.commands.secrets.into_env import Into

    if env is None and (file or replace or target or dry_run or yes or reveal):
        raise DoNotGoTogether(
            "a secret that is shown",
            "--file, --replace, --target, --dry-run, --yes, --reveal",
            why="they are about the env file that --env KEY writes to",
        )
    into = env and Into(
        env=env,
        target=target,
        file=file,
        replace=replace,
        dry_run=dry_run,
        yes=yes,
        uri_file=out_key if kind is Kind.TOTP else None,
        reveal=reveal,
    )
    wish = generating.Wish(
        kind=kind,
        size_bytes=size_bytes,
        count=count,
        out_key=out_key,
        account=account,
        issuer=issuer,
        into=into or None,
    )
    return generating.generate(house, wish)


@LEDGER.command(
    "add",
    examples=(
        "skc secrets ledger add --env JWT_SECRET_KEY --reason leaked",
        "skc secrets ledger add SMTP_PASSWORD --stdin --revoked-elsewhere --by ana",
    ),
)
def ledger_add(
    house: House,
    name: Annotated[
        str | None,
        typer.Argument(metavar="[NAME]", help="What to call the secret; never its value."),
    ] = None,
    *,
    env: Env = None,
    target: options.Target = None,
    stdin: options.Stdin = False,
    fd: options.Descriptor = None,
    reason: Annotated[
        Reason, typer.Option("--reason", help="Why it is retired.", show_default=True)
    ] = Reason.LEAKED,
    revoked_elsewhere: Annotated[
        bool,
        typer.Option("--revoked-elsewhere", help="It was revoked where skc cannot look."),
    ] = False,
    by: Annotated[
        str | None, typer.Option("--by", metavar="NAME", help="Who says to have revoked it.")
    ] = None,
    new_key: Annotated[
        bool,
        typer.Option("--new-key", help="Begin a new ledger key, though an older one is not here."),
    ] = False,
    dry_run: options.DryRun = False,
    yes: options.Yes = False,
) -> Report:
    """Record that a value is retired, for good.

    The value is typed without being shown, or comes by --env, --stdin or --fd. A connection URI
    counts as retired together with its password, in whichever form that is found. Whether the old
    value is refused is not tried here: that is what `skc rotate` proves.
    """
    from skillconnect_ops.commands.secrets import ledger as books
    from skillconnect_ops.journal.model import Choices

    return books.add(
        house,
        name,
        source=books.Source(env=env, target=target, stdin=stdin, fd=fd),
        reason=reason,
        revoked_elsewhere=revoked_elsewhere,
        by=by,
        new_key=new_key,
        choices=Choices(dry_run=dry_run, yes=yes),
    )


@LEDGER.command("list", examples=("skc secrets ledger list",))
def ledger_list(house: House) -> Report:
    """List the retired secrets, oldest first."""
    from skillconnect_ops.commands.secrets import ledger as books

    return books.list_retired(house)


@LEDGER.command(
    "check",
    examples=(
        "skc secrets ledger check --env MONGO_URI",
        "skc secrets ledger check --path build.log --path deploy",
    ),
)
def ledger_check(
    house: House,
    *,
    env: Env = None,
    target: options.Target = None,
    stdin: options.Stdin = False,
    fd: options.Descriptor = None,
    paths: Annotated[
        list[Path] | None,
        typer.Option(
            "--path",
            metavar="PATH",
            help="Check all that a file, or a folder, holds; repeatable.",
            readable=False,
        ),
    ] = None,
) -> Report:
    """Tell whether a value, or anything in a file or folder, was retired.

    In files it is found in whichever form it stands there: encoded in base64, hex, URL or JSON
    escapes or UTF-16, and in archives; three wrappings deep.
    Exits with 13 for one that leaked, with 12 for any other. Where records are kept under a key
    that is not here, nothing is called fine: exit 4, with the id of the key that is wanted.
    """
    from skillconnect_ops.commands.secrets import ledger as books

    source = books.Source(env=env, target=target, stdin=stdin, fd=fd)
    return books.check(house, source=source, paths=tuple(paths or ()))


@LEDGER.command(
    "key",
    examples=("skc secrets ledger key", "skc secrets ledger key --take --stdin"),
)
def ledger_key(
    house: House,
    *,
    reveal: Annotated[
        bool, typer.Option("--reveal", help="Show the key itself, for a colleague or CI.")
    ] = False,
    take: Annotated[
        bool, typer.Option("--take", help="Keep a colleague's key, and write with it from now on.")
    ] = False,
    stdin: options.Stdin = False,
    fd: options.Descriptor = None,
) -> Report:
    """Show the ledger's keys, hand one out, or take one in.

    Fingerprints can be compared only by who has the key. CI is given it as SKC_LEDGER_KEY.
    """
    from skillconnect_ops.commands.secrets import ledger as books

    source = books.Source(stdin=stdin, fd=fd)
    return books.keys(house, reveal=reveal, take=take, source=source)


SECRETS.command("scan", examples=scan_cli.EXAMPLES, findings=True)(scan_cli.scan)
