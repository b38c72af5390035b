"""What the body of a function does for a request: prove who asks, check what was sent."""

import re
from collections.abc import Iterator, Mapping

from ast_grep_py import SgNode
from msgspec import Struct

from skillconnect_ops.code.express_model import Role, Via
from skillconnect_ops.code.express_origins import Origin, Origins
from skillconnect_ops.code.express_packages import CHECKS, LIMITERS, OF_TOKENS, VALIDATORS, known
from skillconnect_ops.code.javascript_objects import Objects, last_result
from skillconnect_ops.code.javascript_value import (
    Expression,
    Global,
    Lost,
    Part,
    bare,
    parameters,
    short,
)
from skillconnect_ops.code.syntax import FUNCTIONS, arguments

_DEEPEST = 4
_REFUSES = re.compile(
    r"\b40[13]\b|UNAUTHORI[SZ]ED|FORBIDDEN|Unauthori[sz]ed|Forbidden|NotAuthenticated"
    r"|AuthenticationError|AuthorizationError|redirect\(\s*['\"`][^'\"`]*log-?in",
)
_ASKS_WHO = re.compile(
    r"\breq(?:uest)?\.(?:user|auth|session|userId|currentUser|account|token|uid|admin|isAuthenticated)\b"
    r"|\b(?:res|response)\.locals\.(?:user|auth|session|currentUser)\b|isAuthenticated\(|\.loggedIn\b"
    r"|headers(?:\.authorization|\[['\"`][Aa]uthorization)|['\"`][Aa]uthorization['\"`]"
    r"|\b(?:cookies|signedCookies)\b|\.isLoggedIn\b|x-api-key|apiKey",
)
_DENIES_NOBODY = re.compile(
    r"!\s*\(?\s*req(?:uest)?\.(?:user|auth|session\??\.\w+|userId|currentUser|uid)\b"
    r"|!\s*req(?:uest)?\.isAuthenticated\(|!\s*(?:token|authHeader|authorization)\b"
)
_HOLDS_AGAINST_A_SECRET = re.compile(
    r"\btimingSafeEqual\(|\bconstructEvent\w*\(|\b(?:verify|validate)\w*(?:Signature|Webhook)\w*\("
    r"|headers?[^;\n]{0,60}!==?\s*(?:process\.env|config)\b|!==?\s*req(?:uest)?\.headers?\b"
)
_TURNS_AWAY = re.compile(
    r"(?:!\s*\(?\s*(?:req(?:uest)?|ctx)\.(?:user|auth|session\??\.\w+|userId|currentUser|uid"
    r"|isAuthenticated)\b|\breq(?:uest)?\.(?:user|isAuthenticated\(\))\s*\?)"
    r"[\s\S]*(?:redirect\(|\bstatus|sendStatus\(|\bthrow\b|writeHead\(|\bend\(|deny|refuse)"
)
_BEARER = re.compile(
    r"headers(?:\.authorization|\[['\"`][Aa]uthorization)|(?:get|header)\(\s*['\"`][Aa]uthorization"
    r"|Bearer\b|fromAuthHeader|x-api-key|x-access-token|x-auth-token"
)
_COOKIE = re.compile(r"\b(?:cookies|signedCookies)\b|headers(?:\??\.cookie\b|\[['\"`]cookie)")
_SESSION = re.compile(r"\breq(?:uest)?\.(?:session|isAuthenticated)\b")
_READS = re.compile(
    r"(?:\breq(?:uest)?|\bctx|\b_req)\??\.(body|query|params|cookies|signedCookies|headers|session|files?)\b"
)
_TAKEN_APART = re.compile(
    r"\{([^{}]*)\}\s*(?::\s*[\w<>., ]+)?\s*(?:=\s*(?:req(?:uest)?)\b|,\s*_?res\b)"
)
_PARTS = re.compile(r"\b(body|query|params|cookies|headers|session|files?)\b")
_CSRF = re.compile(r"(?:x-)?(?:csrf|xsrf)-?token|csrf|xsrf", re.IGNORECASE)
_SLOWS = re.compile(
    r"\b429\b|TOO_MANY|[tT]oo ?[mM]any|[rR]etry-?_?[aA]fter|next\(\s*\w|rateLimit\w*\("
)
_LOCKS = re.compile(
    r"[lL]ogin_?[aA]ttempts?|[fF]ailed_?(?:[lL]ogin|[aA]ttempts?)|[lL]ock(?:ed|out)?_?[uU]ntil"
    r"|\blogAttempt\b|[aA]ccount(?:Is)?Locked|\b(?:\w*[uU]ser|\w*[aA]ccount|member|customer)\??\."
    r"(?:is_?)?[lL]ocked(?:Out)?\b"
)
"""What code calls the locking of an account after some tries."""
_HOLDS_IDS = re.compile(
    r"\bisValidObjectId\(|ObjectId\.isValid\(|\bisMongoId\(|\bisUUID\(|uuid\w*\.validate\("
    r"|\w*[vV]alidate\w*\(\s*req(?:uest)?\.params|\.test\(\s*(?:req(?:uest)?\.params\.)?\w*[iI]d\b"
    r"|Number\.isInteger\(|\bisNaN\("
)
_REFUSES_FORM = re.compile(r"\b4\d\d\b|\bthrow\b|\bnext\(\s*\w|BAD_REQUEST|NOT_FOUND|NotFound")
_LIKE_SCHEMA = re.compile(r"schema|validator|dto|rules|ajv|joi\b", re.IGNORECASE)


