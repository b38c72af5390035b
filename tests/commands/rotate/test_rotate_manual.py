"""`skc rotate` of a mail password: made by hand, tried by a login, and never called revoked."""

import os
import secrets
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from msgspec import Struct

from skillconnect_ops.commands.rotate.manual import Mailbox, place_of
from skillconnect_ops.commands.rotate.manual_steps import TakeValue
from skillconnect_ops.core.ports.mail import MailServer
from skillconnect_ops.core.settings.model import SecretSettings
from skillconnect_ops.envfile import parse
from tests.certificates import Authority
from tests.commands.rotate.shop_ring import Shop
from tests.conftest import Ran, Skc
from tests.post import USER, Post
from tests.terminal.ptys import at_terminal

NAME = "SMTP_PASS"
ACCOUNT = "the account page, app passwords"


class Office(Struct, frozen=True):
    """The project, its mail server, and the password that is in use."""

    shop: Shop
    post: Post
    old: str

    def rotate(self, value: str, *argv: str, env: Mapping[str, str] | None = None) -> Ran:
        words = ("rotate", "--only", "mail", "--stdin", "--yes", *argv)
        return self.shop.skc(
            *words, "--format", "json", cwd=self.shop.root, stdin=value + "\n", env=env
        )

    def make(self) -> str:
        """Somebody makes a new password at the provider; the old one works on."""
        made = f"{secrets.token_hex(2)} {secrets.token_hex(2)} #'{secrets.token_hex(4)}ü"
        self.post.passwords.add(made)
        return made

    def value(self, file: str = ".env") -> str | None:
        return parse((self.shop.root / file).read_bytes()).get(NAME)

    def retired(self) -> list[tuple[str, str, str | None]]:
        listed = self.shop.ok("secrets", "ledger", "list").json["facts"]["retired"]
        return [(one["name"], one["refusal"], one["by"]) for one in listed]


Configure = Callable[..., None]


@pytest.fixture
def office(tmp_path: Path, skc: Skc) -> Iterator[Office]:
    authority = Authority(tmp_path)
    old = secrets.token_hex(12)
    post = Post(old, tls_context=authority.server(), require_starttls=True)
    root = tmp_path / "shop"
    root.mkdir()
    (root / ".env").write_text(f"SMTP_USER={USER}\nPORT=3000\n{NAME}={old}  # mail\n")
    (root / ".env").chmod(0o600)
    shop = Shop(root=root, state=tmp_path / "state" / "skc" / "test-ring", skc=skc, key="")
    made = Office(shop=shop, post=post, old=old)
    configure(made, authority.file)
    yield made
    post.stop()


def configure(office: Office, authority: Path | None, *, more: str = "", user: str = "") -> None:
    """With an authority the login is tried, else not."""
    mail = ""
    if authority is not None:
        mail = (
            f", mail: {{host: localhost, port: {office.post.port}, "
            f"user: '{user or 'env:SMTP_USER'}', authority: '{authority}'}}"
        )
    (office.shop.root / "skc.yaml").write_text(
        "version: 1\n"
        "project: {id: test-ring, name: shop}\n"
        "targets:\n"
        "  production:\n"
        "    env_files: [.env]\n"
        f"    secrets: {{mail: {{kind: manual, env: {NAME}, where: '{ACCOUNT}'{mail}}}{more}}}\n"
        "    consumers: {api: {reload: [sh, -c, 'cp .env seen; test ! -e broken']}}\n"
    )
    office.shop.trust("cp .env seen; test ! -e broken")


