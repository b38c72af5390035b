"""Every form in which JavaScript and TypeScript read the environment, and what only looks so."""

import pytest

from skillconnect_ops.code.javascript import javascript
from skillconnect_ops.code.model import Found, Kind, Read


def found(text: str, *, language: str = "javascript") -> Found:
    return javascript(text, path="a.js", language=language)


def names(text: str, *, language: str = "javascript") -> list[str]:
    return [read.name for read in found(text, language=language).reads]


def one(text: str, *, language: str = "javascript") -> Read:
    (read,) = found(text, language=language).reads
    return read


FORMS = {
    "member": "use(process.env.A)",
    "subscript": "use(process.env['A'])",
    "template": "use(process.env[`A`])",
    "process by string": "use(process['env'].A)",
    "optional": "use(process?.env?.A)",
    "several lines": "use(process.env\n  // why\n  .A)",
    "global": "use(globalThis.process.env.A); use(global.process.env.A)",
    "destructured": "const {A} = process.env; use(A)",
    "renamed": "const {A: b} = process.env; use(b)",
    "by string": "const {'A': b} = process.env; use(b)",
    "renamed with default": "const {A: b = 1} = process.env; use(b)",
    "in an assignment": "let A; ({A} = process.env); use(A)",
    "exported": "export const {A} = process.env",
    "env of process": "const {env} = process; use(env.A)",
    "env renamed": "const {env: e} = process; use(e.A)",
    "alias": "const e = process.env; use(e.A)",
    "alias of an alias": "const e = process.env; const f = e; use(f['A'])",
    "alias, then destructured": "const e = process.env; const {A} = e; use(A)",
    "alias with fallback": "const e = typeof process === 'object' ? process.env : {}; use(e.A)",
    "alias assigned later": "let e; e = process.env; use(e.A)",
    "copy": "const e = {...process.env}; use(e.A)",
    "frozen": "const e = Object.freeze(process.env); use(e.A)",
    "parameter's default": "function f(env = process.env) { return env.A }",
    "destructured parameter": "function f({A} = process.env) { return A }",
    "handed to a function": "f(process.env); function f(env) { return env.A }",
    "handed to an arrow": "const f = (a, env) => env.A; f(1, process.env)",
    "required module": "use(require('process').env.A)",
    "required name": "const p = require('node:process'); use(p.env.A)",
    "required env": "const {env} = require('process'); use(env.A)",
    "imported module": "import p from 'node:process'; use(p.env.A)",
    "imported space": "import * as p from 'process'; use(p.env.A)",
    "imported env": "import {env} from 'node:process'; use(env.A)",
    "imported env renamed": "import {env as e} from 'process'; use(e.A)",
    "constant name": "const NAME = 'A'; use(process.env[NAME])",
    "name in a table": "const NAMES = {a: 'A'}; use(process.env[NAMES.a])",
    "in": "if ('A' in process.env) use(1)",
    "hasOwnProperty": "if (process.env.hasOwnProperty('A')) use(1)",
    "Object.hasOwn": "if (Object.hasOwn(process.env, 'A')) use(1)",
    "lodash": "use(_.get(process.env, 'A', 'x'))",
    "jsx": "const x = <a href={process.env.A}>a</a>",
    "template literal": "use(`${process.env.A}/x`)",
    "class field": "class C { a = process.env.A }",
    "given a default in place": "process.env.A ??= 'x'",
    "bun": "use(Bun.env.A)",
    "deno": "use(Deno.env.get('A'))",
    "bundler": "use(import.meta.env.A)",
    "svelte, static": "import {A} from '$env/static/private'; use(A)",
    "svelte, dynamic": "import {env} from '$env/dynamic/public'; use(env.A)",
    "env-var": "const env = require('env-var'); use(env.get('A').required().asString())",
    "nest": "import {ConfigService} from '@nestjs/config'; use(this.config.get('A'))",
    "convict": "convict({a: {format: 'port', env: 'A', default: 1}})",
    "envalid": "cleanEnv(process.env, {A: str()})",
    "zod": "z.object({A: z.string()}).parse(process.env)",
    "zod, named": "const s = z.object({A: z.string()}); s.safeParse(process.env)",
    "zod, extended": "const s = z.object({}); s.extend({A: z.string()}).parse(process.env)",
    "joi": "const s = Joi.object().keys({A: Joi.string()}).unknown(); s.validate(process.env)",
    "joi, chained": "const s = Joi.object({A: Joi.any()}); s.prefs({a: 1}).validate(process.env)",
    "joi, attempt": "Joi.attempt(process.env, Joi.object({A: Joi.string()}))",
    "t3": "createEnv({server: {A: z.string()}, runtimeEnv: process.env})",
    "around a syntax error": "use(process.env.A); const = ;",
}
TYPED = {
    "cast": "use((process.env as any).A)",
    "asserted": "use((<any>process.env).A)",
    "not null": "use(process.env!.A!)",
    "satisfies": "use(process.env.A satisfies string)",
    "parameter": "function f(env: NodeJS.ProcessEnv = process.env) { return env.A }",
    "declared": "declare const process: any; use(process.env.A)",
    "generic": "f<string>(process.env.A)",
    "constant": "const K = 'A' as const; use(process.env['A'])",
}
NONE = {
    "string": "use('process.env.A')",
    "comment": "// process.env.A\n/* process.env.A */ use(env)",
    "another env": "use(config.env.A)",
    "a local env": "function f(env) { return env.A }",
    "a shadowed process": "function f(process) { return process.env.A }",
    "a process of its own": "const process = {env: {}}; use(process.env.A)",
    "a shadowed alias": "const e = process.env; function f(e) { return e.A }",
    "a block's own": "const e = process.env; { const e = {}; use(e.A) }",
    "another module's env": "import {env} from './config'; use(env.A)",
    "assigned": "process.env.A = 'x'",
    "deleted": "delete process.env.A",
    "a child's environment": "spawn('x', {env: process.env})",
    "a bundler's own": "use(import.meta.env.DEV, import.meta.env.MODE)",
    "a method": "use(process.env.toString())",
    "a catch": "try { f() } catch (process) { use(process.env.A) }",
    "a loop's variable": "for (const process of all) use(process.env.A)",
    "a key of a config": "import '@nestjs/config'; use(configService.get('database.host'))",
    "another's get": "import '@nestjs/config'; use(map.get('A'))",
    "a key": "const x = {process: {env: {A: 1}}}",
}


