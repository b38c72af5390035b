"""Every detector hits its own examples, leaves the others alone, and is registered."""

import random
from pathlib import Path

import pytest

from skillconnect_ops.core.finding import Confidence
from skillconnect_ops.detection import DETECTORS, Blob, Match, Scanner
from skillconnect_ops.detection import detectors as register
from skillconnect_ops.detection.examples import filled
from skillconnect_ops.detection.model import Detector, Example

FOLDER = Path(register.__file__).parent
CHANCE = random.Random()  # a seed would prove less: every run draws other secrets
DRAWN = 25
BY_CHANCE = 3
"""Of a few kinds, one random value in two hundred looks like words; four of 25 would be a fault."""
SCANNER = Scanner()
THOROUGH = Scanner(thorough=True)


def scanned(detector: Detector, example: Example, text: str) -> list[Match]:
    scanner = THOROUGH if detector.thorough else SCANNER
    return scanner.scan(Blob(path=example.path, content=text.encode()))


@pytest.mark.parametrize(
    ("detector", "example"),
    [
        pytest.param(detector, example, id=f"{detector.id}-{number}")
        for detector in DETECTORS
        for number, example in enumerate(detector.hits)
    ],
)
def test_a_detector_hits_its_examples(detector: Detector, example: Example) -> None:
    missed = []
    for _ in range(DRAWN):
        text = filled(example, CHANCE)
        found = [
            match for match in scanned(detector, example, text) if match.detector == detector.id
        ]
        sure = [match for match in found if match.confidence is not Confidence.LOW]
        if not (sure or (found and detector.thorough)):
            missed.append((text, found))
    assert len(missed) <= BY_CHANCE, missed


@pytest.mark.parametrize(
    ("detector", "example"),
    [
        pytest.param(detector, example, id=f"{detector.id}-{number}")
        for detector in DETECTORS
        for number, example in enumerate(detector.misses)
    ],
)
def test_a_detector_leaves_its_other_examples_alone(detector: Detector, example: Example) -> None:
    text = filled(example, CHANCE)
    found = scanned(detector, example, text)
    assert [match for match in found if match.detector == detector.id] == [], text


def test_no_detector_is_missing_from_the_register() -> None:
    files = {path.stem for path in FOLDER.glob("*.py")} - {"__init__"}
    assert sorted(files) == sorted(detector.id.replace("-", "_") for detector in DETECTORS)


@pytest.mark.parametrize("detector", DETECTORS, ids=lambda detector: str(detector.id))
def test_a_detector_has_a_page_and_a_remedy(detector: Detector) -> None:
    module = getattr(register, detector.id.replace("-", "_"))
    title, _, page = module.__doc__.partition("\n\n")
    assert title.endswith(".")
    assert len(page) > 25
    assert detector.remedy
    assert not detector.remedy.endswith(".")
    assert detector.hits
    assert detector.misses
    assert (detector.look is None) == (not detector.keywords)