def test_a_new_password_is_tried_published_and_the_old_one_seen_refused(office: Office) -> None:
    shop, text = office.shop, office.shop.file.read_text()
    planned = shop.ok("rotate", "--only", "mail", "--dry-run")
    assert ACCOUNT in planned.stderr
    assert f"log in with it: localhost:{office.post.port} as {USER}" in planned.stderr
    new = office.make()
    ran = office.rotate(new)
    assert ran.code == 0, ran.stdout + ran.stderr
    assert "skc cannot revoke the old SMTP_PASS" in ran.stderr
    assert office.value() == office.value("seen") == new
    kept = [line for line in text.splitlines() if not line.startswith(NAME)]
    assert [one for one in shop.file.read_text().splitlines() if not one.startswith(NAME)] == kept
    assert ran.json["next"] == ["skc rotate finish"]
    assert shop.standing().startswith("retiring")

    tried = office.post.attempts
    early = shop.run("rotate", "finish", "--yes")
    assert early.code == 6, early.stdout
    assert "the old SMTP_PASS still works" in early.json["error"]["what"]
    assert ACCOUNT in early.json["error"]["fix"]
    assert office.post.attempts == tried + 1
    assert shop.standing().startswith("retiring")

    office.post.passwords.discard(office.old)
    shop.ok("rotate", "finish", "--yes")
    assert office.post.attempts == tried + 3
    assert office.retired() == [(NAME, "proven", None)]
    assert shop.remembers(office.old) in {12, 13}
    assert shop.standing() == "live"
    assert not list((shop.state / "escrow").rglob("*"))


def test_a_password_that_the_server_refuses_changes_nothing(office: Office) -> None:
    before = office.shop.file.read_bytes()
    wrong = f"c4n4ry{secrets.token_hex(8)}"
    ran = office.rotate(wrong)
    assert ran.code == 4, ran.stdout
    assert f"refuses the new {NAME}" in ran.json["error"]["what"]
    assert "c4n4ry" not in ran.stdout + ran.stderr
    assert office.post.attempts == 1
    assert office.shop.file.read_bytes() == before
    assert office.rotate(office.make()).code == 0


def test_a_server_that_gives_no_verdict_changes_nothing(office: Office, tmp_path: Path) -> None:
    before = office.shop.file.read_bytes()
    strange = tmp_path / "strange"
    strange.mkdir()
    configure(office, Authority(strange).file)
    ran = office.rotate(office.make())
    assert ran.code == 4, ran.stdout
    assert "does not say whether SMTP_PASS is accepted" in ran.json["error"]["what"]
    assert office.shop.file.read_bytes() == before


def test_at_the_end_a_server_without_a_verdict_is_no_proof(office: Office) -> None:
    office.rotate(office.make())
    office.post.stop()
    ran = office.shop.run("rotate", "finish", "--yes")
    assert ran.code == 4, ran.stdout
    office.shop.ok("rotate", "finish", "--yes", "--revoked-by", "ana")
    assert office.retired() == [(NAME, "elsewhere", "ana")]


def test_somebody_s_word_does_not_go_before_what_is_seen(office: Office) -> None:
    office.rotate(office.make())
    ran = office.shop.run("rotate", "finish", "--yes", "--revoked-by", "ana")
    assert ran.code == 6, ran.stdout
    assert office.retired() == []


def test_without_a_mail_server_the_end_needs_somebody_s_word(office: Office) -> None:
    configure(office, None)
    new = secrets.token_hex(8)
    assert office.rotate(new).code == 0
    assert office.value() == new
    assert office.post.attempts == 0
    planned = office.shop.ok("rotate", "finish", "--dry-run")
    assert f"needs --revoked-by NAME: who has revoked the old {NAME}" in planned.stderr
    ran = office.shop.run("rotate", "finish", "--yes")
    assert ran.code == 3, ran.stdout
    assert "--revoked-by" in ran.json["error"]["fix"]
    told = office.shop.ok("rotate", "finish", "--yes", "--revoked-by", "ana")
    assert "take the word of ana" in told.stderr
    assert office.retired() == [(NAME, "elsewhere", "ana")]


