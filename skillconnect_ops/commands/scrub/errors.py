"""Why a history is not rewritten."""

from collections.abc import Sequence
from itertools import count as numbers
from pathlib import Path

from skillconnect_ops.core.errors import NeedsPerson, Precondition, Refused, UsageError
from skillconnect_ops.core.shell import word
from skillconnect_ops.core.view import count, listed


class NothingToLookFor(UsageError):
    """Neither values nor paths were named."""

    def __init__(self, command: str) -> None:
        super().__init__(
            "nothing was named to look for",
            why=f"{command} needs values or paths",
            fix=f"{command} --path .env, --found, --retired, or --values-from FILE",
        )


class NothingChosen(Refused):
    """The answer was none."""

    def __init__(self) -> None:
        super().__init__(
            "nothing was chosen",
            why="of all that was found nothing is to go",
            fix="skc scrub --found, and name some; nothing was changed",
        )


class NoSuchFinding(UsageError):
    """A fingerprint that nothing has."""

    def __init__(self, mark: str, *, least: int) -> None:
        super().__init__(
            f"nothing that was found has the fingerprint {mark}",
            why=f"it is that of a finding in the history, or its first {least} letters at least",
            fix="skc secrets scan --history --format json   # gives all of them",
        )


class SeveralFindings(UsageError):
    """More than one value is meant."""

    def __init__(self, mark: str, places: Sequence[str]) -> None:
        super().__init__(
            f"several values have a fingerprint that begins with {mark}",
            why=listed(places),
            fix="give more of it",
        )


class OddPattern(UsageError):
    """It would take what is no secret, or cannot be searched for."""

    def __init__(self, number: int, *, why: str) -> None:
        super().__init__(
            f"--regex number {number} cannot be used",
            why=why,
            fix="say more of what stands around the value, which then is the first group: "
            r"--regex 'token=([A-Za-z0-9]{32})\b'",
        )


class ValueTooShort(UsageError):
    """It would stand in half of all files by chance."""

    def __init__(self, label: str, *, least: int) -> None:
        super().__init__(
            f"{label} is too short",
            why=f"less than {least} bytes stand in many texts by chance, which would be changed",
            fix="give the whole value; for a short one, take the file out: skc scrub --path FILE",
        )


class MaskHoldsValue(UsageError):
    """What is put in the place of a value may not hold one."""

    def __init__(self, in_names: str) -> None:
        super().__init__(
            "the replacement holds one of the values",
            why="what is put in their place would have to be replaced again; in names of files and "
            f"refs that is always {in_names}",
            fix=f"choose another --replacement; a value that is a part of {in_names} cannot go",
        )


class OddReplacement(UsageError):
    """It would break what it stands in."""

    def __init__(self) -> None:
        super().__init__(
            "the replacement holds a line end, a NUL byte, an angle bracket, or is no UTF-8",
            why="it also stands in names of authors, where these have a meaning",
            fix="choose another --replacement",
        )


class OddStore(Precondition):
    """Refs are kept in a way that this version does not know."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            "the refs of this repository are kept in a reftable",
            why=f"{folder}: reflogs in it cannot be renewed yet",
            fix="git refs migrate --ref-format=files",
        )


class NoRepository(Precondition):
    """There is nothing to rewrite here."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            "this folder lies in no git repository",
            why=f"{folder} and the folders above it have no .git",
            fix="cd into the repository that leaked",
        )


class IncompleteHistory(Precondition):
    """What is not here cannot be rewritten, and would come back."""

    def __init__(self, reason: str, fix: str) -> None:
        super().__init__("the history here is not whole", why=reason, fix=fix)


class GitIsBusy(Precondition):
    """Git is in the middle of something."""

    def __init__(self, root: Path, what: str) -> None:
        super().__init__(
            f"git is in the middle of a {what}",
            why="the commits that it holds on to would be rewritten under it",
            fix=f"git -C {word(root)} status, and finish or abort it",
        )


class WorkTreeAbsent(Precondition):
    """Its index holds on to objects, and cannot be renewed."""

    def __init__(self, root: Path) -> None:
        super().__init__(
            "a linked work tree is not there",
            why=f"{root}: what is staged in it would be lost",
            fix=f"bring it back, or forget it: git worktree prune   # {root}",
        )


