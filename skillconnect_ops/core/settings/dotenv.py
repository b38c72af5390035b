"""The variables in the bytes of an env file, as an app reads them."""

from io import StringIO

from dotenv.parser import parse_stream

from skillconnect_ops.core.secret import Secret
from skillconnect_ops.core.settings.errors import EnvFileUnreadable


def parse_env(raw: bytes, *, shown: str) -> dict[str, Secret]:
    """The variables of an env file; of a name that stands twice the last.

    Nothing is interpolated, as Node's dotenv does not. A byte order mark is skipped and broken
    UTF-8 becomes U+FFFD, as Node reads it. A line that is no assignment is stepped over.

    Args:
        raw: the whole file.
        shown: what to call it in an error.

    Raises:
        EnvFileUnreadable: it is UTF-16, which no app reads.
    """
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise EnvFileUnreadable(
            shown,
            why="it is written in UTF-16, and apps read UTF-8",
            fix=f"iconv -f UTF-16 -t UTF-8 '{shown}'",
        )
    text = raw.decode("utf-8-sig", errors="replace")
    return {
        binding.key: Secret(binding.value)
        for binding in parse_stream(StringIO(text))
        if binding.key is not None and binding.value is not None and not binding.error
    }
