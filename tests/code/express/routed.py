"""Random Express apps, and what Express itself makes of them."""

import json
import random
import re
import subprocess
from pathlib import Path
from typing import Any

VERSIONS = {4: "express@4.22.1", 5: "express@5.2.1"}
_METHODS = ("get", "post", "put", "patch", "delete")
_HEAD = """
const express = require('express');
const { Router } = express;
const K = require('./kit.cjs');
const { FLAGS, wrap, PREFIX } = K;
"""
_KIT = """
const ran = (req, name) => { (req.ran = req.ran || []).push(name); };
%s
const named = (made, fn) => { made.named = fn.named || fn.name; return made; };
const wrap = (fn) => named((req, res, next) => Promise.resolve(fn(req, res, next)).catch(next), fn);
function wrapped(fn) {
  const made = async function (req, res, next) {
    try { await fn(req, res, next); } catch (error) { next(error); }
  };
  made.named = fn.named || fn.name;
  return made;
}
const PREFIX = '/pre';
const FLAGS = { on: true, off: false };
module.exports = { %s, wrap, wrapped, PREFIX, FLAGS };
"""
_ASK = """
const http = require('http');
const fs = require('fs');
const folders = JSON.parse(fs.readFileSync('asked.json'));
function held(stack, found) {
  for (const layer of stack || []) {
    if (layer.route) {
      for (const each of layer.route.stack) {
        const name = each.handle.named || each.handle.name;
        found.push([each.method ? each.method.toUpperCase() : 'ALL', name]);
      }
    } else if (layer.handle && layer.handle.stack) held(layer.handle.stack, found);
    else if (layer.handle && layer.handle.router && layer.handle.router.stack) {
      held(layer.handle.router.stack, found);
    }
  }
  return found;
}
const ask = (port, method, path) => new Promise((resolve, reject) => {
  const request = http.request({ port, host: '127.0.0.1', method, path }, (answer) => {
    let text = '';
    answer.on('data', (part) => { text += part; });
    answer.on('end', () => {
      let ran = null;
      try { ran = JSON.parse(text); } catch (error) { ran = text.slice(0, 200); }
      resolve({ status: answer.statusCode, ran: Array.isArray(ran) ? ran : null });
    });
  });
  request.on('error', reject);
  request.end();
});
(async () => {
  const told = [];
  for (const [folder, asked] of folders) {
    const app = require('./' + folder + '/app.cjs');
    await new Promise((resolve) => setTimeout(resolve, 5));
    const stack = (app._router || app.router).stack;
    const server = http.createServer(app);
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    const answers = [];
    for (const [method, path] of asked) {
      answers.push(await ask(server.address().port, method, path));
    }
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    told.push({ held: held(stack, []), answers });
  }
  fs.writeFileSync('told.json', JSON.stringify(told));
  process.exit(0);
})().catch((error) => { console.error(error); process.exit(1); });
"""


