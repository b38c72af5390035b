"""Mails: no other mail can be made of one, and where they go while developing."""

import asyncio
import email
import stat
from email import policy
from pathlib import Path

import pytest

from skillconnect_ops.reference_api.mail.letters import (
    FolderMail,
    Mail,
    MailNotSent,
    MailRefused,
    letter,
)

ADDRESS = "reader@example.test"
NOBODY_ELSES = [
    "a@example.test\r\nBcc: b@example.test",
    "a@example.test\nX: y",
    "a@example.test\x00",
    "a@example.test, b@example.test",
    "a@example.test;b@example.test",
    "A <a@example.test>",
    "<a@example.test>",
    '"a b"@example.test',
    "a@b@example.test",
    "a b@example.test",
    "a\u2028@example.test",
    "@example.test",
    "a@",
    "",
    "a" * 250 + "@example.test",
]


def sent(mail: Mail, *, to: str = ADDRESS, subject: str = "s", text: str = "t") -> None:
    asyncio.run(mail.send(to=to, subject=subject, text=text))


@pytest.mark.parametrize("to", NOBODY_ELSES, ids=range(len(NOBODY_ELSES)))
def test_what_is_not_exactly_one_address_is_refused(to: str, tmp_path: Path) -> None:
    with pytest.raises(MailRefused) as refused:
        sent(FolderMail(tmp_path), to=to)
    assert list(tmp_path.iterdir()) == []
    assert "example" not in str(refused.value)


@pytest.mark.parametrize("subject", ["a\r\nBcc: b@example.test", "a\nb", "a\rb", "a\x00", "a\x85b"])
def test_a_subject_of_several_lines_is_refused(subject: str, tmp_path: Path) -> None:
    with pytest.raises(MailRefused):
        sent(FolderMail(tmp_path), subject=subject)
    assert list(tmp_path.iterdir()) == []


def test_a_sender_is_looked_at_when_it_is_configured(tmp_path: Path) -> None:
    with pytest.raises(MailRefused):
        FolderMail(tmp_path, sender="a@example.test\nBcc: b@example.test")


def test_while_developing_a_mail_is_a_file_of_the_owners_alone(tmp_path: Path) -> None:
    folder = tmp_path / "mails"
    mail = FolderMail(folder, sender="us@example.test")
    text = "Grüße,\n\n.\nuse https://example.test/reset?token=" + "t" * 1200 + "\n"
    sent(mail, subject="Ihr Paßwort", text=text)
    sent(mail)
    one, two = sorted(folder.iterdir())
    assert two.suffix == ".eml"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(one.stat().st_mode) == 0o600
    found = email.message_from_bytes(one.read_bytes(), policy=policy.default)
    assert (found["To"], found["From"]) == (ADDRESS, "us@example.test")
    assert found["Subject"] == "Ihr Paßwort"
    assert found.get_content() == text.replace("\n", "\r\n")


def test_a_link_stays_whole_for_who_reads_the_file(tmp_path: Path) -> None:
    link = "https://example.test/verify-email#token=" + "t=" * 60
    mail = FolderMail(tmp_path / "mails", sender="us@example.test")
    sent(mail, text=f"Hello,\n\n{link}\n")
    (file,) = (tmp_path / "mails").iterdir()
    assert link in file.read_text()


def test_a_folder_that_cannot_be_made_is_told_without_the_mail(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(MailNotSent, match=r"^(File exists|Not a directory)$"):
        sent(FolderMail(tmp_path / "file"))


def test_a_mail_says_that_a_program_wrote_it_and_not_on_which_machine() -> None:
    made = letter(sender="us@example.test", to=ADDRESS, subject="s", text="t\ud800")
    assert made["Auto-Submitted"] == "auto-generated"
    assert made["Message-ID"].endswith("@example.test>")
    assert made["Date"]