class Signs(Struct, frozen=True, kw_only=True):
    """What a function, and those of the project that it calls, show."""

    roles: Mapping[Role, str] = {}
    """What it does, each with the package that it does it by; "" of none."""
    via: frozenset[Via] = frozenset()
    reads: frozenset[str] = frozenset()
    refuses: bool = False
    asks_who: bool = False
    """Whether it looks who asks."""
    guards: bool = False
    """Whether one function looks who asks, and refuses."""
    denies_nobody: bool = False
    """Whether one function refuses exactly those of whom it knows nothing."""
    perhaps: str = ""
    """Why it may prove who asks, where nothing of that is judged."""
    ids: bool = False
    """Whether it holds the parameters of a path against a form, and refuses others."""
    locks: bool = False
    """Whether it speaks of accounts that are locked after some tries."""
    lost: str = ""
    """Why a part of it could not be followed that bears on this."""
    lost_role: Role | None = None
    conditions: Mapping[Role, str] = {}


class Reader:
    """Reads functions, each once for what its parameters are bound to."""

    def __init__(self, values: Objects, origins: Origins) -> None:
        self._values = values
        self._origins = origins
        self._known: dict[tuple[object, ...], Signs] = {}

    def signs(self, function: Expression, depth: int = 0) -> Signs:
        """What a function does."""
        outer = (*self._values.identity(function.module, function.node, function.frame), depth)
        if outer not in self._known:
            self._known[outer] = Signs()  # one that calls itself adds nothing to itself
            self._known[outer] = self._read(function, depth)
        return self._known[outer]

    def _read(self, function: Expression, depth: int) -> Signs:
        text = _code(function.node)
        roles: dict[Role, str] = {}
        conditions: dict[Role, str] = {}
        via, reads = set(_via(text)), _reads(text)
        refuses = _REFUSES.search(text) is not None
        own, asks_who = refuses, _ASKS_WHO.search(text) is not None
        guards = False
        locks = _LOCKS.search(text) is not None
        perhaps = _perhaps(text)
        ids = _HOLDS_IDS.search(text) is not None and _REFUSES_FORM.search(text) is not None
        denies = refuses and _DENIES_NOBODY.search(text) is not None
        lost, lost_role = "", None
        for call in _calls(function.node):
            found = self._of_call(function, call, depth)
            if isinstance(found, Signs):
                for role, package in found.roles.items():
                    roles.setdefault(role, package)
                conditions.update(found.conditions)
                via |= found.via
                reads |= found.reads
                refuses = refuses or found.refuses
                locks = locks or found.locks
                ids = ids or found.ids
                perhaps = perhaps or found.perhaps
                denies = denies or (found.denies_nobody and _is_asked(call))
                guards = guards or (found.guards and _hands_on(call))
                asks_who = asks_who or (found.asks_who and _is_asked(call))
                lost, lost_role = lost or found.lost, lost_role or found.lost_role
        if Role.RATE_LIMIT in roles and not _SLOWS.search(text):
            del roles[Role.RATE_LIMIT]  # it limits what goes out
        if refuses and Role.CSRF not in roles and _CSRF.search(text) and "headers" in text:
            roles[Role.CSRF] = ""
        return Signs(
            roles=roles,
            via=frozenset(via),
            reads=frozenset(reads),
            refuses=refuses,
            asks_who=asks_who,
            guards=guards or (own and asks_who),
            denies_nobody=denies,
            locks=locks,
            ids=ids,
            perhaps=perhaps,
            lost=lost,
            lost_role=lost_role,
            conditions=conditions,
        )

    def continues(self, function: Expression, depth: int = 0) -> bool:
        """Whether a function may hand a request on: it calls `next()`, or gives `next` away."""
        names = parameters(function.node)
        place = 3 if takes(function.node) == 4 else 2
        if len(names) <= place:
            return any(each.kind() == "rest_pattern" for each in names)
        pattern = names[place].field("pattern") or names[place]
        if pattern.kind() != "identifier":
            return True
        own = pattern.text()
        for call in function.node.find_all(kind="call_expression"):
            maker = call.field("function")
            given = arguments(call)
            if maker is None:
                continue
            if maker.text() == own:
                if not given or given[0].text().strip("'\"`") in {"route", "router"}:
                    return True
                continue
            if not any(each.text() == own for each in given):
                continue
            name = maker.text().rpartition(".")[2]
            if name in {"catch", "fail"}:
                continue
            called = self._values.of(function.module, bare(maker), function.frame)
            if not isinstance(called, Expression) or called.node.kind() not in FUNCTIONS:
                return True
            frame = self._values.called(function.module, call, called, function.frame)
            inner = Expression(called.module, called.node, frame)
            if depth > _DEEPEST or self.continues(inner, depth + 1):
                return True
        return False

    def _of_call(  # noqa: PLR0911 - one a kind of what is called
        self, function: Expression, call: SgNode, depth: int
    ) -> Signs | None:
        maker = call.field("function") or call.field("constructor")
        if maker is None:
            return None
        called = self._values.of(function.module, bare(maker), function.frame)
        if isinstance(called, Expression) and called.node.kind() in FUNCTIONS:
            if depth >= _DEEPEST or called.node == function.node:
                return None
            frame = self._values.called(function.module, call, called, function.frame)
            return self.signs(Expression(called.module, called.node, frame), depth + 1)
        origin = self._origins.of(called)
        given = ", ".join(each.text() for each in arguments(call))
        if origin is not None:
            return _of_origin(origin, given)
        name = maker.text().rpartition(".")[2].rstrip("?")
        if isinstance(called, Lost | Part | Global) and maker.kind() == "member_expression":
            holder = maker.field("object")
            is_schema = holder is not None and _LIKE_SCHEMA.search(holder.text()) is not None
            if name in CHECKS and is_schema and re.search(r"\breq|\bbody\b|\bdata\b", given):
                why = f"which schema {short(maker)} asks, is not told"
                return Signs(lost=why, lost_role=Role.VALIDATION)
            if _CSRF.search(name) and re.search(r"\breq(?:uest)?\b", given):
                why = f"what {short(maker)} refuses is not told"
                return Signs(lost=why, lost_role=Role.CSRF)
        return None


