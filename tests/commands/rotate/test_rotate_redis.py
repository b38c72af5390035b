"""`skc rotate` on a real redis-server: a second user, saved and proven; the first proven dead."""

import secrets
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from urllib.parse import unquote

import pytest
from msgspec.structs import replace
from redis.exceptions import RedisError

from skillconnect_ops.adapters.embedded import RedisOptions
from skillconnect_ops.adapters.redis import RedisServers
from skillconnect_ops.commands.rotate import run
from skillconnect_ops.commands.rotate.acl_making import CreateAcl
from skillconnect_ops.core.outcome import Missing
from skillconnect_ops.core.ports.acl import AclCanary, AclRights
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.disk.files import Disk
from skillconnect_ops.journal.hooks import Hooks
from tests.commands.rotate.shop_redis import ADMIN, NAME, TAIL, RedisShop, open_shop
from tests.conftest import Skc


@pytest.fixture(params=[False, True], ids=["config file", "acl file"])
def shop(request: pytest.FixtureRequest, tmp_path: Path, skc: Skc) -> Iterator[RedisShop]:
    with open_shop(tmp_path, skc, options=RedisOptions(acl_file=request.param)) as shop:
        yield shop


def test_a_user_gets_a_successor_and_both_work_until_the_end(shop: RedisShop) -> None:
    before, text = shop.uri(), shop.file.read_text()
    ran = shop.ok("rotate", "--yes")
    after = shop.uri()
    assert shop.file.read_text() == text.replace(before, after)
    assert after.partition("@")[2] == before.partition("@")[2]
    assert after.endswith(TAIL)
    assert shop.users() == {"app", "app_a"}
    assert shop.rights("app_a") == shop.rights("app")
    assert shop.opens(before)
    assert shop.opens(after)
    assert ran.json["next"] == ["skc rotate finish"]
    assert shop.standing().startswith("retiring")

    shop.restart()
    assert shop.opens(after), "what was made is saved"
    shop.ok("rotate", "finish", "--yes")
    assert shop.users() == {"app_a"}
    assert not shop.opens(before)
    assert shop.opens(after)
    shop.restart()
    assert shop.users() == {"app_a"}, "what was removed is saved"
    assert shop.retired() == [(NAME, "scheduled", "proven")]
    assert shop.remembers(before) in {12, 13}
    assert not list((shop.state / "escrow").rglob("*"))


def test_the_two_names_take_turns(shop: RedisShop) -> None:
    for names in ({"app_a"}, {"app_b"}, {"app_a"}):
        shop.ok("rotate", "--yes")
        shop.ok("rotate", "finish", "--yes")
        assert shop.users() == names
        assert shop.opens(shop.uri())


def test_nothing_is_touched_by_a_dry_run_or_without_consent(shop: RedisShop) -> None:
    before, files = shop.file.read_bytes(), _files(shop)
    told = shop.ok("rotate", "--dry-run")
    assert "create the user app_a with the rights of app" in told.stderr
    assert "cluster 127.0.0.1:" in told.stderr
    assert shop.run("rotate").code == 3
    assert (shop.file.read_bytes(), shop.users(), _files(shop)) == (before, {"app"}, files)


def test_an_old_user_that_is_in_use_is_not_cut_off(shop: RedisShop) -> None:
    before = shop.uri()
    shop.ok("rotate", "--yes")
    with shop.client(before) as left:
        left.set("app:1", "x")
        ran = shop.run("rotate", "finish", "--wait", "1", "--yes")
        assert ran.code == 5, ran.stdout
        assert "api-1 from 127.0.0.1:" in ran.json["error"]["why"]
        assert left.get("app:1") == "x"
    assert shop.opens(before)
    shop.ok("rotate", "finish", "--yes")


def test_a_leaked_one_that_is_in_use_is_cut_off_in_the_end(shop: RedisShop) -> None:
    before = shop.uri()
    ran = shop.ok("rotate", "--reason", "leaked", "--yes")
    assert "finish at once" in ran.stderr
    planned = shop.ok("rotate", "finish", "--dry-run")
    assert "600 s, then cut off who is left" in planned.stderr
    with shop.client(before) as left:
        left.ping()
        shop.ok("rotate", "finish", "--wait", "1", "--yes")
        with pytest.raises((RedisError, OSError)):
            left.ping()
    assert shop.retired() == [(NAME, "leaked", "proven")]
    assert shop.remembers(before) == 13


