"""The packages of npm that Express apps take their middlewares from, and what each is for."""

import re
from collections.abc import Mapping

from msgspec import Struct

from skillconnect_ops.code.express_model import Role, Via


class Known(Struct, frozen=True):
    """What something of a package does."""

    role: Role
    via: frozenset[Via] = frozenset()


_BEARER = frozenset({Via.BEARER})
_SESSION = frozenset({Via.SESSION})
_COOKIE = frozenset({Via.COOKIE})


def _all(role: Role, *packages: str, via: frozenset[Via] = frozenset()) -> dict[str, Known]:
    return dict.fromkeys(packages, Known(role, via))


WHOLE: Mapping[str, Known] = {
    **_all(
        Role.RATE_LIMIT,
        *("express-rate-limit", "express-slow-down", "rate-limiter-flexible", "express-brute"),
        *("express-limiter", "rate-limit", "@arcjet/node", "limiter", "express-bouncer"),
        *("@upstash/ratelimit", "express-rate-limiter"),
    ),
    **_all(
        Role.VALIDATION,
        *("express-validator", "celebrate", "express-openapi-validator", "express-joi-validation"),
        *("zod-express-middleware", "express-zod-api", "express-json-validator-middleware"),
        *("express-validation", "zod-express", "express-yup-middleware", "express-ajv-middleware"),
        *("openapi-validator-middleware", "express-joi-validator", "zod-express-validator"),
        *("@wesleytodd/openapi", "express-oas-validator", "swagger-express-validator"),
    ),
    **_all(Role.CSRF, "csurf", "csrf-csrf", "csrf-sync", "tiny-csrf", "csrf", "@dr.pogodin/csurf"),
    **_all(
        Role.AUTH,
        *("express-jwt", "express-oauth2-jwt-bearer"),
        *("@clerk/express", "@okta/jwt-verifier", "express-oauth-server", "express-jwt-authz"),
        via=_BEARER,
    ),
    **_all(Role.AUTH, "express-basic-auth", "http-auth", "http-auth-connect", "@auth0/express"),
    **_all(
        Role.AUTH,
        *("express-openid-connect", "connect-ensure-login", "keycloak-connect", "@auth/express"),
        via=_SESSION,
    ),
    **_all(Role.SESSION, "express-session", "cookie-session", "client-sessions", "iron-session"),
    **_all(Role.COOKIE, "cookie-parser"),
    **_all(
        Role.BODY,
        *("body-parser", "express-xml-bodyparser", "raw-body", "body-parser-xml", "co-body"),
    ),
    **_all(Role.CORS, "cors"),
    **_all(Role.HELMET, "helmet", "helmet-csp"),
    **_all(
        Role.STATIC,
        *("serve-static", "serve-favicon", "serve-index", "express-static-gzip", "sirv"),
        *("swagger-ui-express", "connect-history-api-fallback"),
    ),
    **_all(Role.UPLOAD, "multer", "express-fileupload", "formidable", "express-formidable"),
    **_all(Role.UPLOAD, "connect-busboy", "busboy", "connect-multiparty", "multiparty"),
    **_all(
        Role.LOGGING,
        *("morgan", "pino-http", "express-winston", "express-pino-logger", "response-time"),
        *("express-bunyan-logger", "express-request-id", "express-http-context", "cls-rtracer"),
        *("express-prom-bundle", "express-status-monitor", "morgan-body"),
    ),
    **_all(Role.ERROR, "errorhandler", "strong-error-handler", "api-error-handler"),
    **_all(
        Role.OTHER,
        *("compression", "hpp", "xss-clean", "express-mongo-sanitize", "method-override"),
        *("connect-flash", "express-flash", "connect-timeout", "vhost", "express-useragent"),
        *("shrink-ray-current", "express-device", "i18n", "i18next-http-middleware", "nocache"),
        *("http-proxy-middleware", "express-http-proxy", "feature-policy", "permissions-policy"),
        *("express-robots-txt", "express-security.txt", "express-ipfilter", "connect-livereload"),
        *("webpack-dev-middleware", "webpack-hot-middleware", "express-ejs-layouts"),
        *(
            "express-bearer-token",
            "@bull-board/express",
            "apicache",
            "express-mung",
            "request-ip",
            "express-sslify",
        ),
        *("http-graceful-shutdown", "graphql-http", "express-graphql", "apollo-server-express"),
        *("@apollo/server", "graphql-upload", "express-ws", "express-handlebars", "consolidate"),
        *("express-enforces-ssl", "connect-slashes", "express-minify", "geoip-lite", "toobusy-js"),
    ),
}
"""What everything of a package is for."""

