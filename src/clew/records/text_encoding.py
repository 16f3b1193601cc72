"""How a text file's bytes become characters: byte-order mark, else UTF-8, else what its bytes look like.

Only a byte-order mark or valid UTF-8 is certain. Everything else is a guess and is reported as one, so that a
name with an accent is never changed in silence.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

#: UTF-32 before UTF-16: the little-endian mark of one begins with that of the other.
_MARKS: tuple[tuple[bytes, str], ...] = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

_SAMPLE_BYTES = 65_536

#: Share of NUL bytes at even or odd places from which a text without a mark is taken for UTF-16.
_UTF16_NUL_SHARE = 0.3


@dataclass(frozen=True)
class Decoded:
    """Text, the encoding it was read in, and a remark (why, mend) where that was a guess or lost something."""

    text: str
    encoding: str
    remark: tuple[str, str] | None = None


def decode(data: bytes, *, encoding: str | None = None) -> Decoded:
    """The characters of `data`, in `encoding` if the mapping names one. Raises LookupError for an unknown encoding."""
    if encoding is not None:
        codec = codecs.lookup(encoding).name
        text = data.decode(codec, errors="replace").removeprefix("\ufeff")
        return Decoded(text, codec, _replaced(text, codec))
    for mark, codec in _MARKS:
        if data.startswith(mark):
            text = data[len(mark) :].decode(codec, errors="replace")
            return Decoded(text, codec, _replaced(text, codec))
    guess = _utf16_without_mark(data[:_SAMPLE_BYTES])
    if guess:
        text = data.decode(guess, errors="replace")
        return Decoded(text, guess, _replaced(text, guess) or _guessed(guess))
    try:
        return Decoded(data.decode("utf-8"), "utf-8")
    except UnicodeDecodeError:
        pass
    return _not_utf8(data)


def _not_utf8(data: bytes) -> Decoded:
    replaced = data.decode("utf-8", errors="replace")
    multibyte = sum(character > "\x7f" and character != "\ufffd" for character in replaced[:_SAMPLE_BYTES])
    if multibyte > replaced[:_SAMPLE_BYTES].count("\ufffd"):
        return Decoded(replaced, "utf-8", _replaced(replaced, "utf-8"))
    # Five bytes have no meaning in cp1252; a text that holds them is taken for Latin-1, which has no gaps.
    codec = "latin-1" if re.search(rb"[\x81\x8d\x8f\x90\x9d]", data) else "cp1252"
    return Decoded(data.decode(codec), codec, _guessed(codec))


def _utf16_without_mark(sample: bytes) -> str | None:
    """UTF-16 if its first two characters and many more are ASCII, so that every other byte is NUL."""
    if len(sample) < 4 or len(sample) % 2:
        return None
    even, odd = sample[0::2], sample[1::2]
    if odd[:2] == b"\0\0" and odd.count(0) > _UTF16_NUL_SHARE * len(odd) and even.count(0) == 0:
        return "utf-16-le"
    if even[:2] == b"\0\0" and even.count(0) > _UTF16_NUL_SHARE * len(even) and odd.count(0) == 0:
        return "utf-16-be"
    return None


def _guessed(codec: str) -> tuple[str, str]:
    return (
        f"the file is not UTF-8 and bears no mark; it was read as {codec}, which is a guess",
        "save it as UTF-8, or say `encoding:` in clew.yaml, and check a name with an accent",
    )


def _replaced(text: str, codec: str) -> tuple[str, str] | None:
    count = text.count("\ufffd")
    if not count:
        return None
    return (
        f"{count} places are not valid {codec}; each is shown as \ufffd",
        "save the file again as UTF-8, or say the right `encoding:` in clew.yaml",
    )
