"""Which files of a project are tests, by their paths."""

import re

_TEST = re.compile(
    r"(^|/)(tests?|__tests__|specs?|e2e|cypress|__mocks__|fixtures|testing)/"
    r"|[._-](test|tests|spec|e2e|cy|story|stories)\.[a-z]+$|(^|/)(test_[^/]+|conftest)\.py$"
    r"|(^|/)(jest|vitest|playwright|cypress|karma|wdio|release|commitlint)\.(config|setup)\.[a-z]+$"
    r"|(^|/)\.(releaserc|eslintrc|prettierrc|commitlintrc)\.[a-z]+$"
)


def is_test(path: str) -> bool:
    """Whether a file belongs to tests, or to a tool that the running app knows nothing of."""
    return _TEST.search(path) is not None
