"""What is scanned, seen by a detector: the bytes, and what their path says about them."""

from enum import StrEnum
from functools import cached_property, lru_cache

from skillconnect_ops.core.finding import Confidence
from skillconnect_ops.core.regex import regex
from skillconnect_ops.detection.expression import ByLine

Remark = tuple[str, Confidence, Confidence]
"""A reason, and the most that it leaves to a known shape and to a value known by its name."""


class Kind(StrEnum):
    """How values are written in a file."""

    ENV = "env"
    INI = "ini"
    YAML = "yaml"
    JSON = "json"
    XML = "xml"
    SHELL = "shell"
    CODE = "code"
    SQL = "sql"
    DOC = "doc"
    TEXT = "text"


_EXTENSIONS = {
    Kind.ENV: "env envrc",
    Kind.INI: "ini cfg cnf conf config properties toml tfvars editorconfig prefs rc",
    Kind.YAML: "yml yaml",
    Kind.JSON: "json json5 jsonc ipynb tfstate har webmanifest avsc map",
    Kind.XML: "xml html htm xhtml svg plist csproj xsd wsdl iml",
    Kind.SHELL: "sh bash zsh ksh fish bat cmd ps1 dockerfile mk",
    Kind.CODE: "js jsx mjs cjs ts tsx mts cts vue svelte py pyi rb php phtml go java kt kts cs c h "
    "cc cpp hpp rs swift scala groovy gradle lua pl pm ex exs erl clj dart r m mm coffee tf hcl "
    "pug ejs hbs css scss less graphql proto erb jsp asp aspx vb fs hs nix sol",
    Kind.SQL: "sql",
    Kind.DOC: "md markdown mdx rst adoc asciidoc tex txt",
}
KIND_OF = {name: kind for kind, names in _EXTENSIONS.items() for name in names.split()}
_NAMES = regex(
    r"""(?xi) ^(?: (?P<env> \.env (?:[._-][\w.-]+)? | [\w.-]+\.env(?:\.[\w-]+)? | env )
    | (?P<shell> (?:Docker|Container)file.* | Makefile | Procfile | \.?bash\w*
               | \.?(?:z|k)sh\w+ | \.?profile )
    | (?P<json> \.(?:babel|eslint|prettier|mocha|nyc)rc )
    | (?P<doc> README | CHANGELOG | HISTORY | LICENSE | CONTRIBUTING | SECURITY | NEWS ) )$"""
)
_TESTS = regex(
    r"""(?xi) / (?: tests? | specs? | __tests__ | __mocks__ | testdata | fixtures? | mocks? | e2e
                  | testing | cypress | benchmarks? | stories ) /
        | [._-](?:test|spec|e2e|stories|mock|fixture)s?\.\w+$ | /(?:test|spec|conftest)[_.][^/]*$"""
)
_DOCS = regex(r"(?i)/(?:docs?|documentation|man|wiki|website)/")
_EXAMPLES = regex(
    r"""(?xi) [._-](?:example|sample|template|tmpl|tpl|dist|default|skel|defaults)s?(?:\.\w+)?$
        | /(?:example|sample|template)[._-][^/]*$ | /(?:examples?|samples?|demos?|tutorials?)/
        | \.(?:j2|jinja2?|mustache)$"""
)
_SPOKEN = regex(
    r"(?i)/(?:i18n|l10n|locales?|lang|languages?|translations?|messages|intl)/"
    r"|/(?:messages|strings|translations?|locale|i18n)[._-][^/]*$"
    r"|/[a-z]{2}[_-][A-Z]{2}\.(?:json|ya?ml|ts|js)$|\.(?:pot?|xliff|xlf|arb|resx|ftl)$"
)
_LANGUAGE = regex(
    r"""(?xi) (?: ^ | [/._-] )
      (?: ar | bg | bn | ca | cs | cy | da | de | el | en | es | et | eu | fa | fi | fr | gl | gu
        | he | hi | hr | hu | hy | it | ja | ka | ko | lt | lv | mk | ms | nb | ne | nl | nn | pa
        | pl | pt | ro | ru | sk | sl | sq | sr | sv | sw | ta | te | th | tr | uk | ur | uz | vi
        | zh )
      (?: [_-] [a-z]{2,4} )?
      \. (?: json5? | ya?ml | properties | js | ts | php | toml | xml | ini )$"""
)
_LOCKS = regex(
    r"""(?xi) /(?: package-lock\.json | npm-shrinkwrap\.json | yarn\.lock | pnpm-lock\.yaml
        | bun\.lock | poetry\.lock | uv\.lock | pdm\.lock | Pipfile\.lock | composer\.lock
        | Gemfile\.lock | Cargo\.lock | go\.sum | packages\.lock\.json | flake\.lock
        | deno\.lock | mix\.lock | [\w.-]+\.lock )$"""
)
_GENERATED = regex(r"(?i)\.min\.(?:js|css)$|\.(?:js|css)\.map$|/(?:node_modules|vendor)/|\.svg$")


