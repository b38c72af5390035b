"""detect-secrets is called late, and never gets to call anybody."""

import secrets
import socket
import subprocess
import sys

import pytest

from skillconnect_ops.detection import Blob, Scanner

PLAIN = """
import sys
from skillconnect_ops.detection import Blob, Scanner
Scanner().scan(Blob(path="README.md", content=b"talk to us on https://discord.gg/abc, -us1"))
print("detect_secrets" in sys.modules)
"""


def test_detect_secrets_is_not_imported_for_a_text_without_a_key() -> None:
    ran = subprocess.run([sys.executable, "-c", PLAIN], check=True, capture_output=True, text=True)
    assert ran.stdout == "False\n"


def test_no_secret_is_ever_validated_over_a_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: object, **_kwargs: object) -> None:
        raise AssertionError("a detector opened a connection")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    key = f"{secrets.token_hex(16)}-us12"
    for thorough in (False, True):
        found = Scanner(thorough=thorough).scan(
            Blob(path="a.py", content=f"mailchimp = '{key}'\n".encode())
        )
        assert key in {match.secret.reveal() for match in found}


def test_the_entropy_plugins_run_only_when_noise_is_welcome() -> None:
    blob = Blob(path="a.py", content=f"x = '{secrets.token_urlsafe(48)}'\n".encode())
    assert Scanner().scan(blob) == []
    (match,) = Scanner(thorough=True).scan(blob)
    assert match.detector == "detect-secrets-noisy"
