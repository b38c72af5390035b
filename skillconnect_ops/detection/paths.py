"""What a path means to the scanner: two paths of one class give the same for the same content."""

import re
from collections.abc import Hashable
from functools import lru_cache

from skillconnect_ops.core.regex import regex
from skillconnect_ops.detection.detectors import DETECTORS
from skillconnect_ops.detection.page import Page, kind_by_name

_READERS = tuple(regex(one.files, re.IGNORECASE) for one in DETECTORS if one.files is not None)


@lru_cache(1 << 14)
def path_class(path: str) -> Hashable:
    """All that the scanner takes from a path, to be compared.

    That is the kind of file, what its place says against a finding, whether it speaks a language,
    and which detectors go by its name.
    """
    page = Page(path, b"")
    readers = tuple(names.search("/" + path) is not None for names in _READERS)
    return kind_by_name(path), page.remarks, page.speaks_a_language, readers