def test_whoever_is_waited_for_is_named_and_how_not_to_wait(shop: RedisShop) -> None:
    before = shop.uri()
    shop.ok("rotate", "--reason", "leaked", "--yes")
    with shop.client(before) as left:
        left.ping()
        ran = shop.ok("rotate", "finish", "--wait", "3", "--yes")
    (told,) = [line for line in ran.stderr.splitlines() if line.startswith("waiting ")]
    assert "s for api-1 from 127.0.0.1:" in told
    assert told.endswith("; then they are cut off; at once: Ctrl-C, and again with --wait 0")


def test_now_waits_for_nobody(shop: RedisShop) -> None:
    before = shop.uri()
    shop.ok("rotate", "--reason", "leaked", "--yes")
    planned = shop.ok("rotate", "finish", "--now", "--dry-run")
    assert "app: 0 s, then cut off who is left" in planned.stderr
    with shop.client(before) as left:
        left.ping()
        shop.ok("rotate", "finish", "--now", "--yes")
    assert not shop.opens(before)


def test_a_reload_sees_the_new_value_and_after_a_failure_the_old_one(shop: RedisShop) -> None:
    script = "grep -c app_a .env >> seen; test $(wc -l < seen) -ne 2"
    shop.configure(consumers=f"api: {{reload: [sh, -c, '{script}']}}, w: {{reload: ['false']}}")
    shop.trust("sh", "-c", script)
    Hooks(shop.state, disk=Disk()).trust({"w": ("false",)})
    before = shop.file.read_bytes()
    assert shop.run("rotate", "--yes").code in {5, 6}
    assert (shop.root / "seen").read_text().split() == ["1", "0"]
    assert (shop.file.read_bytes(), shop.users()) == (before, {"app"})
    shop.restart()
    assert shop.users() == {"app"}, "what was put back is saved"


def test_no_byte_of_a_secret_is_left_behind(shop: RedisShop) -> None:
    before = shop.uri()
    told = [shop.ok("rotate", "--yes")]
    after = shop.uri()
    told += [shop.ok("rotate", "status"), shop.ok("rotate", "finish", "--yes")]
    passwords = [uri.split("@")[0].rsplit(":", 1)[1] for uri in (before, after)]
    hashes = [sha256(unquote(one).encode()).hexdigest() for one in passwords]
    kept = b"".join(path.read_bytes() for path in shop.state.rglob("*") if path.is_file())
    kept += b"".join(one.read_bytes() for one in (shop.root / ".skc").rglob("*") if one.is_file())
    for value in (*passwords, *hashes, *map(unquote, passwords)):
        assert value.encode() not in kept
        assert all(value not in ran.stdout + ran.stderr for ran in told)


def test_what_was_granted_to_the_old_user_meanwhile_is_not_lost_with_it(shop: RedisShop) -> None:
    before = shop.uri()
    shop.ok("rotate", "--yes")
    shop.raw("ACL", "SETUSER", "app", "+publish")
    ran = shop.run("rotate", "finish", "--yes")
    assert ran.code == 4, ran.stdout
    assert "have not the same rights any more" in ran.json["error"]["what"]
    assert shop.opens(before)
    shop.raw("ACL", "SETUSER", "app_a", "+publish")
    shop.ok("rotate", "finish", "--yes")
    assert shop.users() == {"app_a"}


def test_the_old_user_stays_while_the_new_one_does_not_work(shop: RedisShop) -> None:
    before = shop.uri()
    shop.ok("rotate", "--yes")
    shop.raw("ACL", "DELUSER", "app_a")
    ran = shop.run("rotate", "finish", "--yes")
    assert ran.code == 4, ran.stdout
    assert shop.opens(before)
    assert shop.users() == {"app"}


def test_the_old_user_stays_while_an_env_file_names_it_again(shop: RedisShop) -> None:
    before, text = shop.uri(), shop.file.read_bytes()
    shop.ok("rotate", "--yes")
    rotated = shop.file.read_bytes()
    shop.file.write_bytes(text)
    ran = shop.run("rotate", "finish", "--yes")
    assert ran.code == 3, ran.stdout
    assert ran.json["error"]["what"] == f"{NAME} in .env holds its old value again"
    assert ran.json["error"]["fix"] == "skc rotate finish --publish-again"
    assert shop.opens(before)
    shop.file.write_bytes(rotated)
    shop.ok("rotate", "finish", "--yes")


