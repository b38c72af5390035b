"""`skc rotate` on a ring of signing keys: staged, signing, retired, and nobody is logged out."""

import secrets
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from skillconnect_ops.commands.rotate.ring import Entry, Ring
from skillconnect_ops.core.resources import template
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.envfile import parse
from tests.commands.rotate.shop_ring import (
    ENDS,
    NAME,
    OTHERS,
    READS_NOT,
    Shop,
    make,
    over,
)
from tests.conftest import Skc


@pytest.fixture
def shop(tmp_path: Path, skc: Skc) -> Shop:
    return make(tmp_path, skc)


def fresh() -> Secret:
    return Secret(secrets.token_urlsafe(32))


def swapped(shop: Shop) -> Ring:
    shop.ok("rotate", "--yes")
    shop.ok("rotate", "--yes")
    return shop.ring()


def test_a_key_is_staged_then_signs_then_the_old_one_goes(shop: Shop) -> None:
    staged = shop.ok("rotate", "--only", "jwt", "--yes")
    ring = shop.ring()
    (new,) = ring.fallbacks
    assert ring.signing.reveal() == shop.key
    assert parse((shop.root / "seen").read_bytes()).get(OTHERS) is not None
    assert staged.json["next"] == ["skc rotate --only jwt"]
    assert shop.standing().startswith("staged")

    before = datetime.now(UTC)
    turned = shop.ok("rotate", "--only", "jwt", "--yes")
    ring = shop.ring()
    (old,) = ring.fallbacks
    assert (ring.signing, old.key.reveal()) == (new.key, shop.key)
    assert timedelta(0) <= old.not_after - before - ENDS < timedelta(minutes=2)
    assert shop.ring("seen") == ring
    assert turned.json["next"] == ["skc rotate finish"]
    assert shop.standing().startswith("retiring until")
    assert shop.remembers(shop.key) == 0

    shop.write(over(ring))
    assert shop.standing().startswith("over since")
    shop.ok("rotate", "finish", "--yes")
    assert shop.ring() == Ring(new.key)
    assert shop.ring("seen") == Ring(new.key)
    assert shop.remembers(shop.key) in {12, 13}
    assert shop.standing() == "live"
    assert not list((shop.state / "escrow").rglob("*"))


def test_what_else_stands_in_the_env_file_stays_byte_for_byte(shop: Shop) -> None:
    swapped(shop)
    kept = [line for line in shop.file.read_text().splitlines() if not line.startswith("JWT")]
    assert kept == ["# the shop", "PORT=3000", "LOG=info"]


def test_an_old_key_is_not_finished_before_its_time_unless_somebody_says_so(shop: Shop) -> None:
    ring = swapped(shop)
    early = shop.ok("rotate", "finish", "--yes")
    assert shop.ring() == ring
    told = early.json["facts"]["rotation"]
    (entry,) = ring.fallbacks
    assert (told["done"], told["until"]) == (False, f"{entry.not_after:%FT%TZ}")
    assert early.json["next"] == ["skc rotate finish"]
    told = shop.ok("rotate", "finish", "--now", "--yes")
    assert "logged out: whoever has a token that the old" in told.stderr
    assert shop.ring() == Ring(ring.signing)


def test_a_ring_begins_no_second_rotation_before_the_first_is_finished(shop: Shop) -> None:
    ring = swapped(shop)
    again = shop.run("rotate", "--yes")
    assert again.code == 3
    assert again.json["error"]["fix"].startswith("skc rotate finish")
    shop.write(over(ring))
    assert shop.run("rotate", "--yes").json["error"]["fix"] == "skc rotate finish"


def test_a_leaked_key_is_gone_in_one_deploy_and_who_is_logged_out_is_said_first(
    shop: Shop,
) -> None:
    shop.ok("rotate", "--yes")
    (staged,) = shop.ring().fallbacks
    told = shop.ok("rotate", "--reason", "leaked", "--yes")
    note = next(line for line in told.stderr.splitlines() if "note:" in line)
    assert "everybody is logged out" in note
    ring = shop.ring()
    assert ring.fallbacks == ()
    assert ring.signing not in {staged.key, Secret(shop.key)}
    assert shop.ring("seen") == ring
    assert shop.remembers(shop.key) == 13
    assert shop.remembers(staged.key) == 13
    assert shop.ok("rotate", "finish", "--yes").json["facts"]["rotation"]["done"] is False


