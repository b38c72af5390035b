"""What functions write to a database, model by model, and whether a transaction holds it together.

Models are those of Mongoose (`model("User", …)`, documents made or found by them) and of Prisma
(`prisma.user`), and the collections of MongoDB's own driver (`db.collection("users")`).
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from ast_grep_py import SgNode
from msgspec import Struct

from skillconnect_ops.code.express_origins import Origins
from skillconnect_ops.code.javascript_modules import Module, Modules
from skillconnect_ops.code.javascript_objects import Objects
from skillconnect_ops.code.javascript_value import EMPTY, Expression, bare, parameters
from skillconnect_ops.code.package_calls import place
from skillconnect_ops.code.syntax import FUNCTIONS, arguments, string

_OF_MODELS = frozenset(
    {
        *("create", "insertMany", "updateOne", "updateMany", "findOneAndUpdate", "bulkWrite"),
        *("findByIdAndUpdate", "findOneAndDelete", "findByIdAndDelete", "findByIdAndRemove"),
        *("findOneAndRemove", "deleteOne", "deleteMany", "replaceOne", "findOneAndReplace"),
        *("save", "remove"),
    }
)
_OF_PRISMA = frozenset(
    {"create", "createMany", "update", "updateMany", "upsert", "delete", "deleteMany"}
)
_OF_COLLECTIONS = _OF_MODELS - {"create", "save", "remove"} | {"insertOne"}
_TRANSACTION = re.compile(
    r"withTransaction|startTransaction|startSession|\$transaction\b|\.transaction\("
    r"|\bsession\s*[,}:]|runInTransaction|inTransaction"
)
_PREFILTER = re.compile(
    r"\.(?:" + "|".join(sorted(_OF_MODELS | _OF_PRISMA | _OF_COLLECTIONS)) + r")\("
)
_LIBRARIES = ("mongoose", "prisma", "Prisma", ".collection(")
_LOOPS = frozenset({"for_statement", "for_in_statement", "while_statement", "do_statement"})
_ROUNDS = re.compile(r"\.(?:map|forEach|flatMap|each\w*)$")
_ADDS = re.compile(r"\$inc\b")
_OF_OTHERS = re.compile(
    r"^(?:res|req|response|request|console|logger|JSON|Math|Object|Array|Promise|Date|Number|String"
    r"|process|_|path|fs|assert|winston|expect)\b"
    r"|\.(?:then|catch|finally|map|filter|forEach|find|some|every|reduce|push|join|split|includes"
    r"|toString|trim|replace|slice|length|status|json|send|end|log|on|emit|get|set|has|test|match)$"
)
"""What is no function of the project that writes; most calls are such."""
_DEEPEST = 3


class Branch(Struct, frozen=True):
    """One side of a condition that something stands in."""

    node: SgNode
    """The condition as a whole."""
    side: str
    leaves: bool
    """Whether what comes after it does not run, where this side does."""


class Written(Struct, frozen=True):
    """One model that is written to, and the branches of conditions that this stands in."""

    model: str
    branches: tuple[Branch, ...]
    target: str = ""
    """Which document it is: the variable of one that is saved, the filter of one that is added to;
    empty where that is not told, or does not matter."""


class Unit(Struct, frozen=True, kw_only=True):
    """A function that writes to several models, itself or by what it calls."""

    path: str
    line: int
    column: int
    end_line: int
    name: str
    models: tuple[str, ...]
    transaction: bool
    """Whether a session or transaction is named in it, or in what it calls."""
    follows: bool
    """Whether a part of it stands in functions that it calls."""
    twice: bool = False
    """Whether it is two documents of one model."""
    rounds: bool = False
    """Whether it is a write in a loop alone."""


class _Function(Struct):
    """A function that writes, or calls functions that do."""

    module: Module
    node: SgNode
    own: list[Written]
    rounds: list[str]
    """The models that it writes to in loops."""


class Writers:
    """The functions of some files that write."""

    def __init__(self, modules: Modules, values: Objects, files: Sequence[str]) -> None:
        self._modules = modules
        self._values = values
        self._origins = Origins(values)
        self._functions: dict[tuple[str, int], _Function] = {}
        self._whole: dict[tuple[str, int], tuple[set[str], bool]] = {}
        self._called: dict[tuple[str, int], list[tuple[SgNode, Expression]]] = {}
        if not any(word in modules.text(path) for path in files for word in _LIBRARIES):
            return
        for path in files:
            module = modules.module(path) if _PREFILTER.search(modules.text(path)) else None
            if module is not None:
                self._note(module)

    def __len__(self) -> int:
        return len(self._functions)

    def _note(self, module: Module) -> None:
        """Note the writes of a file at the functions that they belong to."""
        for call in module.root.find_all(kind="call_expression"):
            model = self._written(module, call)
            if model is None:
                continue
            unit = _unit(call)
            if unit is None:
                continue
            key = (module.path, unit.range().start.index)
            held = self._functions.setdefault(key, _Function(module, unit, [], []))
            held.own.append(Written(model, _branches(call, unit), _target(call)))
            if _is_round(call, unit):
                held.rounds.append(model)

    def _written(  # noqa: PLR0911 - one a library
        self, module: Module, call: SgNode
    ) -> str | None:
        function = call.field("function")
        if function is None or function.kind() != "member_expression":
            return None
        name, holder = function.field("property"), function.field("object")
        if name is None or holder is None:
            return None
        method = name.text()
        if method in _OF_PRISMA and holder.kind() == "member_expression":
            base, own = holder.field("object"), holder.field("property")
            if base is not None and own is not None and re.search(r"(?i)prisma$", base.text()):
                return f"prisma.{own.text()}"
        if method in _OF_PRISMA and holder.kind() == "member_expression":
            client = self._origins.of(self._values.of(module, holder, EMPTY))
            if client is not None and client.package == "@prisma/client":
                return f"prisma.{client.member.rpartition('.')[2]}"
        if method in _OF_COLLECTIONS:
            named = self._collection(module, bare(holder))
            if named is not None:
                return named
        if method not in _OF_MODELS:
            return None
        return self._model(module, bare(holder))

    def _collection(self, module: Module, holder: SgNode) -> str | None:
        """The name in `db.collection("orders")`, also by a variable."""
        value: Any = self._values.of(module, holder, EMPTY)
        made = value.node if isinstance(value, Expression) else holder
        maker = made.field("function") if made.kind() == "call_expression" else None
        given = arguments(made) if maker is not None else []
        if maker is None or not given or not re.search(r"[\w)]\??\.collection$", maker.text()):
            return None
        return string(given[0]) or given[0].text()

    def _model(self, module: Module, holder: SgNode) -> str | None:
        value: Any = self._values.of(module, holder, EMPTY)
        if isinstance(value, Expression) and value.node.kind() == "binary_expression":
            right = value.node.field("right")  # models.User || model("User", …)
            value = value if right is None else self._values.of(value.module, right, value.frame)
        origin = self._origins.of(value)
        if origin is None or origin.package != "mongoose" or not origin.made:
            return None
        if "model" not in origin.member.split("."):
            return None
        given = arguments(origin.made[0].node)
        return string(given[0]) if given else None

    def found(self) -> Iterator[Unit]:
        """The functions whose runs write to several models."""
        for key, held in sorted(self._functions.items(), key=lambda one: one[0]):
            yield from self._of(key, held.module, held.node)
        for module, handler in self._handlers():
            key = (module.path, handler.range().start.index)
            if key not in self._functions:
                yield from self._of(key, module, handler)

    def _of(self, key: tuple[str, int], module: Module, node: SgNode) -> Iterator[Unit]:
        held = self._functions.get(key)
        calls = list(self._calls(module, node))
        written = list(held.own if held is not None else ())
        own = {one.model for one in written}
        transaction = _speaks_of_one(node)
        for call, inner in calls:
            models, within = self._closure(inner, 0)
            transaction = transaction or within
            if len(models) > 1:
                return  # it is told where it is called
            written += [Written(one, _branches(call, node)) for one in models]
        together = _together(written)
        twice = set() if together else _twice(written)
        rounds = set(held.rounds if held is not None else ()) if not together | twice else set()
        together = together | twice | rounds
        if not together:
            return
        line, column, _ = place(node)
        yield Unit(
            path=module.path,
            line=line,
            column=column,
            end_line=line,
            name=_name(node),
            models=tuple(sorted(together)),
            transaction=transaction,
            follows=not together <= own,
            twice=bool(twice),
            rounds=bool(rounds),
        )

    def _closure(self, function: Expression, depth: int) -> tuple[set[str], bool]:
        """The models that a function writes to with all that it calls."""
        key = (function.module.path, function.node.range().start.index)
        if key in self._whole:
            return self._whole[key]
        self._whole[key] = (set(), False)  # one that calls itself
        held = self._functions.get(key)
        models = {one.model for one in held.own} if held is not None else set()
        transaction = bool(models) and _speaks_of_one(function.node)
        if depth < _DEEPEST:
            for _, inner in self._calls(function.module, function.node):
                more, within = self._closure(inner, depth + 1)
                models = models | more
                transaction = transaction or within
        self._whole[key] = (models, transaction)
        return self._whole[key]

    def _calls(self, module: Module, node: SgNode) -> list[tuple[SgNode, Expression]]:
        """The functions of the project that a function calls, each with its call."""
        key = (module.path, node.range().start.index)
        if key not in self._called:
            self._called[key] = list(self._found_calls(module, node))
        return self._called[key]

    def _found_calls(self, module: Module, node: SgNode) -> Iterator[tuple[SgNode, Expression]]:
        for call in node.find_all(kind="call_expression"):
            maker = call.field("function")
            if maker is None or maker.kind() not in {"identifier", "member_expression"}:
                continue
            if _OF_OTHERS.search(maker.text()):
                continue
            called = self._values.of(module, maker, EMPTY)
            if not isinstance(called, Expression) or called.node.kind() not in FUNCTIONS:
                continue
            if called.node != node and _unit(call) == node:
                yield call, called

    def _handlers(self) -> Iterator[tuple[Module, SgNode]]:
        """The handlers in files that import a file that writes."""
        seen: set[str] = set()
        for path in sorted({path for path, _ in self._functions}):
            for module in self._modules.importing(path, "res"):
                if module.path in seen:
                    continue
                seen.add(module.path)
                for kind in sorted(FUNCTIONS):
                    for node in module.root.find_all(kind=kind):
                        if _answers(node):
                            yield module, node


def _together(written: Sequence[Written]) -> set[str]:
    """The models of which two are written to in one run, and not each in a branch of its own."""
    found: set[str] = set()
    for place_, one in enumerate(written):
        for other in written[place_ + 1 :]:
            if one.model != other.model and _meet(one, other):
                found |= {one.model, other.model}
    return found


def _twice(written: Sequence[Written]) -> set[str]:
    """The models of which one run saves, or adds to, two documents: a transfer between them."""
    return {
        one.model
        for place_, one in enumerate(written)
        for other in written[place_ + 1 :]
        if one.model == other.model
        and one.target
        and other.target
        and one.target != other.target
        and one.target[0] == other.target[0]
        and _meet(one, other)
    }


def _target(call: SgNode) -> str:
    """`a` of `a.save()`, the filter of `updateOne(filter, { $inc: … })`, each with its sort."""
    maker, given = call.field("function"), arguments(call)
    holder = maker.field("object") if maker is not None else None
    if maker is None or holder is None:
        return ""
    if maker.text().endswith(".save"):
        return f"={holder.text()}" if holder.kind() == "identifier" else ""
    if len(given) > 1 and _ADDS.search(given[1].text()):
        return f"+{given[0].text()}"
    return ""


def _is_round(call: SgNode, unit: SgNode) -> bool:
    """Whether it is run round by round of a loop, or for each element of a list."""
    for up in call.ancestors():
        if up == unit:
            return False
        if up.kind() in _LOOPS:
            return True
        maker = up.field("function") if up.kind() == "call_expression" else None
        if maker is not None and up != call and _ROUNDS.search(maker.text()):
            return True
    return False


def _speaks_of_one(function: SgNode) -> bool:
    """Whether code, and neither comments nor texts, speaks of a transaction."""
    text = function.text()
    if not _TRANSACTION.search(text):
        return False
    for each in function.find_all(any=[{"kind": "comment"}, {"kind": "string_fragment"}]):
        text = text.replace(each.text(), " ", 1)
    return _TRANSACTION.search(text) is not None


def _meet(one: Written, other: Written) -> bool:
    """Whether one run may come to both, the first of which stands before the other."""
    sides = {branch.node: branch.side for branch in other.branches}
    for branch in one.branches:
        side = sides.get(branch.node)
        if (side is None and branch.leaves) or (side is not None and side != branch.side):
            return False
    return True


def _leaves(side: SgNode) -> bool:
    """Whether a block ends with a return or a throw."""
    inner = [each for each in side.named_children() if each.kind() != "comment"]
    last = inner[-1] if side.kind() == "statement_block" and inner else side
    return last.kind() in {"return_statement", "throw_statement"}


def _branches(node: SgNode, unit: SgNode) -> tuple[Branch, ...]:
    """The branches that a node stands in, within a function."""
    found: list[Branch] = []
    child = node
    for up in node.ancestors():
        if up == unit:
            break
        if up.kind() in {"if_statement", "ternary_expression"}:
            found += [
                Branch(up, side, _leaves(child))
                for side in ("consequence", "alternative")
                if up.field(side) == child
            ]
        elif up.kind() in {"switch_case", "switch_default"}:
            body = up.parent()
            if body is not None:
                found.append(Branch(body, str(up.range().start.index), leaves=False))
        child = up
    return tuple(found)


def _unit(node: SgNode) -> SgNode | None:
    """The handler that a node runs in; else the nearest function that has a name."""
    named = None
    for up in node.ancestors():
        if up.kind() not in FUNCTIONS:
            continue
        if _answers(up):
            return up
        if named is None and _name(up):
            named = up
    return named


def _answers(function: SgNode) -> bool:
    names = [re.split(r"[:=\s]", each.text(), maxsplit=1)[0] for each in parameters(function)]
    return len(names) > 1 and names[1] in {"res", "response", "reply", "_res"}


def _name(function: SgNode) -> str:
    own = function.field("name")
    if own is not None:
        return own.text()
    for up in function.ancestors():
        kind = up.kind()
        if kind in {"variable_declarator", "pair", "assignment_expression", "field_definition"} or (
            kind == "public_field_definition"
        ):
            found = up.field("name") or up.field("key") or up.field("left") or up.field("property")
            return "" if found is None else found.text().rpartition(".")[2]
        if kind not in {"call_expression", "arguments", "await_expression"}:
            return ""
    return ""
