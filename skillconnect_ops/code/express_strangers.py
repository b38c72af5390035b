"""What is given to an app, and what an app is given to, that is no code of the project."""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from ast_grep_py import SgNode

from skillconnect_ops.code.express_args import Tell
from skillconnect_ops.code.express_paths import Pattern
from skillconnect_ops.code.express_stack import Item, Stack
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
from skillconnect_ops.code.syntax import FUNCTIONS, arguments, line_of

if TYPE_CHECKING:
    from skillconnect_ops.code.express_walk import At

_REQUIRED = re.compile(r"require\((?!\s*['\"`][^./])")
"""A require of the project's own code, or of what is decided at run time; of a package not."""
_HARMLESS = re.compile(
    r"^(?:node:)?(?:https?2?|spdy|supertest|socket\.io|ws|express-ws|@sentry/.*|cluster|console"
    r"|chai(?:-http)?|serverless-http|@vendia/serverless-express|stoppable|http-terminator|util"
    r"|debug|aws-serverless-express|lodash|@google-cloud/.*|firebase-functions.*|vhost"
    r"|http-shutdown|greenlock.*|express-list-(?:routes|endpoints)|passport|nunjucks|hbs"
    r"|express-handlebars|consolidate|pino|winston|method-override|@godaddy/terminus|colyseus)$"
)


class Strangers:
    """Tells of routes that others may add, and of mounts that are not told."""

    def __init__(self, values: Objects, stack: Callable[[Value], Stack | None], tell: Tell) -> None:
        self._values = values
        self._stack = stack
        self._tell = tell

    def tell_of_mount(self, item: Item, patterns: tuple[Pattern, ...]) -> None:
        """Tell of what `use` is given that may be a router, and is not told."""
        value = item.value
        is_lost = isinstance(value, Lost | File | Global) or (
            isinstance(value, Part) and not isinstance(value.of, Package | Expression)
        )
        if isinstance(value, Expression):
            kind = value.node.kind()
            is_lost = kind in {"object", "new_expression", "array"}
            if kind == "call_expression" and _REQUIRED.match(value.node.text()) is not None:
                is_lost = True
        if is_lost:
            where = ", ".join(each.text for each in patterns)
            self._tell(
                item.path,
                item.line,
                f"what {item.name} mounts at {where} is not told: {reason(value)}",
            )

    def given_away(self, at: "At", call: SgNode) -> None:
        """An app that is handed to what is no code of the project."""
        function = call.field("function")
        if function is None or at.inert:
            return
        callee = self._values.of(at.module, bare(function), at.frame)
        if isinstance(callee, Expression) and callee.node.kind() in FUNCTIONS:
            return  # it is gone into
        given = self._apps_in(at, call)
        if not given:
            return
        source = self.source(callee)
        if isinstance(callee, Expression) and source is None:
            return  # a function of the project: it is gone into
        if source is not None and _HARMLESS.match(source):
            return
        if source is None and isinstance(callee, Global | Part) and not isinstance(callee, Lost):
            return  # `console.log(app)`
        who = f"the package {source}" if source else short(function)
        self._tell(
            at.module.path, line_of(call), f"what {who} adds to {given[0]} is not told by the text"
        )

    def source(self, value: Value) -> str | None:
        """The package that something comes from."""
        match value:
            case Package(source, _):
                return source
            case Part(of, _):
                return self.source(of)
            case Expression(module, node, frame) if node.kind() in {
                "call_expression",
                "new_expression",
            }:
                maker = node.field("function") or node.field("constructor")
                return None if maker is None else self.source(self._values.of(module, maker, frame))
        return None

    def _apps_in(self, at: "At", call: SgNode) -> list[str]:
        found: list[str] = []
        for each in arguments(call):
            inner = bare(each)
            if inner.kind() in {"identifier", "member_expression"}:
                if self._stack(self._values.of(at.module, inner, at.frame)) is not None:
                    found.append(inner.text())
            elif inner.kind() == "object":
                for child in inner.named_children():
                    value = child.field("value") if child.kind() == "pair" else child
                    if value is None or value.kind() not in {
                        "identifier",
                        "shorthand_property_identifier",
                    }:
                        continue
                    if self._stack(self._values.of(at.module, value, at.frame)) is not None:
                        found.append(value.text())
        return found
