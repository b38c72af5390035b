"""`skc env check` looks at every env file of a project, not at the target's own alone."""

import os
import struct
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from skillconnect_ops.adapters.git import GitProgram
from skillconnect_ops.adapters.system import ProcessEnvironment
from skillconnect_ops.commands.held import sighted
from skillconnect_ops.core.report import Unknown
from tests.commands.env.example.conftest import SETTINGS, App, git
from tests.commands.env.example.test_check import ENV, GOOD, findings, look
from tests.conftest import Skc
from tests.disk.test_shared import as_somebody_without_rights

FORGED = "SECRET_OF_ANOTHER=1\n"


def found(skc: Skc, root: Path, *ids: str) -> list[tuple[str, str, int | None]]:
    return [each[:3] for each in findings(look(skc, root)) if not ids or each[0] in ids]


def messages(skc: Skc, root: Path) -> list[str]:
    return [each[3] for each in findings(look(skc, root))]


def test_another_env_file_is_looked_at_but_its_values_are_not(skc: Skc, app: App) -> None:
    weak = "JWT_SECRET_KEY=secret\nADMIN_JWT_SECRET_KEY=secret\nOLD=\nOLD=[fill in]\n"
    root = app({**GOOD, ".env.production": weak, "x/y/.env.local": weak, ".env.example": weak})
    assert found(skc, root) == []
    git(root, "add", "-f", ".env.production", ".env.example")
    assert found(skc, root) == [("file-tracked", ".env.production", None)]
    git(root, "commit", "-qm", "oh no")
    git(root, "rm", "-q", ".env.production")
    git(root, "commit", "-qm", "gone")
    assert found(skc, root) == [("file-in-history", ".env.production", None)]
    (root / "x/y/.env.local").chmod(0o644)
    (root / ".env.example").chmod(0o644)
    assert found(skc, root)[1:] == [("file-readable-by-others", "x/y/.env.local", None)]
    ran = look(skc, root)
    assert ran.json["facts"]["env_check"]["others"] == [".env.production", "x/y/.env.local"]


def test_what_only_another_branch_holds_is_history_too(skc: Skc, app: App) -> None:
    root = app(GOOD)
    git(root, "add", "-A")
    git(root, "commit", "-qm", "one")
    git(root, "switch", "-qc", "side")
    (root / "backend/.env.staging").write_text(FORGED)
    git(root, "add", "-f", "backend/.env.staging")
    git(root, "commit", "-qm", "side")
    git(root, "switch", "-q", "main")
    assert found(skc, root) == [("file-in-history", "backend/.env.staging", None)]


def test_a_file_in_conflict_is_tracked(skc: Skc, app: App) -> None:
    root = app({**GOOD, ".env.ci": "A=1\n"})
    git(root, "add", "-f", "-A")
    git(root, "rm", "-q", "--cached", "backend/.env")
    git(root, "commit", "-qm", "one")
    (root / ".env.ci").write_text("A=2\n")
    git(root, "stash", "-q")
    (root / ".env.ci").write_text("A=3\n")
    git(root, "commit", "-qam", "two")
    with pytest.raises(Exception, match="stash"):
        git(root, "stash", "pop")
    assert ("file-tracked", ".env.ci", None) in found(skc, root)


def test_a_project_below_a_repositorys_root_is_told_by_its_own_paths(
    skc: Skc, app: App, tmp_path: Path
) -> None:
    root = app(GOOD)
    below = tmp_path / "whole" / "shop"
    below.parent.mkdir()
    (root / ".git").rename(below.parent / ".git")
    root.rename(below)
    for name in (".env.production", "../.env.above"):
        (below / name).write_text(FORGED)
        (below / name).chmod(0o600)
    git(below, "add", "-f", ".env.production", "../.env.above")
    git(below, "commit", "-qm", "one")
    assert found(skc, below) == [
        ("file-tracked", ".env.production", None),
        ("file-in-history", ".env.production", None),
    ]


def test_a_submodule_is_asked_itself(skc: Skc, app: App, tmp_path: Path) -> None:
    root = app(GOOD)
    library = tmp_path / "library"
    library.mkdir()
    (library / ".env").write_text(FORGED)
    git(library, "init", "--quiet")
    git(library, "add", "-f", ".env")
    git(library, "commit", "-qm", "one")
    allow = ("-c", "protocol.file.allow=always")
    git(root, *allow, "submodule", "--quiet", "add", str(library), "libs/one")
    (root / "libs/one/.env").chmod(0o600)
    ran = look(skc, root)
    assert [each[:2] for each in findings(ran)] == [
        ("file-tracked", "libs/one/.env"),
        ("file-in-history", "libs/one/.env"),
    ]
    assert ran.json["findings"][0]["remedy"].startswith("cd libs/one && skc env untrack")


