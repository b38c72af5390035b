"""A sink that is a command, as a child process: it keeps what it is given in `held.json`.

A file named after what is to go wrong, in the working folder, makes it go wrong.
"""

import hashlib
import hmac
import json
import os
import sys
import time
from pathlib import Path
from typing import Any, TextIO

HELD = Path("held.json")


def say(*words: object, to: TextIO = sys.stdout) -> None:
    """Print a line."""
    to.write(" ".join(str(word) for word in words) + "\n")


def main() -> int:
    """Answer one call."""
    told = json.loads(sys.stdin.readline())
    with Path("calls.jsonl").open("a") as calls:
        calls.write(json.dumps({**told, "env": sorted(os.environ)}) + "\n")
    if told["action"] == "read":
        return _read(told)
    return _write(told)


def _write(told: dict[str, Any]) -> int:
    values, new = told["values"], told["action"] == "write"
    if Path("refuses").exists() and new:
        return 3
    if Path("hangs").exists() and new:
        HELD.write_text(json.dumps(values))
        until = time.monotonic() + 120
        while Path("hangs").exists() and time.monotonic() < until:
            time.sleep(0.1)
        HELD.write_text(json.dumps(values))
        Path("hung").touch()
    if Path("ignores").exists() and new:
        return 0
    HELD.write_text(json.dumps(values))
    if Path("prints").exists() and new:
        for value in values.values():
            say("got", value)
            say("cannot keep", value[:-3], to=sys.stderr)
        return 1
    if Path("fails").exists() and new:
        say("the line is down", to=sys.stderr)
        return 1
    return 1 if Path("fails always").exists() else 0


def _read(told: dict[str, Any]) -> int:
    if not HELD.exists():
        return 0
    held, key = json.loads(HELD.read_text()), bytes.fromhex(told["fingerprint"]["key"])
    if Path("by value").exists():
        say(next(iter(held.values())))
        return 0
    marks = {
        name: hmac.new(key, value.encode(), hashlib.sha256).hexdigest()
        for name, value in held.items()
    }
    say(json.dumps({"fingerprints": marks}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
