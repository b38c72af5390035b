"""How wide the columns of a table are."""

from collections.abc import Sequence

from rich.cells import cell_len
from rich.text import Text as Styled


def column_widths(
    rows: Sequence[Sequence[Styled]], *, width: int | None, gap: int, whole: int = 0
) -> list[int] | None:
    """Widths that fit: natural ones if there is room, else the widest columns of prose give way.

    A column never gets narrower than its longest word, so that no identifier is broken.

    Args:
        rows: all rows, headers included.
        width: what the whole may take, in cells; None for no limit.
        gap: cells between two columns.
        whole: how many columns, from the left, never give way: labels.

    Returns:
        One width a column, or None where even the longest words do not fit side by side.
    """
    columns = list(zip(*rows, strict=True))
    widths = [max(cell_len(cell.plain) for cell in column) for column in columns]
    if width is None:
        return widths
    least = [max(_longest_word(cell.plain) for cell in column) for column in columns]
    least[:whole] = widths[:whole]
    excess = sum(widths) + gap * (len(widths) - 1) - width
    while excess > 0:
        room = [now - low for now, low in zip(widths, least, strict=True)]
        if not any(room):
            return None
        widest = max(range(len(widths)), key=lambda index: (room[index] > 0, widths[index]))
        widths[widest] -= 1
        excess -= 1
    return widths


def _longest_word(text: str) -> int:
    return max((cell_len(word) for word in text.split()), default=0)
