"""Programs of others that some tests run."""

import os
import shutil

import pytest

INSTALLED_BY_CI = frozenset({"git", "age", "age-keygen", "zstd", "node", "npm", "strace", "bash"})
"""What `.ci/run` installs; the tools of MongoDB are not among Debian's packages."""


def needs(name: str) -> str:
    """The path of a program: what `SKC_TEST_<NAME>` names, else the one on PATH.

    A test that lacks one is skipped, with the reason; but it fails where CI installs it.
    """
    found = os.environ.get(f"SKC_TEST_{name.upper().replace('-', '_')}") or shutil.which(name)
    if found is not None:
        return found
    if os.environ.get("CI") and name in INSTALLED_BY_CI:
        pytest.fail(f"CI lacks the program {name}")
    pytest.skip(f"needs the program {name}")
