"""What each function of a chain is there for: its package first, then its body, its name last.

A name alone is never credited: it only says what an unresolved function sounds like.
"""

import re
from collections.abc import Iterable

from ast_grep_py import SgNode

from skillconnect_ops.code.express_args import Arguments
from skillconnect_ops.code.express_errors import HANDING_ON
from skillconnect_ops.code.express_errors import answers as is_answering
from skillconnect_ops.code.express_model import Certainty, Middleware, Role, Via
from skillconnect_ops.code.express_options import NEVER, parts_of, skipped
from skillconnect_ops.code.express_origins import Origin, Origins
from skillconnect_ops.code.express_packages import VALIDATORS, WRAPPING, known
from skillconnect_ops.code.express_passage import Passage, Passages, Passing
from skillconnect_ops.code.express_requests import Requests, Taken
from skillconnect_ops.code.express_seen import INPUTS
from skillconnect_ops.code.express_signs import Reader, Signs, returned, takes
from skillconnect_ops.code.express_stack import Item
from skillconnect_ops.code.guesses import guessed
from skillconnect_ops.code.javascript_modules import Modules
from skillconnect_ops.code.javascript_objects import Objects
from skillconnect_ops.code.javascript_value import (
    Expression,
    File,
    Global,
    Lost,
    Package,
    Part,
    Value,
    bare,
    reason,
    short,
)
from skillconnect_ops.code.syntax import FUNCTIONS, arguments

_ORDER = (
    *(Role.ERROR, Role.AUTH, Role.CSRF, Role.RATE_LIMIT, Role.VALIDATION, Role.SESSION),
    *(Role.COOKIE, Role.BODY, Role.UPLOAD, Role.CORS, Role.HELMET, Role.STATIC, Role.LOGGING),
    *(Role.OTHER, Role.UNRESOLVED),
)
_NOT_FOUND = re.compile(r"\b40[45]\b|[nN]ot_?[fF]ound|NOT_FOUND")
_SENT = frozenset({"body", "query", "file"})
_LENIENT_VALIDATORS = frozenset(
    {"body", "check", "param", "query", "cookie", "header", "checkSchema", "checkExact", "oneOf"}
)


