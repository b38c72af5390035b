"""Indexes that Node code declares by the driver's calls, and what its text does not tell."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from skillconnect_ops.code.indexes import FoundIndexes, indexes

PLAN = """
import mongoose from 'mongoose';
import User from '../models/user.js';
import Parcel from '../models/parcel.js';

async function createIndexes() {
  try {
    await User.collection.createIndex({ email: 1 }, { unique: true });
    await User.collection.createIndex({ createdAt: -1 });
    await Parcel.collection.createIndex(
      { sender: 1, status: 1, createdAt: -1 }
    );
  } catch (error) {
    process.exit(1);
  }
}
createIndexes();
"""
USER = """
import mongoose from 'mongoose';
const schema = new mongoose.Schema({ email: String });
export default mongoose.models.User || mongoose.model('User', schema);
"""
PARCEL = """
const mongoose = require('mongoose');
module.exports = mongoose.model('Parcel', new mongoose.Schema({}, { collection: 'post' }));
"""


def look(folder: Path, files: Mapping[str, str] | str) -> FoundIndexes:
    """What is found in some files; one alone is `app.ts`."""
    texts = {"app.ts": files} if isinstance(files, str) else files
    for path, text in texts.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return indexes(folder, sorted(texts))


def told(found: FoundIndexes) -> set[str]:
    return {f"{one.collection} {one.index.says()}" for one in found.declared}


def reasons(found: FoundIndexes) -> list[tuple[int, str]]:
    return [(one.line, one.reason) for one in found.unresolved]


def test_a_script_like_the_plan_s_is_read_with_file_and_line(tmp_path: Path) -> None:
    files = {"scripts/make.js": PLAN, "models/user.js": USER, "models/parcel.js": PARCEL}
    found = look(tmp_path, files)
    assert [(one.place, one.collection, one.index.says()) for one in found.declared] == [
        ("scripts/make.js:8", "users", "{email: 1} unique"),
        ("scripts/make.js:9", "users", "{createdAt: -1}"),
        ("scripts/make.js:10", "post", "{sender: 1, status: 1, createdAt: -1}"),
    ]
    assert not found.unresolved


def test_a_model_that_is_in_no_file_is_told_and_not_guessed(tmp_path: Path) -> None:
    found = look(tmp_path, {"scripts/make.js": PLAN, "models/parcel.js": PARCEL})
    assert told(found) == {"post {sender: 1, status: 1, createdAt: -1}"}
    why = "the collection of an index: its .collection: ../models/user.js is no file of the project"
    assert reasons(found) == [(8, why), (9, why)]


def test_collections_are_followed_through_names_and_files(tmp_path: Path) -> None:
    names = """
    exports.NAMES = Object.freeze({ USERS: 'users', ORDERS: 'orders' });
    exports.DAY_S = 24 * 60 * 60;
    """
    script = """
    import { NAMES, DAY_S } from './names';
    enum More { Logs = 'logs' }
    class Store {
      constructor(db) { this.items = db.collection('items'); }
      async open() { await this.items.createIndex('slug', { unique: true }); }
    }
    export async function run(db) {
      const users = db.collection<User>(NAMES.USERS);
      await users.createIndex([['a', 1], ['b', -1]], { background: true });
      await db.collection(More.Logs).createIndexes([
        { key: { at: 1 }, expireAfterSeconds: 7 * DAY_S },
        { key: { text: 'text' }, name: 'words' },
      ]);
      await db.collection(`old_${NAMES.ORDERS}`).ensureIndex({ 'lines.sku': 1 }, { sparse: true });
      await db.createIndex('direct', { a: 1 });
    }
    """
    found = look(tmp_path, {"names.js": names, "run.ts": script})
    assert told(found) == {
        "items {slug: 1} unique",
        "users {a: 1, b: -1}",
        "logs {at: 1} expireAfterSeconds 604800",
        "logs {text: text}",
        "old_orders {lines.sku: 1} sparse",
        "direct {a: 1}",
    }
    assert not found.unresolved


def test_loops_and_functions_are_gone_through(tmp_path: Path) -> None:
    found = look(
        tmp_path,
        """
        const wanted = { cats: [{ key: { x: 1 } }], dogs: [{ key: { y: -1 }, unique: true }] };
        async function ensure(db, name, keys, options = {}) {
          await db.collection(name).createIndex(keys, options);
        }
        async function run(db) {
          for (const field of ['p', 'q']) await db.collection('loop').createIndex({ [field]: 1 });
          for (const [name, list] of Object.entries(wanted)) {
            await db.collection(name).createIndexes(list);
          }
          await Promise.all([{ c: 'm', k: { i: 1 } }, { c: 'n', k: { j: 1 }, o: { sparse: true } }]
            .map(({ c, k, o }) => db.collection(c).createIndex(k, o)));
          await ensure(db, 'one', { z: 1 }, { unique: true });
          await ensure(db, 'two', { z: 1 });
        }
        """,
    )
    assert told(found) == {
        *("loop {p: 1}", "loop {q: 1}", "cats {x: 1}", "dogs {y: -1} unique", "m {i: 1}"),
        *("n {j: 1} sparse", "one {z: 1} unique", "two {z: 1}"),
    }


def test_functions_that_other_files_call_are_gone_through(tmp_path: Path) -> None:
    ensure = """
    async function ensure(db, name, list) {
      for (const { keys, ...options } of list) await db.collection(name).createIndex(keys);
    }
    module.exports = { ensure };
    """
    caller = """
    const { ensure } = require('./ensure');
    const help = require('./ensure');
    const wanted = [{ keys: { a: 1 } }, { keys: { b: -1 } }];
    exports.up = async (db) => { await ensure(db, 'cats', wanted); };
    exports.more = async (db) => { await help.ensure(db, 'dogs', [{ keys: { c: 1 } }]); };
    """
    found = look(tmp_path, {"ensure.js": ensure, "caller.js": caller})
    assert told(found) == {"cats {a: 1}", "cats {b: -1}", "dogs {c: 1}"}
    assert [one.line for one in found.declared] == [4, 4, 6]


def test_scripts_for_the_shell_are_read(tmp_path: Path) -> None:
    found = look(
        tmp_path,
        {
            "make.js": """
            db = db.getSiblingDB('shop');
            db.users.createIndex({ phone: 1 }, { sparse: true });
            db.getCollection('odd-name').createIndex({ a: 1, b: NumberInt(-1) });
            db['more'].ensureIndex({ loc: '2dsphere' });
            """
        },
    )
    assert told(found) == {
        "users {phone: 1} sparse",
        "odd-name {a: 1, b: -1}",
        "more {loc: 2dsphere}",
    }


def test_what_is_decided_at_run_time_is_told_with_its_line(tmp_path: Path) -> None:
    found = look(
        tmp_path,
        """
        async function run(db, extra) {
          await extra.createIndex({ a: 1 });
          await db.collection(process.env.NAME).createIndex({ a: 1 });
          await db.collection('users').createIndex({ [process.env.FIELD]: 1 });
          await db.collection('users').createIndex({ a: 1 }, options());
          await db.collection('users').createIndexes(list());
          await db.collection('users').createIndex({ a: 2n ** 3n, b: 'sideways' });
        }
        """,
    )
    assert told(found) == set()
    assert [line for line, _ in reasons(found)] == [3, 4, 5, 6, 7, 8]
    assert "process.env.NAME is decided at run time" in reasons(found)[1][1]


def test_a_variable_that_is_assigned_twice_is_not_guessed(tmp_path: Path) -> None:
    found = look(
        tmp_path,
        """
        let name = 'a';
        if (x) name = 'b';
        db.collection(name).createIndex({ a: 1 });
        """,
    )
    assert told(found) == set()
    assert len(found.unresolved) == 1


def test_other_libraries_indexes_are_passed_over(tmp_path: Path) -> None:
    found = look(
        tmp_path,
        {
            "browser.js": "const s = idb.createObjectStore('x'); s.createIndex('by', 'email', {});",
            "sql.ts": "export const up = (q) => q.createIndex('users', new TableIndex({}));",
            "graph.js": "const schema = new Schema({ query: Query }); schema.index({ a: 1 });",
        },
    )
    assert not found.declared
    assert [one.path for one in found.unresolved] == ["graph.js"]


def test_a_migration_s_way_back_makes_no_index(tmp_path: Path) -> None:
    found = look(
        tmp_path,
        """
        module.exports = {
          async up(db) { await db.collection('a').createIndex({ up: 1 }); },
          down: async (db) => { await db.collection('a').createIndex({ down: 1 }); },
        };
        """,
    )
    assert told(found) == {"a {up: 1}"}


def test_an_index_that_is_dropped_again_is_told(tmp_path: Path) -> None:
    found = look(
        tmp_path,
        """
        exports.up = async (db) => { await db.collection('a').createIndex({ x: 1, y: -1 }); };
        exports.down = async (db) => { await db.collection('a').dropIndex('x_1_y_-1'); };
        exports.later = async (db) => {
          await db.collection('a').dropIndex('x_1_y_-1');
          await db.collection('a').dropIndex({ x: 1, y: -1 });
          await db.collection('b').dropIndex('x_1_y_-1');
        };
        """,
    )
    assert told(found) == {"a {x: 1, y: -1}"}
    said = "a {x: 1, y: -1} of app.ts:2 is dropped here"
    assert reasons(found) == [(5, said), (6, said)]


def test_tests_are_left_out(tmp_path: Path) -> None:
    text = "db.collection('a').createIndex({ a: 1 });"
    assert not look(tmp_path, {"tests/a.js": text, "a.spec.ts": text}).declared


def test_classes_of_nest_are_read_with_the_module_that_registers_them(tmp_path: Path) -> None:
    schema = """
    import { Prop, Schema, SchemaFactory, raw } from '@nestjs/mongoose';
    @Schema({ _id: false }) export class Address { @Prop({ index: true }) zip: string; }
    @Schema({ timestamps: true })
    export class Cat {
      @Prop({ required: true, unique: true }) name: string;
      @Prop({ type: Date, expires: '1d' }) expiresAt: Date;
      @Prop([String]) tags: string[];
      @Prop({ type: [String], index: true }) labels: string[];
      @Prop({ type: Address }) home: Address;
      @Prop(raw({ first: { type: String, index: -1 } })) details: Record<string, any>;
    }
    export const CatSchema = SchemaFactory.createForClass(Cat);
    CatSchema.index({ name: 'text' });
    """
    module = """
    import { MongooseModule } from '@nestjs/mongoose';
    import { Cat, CatSchema } from './cat.schema';
    @Module({ imports: [MongooseModule.forFeature([{ name: Cat.name, schema: CatSchema }])] })
    export class CatsModule {}
    """
    found = look(tmp_path, {"cat.schema.ts": schema, "cats.module.ts": module})
    assert told(found) == {
        "cats {name: 1} unique",
        "cats {expiresAt: 1} expireAfterSeconds 86400",
        "cats {labels: 1}",
        "cats {home.zip: 1}",
        "cats {details.first: -1}",
        "cats {name: text}",
    }
    alone = look(tmp_path / "alone", {"cat.schema.ts": schema})
    assert told(alone) == set()
    assert reasons(alone) == [(5, "6 indexes of a schema that no model was found for")]


def test_classes_of_typegoose_are_read(tmp_path: Path) -> None:
    found = look(
        tmp_path,
        """
        import { prop, index, modelOptions, getModelForClass } from '@typegoose/typegoose';
        @index({ a: 1, b: -1 }, { unique: true })
        @modelOptions({ schemaOptions: { collection: 'geese' } })
        class Goose { @prop({ unique: true }) public email!: string; }
        export const GooseModel = getModelForClass(Goose);
        """,
    )
    assert told(found) == {"geese {a: 1, b: -1} unique", "geese {email: 1} unique"}


def test_a_plugin_of_a_package_is_told_and_one_of_the_project_is_read(tmp_path: Path) -> None:
    plugin = "module.exports = (schema) => { schema.index({ tenant: 1, at: -1 }); };"
    model = """
    const mongoose = require('mongoose');
    const schema = new mongoose.Schema({});
    schema.plugin(require('./plugin'));
    schema.plugin(require('mongoose-paginate-v2'));
    schema.plugin(require('passport-local-mongoose'));
    mongoose.model('Visit', schema);
    """
    found = look(tmp_path, {"plugin.js": plugin, "visit.js": model})
    assert [(one.place, one.collection) for one in found.declared] == [("plugin.js:1", "visits")]
    assert reasons(found) == [(6, "a plugin may make indexes: passport-local-mongoose")]


def model(text: str) -> str:
    return f"""
    const mongoose = require('mongoose');
    const {{ Schema }} = mongoose;
    {text}
    mongoose.model('Visit', schema);
    """


@pytest.mark.parametrize(
    "change",
    [
        "fields.at = { type: Date, index: true };",
        "fields['at'] = { type: Date, index: true };",
        "delete fields.who;",
        "fields.who.index = false;",
        "Object.assign(fields, { at: { type: Date, index: true } });",
    ],
)
def test_an_object_that_is_changed_after_it_is_made_is_told_and_not_guessed(
    tmp_path: Path, change: str
) -> None:
    made = "const fields = { who: { type: String, index: true } };"
    found = look(tmp_path, model(f"{made} {change}\nconst schema = new Schema(fields);"))
    assert told(found) == set()
    ((_, why),) = reasons(found)
    assert why == "the fields of the schema: fields is changed after it is made"
    other = f"{made} function f(fields) {{ {change} }}\nconst schema = new Schema(fields);"
    assert told(look(tmp_path, model(other))) == {"visits {who: 1}"}  # it is another one


def test_a_list_that_is_added_to_is_told_and_not_guessed(tmp_path: Path) -> None:
    found = look(
        tmp_path,
        """
        const names = ['a'];
        names.push('b');
        for (const name of names) db.collection('users').createIndex({ [name]: 1 });
        """,
    )
    assert told(found) == set()
    assert len(found.unresolved) == 1


def test_a_path_that_is_set_later_is_one_of_the_schema(tmp_path: Path) -> None:
    text = """
    const schema = new Schema({ a: Number });
    schema.path('who', { type: String, unique: true }).path('at', { type: Date, expires: 60 });
    schema.path('a').index(true);
    """
    assert told(look(tmp_path, model(text))) == {
        "visits {who: 1} unique",
        "visits {at: 1} expireAfterSeconds 60",
        "visits {a: 1}",
    }


def test_what_a_condition_decides_is_declared_and_told(tmp_path: Path) -> None:
    text = """
    const schema = new Schema({});
    if (process.env.WHERE) schema.index({ a: 1 });
    else { schema.index({ b: 1 }); }
    process.env.MORE && schema.index({ c: 1 });
    switch (process.env.KIND) { case 'x': schema.add({ d: { type: Date, index: true } }); }
    if (process.env.LOG) schema.plugin((schema) => { schema.set('strict', true); });
    const always = true;
    if (always) schema.index({ e: 1 });
    if (!always) schema.index({ f: 1 });
    always ? schema.index({ g: 1 }) : schema.index({ h: 1 });
    """
    found = look(tmp_path, model(text))
    assert told(found) == {f"visits {{{name}: 1}}" for name in "abcdeg"}
    assert [(line, why.rpartition(" ")[2]) for line, why in reasons(found)] == [
        (6, "process.env.WHERE"),
        (7, "process.env.WHERE"),
        (8, "process.env.MORE"),
        (9, "process.env.KIND"),
    ]


def test_a_condition_within_a_plugin_is_decided_by_its_arguments(tmp_path: Path) -> None:
    text = """
    const byTime = (schema, options) => { if (options && options.at) schema.index({ at: 1 }); };
    const schema = new Schema({});
    schema.plugin(byTime%s);
    """
    assert told(look(tmp_path, model(text % ", { at: true }"))) == {"visits {at: 1}"}
    without = look(tmp_path, model(text % ""))
    assert (told(without), reasons(without)) == (set(), [])


def test_what_leads_back_to_itself_comes_to_an_end(tmp_path: Path) -> None:
    found = look(
        tmp_path,
        """
        const mongoose = require('mongoose');
        const a = a.index({ x: 1 });
        a.path('x').index(true);
        a.index({ y: 1 });
        const b = c, c = b;
        const f = () => f(), M = M.discriminator('N', a), S = mongoose.model(S, S);
        f().index({ x: 1 }); M.collection.createIndex({ x: 1 });
        db.collection(b).createIndex({ x: 1 });
        const inner = new mongoose.Schema({ one: { type: String, index: true } });
        inner.add({ again: inner, many: [inner] });
        mongoose.model('Tree', inner);
        """,
    )
    assert told(found) == {"trees {one: 1}"}


def test_a_text_that_ends_anywhere_is_read_without_a_fault(tmp_path: Path) -> None:
    whole = PLAN + USER.replace("import", "import ", 1) + PARCEL
    for end in range(1, len(whole), 11):
        look(tmp_path, {"half.ts": whole[:end]})


def test_numbers_are_computed_and_what_is_no_number_is_told(tmp_path: Path) -> None:
    found = look(
        tmp_path,
        """
        const put = (n, s) => db.collection('c').createIndex({ [n]: 1 }, { expireAfterSeconds: s });
        put('a', 7 * 24 * 60 ** 2 - 1);
        put('b', 9 ** 9 ** 9);
        put('c', 1 / 0);
        put('d', (-1) ** 0.5);
        """,
    )
    assert told(found) == {"c {a: 1} expireAfterSeconds 604799"}
    assert len(found.unresolved) == 3


def test_what_does_not_fit_the_grammar_is_told_and_the_rest_is_read(tmp_path: Path) -> None:
    text = "db.collection('a').createIndex({ a: 1 });\nconst const = ;\n"
    found = look(tmp_path, {"a.js": text})
    assert told(found) == {"a {a: 1}"}
    assert [one.path for one in found.unparsed] == ["a.js"]
