"""Whether env files, and files that are sinks, would take a new value, before anything is touched.

Another line that one reader cannot read would stop the writing in the middle of a rotation, when
the server knows the new password already.
"""

from collections.abc import Iterable
from pathlib import Path

from skillconnect_ops.commands.rotate.model import Named
from skillconnect_ops.commands.rotate.sink_steps import must_hold
from skillconnect_ops.disk.errors import explained
from skillconnect_ops.envfile import NotPortable, parse

_ONLY_OF_SET = ", or add --not-for"
"""What `skc env set` offers besides; a rotation writes for every reader."""


def must_take(root: Path, secrets: Iterable[Named]) -> None:
    """Write a value into each file, in memory alone.

    Raises:
        NotPortable: not every reader would read it.
        DuplicateKey: the variable stands in a file more than once.
        SinkHoldsAnother: a file that is a sink holds another value.
        Refused: we do not write through such a file, or it is another user's.
    """
    for one in secrets:
        env = one.settings.env
        for path in one.files:
            with explained(f"read {path}"):
                found = parse((root / path).read_bytes())
            try:
                found.with_value(env, f"{found.get(env) or ''}A")
            except NotPortable as error:
                fix = error.fix.partition(_ONLY_OF_SET)[0]
                why = f"{error.what}: {error.why}"
                raise NotPortable(f"{path} takes no new {env}", why=why, fix=fix) from error
        for name, sink in one.sinks:
            if sink.file is not None:
                value = parse((root / one.files[0]).read_bytes()).get(sink.env) or ""
                must_hold(root / sink.file, value, sink=name, env=sink.env)