@pytest.mark.parametrize("form", FORMS)
def test_a_read_is_found(form: str) -> None:
    assert set(names(FORMS[form])) == {"A"}


@pytest.mark.parametrize("form", FORMS)
def test_a_read_is_found_in_typescript(form: str) -> None:
    assert set(names(FORMS[form], language="tsx")) == {"A"}


@pytest.mark.parametrize("form", TYPED)
def test_a_read_is_found_beside_types(form: str) -> None:
    assert names(TYPED[form], language="typescript") == ["A"]


@pytest.mark.parametrize("form", NONE)
def test_what_only_looks_like_a_read_is_none(form: str) -> None:
    assert found(NONE[form]).reads == ()
    assert found(NONE[form]).unresolved == ()


def test_a_type_reads_nothing() -> None:
    text = "type E = typeof process.env.A; interface P { A: string }"
    assert found(text, language="typescript").reads == ()


def test_a_loop_over_names_reads_each() -> None:
    text = "const all = ['A', 'B']; for (const n of all) use(process.env[n])"
    assert names(text) == ["A", "B"]
    assert names("['A', 'B'].map((n) => process.env[n])") == ["A", "B"]
    assert names("['A', 'B'].forEach(function (n) { use(process.env[n]) })") == ["A", "B"]


@pytest.mark.parametrize(
    "text",
    [
        "use(process.env[k])",
        "use(process.env[`${a}_B`])",
        "use(process.env['A' + b])",
        "let k = 'A'; k = other(); use(process.env[k])",
        "for (const k of names()) use(process.env[k])",
        "for (const k in process.env) use(k)",
        "if (k in process.env) use(1)",
        "const {[k]: a} = process.env",
        "const {...all} = process.env",
        "Object.keys(process.env).map(use)",
        "handOn(process.env)",
        "module.exports = process.env",
        "export const e = process.env",
        "function f() { return process.env }",
        "class C { all = process.env }",
        "schema.parse(process.env)",
        "const x = {all: process.env}",
        "use(...process.env)",
        "new Config(process.env)",
    ],
)
def test_what_cannot_be_told_is_unresolved_and_never_guessed(text: str) -> None:
    seen = found(f"\n{text}")
    assert seen.reads == ()
    assert [each.line for each in seen.unresolved] == [2]


def test_a_string_in_an_unresolved_read_is_not_shown() -> None:
    canary = "hunter" + "2" * 8
    (lost,) = found(f"handOn(process.env, '{canary}')").unresolved
    assert canary not in lost.reason