def test_a_linked_work_tree_within_tells_the_history_once(skc: Skc, app: App) -> None:
    root = app({**GOOD, ".env.ci": FORGED})
    git(root, "add", "-f", ".env.ci")
    git(root, "commit", "-qm", "one")
    git(root, "worktree", "add", "-q", "-b", "side", "trees/side")
    (root / "trees/side/.env.ci").chmod(0o600)
    assert found(skc, root, "file-in-history") == [("file-in-history", ".env.ci", None)]
    assert len(found(skc, root, "file-tracked")) == 2


@pytest.mark.skipif(sys.platform != "linux", reason="Linux alone has them so")
def test_whom_an_access_control_list_lets_in_is_told(skc: Skc, app: App) -> None:
    root = app(GOOD)
    entries = ((1, 6, 2**32 - 1), (2, 4, 23456), (4, 0, 2**32 - 1), (16, 4, 2**32 - 1))
    packed = b"".join(struct.pack("<HHI", *each) for each in (*entries, (32, 0, 2**32 - 1)))
    try:
        os.setxattr(root / "backend/.env", "system.posix_acl_access", b"\2\0\0\0" + packed)
    except OSError:
        pytest.skip("this file system keeps no access control lists")
    ran = look(skc, root)
    (each,) = ran.json["findings"]
    assert each["message"] == "its ACL lets user 23456 in (mode 0640)"
    assert each["remedy"] == "setfacl -b backend/.env && chmod 600 backend/.env"


