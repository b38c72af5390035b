"""Headers that every answer has, and those of preflight answers.

The action plan's values: HSTS for a year with subdomains, `strict-origin-when-cross-origin`, no
sniffing, no frames. An API shows no pages, so its content policy allows nothing at all.
"""

from collections.abc import Iterable

from starlette.types import Scope

from skillconnect_ops.reference_api.settings import Settings

RawHeaders = list[tuple[bytes, bytes]]
METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"
REQUEST_HEADERS = "Authorization, Content-Type, X-CSRF-Token, X-Request-Id"
EXPOSED = (
    "X-Request-Id, Retry-After, RateLimit-Policy, RateLimit-Limit, RateLimit-Remaining, "
    "RateLimit-Reset"
)
MAX_AGE_S = 86_400
_POLICY = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"


def raw(pairs: Iterable[tuple[str, str]]) -> RawHeaders:
    """Headers as ASGI wants them."""
    return [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in pairs]


_ALWAYS = raw(
    (
        ("X-Content-Type-Options", "nosniff"),
        ("X-Frame-Options", "DENY"),
        ("Referrer-Policy", "strict-origin-when-cross-origin"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
        ("Cross-Origin-Embedder-Policy", "require-corp"),
        ("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=()"),
        ("X-Permitted-Cross-Domain-Policies", "none"),
        ("X-DNS-Prefetch-Control", "off"),
        # old browsers' filter made holes of its own; 0 turns it off, as OWASP asks
        ("X-XSS-Protection", "0"),
    )
)
_CONTENT = raw((("Content-Security-Policy", _POLICY),))
_PRIVATE = raw((("Cache-Control", "no-store, max-age=0"), ("Pragma", "no-cache")))
_ENCRYPTED = raw((("Strict-Transport-Security", "max-age=31536000; includeSubDomains"),))
_PLAIN_JSON, _ENCRYPTED_JSON = (
    [*_ALWAYS, *_CONTENT, *_PRIVATE],
    [*_ALWAYS, *_CONTENT, *_PRIVATE, *_ENCRYPTED],
)


def of_every_answer(settings: Settings) -> RawHeaders:
    """What protects an answer; all of them are private, and kept by no cache."""
    return _ENCRYPTED_JSON if settings.production else _PLAIN_JSON


def origin_of(scope: Scope) -> str | None:
    """Which page's script sent a request, if a browser says so."""
    for name, value in scope["headers"]:
        if name == b"origin":
            return str(value, "latin-1")
    return None


def may_call(origin: str, settings: Settings) -> bool:
    """Whether scripts of this origin may call us: exact names, no patterns."""
    return origin in settings.origins or origin == settings.own_origin


def for_origin(origin: str | None, settings: Settings) -> RawHeaders:
    """What lets an allowed page read the answer; `Vary` in any case, for caches on the way."""
    vary = [(b"vary", b"Origin")]
    if origin is None or not may_call(origin, settings):
        return vary
    return [
        *vary,
        (b"access-control-allow-origin", origin.encode("latin-1")),
        (b"access-control-allow-credentials", b"true"),
        (b"access-control-expose-headers", EXPOSED.encode()),
    ]


def of_preflight() -> RawHeaders:
    """What a browser may do after asking, and for how long it need not ask again."""
    return raw(
        (
            ("Access-Control-Allow-Methods", METHODS),
            ("Access-Control-Allow-Headers", REQUEST_HEADERS),
            ("Access-Control-Max-Age", str(MAX_AGE_S)),
        )
    )