def test_no_value_is_taken_from_argv_nor_left_behind(office: Office) -> None:
    new = office.make()
    told = [office.rotate(new)]
    office.post.passwords.discard(office.old)
    told.append(office.shop.ok("rotate", "finish", "--yes"))
    root, state = office.shop.root / ".skc", office.shop.state
    kept = b"".join(
        path.read_bytes() for top in (root, state) for path in top.rglob("*") if path.is_file()
    )
    for value in (new, office.old):
        assert value.encode() not in kept
        assert all(value not in ran.stdout + ran.stderr for ran in told)
    assert office.shop.skc("rotate", "mail=x", cwd=office.shop.root).code == 2


def test_a_value_comes_by_a_descriptor_as_well(office: Office) -> None:
    new = office.make()
    reading, writing = os.pipe()
    os.write(writing, new.encode())
    os.close(writing)
    try:
        office.shop.ok("rotate", "--only", "mail", "--fd", str(reading), "--yes")
    finally:
        os.close(reading)
    assert office.value() == new


def test_what_is_no_new_value_is_refused(office: Office) -> None:
    before = office.shop.file.read_bytes()
    same = office.rotate(office.old)
    assert same.code == 3
    assert "present value" in same.json["error"]["what"]
    assert office.rotate("").code == 4
    assert office.rotate("a\0b").code == 4
    assert office.shop.file.read_bytes() == before

    office.rotate(office.make())
    office.post.passwords.discard(office.old)
    office.shop.ok("rotate", "finish", "--yes")
    again = office.rotate(office.old)
    assert again.code == 3, again.stdout
    assert "it was retired" in again.json["error"]["why"]


def test_what_no_reader_reads_alike_is_refused_before_anything(office: Office) -> None:
    configure(office, None)
    before = office.shop.file.read_bytes()
    ran = office.rotate("one\r\ntwo`'\"")
    assert ran.code == 4, ran.stdout
    assert office.shop.file.read_bytes() == before


def test_without_a_name_it_is_left_out_and_told(office: Office) -> None:
    configure(office, None, more=", session: {kind: random, env: PORT}")
    ran = office.shop.ok("rotate", "--yes")
    assert "not now: mail; it is made by hand: skc rotate --only mail" in ran.stderr
    assert office.value() == office.old
    assert ran.json["facts"]["rotation"]["secrets"] == ["session"]


def test_what_leaked_and_is_made_by_hand_is_named_at_the_end(office: Office) -> None:
    configure(office, None, more=", session: {kind: random, env: PORT}")
    command = "skc rotate --only mail --reason leaked"
    ran = office.shop.skc("rotate", "--reason", "leaked", "--yes", cwd=office.shop.root)
    assert ran.code == 0, ran.stderr
    assert f"still leaked: {NAME}: {command}" in ran.stdout.splitlines()
    assert ran.stderr.splitlines()[-2:] == ["next: skc rotate finish", f"next: {command}"]


def test_one_piped_value_is_of_one_secret(office: Office) -> None:
    configure(office, None, more=", other: {kind: manual, env: PORT}")
    assert office.shop.run("rotate", "--stdin", "--yes").code == 2
    configure(office, None, more=", session: {kind: random, env: PORT}")
    assert office.shop.run("rotate", "--only", "session", "--stdin", "--yes").code == 2


def test_nobody_to_ask_is_said_and_nothing_is_touched(office: Office) -> None:
    before = office.shop.file.read_bytes()
    ran = office.shop.run("rotate", "--only", "mail", "--yes")
    assert ran.code == 3
    assert "--stdin" in ran.json["error"]["fix"]
    assert office.shop.file.read_bytes() == before


def test_a_reload_that_fails_puts_the_old_value_back(office: Office) -> None:
    (office.shop.root / "broken").touch()
    before = office.shop.file.read_bytes()
    assert office.rotate(office.make()).code in {5, 6}
    assert office.shop.file.read_bytes() == before