def test_an_app_that_does_not_read_the_ring_gets_one_swap_called_disruptive(shop: Shop) -> None:
    (shop.root / "auth.js").write_text(READS_NOT)
    told = shop.ok("rotate", "--yes")
    assert "disruptive: everybody is logged out" in told.stderr
    said = " ".join(told.stderr.split())
    reader = Path(said.partition("to copy: cp ")[2].split()[0].replace("'", ""))
    assert reader.read_text() == template("express/jwt-ring.cjs")
    ring = shop.ring()
    assert (ring.fallbacks, ring.signing.reveal() == shop.key) == ((), False)
    assert parse(shop.file.read_bytes()).get(OTHERS) is None
    assert shop.remembers(shop.key) in {12, 13}


def test_an_app_of_which_it_is_not_known_is_staged_and_told_so(shop: Shop) -> None:
    (shop.root / "auth.js").write_text("use(process.env[name]);\n")
    told = shop.ok("rotate", "--dry-run")
    assert f"not known whether the app reads {OTHERS}" in told.stderr
    assert told.json["facts"]["rotation"]["moves"] == {"jwt": "stage"}


@pytest.mark.parametrize("consumers", ["worker: {app_name: w}", ""])
def test_a_staged_key_signs_only_once_every_instance_knows_it(shop: Shop, consumers: str) -> None:
    shop.configure(consumers=consumers)
    shop.ok("rotate", "--yes")
    staged = shop.file.read_bytes()
    refused = shop.run("rotate", "--yes")
    assert refused.code == 3
    assert "--confirm-reloaded" in refused.json["error"]["fix"]
    assert shop.file.read_bytes() == staged
    shop.ok("rotate", "--confirm-reloaded", "--yes")
    assert shop.ring().signing.reveal() != shop.key


def test_a_key_that_somebody_else_staged_was_not_reloaded_by_us(shop: Shop) -> None:
    shop.ok("rotate", "--yes")
    (ours,) = shop.ring().fallbacks
    hour = timedelta(hours=1)
    shop.write(Ring(Secret(shop.key), (Entry(fresh(), ours.not_after - hour),)))
    assert shop.run("rotate", "--yes").code == 3


@pytest.mark.parametrize("moves", [0, 1, 2])
def test_a_reload_that_fails_gives_back_the_ring_and_reloads_the_old_one(
    shop: Shop, moves: int
) -> None:
    for _ in range(moves):
        shop.ok("rotate", "--yes")
    before = shop.file.read_bytes()
    (shop.root / "broken").touch()
    argv = ("rotate", "--yes") if moves < 2 else ("rotate", "finish", "--now", "--yes")
    failed = shop.run(*argv)
    assert failed.code == 6, failed.stdout  # the old value is back; its reload fails as well
    assert shop.file.read_bytes() == before
    assert (shop.root / "seen").read_bytes() == before
    (shop.root / "broken").unlink()
    shop.ok(*argv)
    assert shop.file.read_bytes() != before
    assert (shop.root / "seen").read_bytes() == shop.file.read_bytes()


def test_a_reload_that_fails_once_is_put_back_and_nothing_is_left(shop: Shop) -> None:
    once = "cp .env seen; test -e once && rm once && exit 1; exit 0"
    shop.configure(consumers=f"api: {{reload: [sh, -c, '{once}']}}")
    shop.trust(once)
    before = shop.file.read_bytes()
    (shop.root / "once").touch()
    assert shop.run("rotate", "--yes").code == 5
    assert shop.file.read_bytes() == before
    assert (shop.root / "seen").read_bytes() == before


