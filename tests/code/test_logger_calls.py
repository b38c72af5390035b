"""Calls of `console` become those of a logger: each case stands beside what has to come of it."""

import os
import re
import shutil
import subprocess
from pathlib import Path, PurePosixPath

import pytest
from ast_grep_py import SgRoot
from hypothesis import given
from hypothesis import strategies as st

from skillconnect_ops.code.javascript_modules import Modules
from skillconnect_ops.code.logger_calls import Task, applied, rewritten
from skillconnect_ops.code.logger_model import Rewritten
from skillconnect_ops.code.logger_module import Packages, loggers
from skillconnect_ops.code.syntax import LANGUAGES, parsed

CASES = Path(__file__).parent / "logger_cases"
AFTER = ".after"
MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"
NAMES = sorted(
    path.relative_to(CASES).as_posix().removesuffix(AFTER) for path in CASES.rglob(f"*{AFTER}")
)


def rewrite(name: str, text: str | None = None) -> Rewritten:
    """One case, as a file of the small project that its folder is."""
    project, _, path = name.partition("/")
    root = CASES / project
    files = [
        each.relative_to(root).as_posix()
        for each in sorted(root.rglob("*"))
        if each.is_file() and each.suffix != AFTER
    ]

    def read(file: str) -> str:
        return (root / file).read_bytes().decode().removeprefix(MARK)

    modules, packages = Modules(files, read), Packages(files, read)
    (logger,) = loggers(files, modules, packages)
    return rewritten(
        path,
        read(path) if text is None else text,
        LANGUAGES[PurePosixPath(path).suffix],
        Task(logger=logger, modules=modules, request_id=project == "request_id"),
        es_package=packages.is_es_module(path),
        wanted=lambda _: True,
    )


def test_there_are_as_many_cases_as_were_promised() -> None:
    assert len(NAMES) >= 40


@pytest.mark.parametrize("name", NAMES)
def test_a_file_becomes_exactly_what_stands_beside_it(name: str) -> None:
    wanted = (CASES / f"{name}{AFTER}").read_bytes().decode()
    assert rewrite(name).text == wanted.removeprefix(MARK)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_marked_stays_and_nothing_else(name: str) -> None:
    lines = (CASES / name).read_text(encoding="utf-8").split("\n")
    marked = [number for number, line in enumerate(lines, start=1) if "// LEFT" in line]
    assert sorted({one.line or marked[0] for one in rewrite(name).left}) == marked


@pytest.mark.parametrize("name", NAMES)
def test_a_second_run_changes_nothing(name: str) -> None:
    once = rewrite(name)
    again = rewrite(name, once.text)
    assert (again.text, again.calls) == (once.text, 0)


@pytest.mark.parametrize("name", NAMES)
def test_what_comes_out_parses(name: str) -> None:
    text = rewrite(name).text
    assert parsed(text, LANGUAGES[PurePosixPath(name).suffix])[1] is None


def test_the_loggers_own_sloppy_example_never_comes_out() -> None:
    """A template's `${…}` between plain quotes is printed as it stands."""
    for name in NAMES:
        for found in re.finditer(r"""(["'])(?:(?!\1)[^\n\\]|\\.)*\1""", rewrite(name).text):
            assert "${" not in found[0], name


@pytest.mark.parametrize("name", [name for name in NAMES if name.endswith(("js", "cjs"))])
def test_node_reads_what_comes_out(name: str) -> None:
    if (node := shutil.which("node")) is None:
        if "CI" in os.environ:
            pytest.fail("there is no node")
        pytest.skip("there is no node")
    text = rewrite(name).text
    kind = "module" if re.search(r"^(import|export) ", text, re.MULTILINE) else "commonjs"
    ran = subprocess.run(
        [node, f"--input-type={kind}", "--check", "-"],
        input=text.encode(),
        capture_output=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr.decode()


HEADS = (
    "",
    "#!/usr/bin/env node\n",
    "'use strict';\n",
    "/* License: MIT */\n\n'use strict';\n\n",
    "// a file\n",
)
IMPORTS = (
    "const a = require('./a');\n",
    "require('./b').start();\n",
    "const log = require('./utils/logger');\n",
    "const logger = require('./other');\n",
    "const { c, d: e } = require('./c') // c\n",
    "const f = require('f')\n\n;[1].map(f)\n",
)
CALLS = (
    "console.log('one:', a.id, b);\n",
    "console.log(`two ${console.error('in', e)} of`, { a, ...b })\n",
    "if (a) console.warn('three %s', token); else console.log(a, b);\n",
    "const x = () => console.log(\n  'four',\n  a.b,\n  c.b, // c\n)\n",
    "function f(logger) {\n\tconsole.log('five', a.very_long_name_1, a.another_long_one, b.c)\n}\n",
    "p.then((v) => console.log(v)).catch(console.error)\n",
    "try { g() } catch (problem) { console.error('six', problem, problem.message) }\n",
    "console.table(a); console.log()\n",
    "console.log(fn(function () { console.log('seven', this.id) }))\n",
    'console.log("it\'s", `eight`, a?.b?.c, a["x-y"]);\n',
    "(console.log('nine'), console?.debug('ten', 1))\n",
    "async (req, res) => console.log(await a, req.body, `${req.body}`)\n",
    "var s = 'console.log(1)' // console.log(2)\n",
)


@given(
    head=st.sampled_from(HEADS),
    imports=st.lists(st.sampled_from(IMPORTS), max_size=4),
    calls=st.lists(st.sampled_from(CALLS), min_size=1, max_size=6),
    windows=st.booleans(),
    project=st.sampled_from(("commonjs", "pino", "request_id", "named")),
)
def test_whatever_a_file_holds_only_calls_and_one_import_differ(
    *, head: str, imports: list[str], calls: list[str], windows: bool, project: str
) -> None:
    text = "".join([head, *imports, *calls])
    text = text.replace("\n", "\r\n") if windows else text
    once = rewrite(f"{project}/any.js", text)
    root = SgRoot(text, "javascript").root()
    places = {
        (call.range().start.index, call.range().end.index)
        for call in root.find_all(kind="call_expression")
        if "console" in (call.field("function") or call).text()
    }
    added = [edit for edit in once.edits if edit.start == edit.end]
    assert len(added) <= 1
    assert all(("require(" in edit.text) for edit in added)
    assert all((edit.start, edit.end) in places for edit in once.edits if edit not in added)
    assert once.text == applied(text, once.edits)
    assert parsed(once.text, "javascript")[1] is None
    assert "\n" not in once.text.replace("\r\n", "") or not windows
    again = rewrite(f"{project}/any.js", once.text)
    assert (again.text, again.edits) == (once.text, ())
    if once.text.startswith("#!") or text.startswith("#!"):
        assert once.text[:2] == "#!"