def test_a_step_that_breaks_is_put_back(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    before, new = office.shop.file.read_bytes(), office.make()
    for name in ("before", "apply", "verify"):
        with monkeypatch.context() as patch:
            patch.setattr(TakeValue, name, _broken)
            ran = office.rotate(new)
        assert ran.code in {1, 4, 5}, ran.stdout
        assert office.shop.file.read_bytes() == before
    assert office.rotate(new).code == 0


def test_a_file_that_was_changed_meanwhile_keeps_the_other_edit(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = TakeValue.verify
    edited = f"SMTP_USER={USER}\n{NAME}=by-hand\n"

    def verify(*given: object) -> object:
        office.shop.file.write_text(edited)
        return real(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(TakeValue, "verify", verify)
    ran = office.rotate(office.make())
    assert ran.code == 5, ran.stdout
    assert "changed meanwhile" in ran.json["error"]["what"]
    assert office.shop.file.read_text() == edited


def test_the_old_value_in_the_file_again_is_not_finished(office: Office) -> None:
    text = office.shop.file.read_bytes()
    office.rotate(office.make())
    office.shop.file.write_bytes(text)
    office.post.passwords.discard(office.old)
    assert office.shop.run("rotate", "finish", "--yes").code == 3


@pytest.mark.parametrize(
    ("mail", "said"),
    [
        ("host: localhost, user: 'env:NOWHERE'", "NOWHERE is not set"),
        ("host: 'smtp://me:pw@host', user: x", "holds an address, and that may hold a password"),
        ("host: localhost, user: 'me:pw@host'", "holds an address, and that may hold a password"),
        ("host: localhost, user: x, port: 0", "is no port"),
        ("host: localhost, user: x, security: ssl", "names no way to protect a connection"),
        ("host: localhost", "user is missing"),
    ],
)
def test_a_setting_that_cannot_be_meant_is_said(office: Office, mail: str, said: str) -> None:
    (office.shop.root / "skc.yaml").write_text(
        "version: 1\nproject: {id: test-ring, name: shop}\ntargets:\n  production:\n"
        f"    env_files: [.env]\n    secrets: {{mail: {{kind: manual, env: {NAME}, "
        f"mail: {{{mail}}}}}}}\n"
    )
    ran = office.shop.run("rotate", "--only", "mail", "--dry-run")
    assert ran.code == 4
    assert said in ran.json["error"]["what"]


@pytest.mark.parametrize(
    ("host", "place"),
    [
        ("smtp.gmail.com", "myaccount.google.com"),
        ("SMTP.Office365.com", "mysignins.microsoft.com"),
        ("email-smtp.eu-west-1.amazonaws.com", "SES console"),
        ("notgmail.com", "the account of me at notgmail.com"),
    ],
)
def test_where_a_new_one_is_made_is_known_of_the_usual_servers(host: str, place: str) -> None:
    settings = SecretSettings(kind="manual", env=NAME)
    assert place in place_of(settings, Mailbox(server=MailServer(host=host), user="me"))


def _broken(*_: object) -> None:
    raise RuntimeError("nobody thought of this")


def test_what_no_login_tries_is_typed_twice_and_a_slip_is_refused(
    office: Office, clean_environment: dict[str, str]
) -> None:
    configure(office, None)
    value, words = secrets.token_hex(12), ("rotate", "--only", "mail", "--yes")
    for second, code in ((f"{value}x", 3), (value, 0)):
        with at_terminal(
            *words, cwd=office.shop.root, env=clean_environment, program="skillconnect_ops"
        ) as terminal:
            terminal.until(f"new value for {NAME} (not shown): ", timeout_s=60)
            terminal.type(value + "\n")
            terminal.until("once more (not shown): ", timeout_s=60)
            terminal.type(second + "\n")
            assert terminal.ends(timeout_s=60) == code, terminal.shown
        assert office.value() == (value if code == 0 else office.old)
        assert value not in terminal.shown
