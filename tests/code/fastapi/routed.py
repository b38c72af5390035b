"""Random FastAPI apps, and what FastAPI itself makes of them."""

import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

_METHODS = ("get", "post", "put", "patch", "delete")
_KIT = """
from fastapi import Depends, Request
from starlette.middleware.base import BaseHTTPMiddleware

PREFIX = "/pre"
FLAGS = {"on": True, "off": False}


def ran(scope, name):
    scope.setdefault("ran", []).append(name)


def named(name):
    async def run(request: Request, call_next):
        ran(request.scope, name)
        return await call_next(request)

    return run
"""
_ASK = """
import importlib, json, sys
from pathlib import Path
from fastapi.testclient import TestClient

told = []
for folder, asked in json.loads(Path("asked.json").read_text()):
    sys.path.insert(0, folder)
    main = importlib.import_module(f"{folder}_main")
    for method in ("app", "create"):
        found = getattr(main, method, None)
        if found is not None:
            app = found() if method == "create" else found
            break
    answers = []
    with TestClient(app) as client:
        for method, path in asked:
            answer = client.request(method, path)
            ran = None
            if answer.status_code == 200:
                ran = answer.json() if method != "HEAD" else None
            answers.append({"status": answer.status_code, "ran": ran})
    inner = getattr(app, "inner", app)
    described = sorted(
        (method.upper(), path)
        for path, ways in inner.openapi()["paths"].items()
        for method in ways
    )
    told.append({"answers": answers, "described": described})
Path("told.json").write_text(json.dumps(told))
"""


def ask(folder: Path, asked: list[tuple[str, list[tuple[str, str]]]]) -> Any:
    """What FastAPI answers: of each app what it describes, and which functions ran for requests."""
    (folder / "asked.json").write_text(json.dumps(asked))
    (folder / "ask.py").write_text(_ASK)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "ask.py"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads((folder / "told.json").read_text())