NODE = "FROM node:20\n"
IMAGES: Mapping[str, tuple[Mapping[str, str], tuple[tuple[str, int | None, str], ...]]] = {
    "a Dockerfile of another name": (
        {"backend/Dockerfile.prod": f"{NODE}COPY . .\n", "backend/.dockerignore": ".env\n"},
        (
            ("backend/Dockerfile.prod", 2, "COPY . brings backend/.env.production into the image"),
            ("backend/Dockerfile", 4, "COPY . brings backend/.env.production into the image"),
        ),
    ),
    "a Dockerfile of a service": (
        {
            "backend/api.Dockerfile": f"{NODE}COPY . .\n",
            "backend/Dockerfile": NODE,
            "backend/.dockerignore": ".env\n",
        },
        (
            (
                "backend/api.Dockerfile",
                2,
                "COPY . brings backend/.env.production into the image",
            ),
        ),
    ),
    "the context that compose gives": (
        {
            "deploy/Dockerfile": f"{NODE}COPY . .\n",
            "compose.yaml": "services: {a: {build: {context: ., dockerfile: deploy/Dockerfile}}}",
        },
        (
            (
                "deploy/Dockerfile",
                2,
                "COPY . brings backend/.env, .env.local, backend/.env.production into the image",
            ),
        ),
    ),
    "a context above the compose file": (
        {
            "deploy/image.txt": f"{NODE}COPY backend /app\n",
            "deploy/compose.yml": "x-b: &b {context: '${CTX:-..}', dockerfile: deploy/image.txt}\n"
            "services: {a: {build: *b}, b: {build: {<<: *b, target: x}}}",
        },
        (
            (
                "deploy/image.txt",
                2,
                "COPY backend brings backend/.env, backend/.env.production into the image",
            ),
        ),
    ),
    "an own ignore file comes first": (
        {
            "deploy/Dockerfile": f"{NODE}COPY . .\n",
            "deploy/Dockerfile.dockerignore": "**/.env*\n",
            "compose.yaml": "services: {a: {build: {context: ., dockerfile: deploy/Dockerfile}}}",
        },
        (),
    ),
    "a compose file that holds the Dockerfile": (
        {
            "compose.yaml": "services:\n  a:\n    build:\n      context: backend\n"
            "      dockerfile_inline: |\n        FROM x\n        COPY . .\n",
            "backend/.dockerignore": "",
            "backend/Dockerfile": NODE,
        },
        (
            (
                "compose.yaml",
                7,
                "COPY . brings backend/.env, backend/.env.production into the image",
            ),
        ),
    ),
    "the folder that has what is copied": (
        {"deploy/Dockerfile": f"{NODE}COPY package*.json ./\nCOPY . .\n", "package.json": "{}"},
        (
            (
                "deploy/Dockerfile",
                3,
                "COPY . brings backend/.env, .env.local, backend/.env.production into the image",
            ),
        ),
    ),
    "a file that is named": (
        {
            "backend/.dockerignore": "",
            "backend/Dockerfile": f'{NODE}ARG E=.env.production\nCOPY ["${{E}}", "/app/.env"]\n',
        },
        (
            (
                "backend/Dockerfile",
                3,
                "COPY .env.production brings backend/.env.production into the image",
            ),
        ),
    ),
    "a pattern": (
        {"backend/.dockerignore": "", "backend/Dockerfile": f"{NODE}ADD .env.[a-q]* /\n"},
        (
            (
                "backend/Dockerfile",
                2,
                "ADD .env.[a-q]* brings backend/.env.production into the image",
            ),
        ),
    ),
    "several copies with one cause": (
        {
            "backend/.dockerignore": "",
            "backend/Dockerfile": f"{NODE}COPY . .\nFROM a\nCOPY . .\nCOPY . /again\n",
        },
        (
            (
                "backend/Dockerfile",
                4,
                "COPY . brings backend/.env, backend/.env.production into the image",
            ),
        ),
    ),
    "what a copy leaves out": (
        {"backend/.dockerignore": "", "backend/Dockerfile": f"{NODE}COPY --exclude=.env* . .\n"},
        (),
    ),
    "names in another case": (
        {
            "backend/.dockerignore": ".env\n",
            "backend/Dockerfile": NODE,
            "backend/dockerfile": f"{NODE}COPY . .\n",
            "backend/Dockerfile_prod": f"{NODE}COPY . .\n",
            "backend/API.DockerFile": f"{NODE}COPY . .\n",
            "backend/dockerfile.md": "COPY . .\n",
        },
        tuple(
            (f"backend/{name}", 2, "COPY . brings backend/.env.production into the image")
            for name in ("API.DockerFile", "Dockerfile_prod", "dockerfile")
        ),
    ),
    "what is copied by whoever builds on it": (
        {"backend/.dockerignore": ".env\n", "backend/Dockerfile": f"{NODE}ONBUILD COPY . .\n"},
        (("backend/Dockerfile", 2, "COPY . brings backend/.env.production into the image"),),
    ),
    "a backquote that escapes": (
        {
            "backend/.dockerignore": ".env\n",
            "backend/conf/.env.x": FORGED,
            "backend/Dockerfile": f"# Escape = `\n{NODE}RUN dir C:\\\nCOPY `\n .\\conf\\ C:\\\n",
        },
        (("backend/Dockerfile", 4, "COPY conf brings backend/conf/.env.x into the image"),),
    ),
    "a backquote in a comment": (
        {
            "backend/.dockerignore": ".env\n",
            "backend/Dockerfile": f"# ours\n# escape=`\n{NODE}RUN a \\\n b\nCOPY . .\n",
        },
        (("backend/Dockerfile", 6, "COPY . brings backend/.env.production into the image"),),
    ),
    "a context from elsewhere": (
        {"compose.yaml": "services: {a: {build: 'https://git.example.com/a.git'}, b: 1}"},
        (),
    ),
}


@pytest.mark.parametrize("case", IMAGES)
def test_images_are_read_with_their_contexts(skc: Skc, app: App, case: str) -> None:
    files, wanted = IMAGES[case]
    others = {".env.local": FORGED, "backend/.env.production": FORGED}
    ran = look(skc, app({**GOOD, **others, **files}))
    assert sorted(each[1:] for each in findings(ran)) == sorted(wanted)
    assert {each[0] for each in findings(ran)} <= {"secret-in-image"}


def test_what_only_the_build_knows_is_said(skc: Skc, app: App) -> None:
    files = {
        "backend/Dockerfile": f"{NODE}ARG E\nCOPY $E /app/\n",
        "compose.yaml": "services:\n  a:\n    build: ${WHERE}\n  b:\n    build: ./none\n",
    }
    ran = look(skc, app({**GOOD, **files}))
    assert findings(ran) == []
    told = {each["subject"]: each["reason"] for each in ran.json["unknown"]}
    assert told["backend/Dockerfile:3"] == "what COPY $E brings is known to the build alone"
    assert told["compose.yaml:3"] == "what it builds hangs on a variable"
    assert told["compose.yaml:5"] == (
        "the Dockerfile that it names, none/Dockerfile, cannot be read"
    )


def test_what_only_old_commits_hold_is_in_no_image(skc: Skc, app: App) -> None:
    root = app({**GOOD, "backend/.env.old": FORGED, "backend/.dockerignore": ".env\n"})
    git(root, "add", "-f", "backend/.env.old")
    git(root, "commit", "-qm", "one")
    git(root, "rm", "-q", "backend/.env.old")
    git(root, "commit", "-qm", "two")
    assert found(skc, root) == [("file-in-history", "backend/.env.old", None)]


