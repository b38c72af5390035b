"""What must follow a scrub, written down: pushes, texts to send, and what keeps old history out.

The files hold ids and names without values. They lie in a folder of the bundle's, since they say
what is banned, and that is so as long as the scrub is not undone.
"""

import os
import shlex
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from skillconnect_ops.commands.bundles import kept
from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.scrub import bundle
from skillconnect_ops.commands.scrub.after import (
    After,
    Change,
    LeftOut,
    Push,
    changed,
    following,
)
from skillconnect_ops.commands.scrub.escrowed import turn_of, values_of
from skillconnect_ops.commands.scrub.hands import Hands
from skillconnect_ops.core.plan import Image, Proof, Step, Walk
from skillconnect_ops.core.ports.objects import ObjectKind, Piece, Repository
from skillconnect_ops.core.ports.rewriting import Rewriting
from skillconnect_ops.core.regex import regex
from skillconnect_ops.core.resources import filled, template
from skillconnect_ops.core.shell import word
from skillconnect_ops.core.view import count, listed
from skillconnect_ops.history.looking import Wanted, in_content
from skillconnect_ops.history.needles import MASK
from skillconnect_ops.journal.kinds import KindOf

HOME = "after"
"""In the bundle's folder."""
PUSH, COLLEAGUES, SUPPORT = "push.sh", "colleagues.md", "support.md"
HOOK, CHECK, BANNED = "pre-receive", "check-history.sh", "banned-ids"
_TOLD = "after.json"
_PROGRAM, _TEXT = 0o700, 0o600
_AT_ONCE = 200
"""Refs in one push; a command line has an end."""
_LONGEST = 500
"""Letters of a push that a person may copy from a screen."""
_HEADS = "refs/heads/"
_POINTER = b"version https://git-lfs"
_LARGEST_POINTER = 1024
_LFS = regex(rb"oid sha256:([0-9a-f]{64})")
_LFS_STORE = regex(r"lfs/objects/.*/([0-9a-f]{64})")
_LARGEST_LFS = 256 << 20


class Told(Struct, frozen=True, kw_only=True):
    """Commands for one remote."""

    remote: str
    dry_run: str
    push: str