@pytest.mark.parametrize(
    ("text", "required", "default", "checked"),
    [
        ("use(process.env.A)", True, None, False),
        ("use(process.env.A.split(','))", True, None, False),
        ("use(`${process.env.A}`)", True, None, False),
        ("use(process.env.A || 'x')", False, "x", False),
        ("use(process.env.A ?? 5000)", False, "5000", False),
        ("use(process.env.A || `x`)", False, "x", False),
        ("use(process.env.A || '')", False, "", False),
        ("use(process.env.A || f())", False, None, False),
        ("use(process.env.A || -1)", False, "-1", False),
        ("use(parseInt(process.env.A, 10) || 3000)", False, "3000", False),
        ("use(Number(process.env.A ?? '7'))", False, "7", False),
        ("use(+process.env.A || 7)", False, "7", False),
        ("use(parseBool(process.env.A, false))", False, "false", False),
        ("use(options.a || process.env.A)", False, None, False),
        ("use(options.a || process.env.A || 'x')", False, "x", False),
        ("use(process.env.A ? process.env.A : 'x')", False, "x", False),
        ("const {A = 'x'} = process.env", False, "x", False),
        ("use(process.env.A === 'production')", False, None, False),
        ("use(!!process.env.A)", False, None, False),
        ("use(Boolean(process.env.A))", False, None, False),
        ("if (process.env.A) use(1)", False, None, False),
        ("use(process.env.A?.split(','))", False, None, False),
        ("process.env.A ||= 'x'", False, "x", False),
        ("const a = process.env.A; use(a)", True, None, False),
        ("const a = process.env.A; if (a) use(a)", False, None, False),
        ("const a = process.env.A; use(a || 'x')", False, "x", False),
        ("const a = process.env.A; if (!a) throw new Error('A')", True, None, True),
        ("if (!process.env.A) throw new Error('A')", True, None, True),
        ("if (!process.env.A || !b) { log(); process.exit(1) }", True, None, True),
        ("if (process.env.A === undefined) throw new Error()", True, None, True),
        ("if (typeof process.env.A === 'undefined') throw new Error()", True, None, True),
        ("assert(process.env.A, 'A is missing')", True, None, True),
        ("use(process.env.A ?? fail(() => { throw new Error() }))", True, None, True),
        ("for (const n of ['A']) if (!process.env[n]) throw new Error(n)", True, None, True),
        (
            "const gone = ['A'].filter(n => !process.env[n]); if (gone.length) throw gone",
            True,
            None,
            True,
        ),
        ("if (!['A'].every(n => !!process.env[n])) throw new Error()", True, None, True),
        ("const {A} = process.env; if (!A) throw new Error()", True, None, True),
        ("z.object({A: z.string()}).parse(process.env)", True, None, True),
        ("z.object({A: z.string().optional()}).parse(process.env)", False, None, False),
        ("z.object({A: z.coerce.number().default(8)}).parse(process.env)", False, "8", False),
        ("Joi.object({A: Joi.string()}).validate(process.env)", False, None, False),
        ("Joi.object({A: Joi.string().required()}).validate(process.env)", True, None, True),
        ("Joi.object({A: Joi.number().default(3)}).validate(process.env)", False, "3", False),
        ("cleanEnv(process.env, {A: port({default: 3000})})", False, "3000", False),
        ("cleanEnv(process.env, {A: str()})", True, None, True),
        ("import '@nestjs/config'; use(configService.get('A', 'x'))", False, "x", False),
        ("import '@nestjs/config'; use(configService.getOrThrow('A'))", True, None, True),
        ("import '@nestjs/config'; use(configService.get('A'))", True, None, False),
        ("convict({a: {env: 'A', default: 'x'}})", False, "x", False),
    ],
)
def test_need_and_default_are_told(
    text: str, required: bool, default: str | None, checked: bool
) -> None:
    read = next(iter(found(text).reads))
    assert (read.required, read.default, read.checked) == (required, default, checked)


@pytest.mark.parametrize(
    "text",
    [
        "use(process.env.A ? process.env.A : null)",
        "if (process.env.A) use(process.env.A)",
        "if (process.env.A && b) { c(); use(process.env.A) }",
        "const x = process.env.A && use(process.env.A)",
        "if (process.env.A !== undefined) use(process.env.A)",
    ],
)
def test_a_read_that_is_guarded_by_another_is_not_required(text: str) -> None:
    assert [read.required for read in found(text).reads] == [False] * len(found(text).reads)


def test_the_line_is_that_of_the_read() -> None:
    assert one("\n\nuse(\n  process.env.A)").line == 4


def test_a_bundler_s_reads_are_told_from_the_server_s() -> None:
    assert one("use(import.meta.env.VITE_A)").kind is Kind.BROWSER
    assert one("use(process.env.A)").kind is Kind.JAVASCRIPT


def test_a_fault_in_the_grammar_is_told_with_its_line_and_hides_nothing_else() -> None:
    seen = found("use(process.env.A);\nconst = 5;\nuse(process.env.B);\n")
    assert [read.name for read in seen.reads] == ["A", "B"]
    assert [each.reason for each in seen.unparsed] == [
        "line 2 does not fit the grammar; the rest was read"
    ]


def test_what_is_flow_or_typescript_in_a_js_file_is_read() -> None:
    seen = found("function f(a: string): number { return process.env.A }")
    assert [read.name for read in seen.reads] == ["A"]
    assert seen.unparsed == ()


def test_a_byte_order_mark_crlf_and_hashbang_do_no_harm() -> None:
    assert one("#!/usr/bin/env node\r\nuse(process.env.A)\r\n").line == 2
