"""`skc secrets ledger` on a real project, through the front door."""

import json
import os
import secrets
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.commands.secrets.conftest import Leaky
from tests.conftest import Ran, Skc
from tests.terminal.ptys import at_terminal


def ledger(skc: Skc, leaky: Leaky, *argv: str, **more: object) -> Ran:
    agreed = ("--yes",) if argv[0] == "add" and "--dry-run" not in argv else ()
    return skc("secrets", "ledger", *argv, *agreed, "--format", "json", cwd=leaky.root, **more)


def test_a_value_of_the_env_file_is_retired_and_found_in_every_form(skc: Skc, leaky: Leaky) -> None:
    ran = ledger(skc, leaky, "add", "--env", "MONGO_URI")
    assert ran.code == 0, ran.stderr
    assert ran.json["facts"]["retired"]["kind"] == "mongodb+srv URI"
    assert ran.json["facts"]["retired"]["private"] is False
    for found in (leaky.uri, leaky.password, quote(leaky.password)):
        hit = ledger(skc, leaky, "check", "--stdin", stdin=found)
        assert hit.code == 13
        (finding,) = hit.json["findings"]
        assert (finding["id"], finding["subject"]) == ("secret-retired", "MONGO_URI")
    miss = ledger(skc, leaky, "check", "--stdin", stdin=secrets.token_hex(16))
    assert (miss.code, miss.json["facts"]["retired"]) == (0, False)
    assert ledger(skc, leaky, "check", "--env", "MONGO_URI").code == 13
    assert ledger(skc, leaky, "check", "--env", "PORT").code == 0


def test_no_value_gets_anywhere(skc: Skc, leaky: Leaky, tmp_path: Path) -> None:
    said = ""
    for argv in (
        ("add", "--env", "MONGO_URI", "--yes"),
        ("add", "--env", "JWT_SECRET_KEY", "--yes"),
        ("list",),
        ("check", "--env", "MONGO_URI"),
        ("check", "--path", "backend/.env"),
        ("add", "--env", "MONGO_URI", "--dry-run", "--reason", "scheduled"),
    ):
        for form in ("json", "table"):
            ran = skc("secrets", "ledger", *argv, "--format", form, cwd=leaky.root)
            said += ran.stdout + ran.stderr
    (leaky.root / "backend" / ".env").unlink()
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    for value in (leaky.uri, leaky.password, quote(leaky.password, safe=""), leaky.jwt):
        assert value not in said
        assert value.encode() not in kept


def test_recording_is_for_good_and_asks_first(skc: Skc, leaky: Leaky) -> None:
    ran = skc("secrets", "ledger", "add", "--env", "MONGO_URI", cwd=leaky.root)
    assert ran.code == 3, ran.stderr
    assert "--yes" in ran.stderr
    assert ledger(skc, leaky, "list").json["facts"]["retired"] == []
    assert skc("secrets", "ledger", "add", "--env", "MONGO_URI", "--yes", cwd=leaky.root).code == 0
    assert len(ledger(skc, leaky, "list").json["facts"]["retired"]) == 1


def test_the_evidence_tells_of_it_and_is_proven(skc: Skc, leaky: Leaky) -> None:
    ran = ledger(skc, leaky, "add", "--env", "MONGO_URI", "--reason", "offboarding")
    lines = [
        json.loads(line)
        for path in (leaky.root / ".skc" / "evidence").glob("*.jsonl")
        for line in path.read_text().splitlines()
    ]
    (entry,) = (line for line in lines if line["claim"] == "secret.retired")
    assert entry["holds"] is True
    assert entry["facts"]["reason"] == "offboarding"
    assert entry["journal"] == ran.json["journal"]
    (listed,) = ledger(skc, leaky, "list").json["facts"]["retired"]
    assert listed["signer"] is not None
    assert listed["refusal"] == "unproven"
    assert ledger(skc, leaky, "check", "--env", "MONGO_URI").code == 12


