"""Which documents an index that expires them would delete at once: pure."""

from skillconnect_ops.commands.indexes.difference import Row, Standing
from skillconnect_ops.commands.indexes.model import Facts
from skillconnect_ops.commands.indexes.pruning import spoken
from skillconnect_ops.core.outcome import Known, Missing
from skillconnect_ops.core.view import count

_WHICH = frozenset({"keys", "partialFilterExpression", "sparse", "collation"})
"""Options that say which documents an index has."""


def expires_more(row: Row) -> bool:
    """Whether documents go by the index as declared that stay by the one that is there."""
    after_s = row.index.expire_after_s
    standing = row.standing in {Standing.IN_PLACE, Standing.BUILDING}
    if row.declared is None or after_s is None or standing:
        return False
    before_s = row.found.index.expire_after_s if row.found is not None else None
    if before_s is None or after_s < before_s:
        return True
    return any(one.option in _WHICH for one in row.how)


def deleted(row: Row, facts: Facts) -> str:
    """Which documents go within a minute, for people; empty where none do."""
    after_s = row.index.expire_after_s
    if after_s is None or not expires_more(row):
        return ""
    documents = f"documents of {row.collection} whose {row.index.fields[0]}"
    rule = f"is more than {spoken(after_s)} ago"
    match facts.expiring.get((row.collection, row.index.called)):
        case Known(0):
            return ""
        case Known(number):
            return f"{count(number, documents, documents)} {rule}"
        case Missing(reason):
            return f"the {documents} {rule} ({reason})"
        case _:
            return f"the {documents} {rule}"
