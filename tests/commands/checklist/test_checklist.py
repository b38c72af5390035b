"""`skc checklist` from outside: what is shown, recorded, refused, and how it ends."""

import hashlib
import json
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from skillconnect_ops.adapters.system import SystemClock
from skillconnect_ops.core.resources import checklists
from tests.commandlines import parse
from tests.commands.checklist.shop import Shop, made
from tests.conftest import Skc

THREE = {
    "quiet": "- audit: [console-call]",
    "cdn": "- person: Assets come from a CDN.\n  subject: project",
    "told": "- setting: notify.on_failure",
}


@pytest.fixture
def three(shop: Shop) -> Shop:
    shop.write("app.js", "module.exports = 1;\n")
    shop.lists(THREE)
    shop.commit()
    return shop


def evidence(shop: Shop) -> list[dict[str, Any]]:
    """All records, as they stand in the files."""
    return [
        json.loads(line)
        for path in sorted((shop.root / ".skc" / "evidence").glob("*.jsonl"))
        for line in path.read_text().splitlines()
    ]


def test_to_show_looks_at_nothing_and_records_nothing(three: Shop) -> None:
    before = evidence(three)
    ran = three.run()
    assert ran.code == 0
    assert {one["status"] for one in ran.json["facts"]["items"]} == {"MISSING"}
    assert ran.json["next"] == ["skc checklist verify"]
    assert evidence(three) == before


def test_to_verify_records_what_was_seen_signed_and_without_a_secret(three: Shop) -> None:
    ran = three.run("verify")
    assert ran.code == 11
    found = {one["id"]: one for one in ran.json["facts"]["items"]}
    assert {name: one["status"] for name, one in found.items()} == {
        "g/quiet": "PASS",
        "g/cdn": "MISSING",
        "g/told": "FAIL",
    }
    (proof,) = found["g/quiet"]["evidence"]
    assert proof["kind"] == "audit"
    assert proof["signer"]
    seen = [one for one in evidence(three) if one["claim"] == "checklist.proof"]
    assert len(seen) == 2
    assert len(seen[0]["facts"]["answer_sha256"]) == 64
    assert seen[0]["facts"]["commit"] == three.git("rev-parse", "HEAD").strip()
    assert seen[0]["facts"]["dirty"] is False
    assert "not-a-real-one" not in json.dumps(seen)


def test_the_items_of_the_json_are_what_was_promised(three: Shop) -> None:
    three.run("verify")
    (one, *_) = three.run().json["facts"]["items"]
    promised = {"id", "title", "group", "status", "evidence", "expires_at", "says", "must"}
    assert promised | {"weight"} <= one.keys()
    assert one["title"] == "Do quiet"
    at = datetime.fromisoformat(one["expires_at"])
    assert timedelta(days=6) < at - datetime.now(UTC) < timedelta(days=7)
    scores = three.run().json["facts"]["scores"]
    assert scores["all"]["proven"] == pytest.approx(33.3)
    assert scores["g"]["items"] == 3


def test_an_edit_makes_what_was_seen_stale_and_a_commit_alone_does_not(three: Shop) -> None:
    three.run("verify")
    three.git("add", ".skc")
    three.git("commit", "-q", "-m", "evidence")
    assert three.states()["quiet"] == "PASS"
    three.write("app.js", "module.exports = 2;\n")
    assert three.states()["quiet"] == "STALE"
    three.run("verify")
    assert three.states()["quiet"] == "PASS"
    three.commit()  # the same code, committed now
    assert three.states()["quiet"] == "PASS"
    (three.root / "new.js").write_text("1;\n")
    assert three.states()["quiet"] == "STALE"
    (three.root / "new.js").unlink()
    assert three.states()["quiet"] == "PASS"


def test_it_is_the_same_from_a_folder_below(three: Shop) -> None:
    three.write("deep/er/more.js", "console.log(1);\n")
    below = three.root / "deep"
    ran = three.skc("checklist", "verify", "--format", "json", cwd=below / "er")
    states = {one["id"]: one["status"] for one in ran.json["facts"]["items"]}
    assert states["g/quiet"] == "FAIL"
    (three.root / "app.js").write_text("console.log(1);\n")
    three.write("deep/er/more.js", "1;\n")
    ran = three.skc("checklist", "verify", "--format", "json", cwd=below)
    states = {one["id"]: one["status"] for one in ran.json["facts"]["items"]}
    assert states["g/quiet"] == "FAIL"


