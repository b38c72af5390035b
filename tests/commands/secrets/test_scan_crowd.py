"""`skc secrets scan` where one file holds more secrets than anybody reads."""

import json
import secrets
from pathlib import Path

from skillconnect_ops.detection.crowd import MOST_LISTED
from tests.commands.secrets.test_scan import git, write
from tests.conftest import Skc

MORE = 37


def dump() -> str:
    return "".join(
        f"DB_PASSWORD_{number}=Kq9{secrets.token_hex(6)}\n" for number in range(MOST_LISTED + MORE)
    )


def test_the_rest_of_a_dense_file_is_one_finding_that_says_how_many(
    skc: Skc, tmp_path: Path
) -> None:
    write(tmp_path, "plain/dump.env", text := dump())
    ran = skc("secrets", "scan", "plain", "--format", "json")
    assert ran.code == 12
    assert len(ran.json["findings"]) == MOST_LISTED + 1
    (rest,) = [one for one in ran.json["findings"] if "more from here" in one["message"]]
    assert f"{MORE} more" in rest["message"]
    assert rest["line"] == MOST_LISTED + 1
    shown = skc("secrets", "scan", "plain", "--reveal").stdout
    assert text.splitlines()[0] in shown
    baseline = tmp_path / "baseline.json"
    baseline.write_text(json.dumps(ran.json))
    argv = ("secrets", "scan", "plain", "--baseline", str(baseline))
    assert skc(*argv).code == 0
    write(tmp_path, "plain/dump.env", text + f"DB_PASSWORD_NEW=Kq9{secrets.token_hex(6)}\n")
    assert skc(*argv).code == 12, "one more secret is not among those that were accepted"


def test_a_dense_commit_message_leaves_all_other_texts_as_they_are(
    skc: Skc, tmp_path: Path
) -> None:
    folder = tmp_path / "shop"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    write(folder, "a.js", "let a\n")
    write(tmp_path, "message", "what leaked\n\n" + dump())
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-F", str(tmp_path / "message"))
    ran = skc("secrets", "scan", "--history", "--format", "json", cwd=folder)
    subjects = {one["subject"] for one in ran.json["findings"]}
    assert subjects == {None, f"commit {git(folder, 'rev-parse', 'HEAD')[:12]}, message"}, (
        "and the message as it was edited"
    )
    of_commit = [one["message"] for one in ran.json["findings"] if one["subject"]]
    assert len(of_commit) == MOST_LISTED + 1
    assert all("(Ada <ada@shop.invalid>, " in message for message in of_commit)


def test_another_secret_among_the_rest_is_not_accepted_with_it(skc: Skc, tmp_path: Path) -> None:
    write(tmp_path, "plain/dump.env", text := dump())
    ran = skc("secrets", "scan", "plain", "--format", "json")
    baseline = tmp_path / "baseline.json"
    baseline.write_text(json.dumps(ran.json))
    lines = text.splitlines()
    lines[MOST_LISTED + 9] = f"STRIPE_SECRET_TOKEN=Zk9{secrets.token_hex(6)}"
    write(tmp_path, "plain/dump.env", "\n".join(lines) + "\n")
    assert skc("secrets", "scan", "plain", "--baseline", str(baseline)).code == 12


def test_a_rest_that_somebody_allowed_hides_no_other_rest(skc: Skc, tmp_path: Path) -> None:
    allowed = "".join(f"{one}  # skc: allow fake\n" for one in dump().splitlines())
    write(tmp_path, "plain/dump.env", allowed + dump())
    ran = skc("secrets", "scan", "plain", "--format", "json")
    rests = [one for one in ran.json["findings"] if "more from here" in one["message"]]
    assert sorted(one["suppressed"] is None for one in rests) == [False, True]
