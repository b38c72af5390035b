"""The README's transcript of `skc indexes` is what `skc` prints, word by word."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pymongo import MongoClient

from skillconnect_ops.core.secret import Secret
from tests.commands.indexes.store import project, with_database
from tests.conftest import environment_in

README = (Path(__file__).parents[2] / "README.md").read_text()
SECTION = README[README.index("\n## Indexes\n") :].partition("\n## The")[0]
DOCUMENTS = 2000


def block(kind: str) -> str:
    found = re.search(rf"^```{kind}\n(.*?)^```", SECTION, re.MULTILINE | re.DOTALL)
    assert found is not None
    return found[1]


def transcript() -> Iterator[tuple[list[str], str]]:
    """Each command, and what it prints."""
    for part in block("console").split("$ skc ")[1:]:
        line, _, printed = part.partition("\n")
        yield line.partition("#")[0].split(), printed


def plain(text: str) -> str:
    """Without what differs from server to server."""
    text = re.sub(r"127\.0\.0\.1:\d+", "HOST", text)
    return re.sub(r"about [\d.]+ k?B", "about SIZE", text)


def test_the_transcript_of_indexes_is_what_is_printed(
    tmp_path: Path, mongo: Secret, client: MongoClient[Any], database: str
) -> None:
    root = tmp_path / "app"
    project(root, with_database(mongo, database))
    settings = root / "skc.yaml"
    settings.write_text(settings.read_text().replace("  test:\n", "  production:\n"))
    (root / "indexes.yaml").write_text(block("yaml"))
    end = datetime.now(UTC) + timedelta(days=9)
    for name in ("users", "servicerequests"):
        client[database][name].insert_many(
            {"email": f"u{n}@example.org", "requester": n % 50, "status": n % 3, "expiresAt": end}
            for n in range(DOCUMENTS)
        )
    commands = list(transcript())
    assert [words for words, _ in commands] == [["indexes", "--yes"], ["indexes", "check"]]
    for words, printed in commands:
        if "check" in words:
            client[database]["servicerequests"].drop_index("expiresAt_1")
            client[database]["users"].create_index("role")
        ran = subprocess.run(
            [sys.executable, "-m", "skillconnect_ops", *words],
            cwd=root,
            env={**environment_in(tmp_path), "PYTHONPATH": os.pathsep.join(sys.path)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        said = plain(ran.stdout).replace(database, "skillconnect")
        assert said.rstrip("\n") == plain(printed).rstrip("\n")
