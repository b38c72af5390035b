"""The wheel in a bare virtual environment, and an editable install in the same."""

import subprocess
import sys
import venv
import zipfile
from importlib import metadata
from pathlib import Path
from typing import Any, cast

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
TEMPLATES = "from skillconnect_ops.core.resources import templates as t; print(*t('skillconnect'))"
CHECKLISTS = "from skillconnect_ops.core.resources import checklists as c; print(c(), end='')"


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A wheel of each sort, built by the backend that `pip` would call."""
    built = {}
    for sort in ("wheel", "editable"):
        folder = tmp_path_factory.mktemp(sort)
        code = f"import sys, hatchling.build as b; print(b.build_{sort}(sys.argv[1]))"
        name = said(sys.executable, "-c", code, str(folder), cwd=ROOT).split()[-1]
        built[sort] = folder / name
    return built


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory, wheels: dict[str, Path]) -> Path:
    """The `bin` of an environment that holds the wheel, what it needs, and nothing for tests.

    What it needs is linked from this environment: to fetch it all anew takes a minute.
    """
    folder = tmp_path_factory.mktemp("bare")
    venv.create(folder)
    (packages,) = folder.glob("lib/python*/site-packages")
    for name in needed(wheels["wheel"]):
        for file in metadata.distribution(name).files or ():
            link = packages / file.parts[0]
            if file.parts[0] != ".." and not link.exists():
                link.symlink_to(Path(str(file.locate())).parents[len(file.parts) - 1] / link.name)
    pip(folder / "bin", "install", "--no-deps", str(wheels["wheel"]))
    return folder / "bin"


def needed(wheel: Path) -> set[str]:
    """The distributions that the wheel asks for without any extra, and those that they ask for."""
    (folder,) = (one for one in zipfile.Path(wheel).iterdir() if one.name.endswith(".dist-info"))
    asked = metadata.PathDistribution(cast("Any", folder)).requires or []
    found: set[str] = set()
    while asked:
        wanted = Requirement(asked.pop())
        if wanted.marker is None or wanted.marker.evaluate({"extra": ""}):
            asked += [] if wanted.name in found else metadata.requires(wanted.name) or []
            found.add(wanted.name)
    return found


def pip(binaries: Path, *argv: str) -> None:
    here = ("-m", "pip", "--python", str(binaries / "python"))
    said(sys.executable, *here, "--quiet", "--disable-pip-version-check", *argv)


def said(*argv: str, cwd: Path | None = None) -> str:
    done = subprocess.run(argv, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_wheel_holds_the_package_and_what_it_ships(wheels: dict[str, Path]) -> None:
    names = set(zipfile.ZipFile(wheels["wheel"]).namelist())
    assert "skillconnect_ops/py.typed" in names
    sources = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "skillconnect_ops").rglob("*.py")
        if "__pycache__" not in path.parts
    }
    assert sources <= names
    shipped = {
        f"skillconnect_ops/_data/{path.relative_to(ROOT)}"
        for path in (ROOT / "templates").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    } | {"skillconnect_ops/_data/checklists.yaml"}
    assert shipped <= names
    rest = names - sources - shipped - {"skillconnect_ops/py.typed"}
    assert all(".dist-info/" in name for name in rest), rest


@pytest.mark.long
def test_the_wheel_brings_what_it_needs(wheels: dict[str, Path], tmp_path: Path) -> None:
    venv.create(tmp_path / "fresh", with_pip=True)
    constraints = str(ROOT / "constraints.txt")
    pip(tmp_path / "fresh" / "bin", "install", "-c", constraints, str(wheels["wheel"]))
    assert "usage: skc" in said(str(tmp_path / "fresh" / "bin" / "skc"), "--help", cwd=tmp_path)


def test_a_bare_environment_runs_every_help_page(bare: Path, tmp_path: Path) -> None:
    skc = str(bare / "skc")
    page = said(skc, "--help", cwd=tmp_path)
    commands = [
        line.split()[0]
        for line in page.splitlines()
        if line.startswith("  ") and not line.startswith(("   ", "  -"))
    ]
    assert commands
    for command in commands:
        assert said(skc, command, "--help", cwd=tmp_path).startswith(f"usage: skc {command}")
    assert said(str(bare / "python"), "-m", "skillconnect_ops", "--help", cwd=tmp_path) == page


def test_doctor_outside_a_project_points_to_init(bare: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [bare / "skc", "doctor"],
        cwd=tmp_path,
        env={"PATH": str(bare), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in {0, 4, 10, 11, 12, 13}, done.stdout + done.stderr
    assert "skc init" in done.stdout + done.stderr


def test_nothing_of_the_tests_is_needed(bare: Path) -> None:
    code = "import importlib.util as u; print(*map(u.find_spec, ('pytest', 'hypothesis', 'mypy')))"
    assert said(str(bare / "python"), "-c", code).split() == ["None"] * 3


def test_the_templates_are_readable_from_a_wheel(bare: Path, tmp_path: Path) -> None:
    names = said(str(bare / "python"), "-c", TEMPLATES, cwd=tmp_path).split()
    assert names == shipped_templates()
    text = said(str(bare / "python"), "-c", CHECKLISTS, cwd=tmp_path)
    assert text == (ROOT / "checklists.yaml").read_text()


def test_the_templates_are_readable_from_an_editable_install(
    bare: Path, wheels: dict[str, Path], tmp_path: Path
) -> None:
    pip(bare, "install", "--no-deps", "--force-reinstall", str(wheels["editable"]))
    try:
        where = "import skillconnect_ops; print(skillconnect_ops.__file__)"
        home = said(str(bare / "python"), "-c", where, cwd=tmp_path).strip()
        assert Path(home).parents[1] == ROOT
        names = said(str(bare / "python"), "-c", TEMPLATES, cwd=tmp_path).split()
        assert names == shipped_templates()
        text = said(str(bare / "python"), "-c", CHECKLISTS, cwd=tmp_path)
        assert text == (ROOT / "checklists.yaml").read_text()
    finally:
        pip(bare, "install", "--no-deps", "--force-reinstall", str(wheels["wheel"]))


def shipped_templates() -> list[str]:
    folder = ROOT / "templates" / "skillconnect"
    return sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    )
