"""What is registered by hand is complete: commands, kinds of steps, the public API."""

import ast
import inspect
from importlib import import_module
from pathlib import Path
from typing import Annotated, get_args, get_origin

import pytest
import typer

import skillconnect_ops
from skillconnect_ops import wiring
from skillconnect_ops.terminal.group import BARE, Group, Verb
from tests.commandlines import entries, group_of, groups, parse, verbs

PACKAGE = Path(skillconnect_ops.__file__).parent
VERBS = dict(verbs())
GROUPS = dict(groups())


def test_the_public_api_is_what_was_promised() -> None:
    assert skillconnect_ops.__all__ == ["Report", "__version__", "main", "run"]
    for name in skillconnect_ops.__all__:
        assert getattr(skillconnect_ops, name) is not None
        assert name in dir(skillconnect_ops)


def test_the_public_signatures_are_what_was_promised() -> None:
    assert str(inspect.signature(skillconnect_ops.run)) == (
        "(argv: collections.abc.Sequence[str]) -> skillconnect_ops.core.report.Report"
    )
    parameters = inspect.signature(skillconnect_ops.main).parameters
    assert list(parameters) == ["argv", "streams"]
    assert parameters["streams"].kind is inspect.Parameter.KEYWORD_ONLY


def test_an_unknown_name_of_the_package_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = skillconnect_ops.nothing


def test_every_group_of_every_cli_is_on_the_front_door() -> None:
    declared = set()
    nested = {id(group) for path, group in GROUPS.items() if path.count(" ") > 1}
    for path in PACKAGE.glob("commands/*/cli.py"):
        module = import_module(f"skillconnect_ops.commands.{path.parent.name}.cli")
        found = [value for value in vars(module).values() if isinstance(value, Group)]
        assert found, path
        declared |= {(group.name, module.__name__) for group in found if id(group) not in nested}
    assert declared == {(entry.name, entry.module) for entry in entries()}


@pytest.mark.parametrize("name", [path for path in GROUPS if path.count(" ") > 1])
def test_a_group_within_a_group_says_what_it_is_about(name: str) -> None:
    group = GROUPS[name]
    assert group.summary.endswith("."), name
    assert len(group.summary) <= 70, name
    assert group.verbs, name


def test_no_command_is_registered_twice() -> None:
    names = [entry.name for entry in entries()]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("entry", entries(), ids=lambda entry: entry.name)
def test_the_summary_on_the_front_door_is_the_command_s_own(entry: object) -> None:
    (found,) = (other for other in entries() if other is entry)
    group = group_of(found)
    assert group.name == found.name
    assert found.summary.endswith(".")
    if BARE in group.verbs:
        assert group.summary == found.summary


@pytest.mark.parametrize("name", VERBS)
def test_every_command_has_a_summary_and_an_example_that_parses(name: str) -> None:
    verb = VERBS[name]
    summary = verb.help.partition("\n")[0]
    assert summary.endswith("."), summary
    assert len(summary) <= 70, summary
    assert verb.examples, name
    for example in verb.examples:
        assert example.startswith(name), example
        parse(example)


@pytest.mark.parametrize("name", VERBS)
def test_every_option_and_argument_has_help(name: str) -> None:
    for parameter in own_parameters(VERBS[name]):
        (info,) = (
            extra
            for extra in get_args(parameter.annotation)[1:]
            if isinstance(extra, typer.models.ParameterInfo)
        )
        assert info.help, parameter.name
        assert info.help.endswith("."), info.help


@pytest.mark.parametrize("name", VERBS)
def test_no_command_takes_a_secret_by_argv(name: str) -> None:
    words = {
        word for parameter in own_parameters(VERBS[name]) for word in parameter.name.split("_")
    }
    assert words.isdisjoint({"password", "passwd", "secret", "token", "credential"})


def own_parameters(verb: Verb) -> list[inspect.Parameter]:
    house, *own = inspect.signature(verb.run, eval_str=True).parameters.values()
    assert house.name == "house"
    assert all(get_origin(parameter.annotation) is Annotated for parameter in own)
    return own


def test_every_kind_of_step_is_known_to_the_wiring() -> None:
    text = inspect.getsource(wiring._kinds)
    with_kinds = {
        path.parent.name
        for path in PACKAGE.glob("commands/*/steps.py")
        if any(
            isinstance(node, ast.AnnAssign | ast.Assign)
            and "KINDS" in ast.unparse(node).partition("=")[0]
            for node in ast.parse(path.read_text()).body
        )
    }
    assert with_kinds
    for domain in with_kinds:
        assert f"skillconnect_ops.commands.{domain} import steps as {domain}" in text
        assert f"{domain}.KINDS" in text


def test_every_type_of_step_is_of_a_kind() -> None:
    house = object()
    kinds = {kind.step for kind in wiring._kinds(house)}  # type: ignore[arg-type]
    declared, steps = set(), {"Step"} | {kind.__name__ for kind in kinds}
    for path in PACKAGE.glob("commands/*/*.py"):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ClassDef) and steps & set(map(ast.unparse, node.bases)):
                module = f"skillconnect_ops.commands.{path.parent.name}.{path.stem}"
                declared.add(getattr(import_module(module), node.name))
    assert kinds == declared


def test_no_two_kinds_of_step_share_a_tag() -> None:
    tags = [kind.step.__struct_config__.tag for kind in wiring._kinds(object())]  # type: ignore[arg-type]
    assert len(tags) == len(set(tags))
    assert all(str(tag).count(".") == 1 for tag in tags)