HEAD_BYTES = 64
"""How much of a content says what sort of file it is."""


@lru_cache(1 << 10)
def kind_by_name(path: str) -> Kind | None:
    """How values are written in a file of this name; None where only its content can tell."""
    name = path.rpartition("/")[2]
    named = _NAMES.match(name)
    if named is not None:
        return Kind(str(named.lastgroup))
    stem = _EXAMPLES.sub("", name) or name
    extension = stem.rpartition(".")[2].lower() if "." in stem else ""
    return KIND_OF.get(extension)


class Page:
    """The bytes of one blob, and what its path says; worked out when first asked for."""

    def __init__(self, path: str | None, content: bytes, *, thorough: bool = False) -> None:
        self.path = path
        self.content = content
        self.thorough = thorough
        """Whether what is almost certainly nothing is to be reported too."""
        self.passed_over: dict[str, int] = {}
        """How often a detector saw something and did not report it, by reason."""
        self._mentioned: dict[bytes, bool] = {}

    def pass_over(self, reason: str) -> None:
        """Count what is seen and not reported."""
        self.passed_over[reason] = self.passed_over.get(reason, 0) + 1

    @cached_property
    def expressions(self) -> ByLine:
        """The expressions that stand here, read when asked for."""
        return ByLine(self.content)

    @property
    def is_known_by_name(self) -> bool:
        """Whether the name says how values are written; else the first bytes do."""
        return self.path is None or kind_by_name(self.path) is not None

    @cached_property
    def kind(self) -> Kind:
        """How values are written here."""
        if self.path is None:
            return Kind.TEXT
        found = kind_by_name(self.path)
        return self._kind_by_content() if found is None else found

    def _kind_by_content(self) -> Kind:
        """For names that say nothing: how the content begins."""
        head = self.content[:HEAD_BYTES].removeprefix(b"\xef\xbb\xbf").lstrip()
        if head.startswith((b"{", b"[{", b'["')):
            return Kind.JSON
        if head.startswith((b"<?xml", b"<")):
            return Kind.XML
        if head.startswith(b"#!"):
            return Kind.SHELL if b"sh" in head.split(b"\n", 1)[0] else Kind.CODE
        return Kind.YAML if head.startswith(b"---") else Kind.TEXT

    @cached_property
    def speaks_a_language(self) -> bool:
        """Whether it is named for a language, as `de.json` is, though nothing else says so."""
        return self.path is not None and _LANGUAGE.search(self.path) is not None

    def mentions(self, text: bytes) -> bool:
        """Whether the text stands anywhere here; the content is searched once for each."""
        if text not in self._mentioned:
            self._mentioned[text] = text in self.content
        return self._mentioned[text]

    @cached_property
    def remarks(self) -> tuple[Remark, ...]:
        """What the place says against a finding."""
        if self.path is None:
            return ()
        path, low, medium = "/" + self.path, Confidence.LOW, Confidence.MEDIUM
        found: list[Remark] = []
        if _LOCKS.search(path):
            found.append(("in a lock file, where hashes are at home", medium, low))
        if path.startswith("/.skc/"):
            found.append(("in skc's own ledgers, of public keys and fingerprints", low, low))
        if _EXAMPLES.search(path):
            found.append(("in a file of examples", medium, low))
        if _SPOKEN.search(path):
            found.append(("in a translation", medium, low))
        if _TESTS.search(path):
            found.append(("in a test or a fixture", medium, low))
        if self.kind is Kind.DOC or _DOCS.search(path):
            found.append(("in documentation", medium, low))
        if _GENERATED.search(path):
            found.append(("in generated or foreign code", medium, low))
        return tuple(found)