class MainTreeUnknown(Precondition):
    """The git folder lies apart from its work tree, and does not say where that is."""

    def __init__(self, git_folder: Path) -> None:
        super().__init__(
            "the main work tree cannot be found from here",
            why=f"{git_folder} lies apart from it, and only the tree knows of the folder",
            fix="run skc in the main work tree, not in a linked one",
        )


class NoSuchFile(Precondition):
    """A pattern that matches nothing is mistyped more often than it is meant."""

    def __init__(self, paths: Sequence[str]) -> None:
        super().__init__(
            f"no commit has {listed(paths)}",
            why="patterns are read from the folder that you are in; `/x` begins at the top",
            fix="skc scrub --path '**/.env'   # in any folder",
        )


class NoSuchMatch(Precondition):
    """As with a path: it is mistyped more often than it is meant."""

    def __init__(self) -> None:
        super().__init__(
            "no pattern matches anything in the history",
            why="--regex is read by Python's `re`, against every version of every file and message",
            fix="skc scrub --regex 'token=([A-Za-z0-9]{32})' --dry-run   # quoted for the shell",
        )


class EnvFileTracked(Refused):
    """The app reads it, and would find a mask in the place of its secret."""

    def __init__(self, paths: Sequence[str]) -> None:
        super().__init__(
            f"git follows {listed(paths)}, and it holds what is to go",
            why="an app that reads it would lose its secret at once",
            fix="skc rotate --reason leaked, then skc env untrack --commit; or --keep-current: the "
            "file stays as it is, and git stops following it",
        )


class InTheWay(Precondition):
    """A file whose name holds a value gets another one, and there is a file of that name."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path} is in the way",
            why="a file whose name holds a value would be called so",
            fix=f"mv {word(path)} elsewhere, and do it again",
        )


class OddName(Precondition):
    """A ref whose name is no text."""

    def __init__(self, name: str) -> None:
        super().__init__(
            "a ref has a name that is no text",
            why=f"{name!a} cannot be written down",
            fix="rename it: git branch -m, or git update-ref",
        )


class Uncommitted(Refused):
    """Changes that no commit holds could be lost in a rewrite gone wrong."""

    def __init__(self, root: Path, paths: Sequence[str]) -> None:
        super().__init__(
            f"{count(len(paths), 'file')} with changes that are not committed",
            why=f"no backup would hold them: {listed(paths)}",
            fix=f"git -C {word(root)} stash, or commit them; --allow-uncommitted leaves them be",
        )


class StillWorking(Refused):
    """Whoever reads the history meanwhile is shown where to look."""

    def __init__(self, labels: Sequence[str]) -> None:
        super().__init__(
            f"{count(len(labels), 'value')} still in use",
            why=f"{listed(labels)}: a rewritten history tells everybody that a secret was there, "
            "and every clone still has it",
            fix="skc rotate --reason leaked; or, revoked by hand, give the env file the new value: "
            "skc env set NAME; then scrub. --not-rotated-yet does it anyway",
        )


class NobodyKnows(Refused):
    """Whether they still open something."""

    def __init__(self, labels: Sequence[str]) -> None:
        super().__init__(
            f"nobody knows whether {count(len(labels), 'value')} can still be used",
            why=f"{listed(labels)}: neither the ledger of retired secrets nor a login at our own "
            "database says so",
            fix="skc rotate --reason leaked; or, where it was revoked by hand: skc secrets ledger "
            "add NAME --stdin --revoked-elsewhere --by YOU; --not-rotated-yet does it anyway",
        )


class NoSeal(Refused):
    """The bundle holds every secret, and would lie about in clear."""

    def __init__(self) -> None:
        super().__init__(
            "nothing seals the bundle",
            why="it holds all of the history as it was, secrets included",
            fix="--recipient age1…, or export SKC_SCRUB_PASSPHRASE; --plain-bundle leaves it open",
        )


class WeakPassphrase(Refused):
    """It is to keep every secret of a history."""

    def __init__(self, why: str) -> None:
        super().__init__("the bundle is not sealed", why=why, fix="skc secrets generate password")


class NoSuchRecipient(Precondition):
    """The bundle cannot be sealed to it."""

    def __init__(self, which: str, *, place: str) -> None:
        super().__init__(
            f"{which} of {place} is no age recipient",
            why="a bundle is sealed to `age1…` or to SSH public keys",
            fix="age-keygen -y KEYFILE   # prints the recipient of a key",
        )


class FolderTaken(Precondition):
    """The bundle needs a folder of its own."""

    def __init__(self, folder: Path, *, why: str) -> None:
        super().__init__(
            f"{folder} is not empty",
            why=why,
            fix=f"--bundle {word(_beside(folder))}",
        )


def _beside(folder: Path) -> Path:
    """A folder that is not there yet."""
    tried = (folder.with_name(f"{folder.name}-{number}") for number in numbers(2))
    return next(one for one in tried if not one.exists())


class FolderWithin(Precondition):
    """What lies in the repository could be committed, or cleaned away."""

    def __init__(self, folder: Path, root: Path) -> None:
        super().__init__(
            "the bundle would lie in the repository itself",
            why=f"{folder} is within {root}, and the bundle holds every secret",
            fix="name a folder elsewhere: --bundle FOLDER",
        )


class NotValues(Precondition):
    """A file that is no list of values."""

    def __init__(self, place: str, *, why: str) -> None:
        super().__init__(
            f"{place} is no list of values", why=why, fix="write one value a line, as UTF-8 text"
        )


class BuiltUpon(Refused):
    """Going back would bring the old objects, and no ref that leads to them."""

    def __init__(self, names: Sequence[str], left: str) -> None:
        short = names[0].removeprefix("refs/heads/")
        super().__init__(
            "no ref can go back",
            why=f"somebody has gone on from the new history since: {listed(names)}",
            fix=f"git switch -c gone-on && git branch -f {word(short)} {left}   # then undo again; "
            "what was added stays in gone-on",
        )


class MovedOn(NeedsPerson):
    """Somebody has built upon the new history, so that there is no way back to the old one."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(
            "refs have moved on since the scrub moved them",
            why=f"{listed(names)}: what was built on the new history would hang in the air",
            fix="skc journal resume finishes the scrub instead",
        )


