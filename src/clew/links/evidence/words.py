"""How a narrative is read: its words, what is denied, what is misspelt, its phrases.

- A word within five words after *no*, *not*, *without*, *denied* ... is another word (``not dog``): the scope of NegEx
  (Chapman et al. 2001). So *no sign of a struggle* does not meet *signs of a struggle*.
- Misspellings meet: a rare word within one edit (two from nine letters on) of a commoner one is read as that one.
- Two neighbouring words are a phrase.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise

#: Words after which what follows is denied, as in NegEx (Chapman et al. 2001), kept to those that police write.
NEGATIONS = frozenset({"no", "not", "nor", "never", "without", "denies", "denied", "nothing", "nil", "neither", "none"})
#: Before a word that is denied.
MARK = "not "
#: Where a denial ends before its five words are over.
_ENDS = frozenset({"but", "although", "however", "except"})
_SCOPE = 5
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*|[.;:!?,()]")
_SHORTEST_CORRECTED = 5
_LONGEST_CORRECTED = 40
_TWO_EDITS_FROM = 9
#: A word is compared with so many others of a first letter and length, the commonest: a wordlist takes no hours.
_COMPARED = 2_000
#: A misspelling is of a word, not of another rare word's number: only words at most this common are corrected.
_RARE_HOLDERS = 3


def words_of(text: str) -> Iterator[str]:
    """The words of `text` that may tell, in order; denied ones marked, and ``""`` where a sentence or clause breaks."""
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS  # noqa: PLC0415  slow to import, off by default

    left = 0
    for word in _WORD.findall(text.lower()):
        if not word[0].isalnum():
            left = 0
            yield ""
            continue
        if word in NEGATIONS:
            left = _SCOPE + 1
            continue
        elif word in _ENDS:
            left = 0
        left = max(left - 1, 0)
        if len(word) >= 3 and not word.isdigit() and word not in ENGLISH_STOP_WORDS:
            yield f"{MARK}{word}" if left else word


def terms_of(words: Iterable[str]) -> set[str]:
    """The distinct words and phrases of two of one narrative's `words`."""
    words = list(words)
    phrases = (f"{one} {two}" for one, two in pairwise(words) if one and two and one != two)
    return {*filter(None, words), *phrases}


def is_phrase(term: str) -> bool:
    """Whether a term is a phrase, rather than a word, denied or not."""
    return " " in term.removeprefix(MARK)


class Spelling:
    """What the words of some narratives are read as. kept: words that are read as they are, the commonest first."""

    def __init__(self, kept: Iterable[str] = (), read_as: Mapping[str, str] | None = None) -> None:
        """read_as: the word that each misspelt one is read as."""
        self.kept: dict[str, int] = {}
        self.read_as = dict(read_as or {})
        self._alike: dict[tuple[str, int], list[str]] = {}
        for word in kept:
            self._keep(word)

    @classmethod
    def of(cls, documents: Iterable[list[str]]) -> Spelling:
        """Learned from the words of narratives: each rare word is read as the nearest commoner one within its edits.

        Words are taken from the commonest down, so that no chain of misspellings joins two words.
        """
        often = Counter(word for words in documents for word in set(words) if word)
        spelling = cls()
        for word, count in sorted(often.items(), key=lambda item: (-item[1], item[0])):
            other = spelling._other(word) if count <= _RARE_HOLDERS else None
            if other is None:
                spelling._keep(word)
            else:
                spelling.read_as[word] = other
        return spelling

    def read(self, words: Iterable[str]) -> list[str]:
        """`words` as they are read; one that was in no narrative is corrected as a rare one."""
        return [self._read(word) for word in words]

    def _read(self, word: str) -> str:
        return self.read_as.get(word) or (word if word in self.kept else self._other(word) or word)

    def _keep(self, word: str) -> None:
        self.kept[word] = len(self.kept)
        if _comparable(word) and len(alike := self._alike.setdefault(_bucket(word), [])) < _COMPARED:
            alike.append(word)

    def _other(self, word: str) -> str | None:
        """The kept word that `word` may be a misspelling of, the nearest and then the commonest."""
        if not _comparable(word) or len(word.removeprefix(MARK)) < _SHORTEST_CORRECTED:
            return None
        from rapidfuzz.distance import OSA  # noqa: PLC0415  only where narratives are read
        from rapidfuzz.process import extract  # noqa: PLC0415

        begin, length = _bucket(word)
        edits = 2 if length >= _TWO_EDITS_FROM else 1
        near = (
            found
            for size in range(-edits, edits + 1)
            for found in extract(
                word,
                self._alike.get((begin, length + size), ()),
                scorer=OSA.distance,
                score_cutoff=edits,
                limit=None,
            )
        )
        best = min(near, key=lambda found: (found[1], self.kept[found[0]]), default=None)
        return None if best is None else str(best[0])


def _comparable(word: str) -> bool:
    """Whether a word may be a misspelling, or have one: letters, and not too many."""
    letters = word.removeprefix(MARK)
    return letters.isalpha() and len(letters) <= _LONGEST_CORRECTED


def _bucket(word: str) -> tuple[str, int]:
    """Words that may be one another's misspelling begin alike and are about as long."""
    letters = word.removeprefix(MARK)
    return word[: len(word) - len(letters)] + letters[0], len(letters)