def _of_origin(origin: Origin, given: str) -> Signs | None:
    """What calling something of a package shows."""
    package, member = origin.package, origin.member
    last = member.rpartition(".")[2]
    if last in OF_TOKENS.get(package, ()) or member in OF_TOKENS.get(package, ()):
        bearer = {Via.BEARER} if "fromAuthHeader" in given else set()
        return Signs(roles={Role.AUTH: package}, via=frozenset(bearer))
    if package in VALIDATORS and (last in CHECKS or _calls_a_schema(package, origin)):
        if "process.env" not in given and given:
            return Signs(roles={Role.VALIDATION: package})
        return None
    if package in LIMITERS and last in {"consume", "limit", "removeTokens", "penalty", "schedule"}:
        return Signs(roles={Role.RATE_LIMIT: package})
    found = known(package, member)
    if found is None or not re.search(r"\breq(?:uest)?\b", given):
        return None
    return Signs(roles={found.role: package}, via=found.via)


def _calls_a_schema(package: str, origin: Origin) -> bool:
    """`const check = ajv.compile(schema); check(req.body)`."""
    return package == "ajv" and "compile" in origin.member and bool(origin.made)


def _perhaps(text: str) -> str:
    """Why a function may prove who asks, though no known way of that is seen."""
    if _HOLDS_AGAINST_A_SECRET.search(text):
        return "whether what it holds against a secret proves who asks is not told"
    return "whom it turns away is not told" if _TURNS_AWAY.search(text) else ""


def _is_asked(call: SgNode) -> bool:
    """`ensureUser(req)`."""
    return any(each.text() in {"req", "request", "ctx"} for each in arguments(call))


def _hands_on(call: SgNode) -> bool:
    """`requireUser(req, res, next)`."""
    return any(each.text() in {"next", "cb", "done"} for each in arguments(call))


def _code(node: SgNode) -> str:
    """The text of a function without its comments."""
    text = node.text()
    if "/*" not in text and "//" not in text:
        return text
    comments = [each.text() for each in node.find_all(kind="comment")]
    for comment in comments:
        text = text.replace(comment, " ", 1)
    return text


def _calls(node: SgNode) -> Iterator[SgNode]:
    yield from node.find_all(any=[{"kind": "call_expression"}, {"kind": "new_expression"}])


def _via(text: str) -> Iterator[Via]:
    if _BEARER.search(text):
        yield Via.BEARER
    if _COOKIE.search(text):
        yield Via.COOKIE
    if _SESSION.search(text):
        yield Via.SESSION


def _reads(text: str) -> set[str]:
    found = {one.rstrip("s") if one == "files" else one for one in _READS.findall(text)}
    for inside in _TAKEN_APART.findall(text):
        found |= set(_PARTS.findall(inside))
    return found


def takes(function: SgNode) -> int:
    """How many parameters a function has, as `Function.length` counts them."""
    number = 0
    for each in parameters(function):
        pattern = each.field("pattern") or each
        if pattern.kind() in {"rest_pattern", "assignment_pattern"} or each.field("value"):
            return number
        number += each.text() != "this"
    return number


def returned(values: Objects, function: Expression) -> Expression | None:
    """The function that a function gives back, where it does."""
    result = last_result(function.node)
    if result is None:
        return None
    found = values.of(function.module, result, function.frame)
    is_one = isinstance(found, Expression) and found.node.kind() in FUNCTIONS
    return found if is_one and isinstance(found, Expression) else None
