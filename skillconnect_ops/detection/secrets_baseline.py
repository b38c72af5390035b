"""`.secrets.baseline`, the file of detect-secrets: read to honour it, written to hand over.

It publishes the SHA-1 of every secret. For a random key that gives nothing away; a password of
eight letters is guessed back from it in minutes. So export leaves such values out and says which.
"""

import hashlib
from collections.abc import Iterable

import msgspec
from msgspec import Struct

from skillconnect_ops.detection.baseline import BaselineUnreadable
from skillconnect_ops.detection.model import Match
from skillconnect_ops.detection.values import entropy_bits, looks_random

FORMAT = "1.5.0"
"""The version of detect-secrets whose format this is."""
LEAST_BITS = 80
"""Below this, a published hash can be guessed back."""

_TYPES = {
    "aws-access-key": ("AWS Access Key", "AWSKeyDetector"),
    "aws-secret-key": ("AWS Access Key", "AWSKeyDetector"),
    "azure-storage-key": ("Azure Storage Account access key", "AzureStorageKeyDetector"),
    "credential-uri": ("Basic Auth Credentials", "BasicAuthDetector"),
    "amqp-uri": ("Basic Auth Credentials", "BasicAuthDetector"),
    "mongodb-uri": ("Basic Auth Credentials", "BasicAuthDetector"),
    "mysql-uri": ("Basic Auth Credentials", "BasicAuthDetector"),
    "postgres-uri": ("Basic Auth Credentials", "BasicAuthDetector"),
    "redis-uri": ("Basic Auth Credentials", "BasicAuthDetector"),
    "smtp-uri": ("Basic Auth Credentials", "BasicAuthDetector"),
    "github-token": ("GitHub Token", "GitHubTokenDetector"),
    "gitlab-token": ("GitLab Token", "GitLabTokenDetector"),
    "jwt": ("JSON Web Token", "JwtTokenDetector"),
    "npm-token": ("NPM tokens", "NpmDetector"),
    "openai-key": ("OpenAI Token", "OpenAIDetector"),
    "private-key": ("Private Key", "PrivateKeyDetector"),
    "pypi-token": ("PyPI Token", "PypiTokenDetector"),
    "sendgrid-key": ("SendGrid API Key", "SendGridDetector"),
    "slack-token": ("Slack Token", "SlackDetector"),
    "square-token": ("Square OAuth Secret", "SquareOAuthDetector"),
    "stripe-key": ("Stripe Access Key", "StripeDetector"),
    "telegram-token": ("Telegram Bot Token", "TelegramBotTokenDetector"),
    "twilio-key": ("Twilio API Key", "TwilioKeyDetector"),
}
_OTHER = ("Secret Keyword", "KeywordDetector")


class Entry(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One result of the file, in its own words."""

    type: str
    filename: str
    hashed_secret: str
    is_verified: bool = False
    line_number: int = 0
    is_secret: bool | None = None


class _File(Struct, frozen=True, kw_only=True):
    version: str
    results: dict[str, tuple[Entry, ...]]


class Imported(Struct, frozen=True):
    """What a `.secrets.baseline` knows, looked up by path and value."""

    entries: frozenset[tuple[str, str]]
    confirmed: frozenset[tuple[str, str]]
    """Those that an audit called true secrets: known, and no reason to be quiet."""

    def accepts(self, path: str, secret: str) -> bool:
        """Whether the file quiets this value in this path."""
        key = (path, _sha1(secret))
        return key in self.entries and key not in self.confirmed


class Refusal(Struct, frozen=True, kw_only=True):
    """A finding left out of an export, since its hash would give its value away."""

    path: str
    line: int
    detector: str
    reason: str


class Exported(Struct, frozen=True):
    """The bytes of a `.secrets.baseline`, and what is not in them."""

    data: bytes
    refused: tuple[Refusal, ...]


def read(data: bytes) -> Imported:
    """What the bytes of a `.secrets.baseline` know.

    Raises:
        BaselineUnreadable: these bytes are none.
    """
    try:
        file = msgspec.json.decode(data, type=_File)
    except msgspec.DecodeError as cause:
        raise BaselineUnreadable(str(cause)) from cause
    rows = [(path, entry) for path, entries in file.results.items() for entry in entries]
    return Imported(
        entries=frozenset((path, entry.hashed_secret) for path, entry in rows),
        confirmed=frozenset((path, entry.hashed_secret) for path, entry in rows if entry.is_secret),
    )


def write(
    found: Iterable[tuple[str, Match]], *, generated_at: str, weak_too: bool = False
) -> Exported:
    """The findings as a `.secrets.baseline`.

    Args:
        found: path and match of each finding.
        generated_at: a UTC time, `2026-01-02T03:04:05Z`.
        weak_too: also publish the hashes of values that can be guessed back.
    """
    results: dict[str, list[Entry]] = {}
    plugins: set[str] = set()
    refused = []
    for path, match in found:
        value = match.secret.reveal()
        if not weak_too and is_weak(value):
            reason = f"under {LEAST_BITS} bits: its SHA-1 can be guessed back"
            refused.append(
                Refusal(path=path, line=match.line, detector=match.detector, reason=reason)
            )
            continue
        name, plugin = _TYPES.get(match.detector, _OTHER)
        plugins.add(plugin)
        entry = Entry(type=name, filename=path, hashed_secret=_sha1(value), line_number=match.line)
        results.setdefault(path, []).append(entry)
    file = {
        "version": FORMAT,
        "plugins_used": [{"name": name} for name in sorted(plugins)],
        "filters_used": [],
        "results": {
            path: [_row(entry) for entry in entries] for path, entries in sorted(results.items())
        },
        "generated_at": generated_at,
    }
    data = msgspec.json.format(msgspec.json.encode(file), indent=2) + b"\n"
    return Exported(data, tuple(refused))


def is_weak(value: str) -> bool:
    """Whether somebody who has a hash of the value could guess it back."""
    return entropy_bits(value) < LEAST_BITS or not looks_random(value)


def _row(entry: Entry) -> dict[str, object]:
    # detect-secrets reads is_verified without a default, so it is always written.
    return {
        "type": entry.type,
        "filename": entry.filename,
        "hashed_secret": entry.hashed_secret,
        "is_verified": False,
        "line_number": entry.line_number,
    }


def _sha1(secret: str) -> str:
    return hashlib.sha1(secret.encode(), usedforsecurity=False).hexdigest()
