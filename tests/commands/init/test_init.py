"""`skc init` on real folders, through the front door."""

import json
import os
import secrets
import subprocess
from pathlib import Path

import pytest

from skillconnect_ops.core.resources import template
from skillconnect_ops.core.settings.model import Settings
from skillconnect_ops.core.settings.reader import read
from tests.conftest import Skc

URI = "mongodb+srv://skillful:hunter2@c0.example.net/shop?retryWrites=true"


def git_init(folder: Path) -> None:
    subprocess.run(["git", "init", "--quiet", str(folder)], check=True, capture_output=True)


def written(root: Path) -> Settings:
    return read((root / "skc.yaml").read_text(encoding="utf-8"))


def everything(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else b""
        for path in folder.rglob("*")
        if ".git" not in path.parts
    }


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / 'it\'s a "größe" shop'
    (root / "backend").mkdir(parents=True)
    git_init(root)
    (root / "backend" / "package.json").write_text('{"dependencies": {"express": "4"}}')
    (root / "backend" / ".env").write_bytes(
        b"\xef\xbb\xbfPORT=4000\r\nNODE_ENV=production\r\nMONGO_URI="
        + URI.encode()
        + b"\r\n\xff\xfe"
    )
    return root


def test_a_project_is_described(skc: Skc, project: Path) -> None:
    ran = skc("init", "--yes", "--format", "json", cwd=project)
    assert ran.code == 0, ran.stderr
    settings = written(project)
    (target,) = settings.targets.items()
    assert settings.backend == "backend"
    assert target[0] == "production"
    assert target[1].env_files == ("backend/.env",)
    assert target[1].database is not None
    assert target[1].database.uri == "env:MONGO_URI"
    assert target[1].backups is not None
    assert target[1].backups.location.startswith("~/backups/")
    assert ran.json["facts"]["init"]["written"] is True
    assert ran.json["facts"]["init"]["targets"][0]["address"]["database"] == "shop"
    assert ran.json["next"] == ["skc doctor"]
    assert (project / "skc.yaml").stat().st_mode & 0o777 == 0o644


def test_no_secret_gets_anywhere(skc: Skc, project: Path, tmp_path: Path) -> None:
    ran = skc("init", "--yes", cwd=project)
    ran_json = skc("init", "--replace", "--dry-run", "--format", "json", cwd=project)
    files = everything(tmp_path)
    del files[str((project / "backend" / ".env").relative_to(tmp_path))]
    said = b"".join(files.values()) + (ran.stdout + ran.stderr + ran_json.stdout).encode()
    assert b"hunter2" not in said
    assert b"skillful" not in said


def test_a_dry_run_and_a_missing_consent_leave_nothing_behind(
    skc: Skc, project: Path, tmp_path: Path
) -> None:
    before = everything(tmp_path)
    dry = skc("init", "--dry-run", cwd=project)
    assert dry.code == 0
    assert "uri: env:MONGO_URI" in dry.stdout
    refused = skc("init", cwd=project)
    assert refused.code == 3
    assert "skc init --yes" in refused.stderr
    assert set(everything(tmp_path)) - {"home"} == set(before) - {"home"}


def test_a_second_run_says_what_is_there_and_changes_nothing(skc: Skc, project: Path) -> None:
    assert skc("init", "--yes", cwd=project).code == 0
    before = everything(project)
    again = skc("init", "--yes", cwd=project / "backend")
    assert again.code == 3
    assert "is there already" in again.stderr
    assert "targets: production" in again.stderr
    assert "skc init --replace" in again.stderr
    assert everything(project) == before


def test_replacing_asks_for_the_name_and_keeps_the_id(skc: Skc, project: Path) -> None:
    assert skc("init", "--yes", cwd=project).code == 0
    identity = written(project).project.id
    with (project / "skc.yaml").open("a") as file:
        file.write("# edited by hand\n")
    assert skc("init", "--replace", "--yes", cwd=project).code == 3
    assert (project / "skc.yaml").read_text().endswith("# edited by hand\n")
    assert skc("init", "--replace", "--confirm", "skc.yaml", cwd=project).code == 0
    assert written(project).project.id == identity
    assert "edited by hand" not in (project / "skc.yaml").read_text()


def test_a_broken_one_can_be_replaced_too(skc: Skc, project: Path) -> None:
    (project / "skc.yaml").write_bytes(b"version: [\xff")
    refused = skc("init", "--yes", cwd=project)
    assert refused.code == 3
    assert "is no UTF-8 text" in refused.stderr
    assert skc("init", "--replace", "--confirm", "skc.yaml", cwd=project).code == 0
    assert written(project).targets


