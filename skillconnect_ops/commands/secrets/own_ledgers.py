"""Records of skc's own: public keys, fingerprints, signatures, which look as random as secrets do.

They are told by their form and not by their names: every line is a signed record, and follows the
one before it. Only what is unsure anyway counts as that; a secret of a known shape stays a finding.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

from msgspec.structs import replace

from skillconnect_ops.commands.secrets.scan_model import Scan, Seen
from skillconnect_ops.core.errors import SkcError
from skillconnect_ops.core.finding import Confidence
from skillconnect_ops.core.ports.objects import Piece, Repository
from skillconnect_ops.core.regex import regex
from skillconnect_ops.evidence import chain
from skillconnect_ops.history.model import Where

_LEDGER = regex(r"(?:.*/)?\.skc/(?:evidence|retired)/[^/]+\.jsonl$")


def recognised(scan: Scan, repository: Repository | None, *, root: Path) -> Scan:
    """The same, with what stands in verified records marked so.

    Args:
        scan: what was seen.
        repository: where blobs are.
        root: what the paths of files are relative to.
    """
    unsure = [one for one in scan.seen if _may_be(one)]
    if not unsure:
        return scan
    whole = dict(_contents(unsure, repository, root))
    genuine = {key for key, content in whole.items() if _is_chain(key[0], content)}
    seen = tuple(
        replace(one, own_record=True) if _may_be(one) and _key(one) in genuine else one
        for one in scan.seen
    )
    return replace(scan, seen=seen)


def _may_be(one: Seen) -> bool:
    path = one.sighting.path or ""
    unsure = one.sighting.trace.confidence is Confidence.LOW
    return unsure and not one.inner and _LEDGER.match(path) is not None


def _key(one: Seen) -> tuple[str, str | None]:
    in_file = one.sighting.where is Where.WORK_TREE
    return one.sighting.path or "", None if in_file else one.sighting.oid


def _contents(
    unsure: Iterable[Seen], repository: Repository | None, root: Path
) -> Iterator[tuple[tuple[str, str | None], bytes]]:
    keys = dict.fromkeys(map(_key, unsure))
    for path, oid in keys:
        if oid is None and (root / path).is_file():
            yield (path, None), (root / path).read_bytes()
    by_oid: dict[str, list[str]] = {}
    for path, oid in keys:
        if oid is not None:
            by_oid.setdefault(oid, []).append(path)
    for piece in repository.contents(by_oid) if repository is not None and by_oid else ():
        if isinstance(piece, Piece):
            for path in by_oid[piece.oid]:
                yield (path, piece.oid), piece.content


def _is_chain(path: str, content: bytes) -> bool:
    try:
        return bool(chain.read(Path(path), content).records)
    except SkcError:
        return False