@pytest.mark.parametrize("staged", [False, True])
def test_an_edit_made_meanwhile_survives_the_way_back(shop: Shop, *, staged: bool) -> None:
    if staged:
        shop.ok("rotate", "--yes")
    edits = "sed -i s/LOG=info/LOG=debug/ .env; test ! -e broken"
    shop.configure(consumers=f"api: {{reload: [sh, -c, '{edits}']}}")
    shop.trust(edits)
    before = shop.file.read_text()
    (shop.root / "broken").touch()
    assert shop.run("rotate", "--confirm-reloaded", "--yes").code == 6
    assert shop.file.read_text() == before.replace("LOG=info", "LOG=debug")


def test_a_ring_edited_meanwhile_is_nobody_s_to_overwrite(shop: Shop) -> None:
    shop.ok("rotate", "--yes")
    theirs = secrets.token_urlsafe(32)
    edits = f"sed -i s/^{NAME}=.*/{NAME}={theirs}/ .env; exit 1"
    shop.configure(consumers=f"api: {{reload: [sh, -c, '{edits}']}}")
    shop.trust(edits)
    failed = shop.run("rotate", "--confirm-reloaded", "--yes")
    assert failed.code == 6
    ring = shop.ring()
    assert ring.signing.reveal() == theirs
    assert [one.key.reveal() for one in ring.fallbacks] == [shop.key]  # both halves or neither


@pytest.mark.parametrize(
    ("others", "place"),
    [
        ("v1.!.1", "entry 1"),
        ("v2.YWJj.1", "entry 1"),
        ("v1.YWJj.1,", "entry 2"),
        ("v1.YWJj.33000000000,v1.YWJk.33000000000", OTHERS),
    ],
)
def test_a_malformed_ring_is_left_as_it_is_and_named(shop: Shop, others: str, place: str) -> None:
    shop.file.write_text(shop.file.read_text() + f"{OTHERS}={others}\n")
    before = shop.file.read_bytes()
    for argv in (("rotate", "--yes"), ("rotate", "finish", "--now", "--yes")):
        ran = shop.run(*argv)
        assert ran.code == 4, ran.stdout
        assert place in ran.json["error"]["what"]
    assert shop.standing().startswith("unreadable: ")
    assert shop.run("rotate", "due").code == 14
    assert shop.file.read_bytes() == before


def test_a_ring_that_stands_there_twice_is_refused(shop: Shop) -> None:
    shop.file.write_text(shop.file.read_text() + f"{OTHERS}=\n{OTHERS}=\n")
    assert shop.run("rotate", "--yes").code == 3


def test_two_env_files_hold_the_same_ring_after_every_move(shop: Shop) -> None:
    shop.configure(files=".env, worker.env")
    (shop.root / "worker.env").write_text(f"{OTHERS}=\nexport {NAME}='{shop.key}'\nX=1\n")
    for argv in (("rotate",), ("rotate",), ("rotate", "finish", "--now")):
        shop.ok(*argv, "--yes")
        assert shop.ring() == shop.ring("worker.env")
    shop.write(Ring(shop.ring().signing, (Entry(fresh(), datetime(2030, 1, 1, tzinfo=UTC)),)))
    assert shop.run("rotate", "--yes").code == 4


def test_both_env_files_are_given_back(shop: Shop) -> None:
    shop.configure(files=".env, worker.env")
    (shop.root / "worker.env").write_text(f"{NAME}='{shop.key}'\n")
    before = [(shop.root / name).read_bytes() for name in (".env", "worker.env")]
    (shop.root / "broken").touch()
    assert shop.run("rotate", "--yes").code == 6
    assert [(shop.root / name).read_bytes() for name in (".env", "worker.env")] == before


ADMIN = ", admin: {kind: jwt, env: ADMIN_JWT_SECRET_KEY}"


def test_two_rings_never_share_a_key(shop: Shop) -> None:
    shop.configure(more=ADMIN)
    shop.file.write_text(shop.file.read_text() + f"ADMIN_JWT_SECRET_KEY='{shop.key}'\n")
    before = shop.file.read_bytes()
    refused = shop.run("rotate", "--yes")
    assert refused.code == 3
    assert "share a key" in refused.json["error"]["what"]
    assert shop.file.read_bytes() == before
    told = shop.ok("rotate", "--only", "jwt", "--reason", "leaked", "--yes")
    assert "ADMIN_JWT_SECRET_KEY holds a key of JWT_SECRET_KEY" in told.stderr
    assert shop.ring().keys.isdisjoint(shop.ring(name="ADMIN_JWT_SECRET_KEY").keys)