@pytest.mark.parametrize("kind", ["link", "folder"])
def test_a_link_or_folder_is_not_written_over(skc: Skc, project: Path, kind: str) -> None:
    if kind == "link":
        (project / "skc.yaml").symlink_to("elsewhere.yaml")
    else:
        (project / "skc.yaml").mkdir()
    assert skc("init", "--replace", "--confirm", "skc.yaml", cwd=project).code == 3
    assert not (project / "elsewhere.yaml").exists()


def test_an_empty_folder_without_git_gets_a_file_to_fill_in(skc: Skc, tmp_path: Path) -> None:
    folder = tmp_path / "empty"
    folder.mkdir()
    ran = skc("init", "--yes", cwd=folder)
    assert ran.code == 0, ran.stderr
    assert "no repository" in ran.stdout
    assert written(folder).targets["production"].env_files == ()


def test_without_git_a_file_above_is_seen(skc: Skc, tmp_path: Path) -> None:
    (tmp_path / "p" / "deep").mkdir(parents=True)
    assert skc("init", "--yes", cwd=tmp_path / "p").code == 0
    assert skc("init", "--yes", cwd=tmp_path / "p" / "deep").code == 3
    assert skc("init", ".", "--yes", cwd=tmp_path / "p" / "deep").code == 0


def test_the_root_of_the_repository_is_taken_from_any_folder_below(skc: Skc, project: Path) -> None:
    assert skc("init", "--yes", cwd=project / "backend").code == 0
    assert written(project).backend == "backend"


def test_odd_files_are_noted_and_never_a_traceback(skc: Skc, tmp_path: Path) -> None:
    root = tmp_path / "odd"
    (root / "a").mkdir(parents=True)
    (root / "package.json").write_text("{" * 100_000)
    (root / "pyproject.toml").write_bytes(b"\xff\xff")
    (root / "a" / "package.json").write_text(json.dumps({"x": "y" * 6_000_000}))
    (root / "docker-compose.yml").write_text("services: [")
    (root / ".env").write_text("A=1", encoding="utf-16")
    os.mkfifo(root / "a" / ".env")
    (root / "loop").symlink_to(root)
    (root / ".env.gone").symlink_to("nowhere")
    (root / "new\nline").mkdir()
    (root / "new\nline" / ".env").write_text(f"MONGO_URI={URI}")
    (Path(os.fsencode(root).decode()) / os.fsdecode(b"\xff")).mkdir()
    ran = skc("init", "--yes", "--format", "json", cwd=root)
    assert ran.code == 0, ran.stderr
    notes = "\n".join(ran.json["facts"]["init"]["notes"])
    for name in ("package.json", "a/package.json", "docker-compose.yml", ".env", "a/.env"):
        assert f"{name}: " in notes
    assert written(root).targets


def test_a_compose_network_is_reached_from_outside(skc: Skc, project: Path) -> None:
    (project / "backend" / ".env").write_text("DB_URL=mongodb://u:p@mongo:27017/shop\n")
    (project / "docker-compose.yml").write_text(
        "services:\n  mongo:\n    image: mongo:6\n    ports: ['27018:27017']\n"
    )
    assert skc("init", "--yes", cwd=project).code == 0
    database = written(project).targets["development"].database
    assert database is not None
    assert database.uri == "env:DB_URL"
    assert database.connect_map == {"mongo:27017": "127.0.0.1:27018"}


def test_the_name_that_the_code_passes_is_found(skc: Skc, project: Path) -> None:
    (project / "backend" / "db.js").write_text(
        'mongoose.connect(process.env.MONGO_URI, { dbName: "Shop_App" })'
    )
    assert skc("init", "--yes", cwd=project).code == 0
    database = written(project).targets["production"].database
    assert database is not None
    assert database.name == "Shop_App"


def test_examples_of_env_files_are_no_env_files(skc: Skc, project: Path) -> None:
    for name in (".env.example", ".env.sample", ".env.production.example", ".env.bak", ".env~"):
        (project / "backend" / name).write_text(f"MONGO_URI={URI}")
    ran = skc("init", "--yes", "--format", "json", cwd=project)
    assert [file["path"] for file in ran.json["facts"]["init"]["env_files"]] == ["backend/.env"]