class Random:
    """Writes apps at random, the same for a seed."""

    def __init__(self, seed: int, name: str) -> None:
        self._random = random.Random(seed)
        self._name = name
        self._number = 0
        self._files: dict[str, list[str]] = {}
        self._kit: list[str] = [_KIT]

    def write(self, folder: Path) -> list[str]:
        """Write an app of several files; gives their names."""
        folder.mkdir(parents=True)
        main = self._file("main")
        given = []
        if self._chance(0.4):
            given.append(f"dependencies=[Depends(kit.{self._dependency()})]")
        if self._chance(0.3):
            given.append(f"middleware=[Middleware(kit.{self._class()})]")
        body = [f"app = FastAPI({', '.join(given)})"]
        body += self._filled("app", depth=0, file="main")
        for _ in range(self._random.randint(0, 2)):
            body.append(self._random.choice(self._middlewares()))
        self._finish(main, body)
        self._files["kit"] = ["\n".join(self._kit)]
        for name, lines in self._files.items():
            (folder / f"{self._name}_{name}.py").write_text("\n".join(lines) + "\n")
        return sorted(f"{self._name}_{name}.py" for name in self._files)

    def _finish(self, main: list[str], body: list[str]) -> None:
        """As a module, or as a factory that nobody calls; perhaps with something before the app."""
        wrapped = self._chance(0.3)
        if wrapped:
            name = self._wrapper()
        if self._chance(0.3):
            last = f"return kit.{name}(app)" if wrapped else "return app"
            lines = [line for one in [*body, last] for line in one.split("\n")]
            main += ["def create():", *(f"    {line}" for line in lines)]
        else:
            main += body
            if wrapped:
                main += [f"app = kit.{name}(app)"]

    def _file(self, name: str) -> list[str]:
        lines = [
            "from typing import Annotated",
            "from fastapi import APIRouter, Depends, FastAPI, Request",
            "from starlette.middleware import Middleware",
            f"import {self._name}_kit as kit",
        ]
        self._files[name] = lines
        return lines

    def _chance(self, part: float) -> bool:
        return self._random.random() < part

    def _new(self, kind: str) -> str:
        self._number += 1
        return f"{kind}{self._number}"

    # functions

    def _dependency(self, depth: int = 0) -> str:
        name = self._new("d")
        asks = ""
        if depth < 2 and self._chance(0.4):
            inner = self._dependency(depth + 1)
            asks = self._random.choice(
                (f", found=Depends({inner})", f", found: str | None = Depends({inner})")
            )
        body = f"    ran(request.scope, '{name}')\n"
        form = self._random.randint(0, 3)
        if form == 0:
            self._kit.append(f"async def {name}(request: Request{asks}):\n{body}    return 1\n")
        elif form == 1:
            self._kit.append(f"def {name}(request: Request{asks}):\n{body}    yield 1\n")
        elif form == 2:
            self._kit.append(
                f"class {name}:\n    def __init__(self, request: Request{asks}):\n    {body}"
            )
        else:
            self._kit.append(
                f"class {name}C:\n    def __init__(self, name):\n        self.name = name\n"
                f"    def __call__(self, request: Request{asks}):\n"
                f"        ran(request.scope, self.name)\n\n{name} = {name}C('{name}')\n"
            )
        return name

    def _class(self) -> str:
        name = self._new("m")
        if self._chance(0.5):
            self._kit.append(
                f"class {name}(BaseHTTPMiddleware):\n"
                "    async def dispatch(self, request, call_next):\n"
                f"        ran(request.scope, '{name}')\n        return await call_next(request)\n"
            )
        else:
            self._wrapper(name)
        return name

    def _wrapper(self, name: str | None = None) -> str:
        name = name or self._new("m")
        self._kit.append(
            f"class {name}:\n    def __init__(self, app):\n        self.inner = app\n"
            "    async def __call__(self, scope, receive, send):\n"
            f"        if scope['type'] == 'http':\n            ran(scope, '{name}')\n"
            "        await self.inner(scope, receive, send)\n"
        )
        return name

    def _middlewares(self) -> list[str]:
        function = self._new("m")
        return [
            f"app.add_middleware(kit.{self._class()})",
            (
                f"@app.middleware('http')\nasync def {function}(request: Request, call_next):\n"
                f"    kit.ran(request.scope, '{function}')\n    return await call_next(request)"
            ),
            f"app.middleware('http')(kit.named('{function}'))"
            if self._chance(0.0)
            else f"app.add_middleware(kit.{self._class()})",
        ]

    # routes

    def _filled(self, name: str, *, depth: int, file: str) -> list[str]:
        lines: list[str] = []
        for _ in range(self._random.randint(1, 4)):
            kind = self._random.randint(0, 9)
            if kind < 5 or depth > 2:
                lines += self._route(name)
            elif kind < 8:
                lines += self._included(name, depth=depth, file=file)
            elif kind == 8:
                lines += self._looped(name)
            else:
                flag = self._random.choice(("on", "off"))
                inner = "\n".join(self._route(name)).split("\n")
                lines += [f"if kit.FLAGS['{flag}']:", *(f"    {one}" for one in inner)]
        return lines

    def _path(self) -> str:
        part = self._new("p")
        return self._random.choice((f"/{part}", f"/{part}/{{key}}", f"/{part}/x", f"/{part}/"))

    def _written(self, path: str) -> str:
        return self._random.choice((f"'{path}'", f"f'{path}'" if "{" not in path else f"'{path}'"))

    def _signature(self) -> str:
        asks = ""
        for number in range(self._random.randint(0, 2)):
            name = self._dependency()
            asks += self._random.choice(
                (
                    f", a{number}: Annotated[int | None, Depends(kit.{name})]",
                    f", a{number}: int | None = Depends(kit.{name})",
                )
            )
        plain = [one for one in asks.split(", a") if "=" not in one]
        rest = [one for one in asks.split(", a") if "=" in one]
        return ", a".join([*plain, *rest]).removeprefix(", ") if asks else ""

    def _handler(self) -> tuple[str, str]:
        name = self._new("h")
        extra = self._signature()
        given = f"request: Request{', ' + extra.lstrip(', ') if extra else ''}"
        text = (
            f"{self._random.choice(('async def', 'def'))} {name}({given}):\n"
            f"    kit.ran(request.scope, '{name}')\n    return request.scope['ran']"
        )
        return name, text

    def _route(self, to: str) -> list[str]:
        path, (name, text) = self._path(), self._handler()
        given = ""
        if self._chance(0.3):
            given = f", dependencies=[Depends(kit.{self._dependency()})]"
        method = self._random.choice(_METHODS)
        form = self._random.randint(0, 3)
        if form < 2:
            return [f"@{to}.{method}({self._written(path)}{given})\n{text}"]
        if form == 2:
            several = ", ".join(f'"{one.upper()}"' for one in {method, "put"})
            return [f"@{to}.api_route({self._written(path)}, methods=[{several}]{given})\n{text}"]
        return [
            text,
            f"{to}.add_api_route({self._written(path)}, {name}, methods=['{method}']{given})",
        ]

    def _looped(self, to: str) -> list[str]:
        name, text = self._handler()
        first, second = self._new("p"), self._new("p")
        if self._chance(0.5):
            return [
                text,
                f"for part in ('{first}', '{second}'):\n    {to}.get(f'/{{part}}')({name})",
            ]
        return [
            text,
            (
                f"add = {to}.add_api_route\n"
                f"for part, way in {{'{first}': 'GET', '{second}': 'POST'}}.items():\n"
                f"    add('/' + part, {name}, methods=[way])"
            ),
        ]

    def _included(self, to: str, *, depth: int, file: str) -> list[str]:
        name = self._new("r")
        given = [f"prefix='/{name}'"] if self._chance(0.6) else []
        if self._chance(0.3):
            given.append(f"dependencies=[Depends(kit.{self._dependency()})]")
        made = f"{name} = APIRouter({', '.join(given)})"
        how = [self._random.choice((f"prefix='/i{name}'", f"prefix=kit.PREFIX + '/i{name}'"))]
        if self._chance(0.3):
            how.append(f"dependencies=[Depends(kit.{self._dependency()})]")
        shown = ", ".join(how)
        if self._chance(0.5):
            lines = self._file(name)
            lines += [made, *self._filled(name, depth=depth + 1, file=name)]
            module = f"{self._name}_{name}"
            form = self._random.randint(0, 2)
            if form == 0:
                return [f"import {module}", f"{to}.include_router({module}.{name}, {shown})"]
            if form == 1:
                return [f"from {module} import {name}", f"{to}.include_router({name}, {shown})"]
            return [
                f"from {module} import {name} as other",
                f"for one in (other,):\n    {to}.include_router(one, {shown})",
            ]
        inner = self._filled(name, depth=depth + 1, file=file)
        if self._chance(0.3):  # by a function
            return [
                made,
                *inner,
                f"def add{name}(to):\n    to.include_router({name}, {shown})",
                f"add{name}({to})",
            ]
        if to == "app" and self._chance(0.3):
            return [
                f"{name} = FastAPI()",
                *inner,
                f"{to}.mount('/m{name}', {name})",
            ]
        return [made, *inner, f"{to}.include_router({name}, {shown})"]