def test_too_little_proven_ends_with_11(three: Shop) -> None:
    three.lists({"quiet": THREE["quiet"], "cdn": THREE["cdn"]})
    assert three.run("verify", "--fail-under", "50").code == 0
    ran = three.run("--fail-under", "51")
    assert ran.code == 11
    (finding,) = ran.json["findings"]
    assert "50 % of the weight is proven, and 51 % is wanted" in finding["message"]
    # a word is no proof
    three.run("attest", "cdn", "--reason", "seen", "--yes")
    assert three.run("--fail-under", "51").code == 11
    # and where nothing applies, nothing is proven
    three.lists({"sockets": "- audit: [socket-broadcast]"})
    assert three.run("verify", "--fail-under", "1").code == 11


def test_a_failing_must_is_high_and_findings_come_in_the_formats_of_ci(three: Shop) -> None:
    three.lists({"told": THREE["told"]}, more="        must: true\n")
    assert three.run("verify").code == 12
    for name, expected in (("sarif", "2.1.0"), ("github", "::error"), ("markdown", "g/told")):
        ran = three.skc("checklist", "--format", name, cwd=three.root)
        assert ran.code == 12
        assert expected in ran.stdout
    suite = ET.fromstring(three.skc("checklist", "--format", "junit", cwd=three.root).stdout)
    assert [one.get("classname") for one in suite.iter("testcase")] == ["skc.g/told"]


def test_an_unlisted_key_claims_and_is_told_so(tmp_path: Path, skc: Skc) -> None:
    shop = made(tmp_path / "claims", skc)
    shop.lists({"quiet": "- audit: [console-call]", "cdn": THREE["cdn"]})
    shop.write("app.js", "1;\n")
    shop.write(".skc/allowed_signers", "")
    ran = shop.skc("checklist", "verify", cwd=shop.root)
    assert "this machine's key is not listed" in ran.stdout
    ran = shop.run("attest", "cdn", "--reason", "seen", "--yes")
    assert ran.json["facts"]["signer"] is None
    assert "it is a claim" in ran.stderr
    assert shop.states() == {"quiet": "CLAIMED", "cdn": "CLAIMED"}
    scores = shop.run().json["facts"]["scores"]["all"]
    assert (scores["proven"], scores["claimed"]) == (0.0, 100.0)


def test_a_word_is_taken_only_where_no_machine_can_know(three: Shop) -> None:
    ran = three.run("attest", "quiet", "--reason", "surely", "--yes")
    assert ran.code == 3
    assert "not a matter of anybody's word" in ran.stderr
    assert three.run("attest", "cdn", "--yes").code == 2  # no reason
    assert three.run("attest", "cdn", "--reason", " ", "--yes").code == 2
    assert three.run("attest", "cdn", "--reason", "x", "--days", "91", "--yes").code == 2
    assert three.run("attest", "cdn", "--reason", "x").code == 3  # nobody agreed
    assert three.run("attest", "cdn", "--reason", "x", "--dry-run").code == 0
    link = ("--link", "https://u:p@example.com/")
    assert three.run("attest", "cdn", "--reason", "x", *link, "--yes").code == 2
    assert three.run("attest", "cnd", "--reason", "x", "--yes").code == 2
    assert three.states()["cdn"] == "MISSING"


def test_what_goes_with_a_word_is_recorded(three: Shop) -> None:
    three.write("photo.txt", "seen\n")
    ran = three.run(
        *("attest", "g/cdn", "--reason", "seen  it", "--file", "photo.txt", "--days", "7"),
        *("--link", "https://wiki.example.com/cdn", "--yes"),
    )
    assert ran.code == 0
    last = evidence(three)[-1]
    assert last["claim"] == "checklist.attested"
    assert last["facts"]["reason"] == "seen it"
    assert last["facts"]["days"] == 7
    assert last["facts"]["file"] == "photo.txt"
    assert last["facts"]["file_sha256"] == hashlib.sha256(b"seen\n").hexdigest()
    assert last["journal"] == ran.json["journal"]
    (item,) = three.run("cdn").json["facts"]["items"]
    assert item["status"] == "ATTESTED"
    assert item["says"].endswith(": seen it")