def test_what_could_be_guessed_is_said_to_stay_here(skc: Skc, leaky: Leaky) -> None:
    ran = skc("secrets", "ledger", "add", "--env", "JWT_SECRET_KEY", "--yes", cwd=leaky.root)
    assert "stays on this machine" in ran.stderr
    assert "on this machine alone" in ran.stdout
    assert not (leaky.root / ".skc" / "retired").exists()
    assert ledger(skc, leaky, "check", "--env", "JWT_SECRET_KEY").code == 13


def test_somebody_s_word_is_kept_as_theirs(skc: Skc, leaky: Leaky) -> None:
    argv = ("add", "SMTP_PASSWORD", "--stdin", "--revoked-elsewhere", "--by", "ana")
    assert ledger(skc, leaky, *argv, stdin=secrets.token_hex(20)).code == 0
    (listed,) = ledger(skc, leaky, "list").json["facts"]["retired"]
    assert (listed["refusal"], listed["by"]) == ("elsewhere", "ana")
    assert "says ana" in skc("secrets", "ledger", "list", cwd=leaky.root).stdout


@pytest.mark.parametrize(
    "argv",
    [
        ("add",),
        ("add", "X", "--stdin", "--revoked-elsewhere"),
        ("add", "X", "--stdin", "--by", "ana"),
        ("add", "X", "--stdin", "--fd", "0"),
        ("add", "X", "--stdin", "--env", "PORT"),
        ("add", "mongodb://u:p@h/x", "--stdin"),
        ("check", "--path", "x", "--stdin"),
        ("key", "--reveal", "--take"),
    ],
)
def test_what_makes_no_sense_is_a_mistake(skc: Skc, leaky: Leaky, argv: tuple[str, ...]) -> None:
    assert ledger(skc, leaky, *argv, stdin="x").code == 2
    assert not (leaky.root / ".skc" / "retired").exists()


def test_a_value_in_place_of_the_name_is_not_repeated(skc: Skc, leaky: Leaky) -> None:
    value = secrets.token_hex(20)
    ran = ledger(skc, leaky, "add", f"x{value}", "--stdin", stdin="x")
    assert ran.code == 2
    assert value not in ran.stdout + ran.stderr


def test_a_variable_that_is_not_there_is_said(skc: Skc, leaky: Leaky) -> None:
    ran = ledger(skc, leaky, "add", "--env", "NOPE")
    assert ran.code == 4
    assert "looked in: backend/.env" in ran.stderr


def test_recording_again_changes_nothing(skc: Skc, leaky: Leaky) -> None:
    ledger(skc, leaky, "add", "--env", "MONGO_URI")
    files = {p: p.read_bytes() for p in (leaky.root / ".skc").rglob("*") if p.is_file()}
    again = ledger(skc, leaky, "add", "--env", "MONGO_URI")
    assert (again.code, again.json["facts"]["recorded"]) == (0, False)
    assert {p: p.read_bytes() for p in (leaky.root / ".skc").rglob("*") if p.is_file()} == files


def test_a_dry_run_leaves_nothing_behind(skc: Skc, leaky: Leaky, tmp_path: Path) -> None:
    before = {p for p in tmp_path.rglob("*") if p.is_file()}
    ran = ledger(skc, leaky, "add", "--env", "MONGO_URI", "--dry-run")
    assert ran.code == 0
    assert "1. record MONGO_URI (mongodb+srv URI) as retired: leaked" in ran.stderr
    assert {p for p in tmp_path.rglob("*") if p.is_file()} == before