def test_a_folder_that_cannot_be_looked_through_is_said() -> None:
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        (root / "closed").mkdir(mode=0)
        (root / ".env.x").write_text(FORGED)
        with as_somebody_without_rights(root):
            looked = sighted(root, GitProgram(ProcessEnvironment()))
        (root / "closed").chmod(0o700)
        assert [each.path for each in looked.files] == [".env.x"]
        assert looked.unknown == (Unknown("closed", "Permission denied"),)


def test_the_next_command_is_that_of_the_gravest(skc: Skc, app: App) -> None:
    root = app({**GOOD, ".env.production": FORGED})
    git(root, "add", "-f", ".env.production")
    assert look(skc, root).json["next"] == ["skc env untrack"]


def nested(root: Path, folder: str, *names: str) -> None:
    """A repository of its own within the project, which holds these files."""
    git(root / folder, "init", "--quiet", "--initial-branch=main")
    git(root / folder, "add", "-f", *names)
    git(root / folder, "commit", "-qm", "one")


def test_a_targets_own_file_is_asked_for_where_it_lies(skc: Skc, app: App) -> None:
    root = app(GOOD)
    nested(root, "backend", ".env")
    assert found(skc, root, "file-tracked", "file-in-history") == [
        ("file-tracked", "backend/.env", None),
        ("file-in-history", "backend/.env", None),
    ]
    (told,) = (f for f in look(skc, root).json["findings"] if f["id"] == "file-tracked")
    assert told["remedy"].startswith("cd backend && skc env untrack")


def test_what_the_outer_repository_held_before_is_not_forgotten(skc: Skc, app: App) -> None:
    root = app({**GOOD, "backend/.env.old": FORGED})
    git(root, "add", "-f", "backend/.env", "backend/.env.old")
    git(root, "commit", "-qm", "one")
    git(root, "rm", "-q", "--cached", "backend/.env", "backend/.env.old")
    git(root, "commit", "-qm", "a repository of its own")
    nested(root, "backend", ".env", ".env.old")
    held = [each for each in findings(look(skc, root)) if each[0] == "file-in-history"]
    assert [(each[1], each[3][:9]) for each in held] == [
        ("backend/.env", "2 commits"),
        ("backend/.env.old", "2 commits"),
    ]


def test_a_shallow_clone_within_is_no_proof_either(skc: Skc, app: App, tmp_path: Path) -> None:
    root = app(GOOD)
    nested(root, "backend", "a.js")
    git(root / "backend", "commit", "-qm", "two", "--allow-empty")
    (root / "backend/.git").rename(tmp_path / "whole")
    git(tmp_path, "clone", "-q", "--bare", "--depth", "1", f"file://{tmp_path}/whole", "part")
    (tmp_path / "part").rename(root / "backend/.git")
    git(root / "backend", "config", "core.bare", "false")
    ran = look(skc, root, "--strict")
    told = {each["subject"]: each["reason"] for each in ran.json["unknown"]}
    assert "git fetch --unshallow" in told["backend"]


def test_a_repository_below_a_folder_of_env_files_is_asked_for_all_of_its_files(
    skc: Skc, app: App
) -> None:
    names = (".envs/clone/.postgres", ".envs/clone/sub/.env")
    root = app({**GOOD, **dict.fromkeys(names, FORGED)})
    for name in names:
        (root / name).chmod(0o600)
    nested(root, ".envs/clone", ".")
    ran = look(skc, root)
    assert [each[:2] for each in findings(ran)] == [
        *(("file-tracked", name) for name in names),
        *(("file-in-history", name) for name in names),
    ]
    first, second = (each["remedy"] for each in ran.json["findings"][:2])
    assert first.startswith("cd .envs/clone && git rm --cached .postgres, then rotate")
    assert second.startswith("cd .envs/clone && skc env untrack, then rotate")


