"""Steps as JSON: each by its tag, nothing lost, nothing unknown."""

import msgspec
import pytest

from skillconnect_ops.core.plan import Plan, Step, Subject
from skillconnect_ops.journal.errors import UnknownKind
from skillconnect_ops.journal.kinds import Kind, KindOf, Kinds, encode
from tests.campaigns.world import FINAL, STEPS, FileDrop, FileMove, FilePut, Files, SecretPut
from tests.campaigns.world import PutHandler as Handles

PLAN = Plan(
    command="change",
    subject=Subject(target="production", files=("a",)),
    state="s",
    steps=STEPS,
    final=FINAL,
    notes=("careful",),
    then="change finish",
)


def kinds(*steps: type[Step]) -> Kinds:
    return Kinds([Kind(step, lambda _: Handles(Files.__new__(Files))) for step in steps])


ALL = kinds(FilePut, FileMove, SecretPut, FileDrop)


def test_a_plan_comes_back() -> None:
    assert ALL.decode(encode(PLAN)) == PLAN
    assert ALL.knows(PLAN)
    assert not kinds(FilePut).knows(PLAN)


def test_a_kind_that_is_not_known_is_named() -> None:
    with pytest.raises(UnknownKind) as caught:
        kinds(FilePut).decode(encode(PLAN))
    assert "file.move" in caught.value.why


def test_a_field_of_a_later_version_is_not_dropped_silently() -> None:
    text = encode(PLAN).replace(b'"name":"a"', b'"name":"a","mode":384')
    with pytest.raises(UnknownKind) as caught:
        ALL.decode(text)
    assert "mode" in caught.value.why


def test_a_field_that_an_earlier_version_did_not_write_has_its_default() -> None:
    class Later(Step, frozen=True, kw_only=True, tag="file.put"):
        name: str
        text: str
        mode: int = 0o600

    plan = Plan(command="c", subject=Subject(), state="s", steps=STEPS[:1])
    (step,) = kinds(Later).decode(encode(plan)).steps
    assert step == Later(key="put:a", name="a", text="new a")


def test_a_field_that_is_missing_is_noticed() -> None:
    text = encode(PLAN).replace(b',"text":"new a"', b"")
    with pytest.raises(UnknownKind):
        ALL.decode(text)


def test_a_plan_that_is_none_is_noticed() -> None:
    with pytest.raises(UnknownKind):
        ALL.decode(msgspec.json.encode({"command": "c"}))


def test_two_types_of_one_tag_are_a_bug() -> None:
    with pytest.raises(ValueError, match="share a tag"):
        kinds(FilePut, FilePut)


def test_a_kind_is_bound_to_its_house() -> None:
    asked: list[tuple[str, Subject]] = []

    def make(house: str, subject: Subject) -> Handles:
        asked.append((house, subject))
        return Handles(Files.__new__(Files))

    kind = KindOf(FilePut, make).bind("house")
    assert not asked
    kind.handler(PLAN.subject)
    assert asked == [("house", PLAN.subject)]
