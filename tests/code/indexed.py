"""Random Mongoose code, and what Mongoose itself makes of it."""

import json
import random
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from skillconnect_ops.core.indexes import Index

MONGOOSE = "mongoose@9.9.3"
HEAD = """
const mongoose = require("mongoose");
const { Schema } = mongoose;
const Mixed = Schema.Types.Mixed;
process.emitWarning = () => {};
mongoose.set("autoIndex", false);
mongoose.set("autoCreate", false);
"""
_WRITTEN = """
const told = [];
for (const name of mongoose.modelNames()) {
  const model = mongoose.model(name);
  for (const [keys, options] of model.schema.indexes()) {
    delete options._autoIndex;
    told.push([model.collection.name, Object.entries(keys), options]);
  }
}
console.log(JSON.stringify(told));
process.exit(0);
"""
_TRIED = """
const fit = [];
%s
console.log(JSON.stringify(fit));
process.exit(0);
"""
_WORDS = (
    *("User", "Category", "Parcel", "Person", "Child", "Box", "Status", "Bus", "Analysis", "Quiz"),
    *("Mouse", "Knife", "Datum", "News", "Index", "Alias", "Potato", "Day", "Fish", "Human"),
)
_INDEX = (
    *("true", "false", "1", "-1", "'text'", "'2dsphere'", "'hashed'", "'asc'", "'desc'", "{}"),
    *("{unique: true}", "{type: '2d', sparse: true}", "{name: 'one'}", "{name: 'other'}"),
    *("{expires: '1h'}", "{text: true}", "{sparse: true, partialFilterExpression: {a: {$gt: 5}}}"),
)
_TYPES = (
    *("String", "Number", "Date", "mongoose.Schema.Types.ObjectId", "Mixed", "'string'", "Buffer"),
)
_ODD = (
    *("{}", "[]", "Array", "Object", "{type: Array}", "[String]"),
    "{type: [[{type: String, index: true}]]}",
    "{type: {type: String, index: true}, x: {type: Number, index: -1}}",
)


def ask(node: str, folder: Path, text: str) -> Any:
    """Run a script in a folder that has the packages; gives what it prints, from JSON."""
    file = folder / "asked.cjs"
    file.write_text(text)
    done = subprocess.run(
        [node, str(file)], cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


def of_mongoose(node: str, folder: Path, body: str) -> set[str]:
    """The indexes that Mongoose makes of a script's models, each as one comparable text."""
    told = ask(node, folder, f"{HEAD}{body}{_WRITTEN}")
    return {one(*each) for each in told if [name for name, _ in each[1]] != ["_id"]}


def fitting(node: str, folder: Path, blocks: list[str]) -> list[str]:
    """Those parts that Mongoose takes: not all that can be written is allowed."""
    tries = "\n".join(
        f"try {{ (() => {{ {block} }})(); mongoose.modelNames().forEach((name) => "
        f"mongoose.model(name).schema.indexes()); fit.push({place}); }} "
        "catch (error) { mongoose.deleteModel(/./); }"
        for place, block in enumerate(blocks)
    )
    return [blocks[place] for place in ask(node, folder, HEAD + _TRIED % tries)]


def one(collection: str, keys: list[list[Any]], options: dict[str, Any]) -> str:
    """One index as a text, without what is said and means nothing."""
    said = {
        name: value
        for name, value in options.items()
        if name != "background" and (name not in {"unique", "sparse"} or value)
    }
    return json.dumps([collection, keys, said], sort_keys=True)


def ours(collection: str, index: Index) -> str:
    """The same of what was found in the text."""
    return one(collection, [list(pair) for pair in index.keys], index.options())


class Random:
    """Writes schemas at random, the same for a seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def blocks(self, number: int) -> list[str]:
        """Some parts, each with schemas and models of its own."""
        return [self._block(place) for place in range(number)]

    def _block(self, place: int) -> str:
        names: list[str] = []
        lines: list[str] = []
        for each in range(self._random.randint(1, 4)):
            name = f"s{place}_{each}"
            made = self._one_of("new Schema", "new mongoose.Schema", "mongoose.Schema")
            ends = ("", "", ", {timestamps: true}", ", {excludeIndexes: true}")
            own = f", {{collection: 'own{place}'}}" if each == 3 else self._one_of(*ends)
            lines.append(f"const {name} = {made}({{{self._body(0, names)}}}{own});")
            lines += [self._compound(name) for _ in range(self._random.randint(0, 2))]
            if self._random.random() < 0.2:
                lines.append(f"{name}.add({{{self._body(2, names)}}});")
            names.append(name)
        word = self._one_of(*_WORDS)
        given = self._one_of("", f", 'given{place}'")
        lines.append(f"mongoose.model('{word}{place}', {names[-1]}{given});")
        if self._random.random() < 0.5:
            lines.append(f"mongoose.model('{place}{word}', {names[0]});")
        return "\n".join(lines)

    def _compound(self, name: str) -> str:
        fields = self._random.sample(["a", "b.c", "title", "kind.x"], self._random.randint(1, 3))
        directions = ("1", "-1", "1", "'desc'")
        keys = ", ".join(f"'{field}': {self._one_of(*directions)}" for field in fields)
        options = (
            *("", ", {unique: true}", ", {expires: '2d'}", ", {sparse: true, name: 'z'}"),
            ", {partialFilterExpression: {a: {$exists: true}}}",
        )
        return f"{name}.index({{{keys}}}{self._one_of(*options)});"

    def _body(self, depth: int, names: list[str]) -> str:
        fields = self._random.sample(
            ["a", "b", "c", "d", "e", "title", "kind"], self._random.randint(1, 3)
        )
        return ", ".join(f"{field}: {self._field(depth, names)}" for field in fields)

    def _field(self, depth: int, names: list[str]) -> str:
        kind = self._one_of(*_TYPES)
        plain = self._options(f"type: {kind}")

        def nested() -> str:
            return self._body(depth + 1, names)

        shapes: list[Callable[[], str]] = [
            lambda: kind,
            *[lambda: plain] * 4,
            lambda: f"[{plain}]",
            lambda: self._options(f"type: [{plain}]"),
            lambda: self._options(f"type: [{kind}]"),
            lambda: self._one_of(*_ODD),
        ]
        if depth < 3:
            shapes += [
                lambda: f"{{{nested()}}}",
                lambda: f"[{{{nested()}}}]",
                lambda: self._options(f"type: {{{nested()}}}"),
            ]
        if names:
            held = self._one_of(*names)
            shapes += [
                lambda: held,
                lambda: f"[{held}]",
                lambda: self._options(f"type: {held}", *self._maybe("excludeIndexes: true")),
                lambda: self._options(f"type: [{held}]"),
            ]
        return self._random.choice(shapes)()

    def _options(self, *said: str) -> str:
        """A field's options, in any order, for some of them act by what came before."""
        values = {
            "index": self._one_of(*_INDEX),
            "unique": self._one_of("true", "true", "false", "[true, 'taken']"),
            "sparse": self._one_of("true", "false"),
            "text": "true",
            "expires": self._one_of("'1h'", "60 * 60", "'1.5 days'", "'90'", "300"),
        }
        names = self._random.sample(list(values), self._one_of(0, 0, 1, 1, 2, 3))
        parts = [*said, *(f"{name}: {values[name]}" for name in names)]
        self._random.shuffle(parts)
        return "{" + ", ".join(parts) + "}"

    def _maybe(self, text: str) -> tuple[str, ...]:
        return (text,) if self._random.random() < 0.3 else ()

    def _one_of(self, *words: Any) -> Any:
        return self._random.choice(words)
