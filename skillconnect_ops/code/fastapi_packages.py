"""What is known of the packages that FastAPI's apps are given middlewares and dependencies from."""

import re

from msgspec import Struct

from skillconnect_ops.code.express_model import Role, Via


class Known(Struct, frozen=True):
    """What something of a package is there for."""

    roles: tuple[Role, ...]
    via: frozenset[Via] = frozenset()


_PLAIN = (
    r"\.(?:GZip|TrustedHost|HTTPSRedirect|Brotli|ProxyHeaders|Prometheus|CorrelationId"
    r"|RawContext|Context|OpenTelemetry|Sentry|SentryAsgi|WSGI|AsyncExitStack"
    r"|ServerError|Exception|Timing|TimingStats|Profiler|DebugToolbar|SQLAlchemy|Db"
    r"|RequestId)(?:Middleware|ASGIMiddleware)?$"
)
_GUARDING = (
    r"^(?:fastapi_azure_auth|fastapi_auth0|fastapi_cloudauth|fastapi_keycloak\w*"
    r"|propelauth_fastapi|fastapi_cognito|fastapi_clerk_auth|fief_client)\."
)
_BY_NAME: tuple[tuple[str, Known], ...] = (
    (r"\.OAuth2PasswordRequestForm(?:Strict)?$", Known((Role.VALIDATION,))),
    (r"\.CORSMiddleware$", Known((Role.CORS,))),
    (r"\.SessionMiddleware$", Known((Role.SESSION,))),
    (_PLAIN, Known((Role.OTHER,))),
    (r"^slowapi\.(?:\w+\.)*Limiter\.(?:limit|shared_limit)$", Known((Role.RATE_LIMIT,))),
    (r"^fastapi_limiter\.(?:\w+\.)*(?:WebSocket)?RateLimiter$", Known((Role.RATE_LIMIT,))),
    (r"^(?:ratelimit|asgi_ratelimit)\.(?:\w+\.)*RateLimitMiddleware$", Known((Role.RATE_LIMIT,))),
    (r"^(?:fastapi_throttle|throttled\w*)\.(?:\w+\.)*\w*Limiter$", Known((Role.RATE_LIMIT,))),
    (r"^starlette_csrf\.(?:\w+\.)*CSRFMiddleware$", Known((Role.CSRF,))),
    (r"^asgi_csrf\.asgi_csrf\w*$", Known((Role.CSRF,))),
    (r"^fastapi_csrf_protect\.(?:\w+\.)*CsrfProtect\.validate_csrf$", Known((Role.CSRF,))),
    (r"^content_size_limit_asgi\.", Known((Role.BODY_LIMIT,))),
    (r"^secure\.(?:\w+\.)*(?:Secure|SecureASGIMiddleware)", Known((Role.HELMET,))),
    (r"^(?:secweb|Secweb)\.(?:\w+\.)*SecWeb$", Known((Role.HELMET,))),
    (r"^fastapi_users\.(?:\w+\.)*FastAPIUsers\.current_user$", Known((Role.AUTH,))),
    (r"^fastapi_login\.(?:\w+\.)*LoginManager$", Known((Role.AUTH,), frozenset({Via.BEARER}))),
    (_GUARDING, Known((Role.AUTH,), frozenset({Via.BEARER}))),
    (r"^(?:async_)?fastapi_jwt(?:_auth)?\.(?:\w+\.)*\w*(?:AuthJWT|Bearer)", Known((Role.AUTH,))),
    (r"^starlette\.authentication\.requires$", Known((Role.AUTH,))),
)
_TABLE = tuple((re.compile(words), known) for words, known in _BY_NAME)
SCHEMES = re.compile(
    r"^fastapi\.(?:security\.)?(?:\w+\.)*(?:OAuth2(?!\w*Form)\w*|HTTPBearer|HTTPBasic|HTTPDigest"
    r"|APIKey\w+|OpenIdConnect)$"
)
"""What asks for a token, and verifies none."""
SLOWAPI = re.compile(r"^slowapi\.(?:\w+\.)*SlowAPI(?:ASGI)?Middleware$")
PROVES = re.compile(
    r"^(?:jwt|jose|authlib|joserfc|jwcrypto|firebase_admin|google\.oauth2|itsdangerous)\.(?:.*\.)?"
    r"(?:decode|verify\w*|loads|unsign)$"
)
"""What verifies a token."""
HEADERS = (
    *("strict-transport-security", "x-content-type-options", "content-security-policy"),
    *("x-frame-options", "referrer-policy"),
)
"""The headers that make browsers careful."""


def known(name: str) -> Known | None:
    """What something of a package is there for; None of what is not known."""
    return next((one for words, one in _TABLE if words.search(name)), None)


def via_of(scheme: str) -> Via:
    """Where a scheme looks for a token."""
    return Via.COOKIE if "Cookie" in scheme else Via.BEARER