def test_the_value_may_be_typed(skc: Skc, leaky: Leaky, clean_environment: dict[str, str]) -> None:
    value = secrets.token_hex(20)
    argv = ("secrets", "ledger", "add", "OLD_KEY", "--yes")
    program = "skillconnect_ops"
    with at_terminal(*argv, cwd=leaky.root, env=clean_environment, program=program) as terminal:
        terminal.until("the retired value of OLD_KEY (not shown): ")
        terminal.type(f"{value}\n")
        assert terminal.ends() == 0
    assert value not in terminal.shown
    assert ledger(skc, leaky, "check", "--stdin", stdin=value).code == 13


def test_a_descriptor_gives_the_value(skc: Skc, leaky: Leaky) -> None:
    reader, writer = os.pipe()
    os.write(writer, b"correct horse battery staple\n")
    os.close(writer)
    assert ledger(skc, leaky, "add", "PHRASE", "--fd", str(reader)).code == 0
    os.close(reader)
    found = "correct horse battery staple"
    assert ledger(skc, leaky, "check", "--stdin", stdin=found).code == 13


def test_every_token_of_a_file_is_checked(skc: Skc, leaky: Leaky) -> None:
    jwt = secrets.token_urlsafe(32)
    pem = skc("secrets", "generate", "--kind", "ed25519").stdout
    ledger(skc, leaky, "add", "--env", "MONGO_URI")
    ledger(skc, leaky, "add", "JWT", "--stdin", stdin=jwt)
    ledger(skc, leaky, "add", "KEY", "--stdin", stdin=pem)
    ledger(skc, leaky, "add", "PHRASE", "--stdin", stdin="two words and 2024")
    lines = [
        "nothing here",
        f'  const uri = "{leaky.uri}";',
        f"JWT={jwt}",
        f"{{'jwt':'{jwt}','a':1}}",
        f"curl -H 'Authorization: Bearer {jwt}' https://x.example.net",
        f"https://app:{quote(leaky.password, safe='')}@other.example.net/",
        "phrase: two words and 2024",
        f'key: "{pem.strip()}"'.replace("\n", "\\n"),
        pem.strip(),
    ]
    path = leaky.root / "some.log"
    for encoding in ("utf-8", "utf-16"):
        path.write_text("\n".join(lines), encoding=encoding)
        ran = ledger(skc, leaky, "check", "--path", "some.log")
        assert ran.code == 13
        found = {(f["line"], f["message"].split()[2]) for f in ran.json["findings"]}
        assert found == {
            (2, "MONGO_URI"),
            (3, "JWT"),
            (4, "JWT"),
            (5, "JWT"),
            (6, "MONGO_URI"),
            (7, "PHRASE"),
            (8, "KEY"),
            (9, "KEY"),
        }
    first = min(ran.json["findings"], key=lambda finding: finding["line"])
    assert (first["path"], first["column"]) == ("some.log", 16)
    path.write_text("nothing at all\n")
    assert ledger(skc, leaky, "check", "--path", "some.log").code == 0
    assert ledger(skc, leaky, "check", "--path", "no.log").code == 4


@pytest.mark.parametrize("given", [None, "another"])
def test_without_the_key_nothing_is_called_fine(
    skc: Skc, leaky: Leaky, tmp_path: Path, given: str | None
) -> None:
    ledger(skc, leaky, "add", "--env", "MONGO_URI")
    (key,) = ledger(skc, leaky, "key").json["facts"]["keys"]
    text = skc("secrets", "ledger", "key", "--reveal", cwd=leaky.root).stdout
    ci = {"XDG_STATE_HOME": str(tmp_path / "ci")}
    if given:
        skc(
            "secrets",
            "ledger",
            "add",
            "X",
            "--stdin",
            "--new-key",
            cwd=leaky.root,
            env=ci,
            stdin="y",
        )
    for value in (leaky.uri, "something else"):
        ran = ledger(skc, leaky, "check", "--stdin", stdin=value, env=ci)
        assert ran.code == 4, ran.stderr
        assert f"the ledger key {key['id']} is needed" in ran.stderr
    assert ledger(skc, leaky, "list", env=ci).json["unknown"][0]["subject"].endswith(key["id"])
    ci["SKC_LEDGER_KEY"] = text
    assert ledger(skc, leaky, "check", "--stdin", stdin=leaky.uri, env=ci).code == 13
    assert ledger(skc, leaky, "check", "--stdin", stdin="something else", env=ci).code == 0


