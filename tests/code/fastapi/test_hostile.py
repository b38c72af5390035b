"""What nobody writes by hand is listed, and stops nothing."""

from pathlib import Path

import pytest

from skillconnect_ops.code.discovery import content
from skillconnect_ops.code.express_model import Application
from skillconnect_ops.code.fastapi import routes
from skillconnect_ops.code.fastapi_server import server

HEAD = "from fastapi import APIRouter, FastAPI\napp = FastAPI()\n"
TAIL = "@app.get('/after')\ndef after():\n    return {}\n"


def read(folder: Path, text: str | bytes) -> Application:
    data = text if isinstance(text, bytes) else text.encode()
    (folder / "main.py").write_bytes(data)
    server(["main.py"], lambda path: content(folder, path))
    return routes(folder, ["main.py"])


def test_a_file_that_is_no_python_is_told(tmp_path: Path) -> None:
    found = read(tmp_path, f"{HEAD}{TAIL}def (:\n")
    assert found.routes == ()
    assert [one.path for one in found.unparsed] == ["main.py"]
    assert "line 6" in found.unparsed[0].reason


@pytest.mark.parametrize(
    "deep",
    [
        f"x = {'(' * 150}1{')' * 150}\n",
        f"x = {'[' * 3000}{']' * 3000}\n",
        f"x = {'-' * 3000}1\n",
        f"x = a{'.b' * 3000}\n",
        f"x = {' + '.join(['a'] * 3000)}\n",
        f"x = a{'()' * 3000}\n",
    ],
)
def test_what_is_nested_deeply_stops_nothing(tmp_path: Path, deep: str) -> None:
    found = read(tmp_path, f"{HEAD}{deep}{TAIL}")
    told = [one.path for one in found.routes]
    assert told == ["/after"] or found.unparsed or found.unresolved


@pytest.mark.parametrize(
    "endless",
    [
        "def f(x):\n    return f(f(x))\nf(app)\n",
        "def f():\n    g()\ndef g():\n    f()\nf()\n",
        "r = APIRouter()\nr.include_router(r)\napp.include_router(r)\n",
        "class A(A):\n    pass\nA().x.y()\n",
        "x = x\ny = z\nz = y\n",
        "while True:\n    pass\n",
        "for i in range(10**9):\n    app.get('/a')\n",
        "x = 'a' * 10**9\ny = 9 ** 9 ** 9\nz = [0] * 10**9\n",
        "x = [1]\nfor i in x:\n    x.append(i)\n",
        "x = 'a'\nfor i in range(2000):\n    x = x + x\n",
        "x = [1]\nfor i in range(2000):\n    x = [x, x]\n",
        "x = [1]\nfor i in range(2000):\n    x = [x, x]\ny = f'{x} {str(x)}' + str(x)\n",
        "x = (1,)\nfor i in range(2000):\n    x = (x, x)\ny = {x}\nz = {x: x == x}\n",
        "x = 'a'\nfor i in range(2000):\n    x = x.replace('a', x)\n",
        "x = '%1000000000d' % 1\ny = '{:>1000000000}'.format(1)\nz = f'{1:>1000000000}'\n",
        "x = {}\nx['x'] = x\nprint(x, f'{x}')\n",
        "import main\nfrom main import app as again\nfrom main import *\n",
    ],
)
def test_what_leads_back_to_itself_ends(tmp_path: Path, endless: str) -> None:
    found = read(tmp_path, f"{HEAD}{endless}{TAIL}")
    assert ("GET", "/after") in [(one.method, one.path) for one in found.routes] or (
        found.unresolved or found.unparsed
    )


def test_bytes_that_are_no_text_stop_nothing(tmp_path: Path) -> None:
    found = read(tmp_path, HEAD.encode() + b"# \xff\xfe\n" + TAIL.encode())
    assert [one.path for one in found.routes] == ["/after"]
    found = read(tmp_path, HEAD.encode() + b"\x00\n" + TAIL.encode())
    assert found.unparsed or found.routes


def test_a_link_that_leads_to_itself_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "loop.py").symlink_to("loop.py")
    (tmp_path / "main.py").write_text(HEAD + TAIL)
    found = routes(tmp_path, ["main.py", "loop.py", "gone.py"])
    assert [one.path for one in found.routes] == ["/after"]


def test_a_project_without_fastapi_costs_no_parse(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def parsed(*_: object, **__: object) -> None:
        raise AssertionError("nothing is parsed")

    monkeypatch.setattr("skillconnect_ops.code.fastapi_modules.ast.parse", parsed)
    (tmp_path / "tool.py").write_text("import os\n" * 20)
    assert routes(tmp_path, ["tool.py"]) == Application()
    assert server(["tool.py"], lambda path: content(tmp_path, path)).files == 0