MEMBERS: Mapping[tuple[str, str], Known] = {
    ("express", "json"): Known(Role.BODY),
    ("express", "urlencoded"): Known(Role.BODY),
    ("express", "raw"): Known(Role.BODY),
    ("express", "text"): Known(Role.BODY),
    ("express", "static"): Known(Role.STATIC),
    ("passport", "authenticate"): Known(Role.AUTH),
    ("passport", "authorize"): Known(Role.AUTH),
    ("passport", "initialize"): Known(Role.OTHER),
    ("passport", "session"): Known(Role.SESSION, _SESSION),
    ("lusca", "csrf"): Known(Role.CSRF),
    ("lusca", ""): Known(Role.HELMET),
    ("express-openid-connect", "auth"): Known(Role.SESSION, _SESSION),
    ("express-openid-connect", "attemptSilentLogin"): Known(Role.OTHER),
    ("connect-ensure-login", "ensureLoggedOut"): Known(Role.OTHER),
    ("connect-ensure-login", "ensureNotLoggedIn"): Known(Role.OTHER),
    ("keycloak-connect", "middleware"): Known(Role.OTHER),
    ("keycloak-connect", "checkSso"): Known(Role.OTHER),
    ("express-oauth-server", "token"): Known(Role.OTHER),
    ("express-oauth-server", "authorize"): Known(Role.OTHER),
    ("@clerk/express", "clerkClient"): Known(Role.OTHER),
    ("@auth/express", "ExpressAuth"): Known(Role.OTHER),
    ("@clerk/express", "clerkMiddleware"): Known(Role.OTHER),
    ("express-winston", "errorLogger"): Known(Role.ERROR),
    ("celebrate", "errors"): Known(Role.ERROR),
    ("express-oauth2-jwt-bearer", "claimCheck"): Known(Role.AUTH, _BEARER),
    ("@sentry/node", "Handlers.errorHandler"): Known(Role.ERROR),
    ("@sentry/node", "Handlers.requestHandler"): Known(Role.LOGGING),
    ("@sentry/node", "Handlers.tracingHandler"): Known(Role.LOGGING),
    ("@sentry/node", "expressErrorHandler"): Known(Role.ERROR),
    ("supertokens-node/recipe/session/framework/express", "verifySession"): Known(
        Role.AUTH, _COOKIE
    ),
    ("express-validator", "matchedData"): Known(Role.OTHER),
}
"""Where the parts of a package are for different things; "" is what the package itself gives."""

VALIDATORS = frozenset(
    {
        *("zod", "joi", "@hapi/joi", "yup", "ajv", "celebrate", "superstruct", "valibot"),
        *("class-validator", "express-validator", "validator", "@sinclair/typebox/compiler"),
        *(
            "runtypes",
            "io-ts",
            "jsonschema",
            "is-my-json-valid",
            "validate.js",
            "fastest-validator",
        ),
        *("arktype", "zod/v4", "zod/mini", "zod/v3", "ajv/dist/2020", "ajv/dist/2019", "vine"),
        *("@vinejs/vine", "express-validator/check", "joi-browser", "@typeschema/main", "yup/lib"),
        *("express-openapi-validator", "@sinclair/typebox/value", "djv", "tv4", "validatorjs"),
        *("@hapi/joi", "myzod", "superstruct/lib", "computed-types", "typia", "joiful", "effect"),
    }
)
"""The packages whose schemas a function may hold a request against."""

CHECKS = frozenset(
    {
        *("parse", "parseAsync", "safeParse", "safeParseAsync", "validate", "validateAsync"),
        *("validateSync", "attempt", "assert", "is", "isValid", "isValidSync", "check", "Check"),
        *("mask", "create", "validateOrReject", "validateOrRejectSync", "tryValidate", "run"),
        *("validationResult", "Parse", "Assert", "spa", "decode", "cast", "matchedData"),
    }
)
"""What holds a value against a schema."""

