"""Which package something comes from, and by which calls it was made."""

from msgspec import Struct

from skillconnect_ops.code.javascript_objects import Objects
from skillconnect_ops.code.javascript_value import Expression, Package, Part, Value


class Origin(Struct, frozen=True):
    """The package that something comes from, what of it, and the calls that made it."""

    package: str
    member: str
    made: tuple[Expression, ...] = ()


class Origins:
    """Follows values back to the packages that they come from."""

    def __init__(self, values: Objects) -> None:
        self._values = values

    def of(  # noqa: PLR0911 - one a kind of value
        self, value: Value, depth: int = 0
    ) -> Origin | None:
        """Where a value comes from; None of what is the project's own, or is not told."""
        if depth > 20:
            return None
        match value:
            case Package(source, names):
                return Origin(source, ".".join(names))
            case Part(of, name):
                inner = self.of(of, depth + 1)
                if inner is None:
                    return None
                member = f"{inner.member}.{name}" if inner.member else name
                return Origin(inner.package, member, inner.made)
            case Expression(module, node, frame):
                maker = node.field("function") or node.field("constructor")
                if maker is None or node.kind() not in {"call_expression", "new_expression"}:
                    return None
                inner = self.of(self._values.of(module, maker, frame), depth + 1)
                return (
                    None
                    if inner is None
                    else Origin(inner.package, inner.member, (*inner.made, value))
                )
        return None