def test_an_old_user_that_somebody_has_removed_already_is_fine(shop: RedisShop) -> None:
    before = shop.uri()
    shop.ok("rotate", "--yes")
    shop.raw("ACL", "DELUSER", "app")
    shop.ok("rotate", "finish", "--yes")
    assert not shop.opens(before)
    assert shop.retired() == [(NAME, "scheduled", "proven")]


def test_a_user_that_was_changed_since_the_plan_was_shown_is_looked_at_anew(
    shop: RedisShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = run._prepare

    def changed(*given: object) -> None:
        real(*given)  # type: ignore[arg-type]
        shop.raw("ACL", "SETUSER", "app", "+publish")

    monkeypatch.setattr(run, "_prepare", changed)
    ran = shop.run("rotate", "--yes")
    assert ran.code == 4
    assert "changed since the plan was made" in ran.json["error"]["what"]
    assert shop.users() == {"app"}


def test_two_rotations_on_two_machines_do_not_meet(shop: RedisShop) -> None:
    before = shop.file.read_bytes()
    shop.raw("SET", "skc:rotating:app", "another")
    ran = shop.run("rotate", "--yes")
    assert ran.code == 5, ran.stdout
    assert "on another machine" in ran.json["error"]["why"]
    assert (shop.file.read_bytes(), shop.users()) == (before, {"app"})
    assert shop.raw("GET", "skc:rotating:app") == "another"
    shop.raw("DEL", "skc:rotating:app")
    shop.ok("rotate", "--yes")
    assert shop.raw("KEYS", "skc*") == []


def test_an_administrator_that_may_write_no_key_says_that_there_is_no_lock(
    shop: RedisShop,
) -> None:
    word = secrets.token_urlsafe(12)
    shop.raw("ACL", "SETUSER", "boss", "on", f">{word}", "+@all")
    admin = f"redis://boss:{word}@127.0.0.1:{shop.server.port}"
    ran = shop.ok("rotate", "--yes", env={ADMIN: admin})
    assert "no lock between machines" in ran.stderr
    shop.ok("rotate", "finish", "--yes", env={ADMIN: admin})


@pytest.mark.parametrize(
    ("by_hand", "what"),
    [
        (["resetpass"], "credential.accepted"),
        (["-set"], "user.same_rights"),
        (["resetkeys", "~other"], "user.same_rights"),
    ],
)
def test_a_new_user_that_does_not_what_the_old_one_did_is_never_published(
    shop: RedisShop, monkeypatch: pytest.MonkeyPatch, by_hand: list[str], what: str
) -> None:
    before = shop.file.read_bytes()
    real = CreateAcl.verify

    def changed(*given: object) -> object:
        shop.raw("ACL", "SETUSER", "app_a", *by_hand)
        assert shop.file.read_bytes() == before
        return real(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(CreateAcl, "verify", changed)
    ran = shop.run("rotate", "--yes")
    assert ran.code == 5, ran.stdout
    assert what in ran.json["error"]["why"]
    assert shop.file.read_bytes() == before
    assert shop.opens(shop.uri())


def test_a_canary_that_fails_though_the_rights_are_the_same_is_no_proof(
    shop: RedisShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = shop.file.read_bytes()
    real = RedisServers.canary

    def canary(self: RedisServers, uri: Secret, rights: AclRights) -> AclCanary:
        found = real(self, uri, rights)
        return found if "app_a" not in uri.reveal() else replace(found, written=Missing("no"))

    monkeypatch.setattr(RedisServers, "canary", canary)
    ran = shop.run("rotate", "--yes")
    assert ran.code == 5, ran.stdout
    assert (shop.file.read_bytes(), shop.users()) == (before, {"app"})


def test_a_second_rotation_waits_for_the_first_to_be_finished(shop: RedisShop) -> None:
    shop.ok("rotate", "--yes")
    again = shop.run("rotate", "--yes")
    assert again.code == 3
    assert again.json["error"]["fix"] == "skc rotate finish"


def test_due_tells_cron_by_its_exit_code(shop: RedisShop) -> None:
    shop.configure(more=", every: 1s")
    assert shop.run("rotate", "due").code == 11
    shop.ok("rotate", "--yes")
    time.sleep(1.5)
    late = shop.run("rotate", "due")
    assert late.code == 12
    assert {one["id"] for one in late.json["findings"]} == {"rotation-due", "rotation-unfinished"}


def refused(shop: RedisShop, code: int, *words: str, env: dict[str, str] | None = None) -> str:
    """A rotation that is refused, with nothing touched; says what it said."""
    before, users, files = shop.file.read_bytes(), shop.raw("ACL", "LIST"), _files(shop)
    ran = shop.run("rotate", "--yes", env=env)
    assert ran.code == code, ran.stdout + ran.stderr
    assert (shop.file.read_bytes(), shop.raw("ACL", "LIST"), _files(shop)) == (before, users, files)
    error = ran.json["error"]
    said = " ".join((error["what"], error["why"], error["fix"]))
    for word in words:
        assert word in said
    return said


def test_an_administrator_is_needed_that_the_server_takes(shop: RedisShop) -> None:
    refused(shop, 4, f"export {ADMIN}=redis://", env={ADMIN: ""})
    wrong = f"c4n4ry{secrets.token_hex(8)}"
    admin = f"redis://:{wrong}@127.0.0.1:{shop.server.port}"
    words = ("refuses the password of 'default'", f"as {ADMIN} has it", f"correct {ADMIN}")
    said = refused(shop, 4, *words, env={ADMIN: admin})
    assert "c4n4ry" not in said
    refused(shop, 4, "does not answer", env={ADMIN: "redis://:x@127.0.0.1:1"})
    refused(shop, 4, "is to be replaced", env={ADMIN: shop.uri()})
    refused(shop, 4, "cannot be read", env={ADMIN: "mongodb://x"})


def test_an_administrator_that_may_not_do_enough_is_told_what_it_lacks(shop: RedisShop) -> None:
    word = secrets.token_urlsafe(12)
    shop.raw("ACL", "SETUSER", "boss", "on", f">{word}", "+@all", "-acl")
    admin = f"redis://boss:{word}@127.0.0.1:{shop.server.port}"
    refused(shop, 4, "may not run ACL LIST", "+acl|list", env={ADMIN: admin})


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["DELUSER", "app"], "knows no user 'app'"),
        (["SETUSER", "app_a", "on"], "the user 'app_a' is there already"),
    ],
)
def test_a_user_that_is_not_there_or_a_name_that_is_taken_ends_it(
    shop: RedisShop, words: list[str], said: str
) -> None:
    shop.raw("ACL", *words)
    refused(shop, 3 if "already" in said else 4, said)