OF_TOKENS: Mapping[str, frozenset[str]] = {
    "jsonwebtoken": frozenset({"verify"}),
    "jose": frozenset({"jwtVerify", "jwtDecrypt", "compactVerify"}),
    "jws": frozenset({"verify"}),
    "jwt-simple": frozenset({"decode"}),
    "fast-jwt": frozenset({"createVerifier"}),
    "paseto": frozenset({"verify", "decrypt"}),
    "express-jwt": frozenset({"", "expressjwt"}),
    "passport": frozenset({"authenticate", "authorize"}),
    "firebase-admin": frozenset(
        {"auth.verifyIdToken", "verifyIdToken", "auth.verifySessionCookie"}
    ),
    "firebase-admin/auth": frozenset({"getAuth.verifyIdToken", "getAuth.verifySessionCookie"}),
    "google-auth-library": frozenset({"OAuth2Client.verifyIdToken"}),
    "aws-jwt-verify": frozenset({"CognitoJwtVerifier.create.verify"}),
    "@clerk/express": frozenset({"requireAuth", "getAuth"}),
    "express-basic-auth": frozenset({""}),
    "basic-auth": frozenset({""}),
    "@okta/jwt-verifier": frozenset({"verifyAccessToken"}),
}
"""What proves who asks, called within a function."""

LIMITERS = frozenset({"rate-limiter-flexible", "@upstash/ratelimit", "limiter"})
"""Those whose limiters a function asks, request by request."""

ROUTERS = frozenset({"express-promise-router", "express-async-router", "@root/async-router"})
"""The packages that make routers which behave as those of Express do."""

DECORATING = frozenset(
    {
        *("@nestjs/common", "tsoa", "routing-controllers", "inversify-express-utils"),
        *("@decorators/express", "@tsed/common", "@tsed/schema", "@overnightjs/core", "ts-express"),
        *("express-decorators", "@tsed/di", "fastify-decorators", "@midwayjs/core"),
    }
)
"""The packages whose decorators make routes: those are made when the app starts."""

WRAPPING = frozenset(
    {
        *("express-async-handler", "express-async-wrap", "async-middleware", "express-async-await"),
        *("@rimiti/express-async", "async-express-mw", "catch-async", "express-unless"),
        *("express-promise-router", "util", "lodash", "express-asyncify", "middleware-async"),
    }
)
"""The packages that hand a function on which is given to them."""


_OF_TOKENS_OF_CSRF = frozenset(
    {
        *("generateToken", "generateCsrfToken", "getTokenFromRequest", "getTokenFromState"),
        *("storeTokenInState", "revokeToken", "invalidCsrfTokenError"),
    }
)
"""What makes tokens against CSRF, and asks for none."""


def known(package: str, member: str) -> Known | None:
    """What something of a package is for; None of what is not known here."""
    last = member.rpartition(".")[2]
    if last in _OF_TOKENS_OF_CSRF:
        return Known(Role.OTHER)
    exact = MEMBERS.get((package, member))
    if exact is not None:
        return exact
    first = member.partition(".")[0]
    return MEMBERS.get((package, first)) or WHOLE.get(package)


LOGS = re.compile(r"(?:console|\w*[lL]og(?:ger)?|winston|debug|metrics?|Sentry|tracer?|span)\b")
"""What is told what happens, and answers nothing."""
_PROVES_AT_ONCE = frozenset({"jsonwebtoken", "jwt-simple", "fast-jwt", "jws"})
_MAKE_GUARDS = frozenset({"passport", "express-jwt", "express-basic-auth", "basic-auth"})


def proves(package: str, member: str) -> bool | None:
    """Whether what proves who asks only promises it; None of what proves nothing."""
    names = OF_TOKENS.get(package, frozenset())
    last = member.rpartition(".")[2]
    if package in _MAKE_GUARDS or (last not in names and member not in names):
        return None
    return package not in _PROVES_AT_ONCE and last != "getAuth"