def test_the_code_of_clones_and_submodules_is_read(skc: Skc, app: App, tmp_path: Path) -> None:
    library = tmp_path / "library"
    library.mkdir()
    (library / "l.js").write_text("use(process.env.IN_SUBMODULE)")
    git(library, "init", "--quiet")
    git(library, "add", ".")
    git(library, "commit", "-qm", "one")
    names = ("IN_CLONE", "IN_SUBMODULE", "NOWHERE")
    more = "".join(f"{name}=\n" for name in names)
    root = app(
        {
            **GOOD,
            "backend/.env": GOOD["backend/.env"] + more,
            "backend/.env.example": GOOD["backend/.env.example"] + more,
            "backend/clone/c.js": "use(process.env.IN_CLONE, process.env.LACKING)",
        }
    )
    nested(root, "backend/clone", "c.js")
    allow = ("-c", "protocol.file.allow=always")
    git(root, *allow, "submodule", "--quiet", "add", str(library), "backend/lib")
    ran = look(skc, root)
    assert {(each[0], each[3].split()[-1]) for each in findings(ran) if "unused" in each[0]} == {
        ("variable-unused", "NOWHERE")
    }
    assert any(each[3].startswith("LACKING is required") for each in findings(ran))
    assert ran.json["unknown"] == []


def test_a_clone_that_git_ignores_is_named_unless_the_env_file_lies_in_it(
    skc: Skc, app: App
) -> None:
    root = app({**GOOD, ".gitignore": ".env\nother/\nbackend/\n", "other/o.js": "use(1)"})
    nested(root, "backend", "a.js", ".env.example")
    nested(root, "other", "o.js")
    ran = look(skc, root)
    assert findings(ran) == []
    reason = "a repository that git ignores here: its code was not read"
    assert ran.json["unknown"] == [{"subject": "other", "reason": reason}]


def test_a_submodule_that_is_not_checked_out_is_named(skc: Skc, app: App, tmp_path: Path) -> None:
    root = app(GOOD)
    git(root, "add", ".")
    commit = "1" * 40
    git(root, "update-index", "--add", "--cacheinfo", f"160000,{commit},lib")
    (root / "lib").mkdir()
    (told,) = look(skc, root).json["unknown"]
    assert told["subject"] == "lib"
    assert "not checked out" in told["reason"]


def test_what_lies_in_a_folder_of_env_files_is_one(skc: Skc, app: App) -> None:
    name = ".envs/.production/.postgres"
    root = app({**GOOD, name: FORGED, ".envs/.local/.postgres.example": FORGED})
    (root / name).chmod(0o600)
    git(root, "add", "-f", ".envs")
    assert found(skc, root) == [("file-tracked", name, None)]
    git(root, "commit", "-qm", "oh no")
    git(root, "rm", "-q", "--cached", name)
    assert found(skc, root) == [("file-in-history", name, None)]
    (root / name).unlink()
    assert found(skc, root) == [("file-in-history", name, None)]


def test_a_virtual_environment_is_no_folder_of_env_files(skc: Skc, app: App) -> None:
    root = app({**GOOD, ".env/pyvenv.cfg": "", ".env/lib/a.py": ""})
    (root / ".env/lib/a.py").chmod(0o644)
    assert found(skc, root) == []


@pytest.mark.parametrize(
    ("mount", "sees"),
    [
        ("type=bind,target=/src", "backend/.env"),
        ("target=/src", "backend/.env"),
        ("type=bind,source=.env,target=/e", "backend/.env"),
        ("type=bind,src=conf,target=/e", ""),
        ("type=bind,from=build,target=/src", ""),
        ("type=secret,id=x", ""),
        ("type=cache,target=/x", ""),
    ],
)
def test_what_a_command_sees_of_the_context_is_said(
    skc: Skc, app: App, mount: str, sees: str
) -> None:
    dockerfile = f"{NODE}RUN --network=none --mount={mount} cp -r /src /app\n"
    ran = look(skc, app({**GOOD, "backend/Dockerfile": dockerfile, "backend/.dockerignore": ""}))
    assert findings(ran) == []
    told = [(each["subject"], each["reason"]) for each in ran.json["unknown"]]
    wanted = [("backend/Dockerfile:2", f"the command sees {sees}, and may keep it")]
    assert told == (wanted if sees else [])


def test_the_rule_for_an_image_covers_a_file_of_another_name(skc: Skc, app: App) -> None:
    name = "backend/conf/production.env"
    settings = SETTINGS.replace("backend/.env", name)
    root = app({**GOOD, "skc.yaml": settings, name: ENV, "backend/.dockerignore": ""})
    (told,) = (f for f in look(skc, root).json["findings"] if f["id"] == "secret-in-image")
    assert told["remedy"] == "add **/.env*, conf/production.env to backend/.dockerignore"


def test_the_next_command_leads_into_a_nested_repository(skc: Skc, app: App) -> None:
    root = app(GOOD)
    nested(root, "backend", ".env")
    assert look(skc, root).json["next"][0] == "cd backend && skc env untrack"
