"""Narrative: rare words and phrases that two events' accounts share, explained by the words themselves.

Off unless asked for (`NarrativeWeights.on`): free text is full of turns of phrase, and it helps only where it says
what the coded circumstances do not (docs/explanation/links.md). Words are counted by scikit-learn; what a shared one
says follows the principle of every family (`weights`): its rarity among this force's narratives, which is the inverse
document frequency of TF-IDF (Sparck Jones 1972).

- A word within five words after *no*, *not*, *without*, *denied* ... is another word (``not dog``): the scope of NegEx
  (Chapman et al. 2001). So *no sign of a struggle* does not meet *signs of a struggle*.
- Misspellings meet: a rare word within one edit (two from nine letters on) of a commoner one is read as that one.
- Two neighbouring words are a phrase; where a word never occurs outside its phrase, only the phrase counts.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise

import numpy as np
import polars as pl

from clew.links.events import Floats, Integers, LinkEvents
from clew.links.evidence.circumstances import Circumstances, circumstance_factor, noted_in
from clew.links.weights import NarrativeWeights
from clew.records import Known

#: Words after which what follows is denied, as in NegEx (Chapman et al. 2001), kept to those that police write.
NEGATIONS = frozenset({"no", "not", "nor", "never", "without", "denies", "denied", "nothing", "nil", "neither", "none"})
#: Where a denial ends before its five words are over.
_ENDS = frozenset({"but", "although", "however", "except"})
_SCOPE = 5
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*|[.;:!?,()]")
_SHORTEST_CORRECTED = 5
_TWO_EDITS_FROM = 9
#: A misspelling is of a word, not of another rare word's number: only words at most this common are corrected.
_RARE_HOLDERS = 3
_MARK = "not "


def narratives(known: Known, events: LinkEvents, weights: NarrativeWeights) -> Circumstances:
    """The words and phrases of each event's narrative, as codes like those of circumstances; none if it is off.

    names: `feature` is ``word`` or ``phrase``, `value` the words. holders: events whose narrative has it. Nothing is a
    substance. Rarity is counted among the events that have a narrative.
    """
    codes = np.full((len(events), weights.per_event), -1, dtype=np.int32)
    texts = _texts(known, events) if weights.on else {}
    if not texts:
        return _nothing(codes)
    documents = _spelt_alike([list(words_of(text)) for text in texts.values()])
    from sklearn.feature_extraction.text import CountVectorizer  # noqa: PLC0415  slow to import, and off by default

    counted = CountVectorizer(analyzer=_terms, binary=True, min_df=2)
    try:
        held = counted.fit_transform(documents).tocsr()
    except ValueError:  # no word is in two narratives
        return _nothing(codes)
    terms = counted.get_feature_names_out()
    holders = np.asarray(held.sum(axis=0)).reshape(-1).astype(np.int64)
    useful = (holders <= max(weights.rarest_share * len(texts), 2)) & ~_always_in_a_phrase(terms, holders)
    order = np.lexsort((terms, holders))
    order = order[useful[order]]
    code = np.full(len(terms), -1, dtype=np.int64)
    code[order] = np.arange(len(order))
    for event, row in zip(texts, range(held.shape[0]), strict=True):
        mine = code[held.indices[held.indptr[row] : held.indptr[row + 1]]]
        mine = np.sort(mine[mine >= 0])[: weights.per_event]
        codes[event, : len(mine)] = mine
    share = holders[order] / len(texts)
    return Circumstances(
        codes=codes,
        factor=np.log10((weights.repeat + (1 - weights.repeat) * share) / share),
        substance=np.zeros(len(order), dtype=np.bool_),
        holders=holders[order],
        noted=noted_in(codes),
        names=pl.DataFrame(
            {
                "feature": ["phrase" if " " in term.removeprefix(_MARK) else "word" for term in terms[order]],
                "value": pl.Series(terms[order], dtype=pl.String),
            }
        ),
    )


def narrative_factor(words: Circumstances, weights: NarrativeWeights, a: Integers, b: Integers) -> Floats:
    """log10 factor of the rare words that the narratives of events `a` and `b` share, at most `weights.most`."""
    told: Floats = np.minimum(circumstance_factor(words, weights, a, b)[0], weights.most)
    return told


def words_of(text: str) -> Iterator[str]:
    """The words of `text` that may tell, in order; denied ones marked, and ``""`` where a sentence or clause breaks."""
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS  # noqa: PLC0415

    left = 0
    for word in _WORD.findall(text.lower()):
        if not word[0].isalnum():
            left = 0
            yield ""
            continue
        if word in NEGATIONS:
            left = _SCOPE + 1
        elif word in _ENDS:
            left = 0
        left = max(left - 1, 0)
        if len(word) >= 3 and not word.isdigit() and word not in ENGLISH_STOP_WORDS and word not in NEGATIONS:
            yield f"{_MARK}{word}" if left else word


def _texts(known: Known, events: LinkEvents) -> dict[int, str]:
    """Narratives that say anything, by index of the event, in order."""
    index = pl.DataFrame({"event_id": events.event_id, "event": np.arange(len(events), dtype=np.int64)})
    told = known.events.filter(pl.col("narrative").str.len_chars() > 0).join(index, on="event_id").sort("event")
    return dict(zip(told["event"].to_list(), told["narrative"].to_list(), strict=True))


def _terms(words: list[str]) -> Iterable[str]:
    """The distinct words and phrases of two of one narrative."""
    phrases = (f"{one} {two}" for one, two in pairwise(words) if one and two and one != two)
    return {*filter(None, words), *phrases}


def _always_in_a_phrase(terms: Integers, holders: Integers) -> np.ndarray:
    """(t,) whether a term is a single word that occurs nowhere but in one phrase."""
    place: Mapping[str, int] = {term: number for number, term in enumerate(terms)}
    inside = np.zeros(len(terms), dtype=np.bool_)
    for number, term in enumerate(terms):
        one, _, two = term.removeprefix(_MARK).partition(" ")
        if not two:
            continue
        first = _MARK + one if term.startswith(_MARK) else one
        for word in (first, two):
            if word in place and holders[place[word]] == holders[number]:
                inside[place[word]] = True
    return inside


def _spelt_alike(documents: list[list[str]]) -> list[list[str]]:
    """The documents with each rare word read as the commonest word within its edits, if there is one.

    Words are taken from the commonest down, so that no chain of misspellings joins two words.
    """
    often = Counter(word for words in documents for word in set(words) if word)
    from rapidfuzz.distance import OSA  # noqa: PLC0415
    from rapidfuzz.process import extractOne  # noqa: PLC0415

    read_as: dict[str, str] = {}
    kept: dict[tuple[str, int], list[str]] = {}
    for word, count in sorted(often.items(), key=lambda item: (-item[1], item[0])):
        letters = word.removeprefix(_MARK)
        bucket = (word[: len(word) - len(letters)] + letters[0], len(letters))
        edits = 2 if len(letters) >= _TWO_EDITS_FROM else 1
        if count <= _RARE_HOLDERS and len(letters) >= _SHORTEST_CORRECTED and letters.isalpha():
            near = [other for size in range(-edits, edits + 1) for other in kept.get((bucket[0], bucket[1] + size), ())]
            best = extractOne(word, near, scorer=OSA.distance, score_cutoff=edits)
            if best is not None:
                read_as[word] = best[0]
                continue
        if letters.isalpha():
            kept.setdefault(bucket, []).append(word)
    return [[read_as.get(word, word) for word in words] for words in documents]


def _nothing(codes: np.ndarray) -> Circumstances:
    return Circumstances(
        codes=codes,
        factor=np.empty(0),
        substance=np.empty(0, dtype=np.bool_),
        holders=np.empty(0, dtype=np.int64),
        noted=1,
        names=pl.DataFrame(schema={"feature": pl.String, "value": pl.String}),
    )