def test_a_profile_fills_what_the_look_leaves_open(skc: Skc, tmp_path: Path) -> None:
    folder = tmp_path / "new"
    folder.mkdir()
    ran = skc("init", "--profile", "skillconnect", "--yes", cwd=folder)
    assert ran.code == 0, ran.stderr
    settings = written(folder)
    assert settings.project.profile == "skillconnect"
    assert settings.targets["production"].env_files == ("backend/.env",)


def test_a_profile_brings_its_indexes_and_leaves_those_that_are_there(
    skc: Skc, tmp_path: Path
) -> None:
    folder = tmp_path / "app"
    folder.mkdir()
    ran = skc("init", "--profile", "skillconnect", "--yes", cwd=folder)
    assert ran.code == 0, ran.stderr
    assert (folder / "indexes.yaml").read_text() == template("skillconnect/indexes.yaml")
    (folder / "skc.yaml").unlink()
    (folder / "indexes.yaml").write_text("own: []\n")
    assert skc("init", "--profile", "skillconnect", "--yes", cwd=folder).code == 0
    assert (folder / "indexes.yaml").read_text() == "own: []\n"


def test_an_unknown_profile_lists_the_known(skc: Skc, project: Path) -> None:
    ran = skc("init", "--profile", "../x", "--yes", cwd=project)
    assert ran.code == 4
    assert "known: skillconnect" in ran.stderr


def test_backups_are_proposed_outside_the_repository(skc: Skc, project: Path) -> None:
    env = {"HOME": str(project), "XDG_DATA_HOME": str(project / "data")}
    assert skc("init", "--yes", cwd=project, env=env).code == 0
    backups = written(project).targets["production"].backups
    assert backups is not None
    assert not (project / backups.location).resolve().is_relative_to(project)


def test_a_folder_that_is_none_is_said(skc: Skc, project: Path) -> None:
    assert skc("init", "nowhere", "--yes", cwd=project).code == 4
    assert skc("init", "backend/package.json", "--yes", cwd=project).code == 4


def test_a_folder_where_nothing_may_be_written_is_said(
    skc: Skc, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write everywhere
    ran = skc("init", "--yes", cwd=project)
    assert ran.code == 4
    assert "nothing can be written" in ran.stderr
    assert skc("init", "--dry-run", cwd=project).code == 0


def test_a_failed_write_is_put_back(
    skc: Skc, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.replace

    def full(source: str, target: str) -> None:
        if str(target).endswith("skc.yaml"):
            raise OSError(28, "No space left on device")
        real(source, target)

    monkeypatch.setattr(os, "replace", full)
    ran = skc("init", "--yes", cwd=project)
    assert ran.code == 5, ran.stderr
    assert sorted(path.name for path in project.iterdir()) == [".git", "backend"]


def test_without_git_installed_it_still_works(skc: Skc, project: Path, tmp_path: Path) -> None:
    ran = skc("init", "--yes", cwd=project, env={"PATH": str(tmp_path)})
    assert ran.code == 0, ran.stderr
    assert "git is not installed" in ran.stdout


def test_replacing_it_by_the_same_says_that_nothing_changed(skc: Skc, project: Path) -> None:
    assert "written" in skc("init", "--yes", cwd=project).stdout
    ran = skc("init", "--replace", "--yes", cwd=project)
    assert ran.code == 0
    assert "not changed" in ran.stdout


def test_the_key_that_the_code_signs_tokens_with_is_a_ring_whatever_it_is_called(
    skc: Skc, project: Path
) -> None:
    hush = secrets.token_hex(8)
    (project / "backend" / ".env").write_text(
        f"MONGO_URI={URI}\nHUSH={hush}\nCAPTCHA_SECRET={secrets.token_hex(16)}\nJWT_EXPIRE=2 d\n"
    )
    (project / "backend" / "auth.js").write_text(
        "const token = jwt.sign(\n  { id: String(user._id) },\n  process.env.HUSH,\n  options\n)\n"
        "captcha.verify(answer, process.env.CAPTCHA_SECRET)\n"
    )
    ran = skc("init", "--yes", cwd=project)
    assert ran.code == 0, ran.stderr
    assert "HUSH (jwt)" in ran.stdout
    (target,) = written(project).targets.values()
    kinds = {one.env: (one.kind, one.token_ttl) for one in target.secrets.values()}
    assert kinds["HUSH"] == ("jwt", "2d")
    assert kinds["CAPTCHA_SECRET"][0] == "manual"
    assert hush not in ran.stdout + (project / "skc.yaml").read_text()
