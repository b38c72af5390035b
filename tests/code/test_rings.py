"""The reader of rings that we ship: who calls it reads three variables."""

import pytest

from skillconnect_ops.code.javascript import is_worth_parsing, javascript
from skillconnect_ops.core.resources import template

RING = {"K": True, "K_FALLBACKS": False, "K_MIN_IAT": False}


def required(text: str, *, language: str = "typescript") -> dict[str, bool]:
    assert is_worth_parsing(text.encode())
    found = javascript(text, path="a.js", language=language)
    assert found.unresolved == ()
    return {read.name: read.required for read in found.reads}


@pytest.mark.parametrize(
    "text",
    [
        "const { jwtRing } = require('./jwt-ring.cjs');\nconst users = jwtRing('K');",
        "const { jwtRing: ring } = require('../lib/jwt-ring');\nring('K');",
        "const ring = require('./jwt-ring.cjs').jwtRing;\nring('K');",
        "const rings = require('./jwt-ring.cjs');\nexports.users = rings.jwtRing('K');",
        "exports.users = require('./jwt-ring.cjs').jwtRing('K');",
        "import { jwtRing } from './jwt-ring.cjs';\nexport const users = jwtRing('K');",
        "import { jwtRing as ring } from '@/jwt-ring.cjs';\nring('K');",
        "import rings from './jwt-ring.cjs';\nrings.jwtRing('K');",
        "import * as rings from './jwt-ring.cjs';\nrings.jwtRing('K');",
        "import { jwtRing } from './jwt-ring.cjs';\nconst NAME = 'K';\njwtRing(NAME);",
    ],
)
def test_a_call_reads_the_ring_of_that_name(text: str) -> None:
    assert required(text) == RING


@pytest.mark.parametrize(
    "text",
    [
        "// as jwt-ring does\njwtRing('K');",
        "const { jwtRing } = require('./other');  // not jwt-ring\njwtRing('K');",
        "const { other } = require('./jwt-ring.cjs');\nother('K');",
    ],
)
def test_a_function_of_that_name_from_elsewhere_reads_nothing(text: str) -> None:
    assert required(text) == {}


def test_a_computed_name_is_unresolved() -> None:
    text = "const { jwtRing } = require('./jwt-ring.cjs');\njwtRing(which());"
    found = javascript(text, path="a.js", language="typescript")
    assert found.reads == ()
    assert [each.line for each in found.unresolved] == [2]


def test_the_reader_itself_is_not_among_those_who_read() -> None:
    text = template("express/jwt-ring.cjs")
    assert not javascript(text, path="lib/jwt-ring.cjs", language="typescript").unresolved
    assert javascript(text, path="lib/mine.cjs", language="typescript").unresolved