class Judge:
    """Says of each function what it does."""

    def __init__(self, modules: Modules, values: Objects, args: Arguments) -> None:
        self._modules = modules
        self._values = values
        self._arguments = args
        self._origins = Origins(values)
        self._reader = Reader(values, self._origins)
        self._passages = Passages(values, self._origins)
        self._requests = Requests(values, self._origins)
        self._errors = True
        self.strategies: frozenset[Via] = frozenset()
        """Where the project's passport strategies look for a token."""

    def of(self, item: Item, *, answers: bool = False, errors: bool = True) -> Middleware:
        """What a function is there for.

        Args:
            item: the function.
            answers: whether it is the last of a route: what refuses a request by its status there
                is not therefore a guard.
            errors: whether one of four parameters is for errors; what `router.param` is given is
                not.
        """
        self._errors = errors
        try:
            return self._of_value(item, item.value, answers=answers)
        except RecursionError:
            return self._lost(item, "it is nested too deeply to be followed")

    def _of_value(self, item: Item, value: Value, *, answers: bool) -> Middleware:
        origin = self._origins.of(value)
        if origin is not None:
            return self._of_package(item, value, origin, answers=answers)
        if isinstance(value, Expression):
            if value.node.kind() in FUNCTIONS:
                return self._of_function(item, value, answers=answers)
            if value.node.kind() in {"call_expression", "new_expression"}:
                return self._of_call(item, value, answers=answers)
        if isinstance(value, Package | Lost | Part | Global | File | Expression):
            return self._lost(item, reason(value))
        return self._lost(item, "it is nothing")

    def _lost(self, item: Item, why: str, guess: Role | None = None) -> Middleware:
        return Middleware(
            name=item.name,
            path=item.path,
            line=item.line,
            role=Role.UNRESOLVED,
            roles=(Role.UNRESOLVED,),
            certainty=Certainty.LOW,
            guess=guess or guessed(item.name),
            reason=why,
            condition=item.condition,
        )

    # packages

    def _of_package(self, item: Item, value: Value, origin: Origin, *, answers: bool) -> Middleware:
        found = known(origin.package, origin.member)
        options = self._options(origin)
        if found is None or origin.package in WRAPPING:
            inner = self._wrapped(value)
            if inner is not None:
                return self._of_value(item, inner, answers=answers)
        if found is None:
            if origin.package in VALIDATORS:
                return self._lost(item, f"it is {origin.member} of {origin.package}")
            guess = guessed(f"{item.name} {origin.package}")
            if guess is not None and guess is not Role.LOGGING:
                why = f"what the package {origin.package} does is not known here"
                return self._lost(item, why, guess)
            role = guess or Role.OTHER
            return self._made(item, origin, (role,), options, Certainty.LOW)
        roles = [found.role]
        if origin.package == "lusca" and _option(options, "csrf"):
            roles.append(Role.CSRF)
        return self._made(item, origin, tuple(roles), options, Certainty.HIGH, via=found.via)

    def _made(  # noqa: PLR0917 - what a middleware is made of
        self,
        item: Item,
        origin: Origin,
        roles: tuple[Role, ...],
        options: tuple[object, ...],
        certainty: Certainty,
        via: frozenset[Via] = frozenset(),
    ) -> Middleware:
        whole = " ".join(each.node.text() for each in origin.made)
        condition = item.condition
        skips = skipped(self._values, self._passages, origin, roles)
        if skips == NEVER:
            roles, condition = (Role.OTHER,), item.condition
        elif skips is not None:
            condition = skips if condition is None else f"{condition} and {skips}"
        if Role.AUTH in roles:
            via = self._via(origin, whole, via)
        return Middleware(
            name=item.name,
            path=item.path,
            line=item.line,
            role=_first(roles),
            roles=roles,
            package=origin.package,
            member=origin.member,
            certainty=certainty,
            via=via,
            condition=condition,
            checks=parts_of(origin, options) if Role.VALIDATION in roles else frozenset(),
            options=options,
            lenient=_is_lenient(origin, whole),
            answers=(origin.package, origin.member) not in HANDING_ON,
        )

    def _via(self, origin: Origin, whole: str, via: frozenset[Via]) -> frozenset[Via]:
        if origin.package == "passport":
            if self.strategies:
                return self.strategies
            return frozenset({Via.BEARER}) if "session: false" in whole else frozenset()
        if "cookies" in whole:
            return frozenset({Via.COOKIE})
        return via

    def _options(self, origin: Origin) -> tuple[object, ...]:
        if not origin.made:
            return ()
        call = origin.made[-1]
        return tuple(
            self._arguments.option(call.module, each, call.frame) for each in arguments(call.node)
        )

    def _wrapped(self, value: Value) -> Value | None:
        """The function that is given to a wrapper."""
        if not isinstance(value, Expression):
            return None
        for each in arguments(value.node):
            found = self._values.of(value.module, each, value.frame)
            if isinstance(found, Expression) and found.node.kind() in FUNCTIONS:
                return found
            if self._origins.of(found) is not None and known_role(self._origins.of(found)):
                return found
        return None

    # functions of the project

    def _of_call(self, item: Item, value: Expression, *, answers: bool) -> Middleware:
        """A call whose result is not told: what is called says what it is about."""
        maker = value.node.field("function") or value.node.field("constructor")
        called = None if maker is None else self._values.of(value.module, bare(maker), value.frame)
        if isinstance(called, Expression) and called.node.kind() in FUNCTIONS:
            frame = self._values.called(value.module, value.node, called, value.frame)
            run = Expression(called.module, called.node, frame)
            inner = returned(self._values, run)
            return self._of_function(item, inner or run, answers=answers)
        wrapped = self._wrapped(value)
        if wrapped is not None:
            return self._of_value(item, wrapped, answers=answers)
        return self._lost(item, reason(called) if called is not None else reason(value))

    def _of_function(self, item: Item, function: Expression, *, answers: bool) -> Middleware:
        signs = self._reader.signs(function)
        count = takes(function.node)
        roles = dict(signs.roles)
        who, checks = Passage(passing=Passing.SOME), frozenset[str]()
        guess, why = None, ""
        if count == 4 and self._errors:
            roles = {Role.ERROR: ""}
        else:
            who = self._who(roles, signs, function, answers=answers)
            if who.passing is Passing.UNTOLD:
                guess, why = Role.AUTH, who.why
            sent, checks = self._sent(roles, function, answers=answers)
            if sent.passing is Passing.UNTOLD:
                guess, why = guess or Role.VALIDATION, why or sent.why
            elif sent.condition is not None:
                who = sent
        kept = _sorted(roles) or (Role.OTHER,)
        main = _first(kept)
        if guess is None and signs.lost_role is not None and signs.lost_role not in roles:
            guess, why = signs.lost_role, signs.lost
            if kept == (Role.OTHER,):
                kept, main = (Role.UNRESOLVED,), Role.UNRESOLVED
        untold = guess is None and not {Role.AUTH, Role.ERROR} & roles.keys()
        if untold and signs.perhaps and who.passing is Passing.SOME:
            guess, why = Role.AUTH, signs.perhaps  # it was not found to let everybody pass
        package = roles.get(main) or None
        taken = self._requests.taken(function, 1 if count == 4 else 0)
        is_lost = answers and taken.why != "" and not (taken.parts | signs.reads) & _SENT
        if is_lost and guess is None and Role.VALIDATION not in roles:
            guess, why = Role.VALIDATION, taken.why
        continues = self._reader.continues(function)
        return Middleware(
            name=item.name,
            path=item.path,
            line=item.line,
            role=main,
            roles=kept,
            package=package,
            certainty=Certainty.MEDIUM,
            via=self._of_strategies(package, signs),
            condition=item.condition or who.condition or _where_made(function.node),
            reads=signs.reads | taken.parts,
            checks=checks,
            locks=signs.locks,
            ids=signs.ids,
            answers=is_answering(function.node, errors=Role.ERROR in roles),
            lenient=who.passing is Passing.LENIENT,
            continues=continues,
            ends=not (answers or continues or count == 4) and self._ends(function, taken),
            guess=guess,
            reason=why,
        )

    def _of_strategies(self, package: str | None, signs: Signs) -> frozenset[Via]:
        if package == "passport" and self.strategies:
            return self.strategies
        return signs.via

    def _ends(self, function: Expression, taken: Taken) -> bool:
        """Whether a function that hands nothing on gives something to those who ask."""
        is_rest = _NOT_FOUND.search(function.node.text()) is not None and not taken.parts
        return not is_rest and self._passages.gives(function)

    def _who(
        self, roles: dict[Role, str], signs: Signs, function: Expression, *, answers: bool
    ) -> Passage:
        """Whether a function lets only those pass whom it knows; its role goes if it does not."""
        looks = signs.guards and not answers and Role.CSRF not in roles
        if Role.AUTH not in roles and not signs.denies_nobody and not looks:
            return Passage(passing=Passing.SOME)
        package = roles.pop(Role.AUTH, "")
        told = self._passages.who(function, answers=answers)
        if not signs.refuses and told.passing is not Passing.SOME:
            return Passage(passing=Passing.ALL)  # it looks who asks, and lets everybody pass
        if told.passing in {Passing.SOME, Passing.LENIENT, Passing.UNDER_CONDITION}:
            roles[Role.AUTH] = package
        return told

    def _sent(
        self, roles: dict[Role, str], function: Expression, *, answers: bool
    ) -> tuple[Passage, frozenset[str]]:
        """Whether a function lets only what fits a schema pass; its role goes if it does not."""
        if Role.VALIDATION not in roles:
            return Passage(passing=Passing.SOME), frozenset()
        told, checks = self._passages.sent(function, answers=answers)
        if "asked" in checks and ".run(" in function.node.text():
            checks |= INPUTS  # it runs the validators itself
        if told.condition is not None and Role.AUTH in roles:
            why = f"what is sent is checked only where {told.condition}"
            told = Passage(passing=Passing.UNTOLD, why=why)
        if told.passing in {Passing.ALL, Passing.UNTOLD}:
            del roles[Role.VALIDATION]
        return told, checks


