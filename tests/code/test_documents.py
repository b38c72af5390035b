"""Compose files, workflows, Dockerfiles, shell scripts and package.json."""

import json

from skillconnect_ops.code.dockerfile import dockerfile, instructions, is_dockerfile
from skillconnect_ops.code.documents import compose, workflow
from skillconnect_ops.code.interpolation import uses
from skillconnect_ops.code.model import Found
from skillconnect_ops.code.shell import package, shell


def told(found: Found) -> dict[str, tuple[int, bool, str | None, bool]]:
    return {r.name: (r.line, r.required, r.default, r.checked) for r in found.reads}


def test_a_compose_file_is_read() -> None:
    found = compose(
        "services:\n"
        "  api:\n"
        "    image: api:${TAG:-latest}\n"
        "    ports: ['${PORT-3000}:3000']\n"
        "    command: run $$HOME $HOST ${X:+yes}\n"
        "    environment:\n"
        "      URI: ${URI:?set it}\n"
        "      LITERAL: abc\n"
        "      PASSED:\n"
        "  db:\n"
        "    environment:\n"
        "      - USER_NAME=root\n"
        "      - TOLD=${OUTER:-${INNER}}\n"
        "      - HANDED\n",
        path="compose.yaml",
    )
    assert told(found) == {
        "TAG": (3, False, "latest", False),
        "PORT": (4, False, "3000", False),
        "HOST": (5, True, None, False),
        "X": (5, False, None, False),
        "URI": (7, True, None, True),
        "PASSED": (9, False, None, False),
        "OUTER": (13, False, None, False),
        "INNER": (13, True, None, False),
        "HANDED": (14, False, None, False),
    }
    given = {each.name: each.literal for each in found.given}
    assert given == {"URI": False, "LITERAL": True, "USER_NAME": True, "TOLD": False}


def test_a_yaml_circle_ends_and_no_yaml_is_unparsed() -> None:
    assert compose("a: &a\n  b: *a\n  c: ${X}\n", path="c.yml").reads[0].name == "X"
    (unparsed,) = compose("a: b\n c: ]\n", path="c.yml").unparsed
    assert unparsed.reason == "line 2 is no YAML"


def test_a_workflow_is_read() -> None:
    found = workflow(
        "env:\n"
        "  NODE_ENV: test\n"
        "jobs:\n"
        "  a:\n"
        "    steps:\n"
        "      - run: x ${{ secrets.TOKEN }} ${{ secrets.GITHUB_TOKEN }} ${{ vars.REGION }}\n"
        "        env:\n"
        "          KEY: ${{ secrets.KEY || 'x' }}\n",
        path=".github/workflows/ci.yml",
    )
    assert set(told(found)) == {"TOKEN", "REGION", "KEY"}
    assert {each.name: each.literal for each in found.given} == {"NODE_ENV": True, "KEY": False}


def test_a_dockerfile_is_read() -> None:
    found = dockerfile(
        "FROM node:20\n"
        "# ARG NOT=this\n"
        "ARG TAG\n"
        "ARG PORT=3000\n"
        "ENV A=1 \\\n"
        "    # why\n"
        '    B="two words"\n'
        "ENV OLD the old form\n"
        "ENV FROM_ARG=$TAG\n"
        "COPY --chown=node:node . .\n",
        path="Dockerfile",
    )
    assert told(found) == {"TAG": (3, False, None, False), "PORT": (4, False, "3000", False)}
    assert [(each.name, each.line, each.literal) for each in found.given] == [
        ("PORT", 4, True),
        ("A", 5, True),
        ("B", 5, True),
        ("OLD", 8, True),
        ("FROM_ARG", 9, False),
    ]


def test_instructions_are_joined_over_lines() -> None:
    text = "FROM a\nCOPY --from=x \\\n  a \\\n\n  b\nRUN echo"
    assert [(each.keyword, each.words(), each.line) for each in instructions(text)] == [
        ("FROM", ("a",), 1),
        ("COPY", ("--from=x", "a", "b"), 2),
        ("RUN", ("echo",), 6),
    ]


def test_dockerfiles_are_known_by_their_names() -> None:
    assert all(map(is_dockerfile, ("Dockerfile", "a/Dockerfile.prod", "api.dockerfile")))
    assert not any(map(is_dockerfile, ("Dockerfile.dockerignore", "dockerfile.md.js", "a.js")))


def test_a_shell_script_is_read() -> None:
    found = shell(
        "#!/bin/sh\n"
        "# $COMMENTED\n"
        "OWN=1; echo $OWN ${URI:?} '$QUOTED' \"$TOLD\"\n"
        ': "${LEVEL:=info}"\n'
        "for NAME in a b; do echo $NAME $lower; done\n"
        "PORT=${PORT:-3000}\n"
        "cat <<'END'\n$INSIDE\nEND\n"
        "echo \\$ESCAPED $?\n",
        path="run.sh",
    )
    assert told(found) == {
        "URI": (3, True, None, True),
        "TOLD": (3, True, None, False),
        "LEVEL": (4, False, "info", False),
        "PORT": (6, False, "3000", False),
    }


def test_the_scripts_of_a_package_are_read() -> None:
    scripts = {
        "start": "cross-env NODE_ENV=production PORT=$APP_PORT node .",
        "test": "NODE_ENV=test mocha --db ${TEST_DB:-x} && echo $NODE_ENV",
        "win": "echo %USERNAME_X%",
    }
    found = package(json.dumps({"name": "x", "scripts": scripts}, indent=2), path="package.json")
    assert told(found) == {
        "APP_PORT": (4, True, None, False),
        "TEST_DB": (5, False, "x", False),
        "USERNAME_X": (6, True, None, False),
    }
    assert [(e.name, e.line, e.literal) for e in found.given] == [
        ("NODE_ENV", 4, True),
        ("PORT", 4, False),
        ("NODE_ENV", 5, True),
    ]
    assert package("{", path="package.json").unparsed
    assert package("[]", path="package.json") == Found()


def test_places_within_a_text_are_told_apart() -> None:
    assert [use.name for use in uses("$A ${B} ${C:-${D}} $$E \\$F ${1} $9 $")] == [
        "A",
        "B",
        "C",
        "D",
    ]