def test_a_uri_without_a_password_or_that_is_none_ends_it(shop: RedisShop) -> None:
    port = shop.server.port
    for uri, said in (
        (f"redis://127.0.0.1:{port}/0", "has no password"),
        (f"redis://app:a/b@127.0.0.1:{port}", "must be percent-encoded"),
        ("memcached://app:x@127.0.0.1", "begins with none of redis://"),
    ):
        shop.file.write_text(f"{NAME}='{uri}'\n")
        refused(shop, 4, said)


def test_a_file_that_cannot_be_written_ends_it_before_anything_is_touched(
    shop: RedisShop,
) -> None:
    acl_file = shop.server.options.acl_file
    file = shop.server.acl_file if acl_file else shop.server.settings_file
    content = file.read_bytes()
    file.unlink()
    file.mkdir()
    try:
        refused(shop, 4, "would forget", "ACL SAVE" if acl_file else "CONFIG REWRITE")
    finally:
        file.rmdir()
        file.write_bytes(content)
    shop.ok("rotate", "--yes")


def test_a_server_that_keeps_nothing_is_refused(tmp_path: Path, skc: Skc) -> None:
    options = RedisOptions(configuration_file=False)
    with open_shop(tmp_path, skc, options=options) as shop:
        said = refused(shop, 4, "would forget a change of its users at the next restart")
        assert "without a configuration file" in said


@pytest.mark.parametrize("user", ["a:b@c/d?e#f%g", "ünï€", "-on", "~x", "on", "{a}", '"q"', "'"])
def test_a_user_may_have_an_awkward_name(tmp_path: Path, skc: Skc, user: str) -> None:
    with open_shop(tmp_path, skc, user=user) as shop:
        before = shop.uri()
        shop.ok("rotate", "--yes")
        assert shop.users() == {user, f"{user}_a"}
        assert (shop.opens(before), shop.opens(shop.uri())) == (True, True)
        shop.ok("rotate", "finish", "--yes")
        assert shop.users() == {f"{user}_a"}
        assert (shop.opens(before), shop.opens(shop.uri())) == (False, True)