def test_a_colleague_takes_the_key(skc: Skc, leaky: Leaky, tmp_path: Path) -> None:
    ledger(skc, leaky, "add", "--env", "MONGO_URI")
    text = skc("secrets", "ledger", "key", "--reveal", cwd=leaky.root).stdout
    there = {"XDG_STATE_HOME": str(tmp_path / "colleague")}
    refused = ledger(skc, leaky, "add", "--env", "JWT_SECRET_KEY", env=there)
    assert refused.code == 4
    taken = ledger(skc, leaky, "key", "--take", "--stdin", stdin=text, env=there)
    assert taken.code == 0
    assert text.strip() not in taken.stdout + taken.stderr
    assert ledger(skc, leaky, "check", "--env", "MONGO_URI", env=there).code == 13
    assert ledger(skc, leaky, "add", "--env", "JWT_SECRET_KEY", env=there).code == 0


def test_a_cut_end_is_exit_6(skc: Skc, leaky: Leaky, tmp_path: Path) -> None:
    ledger(skc, leaky, "add", "--env", "MONGO_URI")
    text = skc("secrets", "ledger", "key", "--reveal", cwd=leaky.root).stdout
    (path,) = (leaky.root / ".skc" / "retired").glob("*.jsonl")
    path.write_bytes(b"")
    fresh = {"XDG_STATE_HOME": str(tmp_path / "fresh"), "SKC_LEDGER_KEY": text}
    ran = ledger(skc, leaky, "check", "--env", "MONGO_URI", env=fresh)
    assert ran.code == 6
    assert "cut off" in ran.stderr
    here = ledger(skc, leaky, "check", "--env", "MONGO_URI")
    assert here.code == 13
    assert "remembered here" in here.json["unknown"][0]["reason"]


def test_a_run_that_died_needs_no_value_to_go_on(
    skc: Skc, leaky: Leaky, tmp_path: Path, clean_environment: dict[str, str]
) -> None:
    """Killed once the record is written and before its evidence is."""
    code = (
        "import os, signal, sys\n"
        "from skillconnect_ops.commands.secrets.steps import RetireSecret\n"
        "from skillconnect_ops import app\n"
        "real = RetireSecret.apply\n"
        "def dies(self, step, walk):\n"
        "    real(self, step, walk)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "RetireSecret.apply = dies\n"
        "app.main(sys.argv[1:])\n"
    )
    argv = [sys.executable, "-c", code, "secrets", "ledger", "add", "--env", "MONGO_URI", "--yes"]
    done = subprocess.run(
        argv, cwd=leaky.root, env=clean_environment, capture_output=True, check=False
    )
    assert done.returncode == -9
    (leaky.root / "backend" / ".env").unlink()
    (run,) = (
        one
        for one in skc("journal", "--format", "json", cwd=leaky.root).json["facts"]["journals"]
        if "ledger" in one["command"]
    )
    assert skc("journal", "resume", run["id"], "--yes", cwd=leaky.root).code == 0
    (entry,) = ledger(skc, leaky, "list").json["facts"]["retired"]
    assert entry["name"] == "MONGO_URI"
    assert ledger(skc, leaky, "check", "--stdin", stdin=leaky.uri).code == 13


def test_an_option_without_its_value_names_the_help_of_its_command(skc: Skc, leaky: Leaky) -> None:
    ran = skc("secrets", "ledger", "check", "--env", cwd=leaky.root)
    assert ran.code == 2
    assert "skc secrets ledger check was not understood" in ran.stderr
    assert "fix:   skc secrets ledger check --help" in ran.stderr
