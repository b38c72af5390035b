"""What nobody writes by hand is listed, and stops nothing."""

from pathlib import Path

import pytest

from skillconnect_ops.code.express import routes
from skillconnect_ops.code.express_model import Application

HEAD = "const express = require('express');\nconst app = express();\n"
TAIL = "app.get('/after', (req, res) => res.end());\n"


def read(folder: Path, text: str | bytes) -> Application:
    data = text if isinstance(text, bytes) else text.encode()
    (folder / "app.js").write_bytes(data)
    return routes(folder, ["app.js"])


def test_what_is_nested_too_deeply_is_told_and_the_rest_is_read(tmp_path: Path) -> None:
    deep = "[\n" * 3000 + "]" * 3000
    found = read(tmp_path, f"{HEAD}app.get('/a', {deep});\n{TAIL}")
    assert [one.path for one in found.routes] == ["/after"]
    assert [(one.line, "too deeply" in one.reason) for one in found.unresolved] == [(3, True)]


def test_a_bundle_that_speaks_of_express_is_told(tmp_path: Path) -> None:
    found = read(tmp_path, f"{HEAD}{TAIL}const x = {' + '.join(['1'] * 9000)};\n")
    assert found.routes == ()
    assert [one.path for one in found.unparsed] == ["app.js"]
    assert "bundle" in found.unparsed[0].reason


def test_functions_and_routers_that_lead_back_to_themselves_end(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        f"{HEAD}const f = (r) => {{ r.get('/x', (req, res) => res.end()); f(r); g(r); }};\n"
        "const g = (r) => f(r);\nf(app);\nconst a = b, b = a;\napp.use(a);\n"
        "const r = express.Router();\nr.use('/r', r);\napp.use('/r', r);\n"
        "class A extends A { constructor() { super(); this.r = new A().r; } }\n"
        f"app.use(new A().r);\n{TAIL}",
    )
    assert [one.path for one in found.routes] == ["/x", "/after"]
    assert [one.line for one in found.unresolved] == [7, 12]


def test_bytes_that_are_no_text_are_told(tmp_path: Path) -> None:
    found = read(tmp_path, HEAD.encode() + b"\x00\xff\xfe app.get(\n" + TAIL.encode())
    assert [one.path for one in found.unparsed] == ["app.js"]


def test_a_link_that_leads_to_itself_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "loop.js").symlink_to("loop.js")
    (tmp_path / "app.js").write_text(HEAD + TAIL)
    found = routes(tmp_path, ["app.js", "loop.js", "gone.js"])
    assert [one.path for one in found.routes] == ["/after"]


@pytest.mark.parametrize(
    ("first", "next_"),
    [
        ("'/aaaaaaaaaa'", "{0} + {0}"),
        ("[handler]", "[...{0}, ...{0}]"),
        ("{{ limit: 1 }}", "{{ ...{0}, ...{0}, inner: {0} }}"),
        ("app", "{0} || {0}"),
        ("`/a`", "`${{{0}}}${{{0}}}`"),
    ],
)
def test_what_doubles_with_every_line_is_not_worked_out(
    tmp_path: Path, first: str, next_: str
) -> None:
    lines = [f"const a0 = {first.format()};"]
    lines += [f"const a{n} = {next_.format(f'a{n - 1}')};" for n in range(1, 60)]
    lines += [
        "app.use(a59);",
        "app.get(a59, handler);",
        "app.get('/x', express.json(a59), handler);",
    ]
    found = read(tmp_path, HEAD + "\n".join(lines) + f"\n{TAIL}")
    assert "/after" in [one.path for one in found.routes]