@pytest.mark.parametrize(
    ("rights", "read", "written"),
    [
        ("~app:* -@all +get +set +del", "app:skc-canary-", "app:skc-canary-"),
        ("~app:* -@all +@read", "app:skc-canary-", "not tried"),
        ("~exactly -@all +@all", "not tried", "not tried"),
        ("~[xy]?a\\*b* +@all", "xxa*bskc-canary-", "xxa*bskc-canary-"),
        ("-@all +publish", "not tried", "not tried"),
    ],
)
def test_what_the_rules_allow_is_tried_with_the_new_user(
    tmp_path: Path, skc: Skc, rights: str, read: str, written: str
) -> None:
    with open_shop(tmp_path, skc, rights=f"resetchannels {rights}") as shop:
        shop.ok("rotate", "--yes")
        (evidence,) = (shop.root / ".skc" / "evidence").glob("*.jsonl")
        shown = evidence.read_text().replace(" ", "").replace("\\\\", "\\")
        assert f'"read":"{read}'.replace(" ", "") in shown, shown
        assert f'"written":"{written}'.replace(" ", "") in shown, shown
        assert shop.raw("DBSIZE") == 0


def test_a_server_that_is_reached_in_another_way_keeps_its_name_in_the_file(
    shop: RedisShop,
) -> None:
    there, here = "redis:6379", f"127.0.0.1:{shop.server.port}"
    reached = shop.uri()
    shop.file.write_text(shop.file.read_text().replace(here, there))
    shop.configure(more=f", connect_map: {{'{there}': '{here}'}}")
    ran = shop.ok("rotate", "--yes")
    assert ran.json["subject"]["cluster"] == there
    assert shop.uri().startswith("redis://app_a:")
    assert shop.uri().partition("@")[2] == there + TAIL
    assert shop.opens(shop.uri().replace(there, here))
    shop.ok("rotate", "finish", "--yes")
    assert not shop.opens(reached)
    assert shop.opens(shop.uri().replace(there, here))


def test_two_secrets_of_one_user_are_refused(shop: RedisShop) -> None:
    shop.file.write_text(shop.file.read_text() + f"QUEUE_URL='{shop.uri()}'\n")
    shop.configure(more="}, queue: {kind: redis, env: QUEUE_URL")
    refused(shop, 4, "cache and queue are both of the user 'app'", "a user of its own")


def test_another_variable_with_the_same_password_is_warned_of(shop: RedisShop) -> None:
    password = unquote(shop.uri().split("@")[0].rsplit(":", 1)[1])
    quoted = "'" + password + "'" if "'" not in password else '"' + password + '"'
    text = shop.file.read_text() + f"QUEUE_URL='{shop.uri()}&x=1'\nWORD={quoted}\nPORT2=3000\n"
    shop.file.write_text(text)
    told = shop.ok("rotate", "--dry-run").stderr
    for name in ("QUEUE_URL", "WORD"):
        assert f"warning: {name} in .env holds the credential of {NAME}, too" in " ".join(
            told.split()
        )
    assert told.count("holds the credential of") == 2
    assert password not in told


def _files(shop: RedisShop) -> set[str]:
    """What lies in the server's folder that could hold users."""
    return {path.name for path in shop.server.folder.iterdir()}


def test_a_redis_user_reaches_a_file_of_its_own_and_both_go_back_together(shop: RedisShop) -> None:
    script = "test ! -e broken"
    shop.configure(
        consumers=f"api: {{reload: [sh, -c, '{script}']}}",
        more="}}\n    sinks: {uri: {env: REDIS_URL, file: uri",
    )
    shop.trust("sh", "-c", script)
    before = shop.uri()
    (shop.root / "uri").write_text(before)
    (shop.root / "broken").touch()
    assert shop.run("rotate", "--yes").code in {5, 6}
    assert (shop.uri(), (shop.root / "uri").read_text()) == (before, before)
    (shop.root / "broken").unlink()
    shop.ok("rotate", "--yes")
    assert (shop.root / "uri").read_text() == shop.uri() != before
    assert shop.opens((shop.root / "uri").read_text())


def test_a_consumer_that_is_gone_from_the_settings_is_named_and_the_rest_is_put_back(
    shop: RedisShop,
) -> None:
    shop.configure(consumers="api: {reload: ['false']}")
    shop.trust("false")
    before = shop.uri()
    assert shop.run("rotate", "--yes").code == 6
    shop.configure()
    ran = shop.run("rotate", "--yes")
    assert "skc.yaml says no longer how api is reloaded" in ran.json["error"]["why"]
    assert shop.uri() == before
