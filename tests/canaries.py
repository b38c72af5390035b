"""A search for secrets in whatever a run left behind, in every form that programs give them."""

import base64
import json
import os
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, quote_plus

SHORTEST = 12
"""Parts of a secret that are searched for, too: half a leaked password is a leak."""


def forms(secret: str) -> frozenset[bytes]:
    """How it may stand there: plain, or as base64, percent, hex, JSON or Python write it."""
    raw = secret.encode()
    found = {
        raw,
        raw.hex().encode(),
        raw.hex().upper().encode(),
        quote(secret, safe="").encode(),
        quote(secret).encode(),
        quote_plus(secret).encode(),
        json.dumps(secret)[1:-1].encode(),
        json.dumps(secret, ensure_ascii=False)[1:-1].encode(),
        repr(secret)[1:-1].encode(),
        secret.encode("utf-16-le"),
        raw[::-1],
        *_base64(raw),
    }
    return frozenset(form for form in found if len(form) >= SHORTEST)


def _base64(raw: bytes) -> Iterator[bytes]:
    """At each of the three places that it can have in a longer text; the rims belong to others."""
    for before in range(3):
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            text = encode(b"\0" * before + raw)
            yield text[4 if before else 0 : -4]


def holding(secrets: Mapping[str, str], texts: Mapping[str, bytes]) -> list[str]:
    """Which text holds which secret, or an end of it of half its length.

    Args:
        secrets: what to call it -> the secret.
        texts: what to call it -> what was written.
    """
    return sorted(
        f"{name} in {place}"
        for name, secret in secrets.items()
        for part in _parts(secret)
        for form in forms(part)
        for place, text in texts.items()
        if form in text
    )


def _parts(secret: str) -> Iterable[str]:
    half = len(secret) // 2
    yield secret
    if half >= SHORTEST:
        yield secret[:half]
        yield secret[half:]


def written(folder: Path, *, but: Iterable[Path] = ()) -> dict[str, bytes]:
    """Every file below a folder, its name included."""
    left_out = {path.resolve() for path in but}
    return {
        str(path.relative_to(folder)): path.name.encode() + b"\0" + path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.resolve() not in left_out
    }


class CommandLines:
    """What stood in `/proc/*/cmdline` while it was watched."""

    def __init__(self) -> None:
        self.seen: set[bytes] = set()
        self.looks = 0

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Look again and again while the block runs."""
        stop = threading.Event()
        thread = threading.Thread(target=self._look, args=(stop,))
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()

    def _look(self, stop: threading.Event) -> None:
        own = str(os.getpid())
        while not stop.is_set():
            for name in os.listdir("/proc"):  # noqa: PTH208 - as fast as can be
                if name.isdigit() and name != own:
                    try:
                        self.seen.add(Path(f"/proc/{name}/cmdline").read_bytes())
                    except OSError:
                        continue
            self.looks += 1
            time.sleep(0.002)