def ask(node: str, folder: Path, asked: list[tuple[str, list[tuple[str, str]]]]) -> Any:
    """What Express answers: of each app its route layers, and which functions ran for requests."""
    (folder / "asked.json").write_text(json.dumps(asked))
    (folder / "ask.cjs").write_text(_ASK)
    done = subprocess.run(
        [node, "ask.cjs"], cwd=folder, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads((folder / "told.json").read_text())


class Random:
    """Writes apps at random, the same for a seed."""

    def __init__(self, seed: int, *, version: int) -> None:
        self._random = random.Random(seed)
        self._version = version
        self._number = 0
        self._names: list[str] = []
        self._lines: list[str] = []
        self._files: dict[str, str] = {}

    def write(self, folder: Path) -> list[str]:
        """Write an app of several files; gives their names."""
        folder.mkdir(parents=True)
        self._lines = ["const app = express();"]
        self._fill("app", depth=0)
        for _ in range(self._random.randint(0, 2)):
            self._lines.append(f"app.use({self._middleware()});")
        body = "\n".join(self._lines)
        functions = "\n".join(self._function(name) for name in self._names)
        self._files["kit.cjs"] = _KIT % (functions, ", ".join(self._names))
        self._files["app.cjs"] = f"{_HEAD}{body}\nmodule.exports = app;\n"
        for name, text in self._files.items():
            (folder / name).write_text(text)
        return sorted(self._files)

    @staticmethod
    def _function(name: str) -> str:
        match name[0]:
            case "h":
                return f"function {name}(req, res) {{ ran(req, '{name}'); res.json(req.ran); }}"
            case "e":
                return f"function {name}(err, req, res, next) {{ ran(req, '{name}'); next(err); }}"
            case "p":
                return f"function {name}(req, res, next, value) {{ ran(req, '{name}'); next(); }}"
        return f"function {name}(req, res, next) {{ ran(req, '{name}'); next(); }}"

    def _new(self, kind: str) -> str:
        self._number += 1
        name = f"{kind}{self._number}"
        self._names.append(name)
        return name

    def _middleware(self) -> str:
        return f"K.{self._new('m')}"

    def _handler(self) -> str:
        name = f"K.{self._new('h')}"
        return self._one_of(name, name, f"wrap({name})", f"K.wrapped({name})")

    def _one_of(self, *words: str) -> str:
        return self._random.choice(words)

    def _path(self) -> str:
        """A path within a router, of a segment that no other has, mostly."""
        self._number += 1
        plain = f"/r{self._number}"
        return self._one_of(
            plain, plain, f"{plain}/:id", f"{plain}/deep/er", f"/:kind{plain}", f"{plain}/", "/same"
        )

    def _written(self, path: str) -> str:
        """A path as an expression."""
        first, _, rest = path.lstrip("/").partition("/")
        return self._one_of(
            f"'{path}'",
            f"'{path}'",
            f"`{path}`",
            f"'/{first}' + '{'/' + rest if rest or path.endswith('/') else ''}'",
        )

    def _fill(self, name: str, *, depth: int) -> None:
        """Statements that add something to an app or a router, in any order."""
        ways = [
            *[self._plain] * 4,
            *[self._use] * 3,
            self._chain,
            self._table,
            self._methods,
            self._paths,
            self._conditional,
            self._first_half,
            self._all,
            self._error,
            self._parameter,
            self._helper,
        ]
        if depth < 3:
            ways += [self._mount, self._mount, self._file, self._factory, self._class, self._twice]
        for _ in range(self._random.randint(2, 5)):
            self._random.choice(ways)(name, depth)

    def _chain_of(self) -> str:
        """The handlers of a route: middlewares however they are nested, then what answers."""
        some = [self._middleware() for _ in range(self._random.randint(0, 3))]
        last = self._handler()
        if not some:
            return self._one_of(last, f"[{last}]")
        joined = ", ".join(some)
        return self._one_of(
            f"{joined}, {last}",
            f"[{joined}], {last}",
            f"[{joined}, {last}]",
            f"...[{joined}], {last}",
            f"[{some[0]}, [{', '.join(some[1:])}]], {last}",
        )

    def _plain(self, name: str, depth: int) -> None:
        path = self._written(self._path())
        self._lines.append(f"{name}.{self._one_of(*_METHODS)}({path}, {self._chain_of()});")

    def _use(self, name: str, depth: int) -> None:
        one, two = self._middleware(), self._middleware()
        path = self._one_of("'/'", "'/r1'", "'/area'", "'/:any'", "['/area', '/same']", "PREFIX")
        self._lines.append(
            self._one_of(
                f"{name}.use({one}, {two});",
                f"{name}.use([{one}, {two}]);",
                f"{name}.use({path}, {one}, {two});",
                f"{name}.use({path}, [{one}], {two});",
                f"{name}.use({one}).use({two});",
            )
        )

    def _chain(self, name: str, depth: int) -> None:
        path, first, second = self._written(self._path()), *self._random.sample(_METHODS, 2)
        text = (
            f"{name}.route({path})\n  .{first}({self._chain_of()})\n  .{second}({self._chain_of()})"
        )
        if self._random.random() < 0.3:
            self._number += 1
            held = f"point{self._number}"
            self._lines.append(
                f"const {held} = {name}.route({path}); {held}.{first}({self._chain_of()});"
            )
        else:
            self._lines.append(f"{text};")

    def _table(self, name: str, depth: int) -> None:
        rows = [
            f"{{ path: '{self._path()}', guards: [{self._middleware()}], "
            f"handler: K.{self._new('h')} }}"
            for _ in range(2)
        ]
        self._number += 1
        table = f"table{self._number}"
        self._lines.append(f"const {table} = [{', '.join(rows)}];")
        method = self._one_of(*_METHODS)
        self._lines.append(
            self._one_of(
                f"for (const one of {table}) {name}.{method}(one.path, one.guards, one.handler);",
                f"{table}.forEach(({{ path, guards, handler }}) => "
                f"{{ {name}.{method}(path, ...guards, handler); }});",
                f"for (const {{ path, guards, handler }} of {table}) "
                f"{{ {name}.{method}(path, guards, handler); }}",
            )
        )

    def _methods(self, name: str, depth: int) -> None:
        some = json.dumps(self._random.sample(_METHODS, 2))
        path = self._path()
        self._lines.append(
            f"{some}.forEach((verb) => "
            f"{name}[verb]('{path}', {self._middleware()}, {self._handler()}));"
        )

    def _paths(self, name: str, depth: int) -> None:
        one, two = self._path(), self._path()
        self._lines.append(f"{name}.get(['{one}', '{two}'], {self._chain_of()});")

    def _conditional(self, name: str, depth: int) -> None:
        condition = self._one_of(
            "FLAGS.on", "FLAGS.off", "process.env.SKC_ON === '1'", "process.env.SKC_ON !== '1'"
        )
        inner, other = self._middleware(), self._middleware()
        self._lines.append(
            self._one_of(
                f"if ({condition}) {name}.use({inner});",
                f"if ({condition}) {{ {name}.use('/area', {inner}); }} "
                f"else {{ {name}.use({other}); }}",
                f"{condition} && {name}.use({inner});",
                f"{name}.use({condition} ? {inner} : {other});",
                f"{name}.get('{self._path()}', ...({condition} ? [{inner}] : []), "
                f"{self._handler()});",
            )
        )

    def _first_half(self, name: str, depth: int) -> None:
        """A route that hands on to another of the same path."""
        path, method = self._path(), self._one_of(*_METHODS)
        self._lines.append(f"{name}.{method}('{path}', {self._middleware()});")
        self._lines.append(f"{name}.{method}('{path}', {self._chain_of()});")

    def _all(self, name: str, depth: int) -> None:
        rest = "*" if self._version == 4 else "*rest"
        path = self._one_of(f"/{rest}", f"/area/{rest}", self._path())
        self._lines.append(f"{name}.all('{path}', {self._middleware()});")
        self._lines.append(f"{name}.get('{self._path()}', {self._handler()});")

    def _helper(self, name: str, depth: int) -> None:
        """A function of its own that adds routes."""
        self._number += 1
        helper = f"add{self._number}"
        guard, guards = self._middleware(), self._middleware()
        self._lines.append(
            self._one_of(
                f"function {helper}(router, method, path, ...rest) "
                f"{{ router[method](path, {guard}, ...rest); }}",
                f"const {helper} = function (...args) {{ const [router, method, path] = args; "
                f"router[method](path, [{guard}], args[args.length - 1]); }};",
                f"const {helper} = (router, method, path, handler) => {{ "
                f"router[method](path, {guard}, handler); "
                f"router[method](`/api${{path}}`, [{guards}], handler); }};",
            )
        )
        for _ in range(2):
            verb = self._one_of("get", "put")
            self._lines.append(f"{helper}({name}, '{verb}', '{self._path()}', K.{self._new('h')});")

    def _error(self, name: str, depth: int) -> None:
        self._lines.append(f"{name}.use(K.{self._new('e')});")

    def _parameter(self, name: str, depth: int) -> None:
        self._lines.append(f"{name}.param('id', K.{self._new('p')});")

    # routers

    def _at(self) -> str:
        self._number += 1
        plain = f"/a{self._number}"
        return self._one_of(
            f"'{plain}', ",
            f"'{plain}', ",
            f"`{plain}/v${{1}}`, ",
            f"PREFIX + '{plain}', ",
            f"`${{PREFIX}}{plain}`, ",
            f"'{plain}/:owner', ",
            f"['{plain}', '{plain}b'], ",
            "'/area', ",
            "'/', ",
            "",
        )

    def _router(self) -> str:
        self._number += 1
        return f"router{self._number}"

    def _made(self) -> str:
        return self._one_of(
            "express.Router()", "Router()", "new Router()", "express.Router({ mergeParams: true })"
        )

    def _with(self) -> str:
        return self._one_of("", "", f"{self._middleware()}, ", f"[{self._middleware()}], ")

    def _mount(self, name: str, depth: int) -> None:
        router = self._router()
        self._lines.append(f"const {router} = {self._made()};")
        early = self._random.random() < 0.3  # filled after it was mounted
        mounting = f"{name}.use({self._at()}{self._with()}{router});"
        if early:
            self._lines.append(mounting)
        self._fill(router, depth=depth + 1)
        if not early:
            self._lines.append(mounting)

    def _twice(self, name: str, depth: int) -> None:
        router = self._router()
        self._lines.append(f"const {router} = {self._made()};")
        self._fill(router, depth=depth + 1)
        self._lines.append(f"{name}.use({self._at()}{router});")
        self._lines.append(f"{name}.use('/again{self._number}', {self._with()}{router});")

    def _file(self, name: str, depth: int) -> None:
        """A router of its own file."""
        router = self._router()
        outer, self._lines = self._lines, []
        self._fill("router", depth=depth + 1)
        body = "\n".join(self._lines)
        self._lines = outer
        file = f"{router}.cjs"
        made = self._made()
        shape = self._random.randint(0, 3)
        if shape == 0:
            text = f"const router = {made};\n{body}\nmodule.exports = router;"
            taken = f"require('./{file}')"
        elif shape == 1:
            text = f"const router = {made};\n{body}\nexports.router = router;"
            taken = f"require('./{file}').router"
        elif shape == 2:
            inner = body.replace("\n", "\n  ")
            text = (
                f"module.exports = (extra) => {{\n  const router = {made};\n"
                f"  router.use(extra);\n  {inner}\n  return router;\n}};"
            )
            taken = f"require('./{file}')({self._middleware()})"
        else:
            text = (
                f"function make({{ extra }}) {{\n const router = {made};\n{body}\n"
                "  router.get('/made', extra, (req, res) => K.hLast(req, res));\n"
                "  return router;\n}\nmodule.exports = { make };"
            ).replace("  router.get('/made', extra, (req, res) => K.hLast(req, res));\n", "")
            text = text.replace(
                f"const router = {made};", f"const router = {made}; router.use(extra);"
            )
            taken = f"require('./{file}').make({{ extra: {self._middleware()} }})"
        self._files[file] = f"{_HEAD}{text}\n"
        if self._random.random() < 0.5:
            self._lines.append(f"const {router} = {taken};")
            taken = router
        self._lines.append(f"{name}.use({self._at()}{self._with()}{taken});")

    def _factory(self, name: str, depth: int) -> None:
        """A function that makes another router for each call."""
        self._number += 1
        make = f"make{self._number}"
        outer, self._lines = self._lines, []
        self._fill("router", depth=depth + 2)
        body = "\n  ".join(self._lines)
        self._lines = outer
        self._lines.append(
            f"function {make}(guard, path = '/made') {{\n  const router = {self._made()};\n"
            f"  router.use(guard);\n  {body}\n  router.get(path, {self._handler()});\n"
            "  return router;\n}"
        )
        self._lines.append(f"{name}.use('/f{self._number}', {make}({self._middleware()}));")
        self._lines.append(
            f"{name}.use('/g{self._number}', {make}({self._middleware()}, '/other'));"
        )
        if self._random.random() < 0.5:
            self._lines.append(
                f"for (const v of ['v1', 'v2']) {name}.use(`/${{v}}/{make}`, "
                f"{make}({self._middleware()}, '/' + v));"
            )

    def _class(self, name: str, depth: int) -> None:
        self._number += 1
        made = f"Area{self._number}"
        outer, self._lines = self._lines, []
        self._fill("this.router", depth=depth + 2)
        for _ in range(2):
            self._lines.append(
                self._one_of(
                    f"this.add('get', '{self._path()}', K.{self._new('h')});",
                    f"this.of({{ path: '{self._path()}', method: 'post', "
                    f"guards: [{self._middleware()}], handler: K.{self._new('h')} }});",
                )
            )
        body = "\n    ".join(self._lines)
        self._lines = outer
        self._lines.append(
            f"class Of{made} {{ constructor(guard) {{ this.router = {self._made()}; "
            "this.router.use(guard); this.fill(); } fill() {}\n"
            f"  add(method, path, handler) {{ this.router[method](path, {self._middleware()}, "
            "handler); }\n"
            "  of({ method = 'get', path, guards = [], handler }) { "
            "this.router[method](path, guards, handler); }\n}\n"
            f"class {made} extends Of{made} {{\n  constructor(guard) {{ super(guard); }}\n"
            f"  fill() {{\n    {body}\n  }}\n}}"
        )
        self._lines.append(f"{name}.use({self._at()}new {made}({self._middleware()}).router);")
        if self._random.random() < 0.5:
            self._lines.append(f"const one{made} = new {made}({self._middleware()});")
            self._lines.append(f"{name}.use('/c{self._number}', one{made}.router);")


def sampled(path: str) -> str:
    """A path that somebody might ask for."""
    path = re.sub(r":(\w+)", r"v-\1", path)
    return re.sub(r"\*\w*", "any/thing", path) or "/"
