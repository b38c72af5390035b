"""Content in UTF-16, read as UTF-8, with a way back to the offsets of the original."""

import codecs

_BOMS = ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_PROBE = 512


def utf16_codec(content: bytes) -> tuple[str, int] | None:
    """The codec and the length of the mark, if this is UTF-16; judged by mark or by its zeros."""
    for mark, codec in _BOMS:
        if content.startswith(mark) and not content.startswith(codecs.BOM_UTF32_LE):
            return codec, len(mark)
    head = content[:_PROBE]
    if len(head) < 8 or b"\0" not in head:
        return None
    even, odd = head[::2].count(0), head[1::2].count(0)
    half = len(head) // 2
    if odd > 0.7 * half and even < 0.05 * half:
        return "utf-16-le", 0
    if even > 0.7 * half and odd < 0.05 * half:
        return "utf-16-be", 0
    return None


class Transcoded:
    """UTF-16 content as UTF-8 bytes; `origin` maps an offset back, in rising order."""

    def __init__(self, content: bytes, codec: str, mark: int) -> None:
        body = content[mark : len(content) - (len(content) - mark) % 2]
        self.content = body.decode(codec, "surrogatepass").encode("utf-8", "surrogatepass")
        self._seen = 0
        self._origin = mark

    def origin(self, offset: int) -> int:
        """The offset in the original of an offset in `content`."""
        if offset < self._seen:
            return self._origin - self._units(offset, self._seen)
        self._origin += self._units(self._seen, offset)
        self._seen = offset
        return self._origin

    def _units(self, start: int, end: int) -> int:
        text = self.content[start:end].decode("utf-8", "surrogatepass")
        return 2 * len(text) + 2 * sum(ord(character) > 0xFFFF for character in text)
