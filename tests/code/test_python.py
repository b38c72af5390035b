"""Every form in which Python reads the environment, and what only looks so."""

import pytest

from skillconnect_ops.code.model import Found
from skillconnect_ops.code.python import python


def found(text: str) -> Found:
    return python(text, path="a.py")


FORMS = {
    "subscript": "import os\nuse(os.environ['A'])",
    "get": "import os\nuse(os.environ.get('A'))",
    "getenv": "import os\nuse(os.getenv('A'))",
    "getenv by keyword": "import os\nuse(os.getenv('A', default='x'))",
    "pop": "import os\nuse(os.environ.pop('A', None))",
    "setdefault": "import os\nos.environ.setdefault('A', 'x')",
    "from": "from os import environ\nuse(environ['A'])",
    "from, renamed": "from os import environ as e, getenv as g\nuse(e['A'], g('A'))",
    "renamed": "import os as o\nuse(o.environ['A'])",
    "alias": "import os\nenv = os.environ\nuse(env['A'], env.get('A'))",
    "alias in a function": "import os\ndef f():\n    e = os.environ\n    return e['A']",
    "imported in a function": "def f():\n    import os\n    return os.environ['A']",
    "in": "import os\nif 'A' in os.environ: use(1)",
    "constant": "import os\nNAME = 'A'\nuse(os.environ[NAME])",
    "bytes": "import os\nuse(os.environb[b'A'])",
    "decouple": "from decouple import config\nuse(config('A', default=1))",
    "environs": "from environs import Env\nenv = Env()\nuse(env.int('A'), env('A'))",
    "django-environ": "import environ\nenv = environ.Env()\nuse(env('A'), env.bool('A', False))",
    "click": "import click\n@click.option('--a', envvar='A')\ndef f(a): ...",
    "typer": "import typer\ndef f(a: str = typer.Option(envvar=['A'])): ...",
    "pydantic": "from pydantic_settings import BaseSettings\nclass S(BaseSettings):\n    A: str",
    "pydantic, lower": "from pydantic import BaseSettings\nclass S(BaseSettings):\n    a: int = 1",
    "pydantic, module": "import pydantic_settings as p\nclass S(p.BaseSettings):\n    a: str",
    "pydantic, inherited": (
        "from pydantic_settings import BaseSettings\nclass B(BaseSettings): ...\n"
        "class S(B):\n    a: str"
    ),
    "pydantic, alias": (
        "from pydantic_settings import BaseSettings\nfrom pydantic import Field\n"
        "class S(BaseSettings):\n    other: str = Field(validation_alias='A')"
    ),
    "pydantic 1, env": (
        "from pydantic import BaseSettings, Field\n"
        "class S(BaseSettings):\n    other: str = Field(..., env='A')"
    ),
}
NONE = {
    "no import": "use(os.environ['A'])",
    "set": "import os\nos.environ['A'] = 'x'",
    "deleted": "import os\ndel os.environ['A']",
    "a parameter": "import os\ndef f(os): return os.environ['A']",
    "a local name": "import os\ndef f():\n    os = make()\n    return os.environ['A']",
    "another config": "config('A')",
    "a string": "use('os.environ')",
    "another dict": "environ = {}\nuse(environ['A'])",
    "a plain model": "class S(Base):\n    environ: str",
}


@pytest.mark.parametrize("form", FORMS)
def test_a_read_is_found(form: str) -> None:
    assert {read.name for read in found(FORMS[form]).reads} == {"A"}


@pytest.mark.parametrize("form", NONE)
def test_what_only_looks_like_a_read_is_none(form: str) -> None:
    assert found(NONE[form]).reads == ()
    assert found(NONE[form]).unresolved == ()


def test_a_prefix_and_choices_are_followed() -> None:
    text = (
        "from pydantic import AliasChoices, Field\n"
        "from pydantic_settings import BaseSettings, SettingsConfigDict\n"
        "class S(BaseSettings):\n"
        "    model_config = SettingsConfigDict(env_prefix='APP_')\n"
        "    a: str\n"
        "    b: str = Field('x', alias='B')\n"
        "    c: str = Field(validation_alias=AliasChoices('C1', 'C2'))\n"
        "    d: ClassVar[str] = 'x'\n"
        "    _e: str = 'x'\n"
    )
    assert [read.name for read in found(text).reads] == ["APP_A", "B", "C1", "C2"]
    old = "class S(BaseSettings):\n    a: str\n    class Config:\n        env_prefix = 'X_'"
    assert [read.name for read in found(old).reads] == ["X_A"]


@pytest.mark.parametrize(
    "text",
    [
        "use(os.environ[k])",
        "use(os.environ.get(f'{a}_B'))",
        "use(os.getenv('A' + b))",
        "hand_on(os.environ)",
        "def f(): return os.environ",
        "use(k in os.environ)",
    ],
)
def test_what_cannot_be_told_is_unresolved(text: str) -> None:
    seen = found(f"import os\n{text}")
    assert seen.reads == ()
    assert [each.line for each in seen.unresolved] == [2]


@pytest.mark.parametrize(
    ("text", "required", "default", "checked"),
    [
        ("use(os.environ['A'])", True, None, False),
        ("use(os.getenv('A'))", True, None, False),
        ("use(os.getenv('A', 'x'))", False, "x", False),
        ("use(os.getenv('A', f()))", False, None, False),
        ("use(os.getenv('A', None))", True, None, False),
        ("use(os.getenv('A') or 'x')", False, "x", False),
        ("use(int(os.getenv('A', 5)))", False, "5", False),
        ("use(os.getenv('A') == 'x')", False, None, False),
        ("if os.getenv('A'): use(1)", False, None, False),
        ("if not os.getenv('A'): raise KeyError('A')", True, None, True),
        ("if os.getenv('A') is None: raise KeyError('A')", True, None, True),
        ("if 'A' not in os.environ: sys.exit(1)", True, None, True),
    ],
)
def test_need_and_default_are_told(
    text: str, required: bool, default: str | None, checked: bool
) -> None:
    (read,) = found(f"import os\n{text}").reads
    assert (read.required, read.default, read.checked) == (required, default, checked)


def test_what_is_no_python_is_unparsed_with_its_line() -> None:
    seen = found("import os\nprint 'x'\n")
    assert [each.reason for each in seen.unparsed] == ["line 2 is no Python that we can read"]


def test_a_bad_escape_in_the_code_warns_nobody() -> None:
    assert found("import os\nx = '\\d'\nuse(os.environ['A'])").reads