class NeverKept(Precondition):
    """A run died before it could keep what it was given, and nobody else has it."""

    def __init__(self) -> None:
        super().__init__(
            "the values were not kept",
            why="the run died before it could; nothing was changed by then",
            fix="run it again, as it was typed: skc scrub …",
        )


class MovedMeanwhile(NeedsPerson):
    """Somebody commits, fetches or moves refs all the while that the history is rewritten."""

    def __init__(self, places: Sequence[str]) -> None:
        self.places = tuple(places)
        super().__init__(
            "somebody goes on with the old history while it is rewritten",
            why=f"what leads there: {listed(places)}; nothing was removed, and nothing is lost",
            fix="stop what commits, fetches or pushes here; what it brought is taken along then",
        )


class TagsBehind(Precondition):
    """Tags that another program leaves at the old history, which then could not go."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(
            "git filter-repo leaves tags at the old history",
            why=f"{listed(names)}: annotated tags outside refs/tags, or such as it passes over",
            fix="leave out --engine filter-repo: skc does it itself",
        )


class Borrowed(Precondition):
    """A submodule reads objects from here, and would lose them."""

    def __init__(self, folder: Path) -> None:
        place = word(folder)
        super().__init__(
            "a submodule borrows objects from this repository",
            why=f"{folder} reads them by its objects/info/alternates, and breaks when they go",
            fix=f"git -C {place} repack -a -d && rm {word(folder / 'objects/info/alternates')}",
        )


class BundleGone(Precondition):
    """There is nothing to go back to."""

    def __init__(
        self, folder: Path, *, why: str, fix: str = "name another one: --bundle FOLDER"
    ) -> None:
        super().__init__(
            "the bundle cannot be opened",
            why=f"{folder}: {why}",
            fix=fix,
        )
