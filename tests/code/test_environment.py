"""A whole project: discovery, the reader for each kind of file, what is skipped and unknown."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from skillconnect_ops.adapters.git import GitProgram
from skillconnect_ops.adapters.system import ProcessEnvironment
from skillconnect_ops.code.discovery import LARGEST_BYTES, Skipped, content, discover
from skillconnect_ops.code.environment import look, reads
from skillconnect_ops.code.testing import is_test

FILES: Mapping[str, str] = {
    "server.js": "use(process.env.A)\n",
    "src/a.ts": "use(process.env.B as string)\n",
    "src/b.tsx": "const x = <a b={process.env.C}/>\n",
    "src/c.vue": "<template/>\n<script setup lang='ts'>\nuse(import.meta.env.VITE_D as string)\n"
    "</script>\n",
    "src/d.svelte": "<script>\nimport {E} from '$env/static/private'\n</script>\n",
    "tools/e.py": "import os\nuse(os.environ['F'])\n",
    "docker-compose.yml": "services: {api: {image: '${G}'}}\n",
    "Dockerfile": "ARG H\n",
    ".github/workflows/ci.yml": "a: ${{ secrets.I }}\n",
    "run.sh": "echo $J_J\n",
    "package.json": '{"scripts": {"a": "echo $K_K"}}\n',
    "prisma/schema.prisma": 'url = env("L")\n',
    "tests/f.test.js": "use(process.env.M)\n",
    "types/env.d.ts": "declare const x: typeof process.env.NOT\n",
    "src/g.ts": "import '@nestjs/config';\nuse(this.configService.get('P'))\n",
    "config.prod.js": "use(process.env.Q)\n",
    "README.md": "process.env.NOT\n",
    "node_modules/a/index.js": "use(process.env.NOT)\n",
    "dist/a.js": "use(process.env.NOT)\n",
    "public/a.min.js": "use(process.env.NOT)\n",
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


@pytest.fixture
def git() -> GitProgram:
    return GitProgram(ProcessEnvironment())


def test_each_kind_of_file_has_its_reader(root: Path, git: GitProgram) -> None:
    found = look(root, discover(root, git=git).files)
    assert {read.name for read in found.reads} == {
        *("A", "B", "C", "VITE_D", "E", "F", "G", "H", "I", "J_J", "K_K", "L", "M", "P", "Q"),
    }
    assert {read.name: read.line for read in found.reads}["VITE_D"] == 3
    assert {read.name for read in found.reads if read.test} == {"M"}
    assert [(each.path, each.reason) for each in found.unparsed] == [
        ("public/a.min.js", "it is a bundle or minified")
    ]


def test_reads_alone_can_be_asked_for(root: Path) -> None:
    assert [read.name for read in reads(root, ("server.js", "README.md"))] == ["A"]


def test_a_walk_says_what_it_skipped(root: Path, git: GitProgram) -> None:
    listing = discover(root, git=git)
    assert not listing.by_git
    assert Skipped("node_modules", "installed packages") in listing.skipped
    assert Skipped("dist", "built files") in listing.skipped
    assert not any(path.startswith(("node_modules/", "dist/")) for path in listing.files)


def test_git_s_list_knows_new_files_and_leaves_out_ignored_ones(
    root: Path, git: GitProgram
) -> None:
    subprocess.run(["git", "init", "-q", root], check=True)
    subprocess.run(["git", "-C", root, "add", "server.js", "node_modules"], check=True)
    (root / ".gitignore").write_text("tools/\nnode_modules/\n")
    (root / "größe.js").write_text("use(process.env.N)\n")
    listing = discover(root, git=git)
    assert listing.by_git
    assert {"server.js", "größe.js", "src/a.ts"} <= set(listing.files)
    assert "tools/e.py" not in listing.files
    assert listing.skipped[0] == Skipped("dist", "built files")
    assert Skipped("node_modules", "installed packages") in listing.skipped  # tracked or not
    below = discover(root / "src", git=git)
    assert below.files == ("a.ts", "b.tsx", "c.vue", "d.svelte", "g.ts")


def test_a_repository_that_git_cannot_read_is_walked_and_that_is_said(
    root: Path, git: GitProgram
) -> None:
    subprocess.run(["git", "init", "-q", root], check=True)
    (root / ".git" / "config").write_text("[core\n")
    listing = discover(root, git=git)
    assert "server.js" in listing.files
    assert listing.skipped[0].path == "."
    assert listing.skipped[0].reason.startswith("git was not asked")


def test_what_no_person_wrote_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "big.js").write_bytes(b"process.env.A;\n" * (LARGEST_BYTES // 10))
    (tmp_path / "mini.js").write_bytes(b"process.env.A;" * 3000)
    (tmp_path / "link.js").symlink_to("/etc/hostname")
    os.mkfifo(tmp_path / "pipe.js")
    found = look(tmp_path, ("big.js", "mini.js", "link.js", "pipe.js", "gone.js"))
    assert found.reads == ()
    assert {each.path: each.reason for each in found.unparsed} == {
        "big.js": "it is larger than 2 MB",
        "mini.js": "it is a bundle or minified",
        "link.js": "it is a link or no plain file",
        "pipe.js": "it is a link or no plain file",
    }


def test_what_cannot_be_opened_is_unknown(tmp_path: Path) -> None:
    found = content(tmp_path, "none.js")
    assert found == Skipped("none.js", "No such file or directory")


def test_bytes_that_are_no_utf8_do_no_harm(tmp_path: Path) -> None:
    (tmp_path / "a.js").write_bytes(b"\xef\xbb\xbf// \xff\xfe\nuse(process.env.A)\n")
    (read,) = reads(tmp_path, ("a.js",))
    assert read.line == 2


@pytest.mark.parametrize(
    ("path", "test"),
    [
        ("tests/a.js", True),
        ("src/__tests__/a.js", True),
        ("a.spec.ts", True),
        ("jest.config.js", True),
        ("pkg/test_a.py", True),
        ("src/testimony.js", False),
        ("src/latest/a.js", False),
        ("src/contest.js", False),
    ],
)
def test_tests_are_known_by_their_paths(path: str, test: bool) -> None:
    assert is_test(path) is test