def test_two_rings_go_side_by_side(shop: Shop) -> None:
    shop.configure(more=ADMIN)
    (shop.root / "admin.js").write_text(
        "use(process.env.ADMIN_JWT_SECRET_KEY, process.env.ADMIN_JWT_SECRET_KEY_FALLBACKS);\n"
    )
    shop.file.write_text(shop.file.read_text() + f"ADMIN_JWT_SECRET_KEY={fresh().reveal()}\n")
    for argv in (("rotate",), ("rotate",), ("rotate", "finish", "--now")):
        shop.ok(*argv, "--yes")
        users, admins = shop.ring(), shop.ring(name="ADMIN_JWT_SECRET_KEY")
        assert users.keys.isdisjoint(admins.keys)
    assert (len(users.keys), len(admins.keys)) == (1, 1)


def test_what_is_staged_goes_on_before_anything_else_begins(shop: Shop) -> None:
    shop.configure(more=", session: {kind: random, env: LOG}")
    shop.ok("rotate", "--only", "jwt", "--yes")
    before = parse(shop.file.read_bytes()).get("LOG")
    told = shop.ok("rotate", "--yes")
    assert "not now: session" in told.stderr
    assert told.json["facts"]["rotation"]["moves"] == {"jwt": "swap"}
    assert parse(shop.file.read_bytes()).get("LOG") == before
    shop.ok("rotate", "--yes")
    assert parse(shop.file.read_bytes()).get("LOG") != before
    shop.ok("rotate", "finish", "--now", "--yes")
    assert len(shop.ring().keys) == 1


def test_a_finish_that_failed_is_begun_anew_with_the_ring_as_it_is_then(shop: Shop) -> None:
    ring = swapped(shop)
    shop.configure(more=", session: {kind: random, env: LOG}")
    shop.ok("rotate", "--only", "session", "--yes")  # whose escrow both finishes share
    (shop.root / "broken").touch()
    assert shop.run("rotate", "finish", "--now", "--yes").code == 6
    (shop.root / "broken").unlink()
    shop.write(over(ring))
    shop.ok("rotate", "finish", "--yes")
    assert shop.ring() == Ring(ring.signing)
    assert shop.ok("rotate", "finish", "--yes").json["facts"]["rotation"]["done"] is False


def test_due_tells_of_an_overlap_that_nobody_finished(shop: Shop) -> None:
    ring = swapped(shop)
    assert shop.run("rotate", "due").code == 0
    shop.write(over(ring))
    late = shop.run("rotate", "due")
    assert late.code == 11, late.stdout
    (finding,) = late.json["findings"]
    assert (finding["id"], finding["remedy"]) == ("rotation-unfinished", "skc rotate finish")


def test_a_token_s_life_is_a_length_of_time(shop: Shop) -> None:
    text = (shop.root / "skc.yaml").read_text()
    (shop.root / "skc.yaml").write_text(text.replace("kind: jwt,", "kind: jwt, token_ttl: long,"))
    ran = shop.run("rotate", "--yes")
    assert ran.code == 4
    assert "token_ttl" in ran.json["error"]["what"]


def test_no_byte_of_a_key_is_left_behind(shop: Shop) -> None:
    told = [shop.ok("rotate", "--yes")]
    keys = {shop.key, shop.ring().fallbacks[0].key.reveal()}
    told += [shop.ok("rotate", "--yes"), shop.ok("rotate", "finish", "--now", "--yes")]
    told.append(shop.ok("rotate", "status"))
    places = [*shop.state.rglob("*"), *(shop.root / ".skc").rglob("*")]
    kept = b"".join(path.read_bytes() for path in places if path.is_file())
    for key in keys:
        assert key.encode() not in kept
        assert all(key not in ran.stdout + ran.stderr for ran in told)