class Guide(Struct, frozen=True, kw_only=True):
    """What was written down, as reports tell it."""

    folder: str
    pushes: tuple[Told, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    first_changed: tuple[str, ...] = ()
    lfs: tuple[str, ...] = ()
    """Ids of LFS objects that nothing needs any more, or that hold a value."""
    files: tuple[str, ...] = ()

    def path(self, name: str) -> str:
        """One of the files, as it is typed."""
        return word(Path(self.folder) / name)


class GuideWrite(Step, frozen=True, kw_only=True, tag="guide.write"):
    """Write down what must follow."""

    passing = ("folder", "again")
    folder: str
    again: str = ""
    """What proves it once more, as it is typed."""

    def says(self) -> str:
        """One line for the plan."""
        return "write down what must follow: pushes, texts to send, a hook that bans old history"


class WriteGuide:
    """Carries out `guide.write`, as long as the old objects are there to be read."""

    def __init__(self, hands: Hands) -> None:
        self._hands = hands

    def before(self, step: GuideWrite, walk: Walk) -> Image:
        """Nothing was there."""
        return {}

    def apply(self, step: GuideWrite, walk: Walk) -> Mapping[str, Any]:
        """Each file whole; once more makes the same ones."""
        house, repository = self._hands.house, self._hands.repository
        rewriting, folder = self._hands.rewriting, self._hands.folder(step.folder)
        turn = turn_of(walk)
        commits = folder.read_map(bundle.COMMITS)
        earlier = self._earlier(folder)
        after = following(
            turn,
            rewriting.refs(),
            rewriting.remotes(),
            earlier=[one.read_map(bundle.OBJECTS) for one in earlier],
        )
        first = tuple(house.disk.read(folder.path / bundle.FIRST).decode().split())
        lfs = _lfs(repository, rewriting, folder.read_map(bundle.PERHAPS), values_of(walk))
        files = _files(
            repository.root or repository.git_folder,
            after,
            changes=changed(turn),
            commits=commits,
            first=first,
            lfs=lfs,
            date=f"{walk.clock.now():%Y-%m-%d}",
            banned=[oid for one in reversed(earlier) for oid in self._banned(one)],
        )
        home = folder.path / HOME
        house.disk.make_private(home)
        for name, text in files.items():
            mode = _PROGRAM if text.startswith("#!") else _TEXT
            house.disk.replace(home / name, os.fsencode(text), mode=mode)
        root = os.fsdecode(repository.root or repository.git_folder)
        guide = Guide(
            folder=str(home),
            pushes=tuple(_told(push, root, home) for push in after.pushes),
            left_out=after.left_out,
            first_changed=first,
            lfs=lfs,
            files=tuple(files),
        )
        house.disk.replace(home / _TOLD, msgspec.json.encode(guide))
        proof = f"; prove it again: {step.again}" if step.again else ""
        # who resumes sees no other report
        walk.person.note(f"what must follow is in {home}{proof}")
        return {"folder": str(home)}

    def _earlier(self, folder: bundle.Folder) -> list[bundle.Folder]:
        """Scrubs of this repository before this one, the newest first."""
        every = kept(self._hands.house, folder.path.parent.parent)
        return [
            self._hands.folder(str(place))
            for place, about in reversed(every)
            if about.repository == self._hands.name and about.done and not about.undone
            if place != folder.path
        ]

    def _banned(self, folder: bundle.Folder) -> list[str]:
        """What an earlier one banned: its list is written over where the new one is installed."""
        try:
            lines = self._hands.house.disk.read(folder.path / HOME / BANNED).decode().splitlines()
        except FileNotFoundError:
            return []
        return [line for line in lines if line and not line.startswith("#")]

    def verify(self, step: GuideWrite, walk: Walk) -> Sequence[Proof]:
        """It proves nothing."""
        return []

    def undo(self, step: GuideWrite, image: Image, walk: Walk) -> None:
        """Nothing: a final step is never undone."""


def written(house: House, folder: Path) -> Guide | None:
    """What a scrub wrote down beside its bundle; None where there is nothing."""
    try:
        return msgspec.json.decode(house.disk.read(folder / HOME / _TOLD), type=Guide)
    except FileNotFoundError:
        return None


def forget(house: House, folder: Path) -> None:
    """Remove it: after the way back it would ban what is in use again."""
    for name in (PUSH, COLLEAGUES, SUPPORT, HOOK, CHECK, BANNED, _TOLD):
        house.disk.remove(folder / HOME / name)


def _told(push: Push, root: str, home: Path) -> Told:
    """The push itself where a person can read it, else the script that holds it."""
    command = partial(push.command, root)
    if push.dirty or any(one.or_was for one in push.refs) or len(command()) > _LONGEST:
        script = f"sh {word(home / PUSH)} {word(push.remote)}"
        return Told(remote=push.remote, dry_run=f"{script} --dry-run", push=script)
    return Told(remote=push.remote, dry_run=command("--dry-run"), push=command())


def _files(
    root: Path,
    after: After,
    *,
    changes: Sequence[Change],
    commits: Mapping[str, str],
    first: Sequence[str],
    lfs: Sequence[str],
    date: str,
    banned: Sequence[str],
) -> dict[str, str]:
    # what is moved, and is no commit, is a tag whose text held a value, or stood on what did
    every = dict.fromkeys(
        (*banned, *first, *(one.was for one in changes if one.was not in commits))
    )
    heads = {one.there for push in after.pushes for one in push.refs} or {
        one.name for one in changes
    }
    branches = sorted(name.removeprefix(_HEADS) for name in heads if name.startswith(_HEADS))
    about = {
        "name": root.name,
        "date": date,
        "commits": count(len(commits), "commit"),
        "branches": listed(branches),
        "first_changed": first,
        "forge_refs": [one.ref for one in after.left_out],
        "lfs": lfs,
    }
    files = {
        name: filled(template(f"scrub/{name}.j2"), about, trim_blocks=True)
        for name in (COLLEAGUES, SUPPORT)
    }
    files |= {name: template(f"scrub/{name}") for name in (HOOK, CHECK)}
    head = f"# Old history of {root.name!a}, banned since {date}\n"
    files[BANNED] = head + "".join(f"{oid}\n" for oid in every)
    if after.pushes:
        files[PUSH] = _script(os.fsdecode(root), after.pushes)
    return files


def _lfs(
    repository: Repository,
    rewriting: Rewriting,
    perhaps: Mapping[str, str],
    values: Sequence[bytes],
) -> tuple[str, ...]:
    """Those that only files lead to which go, and those that hold a value themselves."""
    pointers: dict[str, str] = {}
    for piece in repository.contents(sorted(perhaps), differences=False):
        if (
            isinstance(piece, Piece)
            and piece.kind is ObjectKind.BLOB
            and piece.size_bytes < _LARGEST_POINTER
            and piece.content.startswith(_POINTER)
        ):
            found = _LFS.search(piece.content)
            if found is not None:
                pointers[piece.oid] = found[1].decode()
    if pointers:
        stays = rewriting.reachable()
        pointers = {oid: lfs for oid, lfs in pointers.items() if oid not in stays}
    needles = Wanted(tuple(values), MASK).needles
    holding = [
        stored[1]
        for name, path in repository.own_files()
        if (stored := _LFS_STORE.fullmatch(name)) is not None
        and path.stat().st_size <= _LARGEST_LFS
        and in_content(needles, path.read_bytes())
    ]
    return tuple(sorted({*pointers.values(), *holding}))


def _script(root: str, pushes: Sequence[Push]) -> str:
    """`push.sh`: the pushes; refs whose names nobody may write down are found and deleted."""
    quoted = shlex.quote
    lines = [_BEGINNING % quoted(root)]
    for push in pushes:
        lines.append(f"{quoted(push.remote)})")
        for begin in range(0, len(push.refs), _AT_ONCE):
            part = msgspec.structs.replace(push, refs=push.refs[begin : begin + _AT_ONCE])
            first, *rest = (" ".join(map(_spelled, group)) for group in part.words(root, ()))
            lines.append("  " + " \\\n    ".join((f"{first} $dry", *rest)) + " || failed=1")
        for one in push.dirty:
            words = " ".join(map(quoted, (str(one.number), one.pattern, one.was, *one.stays)))
            lines.append(f"  delete {words} || failed=1")
        lines.append("  ;;")
    return "\n".join((*lines, _END))


def _spelled(text: str) -> str:
    """For the shell; where a ref may stand at several ids, the script looks which it is."""
    option, colon, ids = text.partition(":")
    if not (option.startswith("--force-with-lease=") and "|" in ids):
        return shlex.quote(text)
    there = shlex.quote(option.partition("=")[2])
    return f'{shlex.quote(option + colon)}"$(stands {there} {ids.replace("|", " ")})"'


_BEGINNING = """\
#!/bin/sh
# Gives a remote the new history:                    sh push.sh REMOTE [--dry-run]
# Names what stands there at objects that are not here: sh push.sh REMOTE --left
# `stale info` means that what is there is not what was here: it was never pushed there, or somebody
# has pushed since. In the latter case fetch, scrub once more, and take the new push.sh.
set -u
export LC_ALL=C
root=%s
failed=0 dry=
case ${2:-},$# in
,1) ;;
--dry-run,2) dry=--dry-run ;;
--left,2) ;;
*)
  echo "usage: sh push.sh REMOTE [--dry-run | --left]" >&2
  exit 2
  ;;
esac
remote=$1

# Which of some ids a ref has there: an earlier scrub may have been pushed, or not.
stands() {
  now=$(git -C "$root" ls-remote --refs "$remote" "$1" | cut -f 1)
  shift
  for one in "$@"; do
    [ "$now" != "$one" ] || { echo "$one"; return; }
  done
  echo "$1"
}

# The old objects are gone here. What the remote has and we have not is old history that was never
# fetched, or new work: either way it has to be fetched, and the scrub run once more.
left() {
  refs=$(git -C "$root" ls-remote --refs "$remote" 'refs/heads/*' 'refs/tags/*') || return 1
  names=$(
    printf '%%s\\n' "$refs" | while read -r oid name; do
      [ -z "$oid" ] || git -C "$root" cat-file -e "$oid" 2>/dev/null || printf '  %%s\\n' "$name"
    done
  )
  [ -n "$names" ] || return 0
  echo "$remote has refs at objects that are not here, perhaps with the secret:" >&2
  printf '%%s\\n' "$names" >&2
  echo "fetch them and scrub once more: git fetch $remote" >&2
  return 1
}
if [ "${2:-}" = --left ]; then
  left
  exit
fi

# A ref whose name holds a value is found by where it stood, and how the rest of it is called. Refs
# that were known here stay; where more are found than were here, somebody has pushed another since,
# and you are to say which is which. The dry run names what would be deleted.
delete() {
  number=$1 pattern=$2 stood=$3
  shift 3
  found=$(git -C "$root" ls-remote --refs "$remote" "$pattern") || return 1
  names=$(
    printf '%%s\\n' "$found" | while read -r oid name; do
      [ "$oid" = "$stood" ] || continue
      case " $* " in *" $name "*) continue ;; esac
      printf '%%s\\n' "$name"
    done
  )
  if [ "$(printf '%%s' "$names" | grep -c '')" -gt "$number" ]; then
    echo "nothing is deleted: $number of these had a value in the name, the others are new:" >&2
    printf '%%s\\n' "$names" >&2
    echo "delete those yourself: git push $remote :NAME" >&2
    return 1
  fi
  printf '%%s\\n' "$names" | {
    failed=0
    while read -r name; do
      [ -n "$name" ] || continue
      git -c "remote.$remote.mirror=false" -C "$root" push $dry \\
        --force-with-lease="$name:$stood" "$remote" ":$name" </dev/null || failed=1
    done
    return $failed
  }
}

case $remote in"""
_END = """\
*)
  echo "nothing is to be pushed to $remote" >&2
  exit 2
  ;;
esac
[ -n "$dry" ] || left || failed=1
exit $failed
"""

KINDS: tuple[KindOf[House], ...] = (
    KindOf(
        GuideWrite,
        lambda house, subject: WriteGuide(Hands(house, subject)),
    ),
)
"""The kinds of step that writing it down brings."""