def test_a_waiver_has_an_owner_a_reason_and_an_end(three: Shop) -> None:
    day = (datetime.now(UTC) + timedelta(days=30)).date().isoformat()
    good = ("--owner", "ana", "--reason", "later", "--until", day)
    three.run("verify")
    for lacking in range(0, 6, 2):
        words = (*good[:lacking], *good[lacking + 2 :])
        assert three.run("waive", "told", *words, "--yes").code == 2
    for until in ("2020-01-01", "2099-01-01", "soon", datetime.now(UTC).date().isoformat()):
        assert three.run("waive", "told", *good[:4], "--until", until, "--yes").code == 2
    assert three.run("waive", "told", *good, "--yes").code == 0
    (item,) = three.run("told").json["facts"]["items"]
    assert (item["status"], item["behind"]) == ("WAIVED", "FAIL")
    assert item["waiver"]["owner"] == "ana"
    assert three.run().json["facts"]["scores"]["all"]["proven"] == pytest.approx(33.3)
    assert three.run("waive", "told", "--withdraw", "--yes").code == 0
    assert three.states()["told"] == "FAIL"
    three.lists(THREE, more="        must: true\n")
    ran = three.run("waive", "told", *good, "--yes")
    assert ran.code == 3
    assert "cannot be waived" in ran.stderr


def test_a_changed_byte_is_an_error_that_names_the_file_and_the_record(three: Shop) -> None:
    three.run("verify")
    (path,) = (three.root / ".skc" / "evidence").glob("*.jsonl")
    data = path.read_bytes()
    lines = data.splitlines(keepends=True)
    path.write_bytes(data.replace(b'"outcome":"fail"', b'"outcome":"pass"'))
    for verb in ((), ("verify",)):
        ran = three.run(*verb)
        assert ran.code == 6
        assert f"{path.name} is not as it was written, from record {len(lines)} on" in ran.stderr
        assert {one["status"] for one in ran.json["facts"]["items"]} == {"UNKNOWN"}
    assert three.run("attest", "cdn", "--reason", "x", "--yes").code == 6
    path.write_bytes(data)
    assert three.states()["told"] == "FAIL"


def test_records_that_were_cut_off_are_an_error_and_can_be_put_back(three: Shop) -> None:
    three.run("verify")
    (path,) = (three.root / ".skc" / "evidence").glob("*.jsonl")
    data = path.read_bytes()
    path.write_bytes(b"".join(data.splitlines(keepends=True)[:-1]))
    ran = three.run()
    assert ran.code == 6
    assert "the end was cut off" in ran.stderr
    fix = ran.json["error"]["fix"].partition("   #")[0]
    subprocess.run(fix, shell=True, cwd=three.root, check=True)
    assert path.read_bytes() == data
    assert three.states()["told"] == "FAIL"


def test_what_the_last_commit_has_must_be_there(three: Shop, tmp_path: Path) -> None:
    three.run("verify")
    three.commit()
    clone = tmp_path / "clone"
    three.git("clone", "-q", str(three.root), str(clone))
    (path,) = (clone / ".skc" / "evidence").glob("*.jsonl")
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))
    fresh = {"XDG_STATE_HOME": str(tmp_path / "fresh"), "HOME": str(tmp_path)}
    ran = three.skc("checklist", "--format", "json", cwd=clone, env=fresh)
    assert ran.code == 6
    assert "the last commit knows of this record" in ran.stderr


def test_another_branch_has_not_lost_what_is_not_on_it(three: Shop) -> None:
    three.git("branch", "early")
    three.run("verify")
    three.commit()
    assert three.states()["told"] == "FAIL"
    three.git("checkout", "-q", "early")
    ran = three.run()
    assert ran.json["facts"]["gaps"]
    assert {one["id"]: one["status"] for one in ran.json["facts"]["items"]}["g/told"] == "FAIL"
    assert three.run("quiet", "--strict").code == 14


def test_ledgers_of_two_machines_merge(three: Shop, tmp_path: Path) -> None:
    three.run("verify")
    three.commit()
    other = tmp_path / "other"
    three.git("clone", "-q", str(three.root), str(other))
    theirs = {"XDG_STATE_HOME": str(tmp_path / "theirs"), "HOME": str(tmp_path)}
    there = Shop(other, three.skc)
    assert three.skc("init", "--enroll", "--yes", cwd=other, env=theirs).code == 0
    assert there.run("attest", "cdn", "--reason", "x", "--yes", env=theirs).code == 0
    there.commit()
    three.run("verify")
    three.commit()
    three.git("pull", "-q", "--no-rebase", "--no-edit", str(other), "main")
    assert three.states() == {"quiet": "PASS", "cdn": "ATTESTED", "told": "FAIL"}


def test_the_projects_own_file_counts_instead_and_its_mistakes_are_told(three: Shop) -> None:
    three.write("checklists.yaml", "version: 1\ngroups:\n  g:\n    titel: G\n")
    ran = three.run()
    assert ran.code == 4
    assert "checklists.yaml line 4" in ran.stderr
    assert "did you mean title?" in ran.stderr
    three.remove("checklists.yaml")
    names = {one["group"] for one in three.run().json["facts"]["items"]}
    assert {"security", "deployment", "week-1", "week-5"} <= names


