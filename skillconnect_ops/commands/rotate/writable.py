"""Whether env files, and files that are sinks, would take a new value, before anything is touched.

A file that cannot be replaced, or one in which a reader would not find the new value, would stop
the writing in the middle of a rotation, when the server knows the new password already.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

from skillconnect_ops.commands.rotate.model import Named
from skillconnect_ops.commands.rotate.sink_steps import must_hold
from skillconnect_ops.disk import shared
from skillconnect_ops.disk.errors import explained
from skillconnect_ops.envfile import DuplicateKey, EnvFile, NotPortable, parse

_ONLY_OF_SET = ", or add --not-for"
"""What `skc env set` offers besides; a rotation writes for every reader."""


def must_take(root: Path, secrets: Sequence[Named]) -> tuple[str, ...]:
    """Write a value into each file, in memory alone.

    Returns:
        What is wrong with a file already and stays so, a line each.

    Raises:
        NotPortable: not every reader would read it.
        DuplicateKey: the variable stands in a file more than once.
        SinkHoldsAnother: a file that is a sink holds another value.
        Refused: we do not write through such a file, or it is another user's.
        Precondition: a file cannot be read, or replaced.
    """
    made: dict[str, EnvFile] = {}
    for one in secrets:
        for path in one.files:
            if path not in made:
                shared.must_be_writable(root / path)
                with explained(f"read {path}"):
                    made[path] = parse((root / path).read_bytes())
            made[path] = _renewed(made[path], one.settings.env, path=path)
        for name, sink in one.sinks:
            if sink.file is not None:
                value = parse((root / one.files[0]).read_bytes()).get(sink.env) or ""
                must_hold(root / sink.file, value, sink=name, env=sink.env)
    return tuple(_unread(made.items()))


def _renewed(found: EnvFile, env: str, *, path: str) -> EnvFile:
    try:
        return found.renewed(env, f"{found.get(env) or ''}A")
    except NotPortable as error:
        fix = error.fix.partition(_ONLY_OF_SET)[0]
        why = f"{error.what}: {error.why}"
        raise NotPortable(f"{path} takes no new {env}", why=why, fix=fix) from error
    except DuplicateKey as error:
        raise DuplicateKey(env, error.lines, file=path) from error


def _unread(files: Iterable[tuple[str, EnvFile]]) -> Iterable[str]:
    """Lines that a reader does not come past, and that the new values do not mend."""
    for path, found in files:
        for reader, line in found.deaf().items():
            yield (
                f"{reader.label} cannot read line {line} of {path}, before and after; if something "
                "does read it so, quote that line (skc env check tells what is in it)"
            )
