"""The nouns of a route table: of Express, and of FastAPI and Starlette."""

from enum import StrEnum
from typing import Any

from msgspec import Struct

from skillconnect_ops.code.model import Unparsed, Unresolved


class State(StrEnum):
    """Whether a route has a protection."""

    YES = "yes"
    NO = "no"
    CONDITIONAL = "conditional"
    """It has it where a condition holds, or for a part of its paths."""
    UNRESOLVED = "unresolved"
    """The text does not tell; never the same as yes."""
    NOT_NEEDED = "not_needed"


class Role(StrEnum):
    """What a middleware is there for."""

    AUTH = "auth"
    VALIDATION = "validation"
    RATE_LIMIT = "rate_limit"
    CSRF = "csrf"
    SESSION = "session"
    COOKIE = "cookie"
    BODY = "body"
    BODY_LIMIT = "body_limit"
    CORS = "cors"
    HELMET = "helmet"
    ERROR = "error"
    STATIC = "static"
    UPLOAD = "upload"
    LOGGING = "logging"
    OTHER = "other"
    UNRESOLVED = "unresolved"


class Certainty(StrEnum):
    """How a role was told."""

    HIGH = "high"
    """By the package that it comes from."""
    MEDIUM = "medium"
    """By what its function does."""
    LOW = "low"
    """By its name alone: nothing is credited for that."""


class Via(StrEnum):
    """How a request says who it is from."""

    BEARER = "bearer"
    COOKIE = "cookie"
    SESSION = "session"


class Middleware(Struct, frozen=True, kw_only=True):
    """A function of a chain, and what it is there for."""

    name: str
    """As it is written."""
    path: str
    line: int
    role: Role
    """The most telling of `roles`."""
    roles: tuple[Role, ...] = ()
    """All that it does: one function may check who asks and what is sent."""
    package: str | None = None
    """The package that it comes from, or that its function asks for what it does."""
    member: str = ""
    """What of the package: `json` of express, `noSniff` of helmet."""
    certainty: Certainty = Certainty.MEDIUM
    via: frozenset[Via] = frozenset()
    """Of one that authenticates: where it looks for who is asking."""
    guess: Role | None = None
    """Of one that is unresolved: what its name sounds like."""
    reason: str = ""
    """Of one that is unresolved: why."""
    condition: str | None = None
    """What must hold for it to run, as it is written; None where it always does."""
    reads: frozenset[str] = frozenset()
    """What it reads of a request: `body`, `query`, `params`, `cookies`, `headers`, `session`."""
    checks: frozenset[str] = frozenset()
    """Of one that validates: `body`, `query`, `params`; `asked` of what asks for the results of
    validators before it. Empty where that is not told."""
    options: tuple[Any, ...] = ()
    """The arguments that it is made with as plain data; see `Computed`."""
    continues: bool = True
    """Whether it may hand a request on."""
    ends: bool = False
    """Whether it answers what comes to it with more than a refusal, and never hands it on."""
    lenient: bool = False
    """Whether it lets pass what it does not like: optional login, a validator nobody asks."""
    rates: tuple[tuple[float, float], ...] = ()
    """Of a limiter whose package does not say it in `options`: tries, and in how many milliseconds;
    the strictest counts."""
    answers: bool = True
    """Whether it may answer, and does not only hand requests or errors on."""
    ids: bool = False
    """Whether it holds the parameters of a path against a form, and refuses others."""
    locks: bool = False
    """Whether it speaks of accounts that are locked after some tries."""


class Computed(Struct, frozen=True):
    """A part of an option that is no plain data."""

    text: str
    """As it is written."""
    reason: str


class Use(Struct, frozen=True, kw_only=True):
    """A middleware that stands before, between or after an app's routes, in the order of calls."""

    app: str
    """`path:line` of the app."""
    prefix: str
    """The whole path below which it runs; `/` for all."""
    order: int
    """Its place among all uses and routes of its app."""
    middleware: Middleware
    method: str | None = None
    """Of a route that hands requests on to later ones: its method; `ALL` for every one."""


class Route(Struct, frozen=True, kw_only=True):
    """What an app answers."""

    app: str
    """`path:line` of the app."""
    method: str
    """In capitals; `ALL` for every method."""
    path: str
    """Whole, as mounted; a part that is computed stands there as `<text>`."""
    file: str
    line: int
    order: int
    """Its place among all uses and routes of its app."""
    handlers: tuple[Middleware, ...]
    """What answers: the last function of its chain."""
    middlewares: tuple[Middleware, ...]
    """What runs before, in order: of the app, of its routers, of the route itself."""
    validation: State
    rate_limit: State
    csrf: State
    auth: State
    condition: str | None = None
    """What must hold for the route to be there at all."""
    by_use: bool = False
    """Whether `use` added it: it answers all below its path."""


class App(Struct, frozen=True, kw_only=True):
    """`express()` or `FastAPI()`, or a router that no app of the project mounts."""

    file: str
    line: int
    is_router: bool = False
    framework: str = "express"
    """Or `fastapi`, or `starlette`."""

    @property
    def place(self) -> str:
        """`path:line`."""
        return f"{self.file}:{self.line}"


class Application(Struct, frozen=True, kw_only=True):
    """All that a project's code shows of its apps."""

    apps: tuple[App, ...] = ()
    routes: tuple[Route, ...] = ()
    """In the order in which they are asked, app by app."""
    uses: tuple[Use, ...] = ()
    unresolved: tuple[Unresolved, ...] = ()
    """Routes and mounts that could not be followed."""
    unparsed: tuple[Unparsed, ...] = ()
    files: int = 0
    """How many files were looked into."""
    settings: tuple["Setting", ...] = ()


class Setting(Struct, frozen=True, kw_only=True):
    """`app.set(name, value)`, `app.enable(name)`, `app.disable(name)`."""

    app: str
    file: str
    line: int
    name: str
    value: Any


def together(*found: Application) -> Application:
    """What several searches showed, as one."""
    return Application(
        apps=tuple(one for each in found for one in each.apps),
        routes=tuple(one for each in found for one in each.routes),
        uses=tuple(one for each in found for one in each.uses),
        unresolved=tuple(one for each in found for one in each.unresolved),
        unparsed=tuple(one for each in found for one in each.unparsed),
        files=sum(each.files for each in found),
        settings=tuple(one for each in found for one in each.settings),
    )
