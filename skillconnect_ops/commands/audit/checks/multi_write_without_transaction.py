"""One request writes to several collections, and may end half-way.

Why: between two writes the process is restarted, the second one fails a validation, the connection
is lost: an order without its payment, a user without a profile. Nothing puts back the first one.

How it looks: at handlers, and at functions that they call, which write to two models or more of
Mongoose or Prisma, or collections of MongoDB's driver, in one run; writes of which only one can
happen (two branches of a condition, or one that returns) do not count. So do two documents of one
model that are saved, or added to by `$inc`: a transfer; and writes in a loop. A session,
`withTransaction`, `startTransaction` or `$transaction` in the code of the function, or in what it
calls, is taken for one that holds them all. Writes by other libraries, or to documents that are
handed in from elsewhere, are not seen.

Severity: medium; low where all but one of the models are records of what happened (logs,
notifications), and for loops. Scripts that are run by hand are left out. What belongs together, the
code does not say, so the confidence is medium, and low where a part stands in functions that are
called, and for loops.

Silence: `// skc: allow multi-write-without-transaction REASON` at the line of the function.

Before:
    await Order.create(order); await Stock.updateOne({ _id }, { $inc: { left: -1 } });
After:
    await mongoose.connection.transaction(async (session) => {      // needs a replica set
      await Order.create([order], { session });
      await Stock.updateOne({ _id }, { $inc: { left: -1 } }, { session });
    });
"""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from skillconnect_ops.code.writes import Unit
from skillconnect_ops.commands.audit.facts import Facts
from skillconnect_ops.commands.audit.model import Check, Verdict
from skillconnect_ops.commands.audit.placing import placed
from skillconnect_ops.commands.audit.telling import Open, Said, over_server
from skillconnect_ops.core.finding import Confidence, Severity
from skillconnect_ops.core.view import listed

if TYPE_CHECKING:
    from skillconnect_ops.code.server import Server

_RECORDS = re.compile(r"log|audit|activit|notification|analytic|event|histor|metric", re.IGNORECASE)
_MOST = 4


def run(facts: Facts) -> Verdict:
    """Which functions do?"""
    return over_server(
        facts, _judge, applies=lambda found: found.writing, what="functions that write"
    )


def _judge(found: "Server") -> Iterator[Said | Open]:
    for unit in found.units:
        if not unit.transaction and placed(unit.path) is None:
            yield _said(unit)


def _said(unit: Unit) -> Said:
    kept = [model for model in unit.models if not _RECORDS.search(model)]
    name = f"{unit.name} writes" if unit.name else "it writes"
    where = listed(unit.models, most=_MOST)
    if unit.twice:
        where = f"two documents of {where}"
    elif unit.rounds:
        where = f"{where} round by round"
    grave = (len(kept) > 1 or unit.twice) and not unit.rounds
    return Said(
        path=unit.path,
        line=unit.line,
        column=unit.column,
        end_line=unit.end_line,
        context=f"{unit.name}({', '.join(unit.models)})",
        says=f"{name} to {where}, and no transaction holds them together",
        severity=Severity.MEDIUM if grave else Severity.LOW,
        confidence=Confidence.LOW if unit.follows or unit.rounds else Confidence.MEDIUM,
    )


CHECK = Check(
    id="multi-write-without-transaction",
    title="several writes without a transaction",
    severity=Severity.MEDIUM,
    references=("CWE-662", "MongoDB: Transactions"),
    remedy="await mongoose.connection.transaction(async (session) => { … }), and give { session } "
    "to every query in it",
    run=run,
)
