"""Regular expressions that cost nothing before they are used.

A scan of a small change uses few of the hundreds that are known, and compiling all of them takes
longer than the scan.
"""

import re
from typing import Any, AnyStr, cast


class _Uncompiled:
    """Stands for a pattern; each attribute is taken over when it is first asked for."""

    def __init__(self, source: str | bytes, flags: int) -> None:
        self._source = source
        self._flags = flags

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # what copying and pickling ask for is no pattern's
            raise AttributeError(name)
        compiled = self.__dict__.get("_compiled")
        if compiled is None:
            compiled = self.__dict__["_compiled"] = re.compile(self._source, self._flags)
        # From now on it is found at once: a second lookup is as fast as on the pattern itself.
        value = self.__dict__[name] = getattr(compiled, name)
        return value


def regex(source: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """A regular expression, compiled when it is first used.

    Args:
        source: the expression.
        flags: as `re.compile` takes them.
    """
    return cast("re.Pattern[AnyStr]", _Uncompiled(source, flags))
