"""A program that changes one shared file, for those who kill it or run it a hundred times."""

import os
import sys
from pathlib import Path

from skillconnect_ops.disk import shared
from skillconnect_ops.envfile import parse

BEGIN, END = "/marks/begin", "/marks/end"


def main(file: str, name: str, value: str, rounds: str) -> None:
    """Set a variable so many times; each round's value ends with its number."""
    for number in range(int(rounds)):
        whole = f"{value}{number}"
        os.access(BEGIN, os.F_OK)
        shared.change(
            Path(file), lambda data, v=whole: parse(data or b"").with_value(name, v).bytes()
        )
        os.access(END, os.F_OK)


if __name__ == "__main__":
    main(*sys.argv[1:])