def _where_made(function: SgNode) -> str | None:
    """What must not hold, where a function that makes this one may give another one early."""
    maker = next((each for each in function.ancestors() if each.kind() in FUNCTIONS), None)
    body = maker.field("body") if maker is not None else None
    if body is None or body.kind() != "statement_block":
        return None
    last = [each for each in body.named_children() if each.kind() == "return_statement"]
    if not last or function.range().start.index < last[-1].range().start.index:
        return None
    for statement in body.named_children():
        then = statement.field("consequence") if statement.kind() == "if_statement" else None
        condition = statement.field("condition")
        if then is not None and condition is not None and "return " in then.text():
            return f"not {short(condition)}"
    return None


def known_role(origin: Origin | None) -> bool:
    """Whether what a package gives has a role of its own."""
    return origin is not None and known(origin.package, origin.member) is not None


def _first(roles: Iterable[Role]) -> Role:
    return min(roles, key=_ORDER.index)


def _sorted(roles: Iterable[Role]) -> tuple[Role, ...]:
    return tuple(sorted(roles, key=_ORDER.index))


def _option(options: tuple[object, ...], name: str) -> object:
    return next((each.get(name) for each in options if isinstance(each, dict)), None)


def _is_lenient(origin: Origin, whole: str) -> bool:
    """Whether it lets pass what it does not like."""
    if origin.package.startswith("express-validator"):
        return origin.member.partition(".")[0] in _LENIENT_VALIDATORS
    if origin.package == "express-jwt":
        return re.search(r"credentialsRequired\s*:\s*false", whole) is not None
    if origin.package == "express-openid-connect":
        return re.search(r"authRequired\s*:\s*false", whole) is not None
    return origin.package == "passport" and re.search(r"['\"]anonymous['\"]", whole) is not None