def test_a_page_in_the_form_of_the_plan_is_ticked_by_evidence(three: Shop) -> None:
    three.run("verify")
    three.run("attest", "cdn", "--reason", "seen *it*", "--yes")
    page = three.skc("checklist", "export", "--format", "markdown", cwd=three.root).stdout
    lines = page.splitlines()
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    assert "## G" in lines
    assert any(line.startswith(f"- [x] Do quiet — proven {today} by ") for line in lines)
    assert any(line.startswith("- [ ] Do cdn — attested") and "\\*it\\*" in line for line in lines)
    assert any(line.startswith("- [ ] Do told — FAIL") for line in lines)
    html = three.skc("checklist", "export", "--format", "html", cwd=three.root).stdout
    assert html.startswith("<!doctype html>")
    assert "<script" not in html
    assert "Do quiet" in html


def test_a_text_of_the_file_is_no_markup_of_the_page(three: Shop) -> None:
    three.lists({"quiet": THREE["quiet"]})
    text = (three.root / "checklists.yaml").read_text()
    three.write("checklists.yaml", text.replace("Do quiet", "<script>alert(1)</script> [x](y)"))
    html = three.skc("checklist", "export", "--format", "html", cwd=three.root).stdout
    assert "<script>" not in html
    page = three.skc("checklist", "export", "--format", "markdown", cwd=three.root).stdout
    assert "<script>" not in page
    assert "[x](y)" not in page


def test_every_fix_and_next_that_is_named_can_be_typed(three: Shop) -> None:
    three.remove("checklists.yaml")
    report = three.run("verify").json
    for finding in report["findings"]:
        for part in finding["remedy"].split("; then "):
            if part.startswith("skc "):
                parse(part)
    for line in report["next"]:
        parse(line)


def test_the_schema_takes_what_is_read_and_refuses_what_is_not(three: Shop) -> None:
    import jsonschema_rs  # noqa: PLC0415
    import yaml  # noqa: PLC0415

    schema = three.run("schema").json["facts"]["schema"]
    valid = jsonschema_rs.validator_for(schema)
    for text in (checklists(), (three.root / "checklists.yaml").read_text()):
        assert valid.is_valid(yaml.safe_load(text))
    bad = yaml.safe_load((three.root / "checklists.yaml").read_text())
    bad["groups"]["g"]["items"]["quiet"]["done"] = True
    assert not valid.is_valid(bad)


def test_the_trend_is_computed_from_what_was_recorded_by_then(three: Shop) -> None:
    three.run("verify")
    facts = three.run().json["facts"]
    assert facts["trend"][-1]["proven"] == pytest.approx(33.3)
    assert facts["week"]["gained"] == ["g/quiet"]
    assert facts["week"]["lost"] == []


def test_a_clock_that_is_put_back_makes_all_unknown_and_nothing_is_recorded(
    three: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shift = timedelta()
    real = SystemClock.now
    monkeypatch.setattr(SystemClock, "now", lambda self: real(self) + shift)
    three.run("verify")
    assert three.states()["quiet"] == "PASS"
    shift = timedelta(hours=-1)
    before = evidence(three)
    for verb in ((), ("verify",)):
        ran = three.run(*verb)
        assert ran.code == 14
        assert {one["status"] for one in ran.json["facts"]["items"]} == {"UNKNOWN"}
        assert "this clock is behind" in ran.json["unknown"][0]["reason"]
    assert three.run("attest", "cdn", "--reason", "x", "--yes").code == 4
    assert evidence(three) == before
    shift = timedelta(days=8)
    assert three.states()["quiet"] == "STALE"
    shift = timedelta()  # it was that late here before, so it is no good to say it is not
    ran = three.run()
    assert ran.code == 14
    assert "it was put back" in ran.json["unknown"][0]["reason"]


def test_an_item_that_is_another_one_fails_as_that_one_does(three: Shop) -> None:
    three.lists(THREE, more="        must: true\n")
    with (three.root / "checklists.yaml").open("a") as file:
        file.write("  week-1:\n    title: W\n    items:\n")
        file.write("      told: {text: Told again, same_as: g/told}\n")
    assert three.run("verify").code == 12
    ran = three.run("week-1")
    assert ran.code == 12
    assert [one["id"] for one in ran.json["findings"]] == ["week-1/told"]
    assert [one["id"] for one in three.run().json["findings"]] == ["g/told"]
