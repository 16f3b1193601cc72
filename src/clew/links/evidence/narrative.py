"""Narrative: rare words and phrases that two events' accounts share, explained by the words themselves.

Off unless asked for (`NarrativeWeights.on`): free text is full of turns of phrase, and it helps only where it says
what the coded circumstances do not (docs/explanation/links.md). How an account is read: `words`. Words are counted by
scikit-learn; what a shared one says follows the principle of every family (`weights`): its rarity among this force's
narratives, which is the inverse document frequency of TF-IDF (Sparck Jones 1972). Where a word never occurs outside its
phrase, only the phrase counts.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl

from clew.links.events import Floats, Integers, LinkEvents
from clew.links.evidence.circumstances import Circumstances, circumstance_factor, noted_in
from clew.links.evidence.words import MARK, Spelling, is_phrase, terms_of, words_of
from clew.links.weights import NarrativeWeights
from clew.records import Known


def narratives(known: Known, events: LinkEvents, weights: NarrativeWeights) -> Circumstances:
    """The words and phrases of each event's narrative, as codes like those of circumstances; none if it is off.

    names: `feature` is ``word`` or ``phrase``, `value` the words. holders: events whose narrative has it. Nothing is a
    substance. Rarity is counted among the events that have a narrative.
    """
    codes = np.full((len(events), weights.per_event), -1, dtype=np.int32)
    texts = texts_of(known, events.event_id) if weights.on else {}
    if not texts:
        return _nothing(codes)
    documents = [list(words_of(text)) for text in texts.values()]
    spelling = Spelling.of(documents)
    from sklearn.feature_extraction.text import CountVectorizer  # noqa: PLC0415  slow to import, and off by default

    counted = CountVectorizer(analyzer=terms_of, binary=True, min_df=2)
    try:
        held = counted.fit_transform(spelling.read(words) for words in documents).tocsr()
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
                "feature": ["phrase" if is_phrase(term) else "word" for term in terms[order]],
                "value": pl.Series(terms[order], dtype=pl.String),
            }
        ),
    )


def narrative_factor(words: Circumstances, weights: NarrativeWeights, a: Integers, b: Integers) -> Floats:
    """log10 factor of the rare words that the narratives of events `a` and `b` share, at most `weights.most`."""
    told: Floats = np.minimum(circumstance_factor(words, weights, a, b)[0], weights.most)
    return told


def texts_of(known: Known, event_id: np.ndarray) -> dict[int, str]:
    """Narratives that say anything, by the place of the event in `event_id` (n,), in order."""
    index = pl.DataFrame(
        {"event_id": event_id, "event": np.arange(len(event_id))}, schema={"event_id": pl.String, "event": pl.Int64}
    )
    told = known.events.filter(pl.col("narrative").str.len_chars() > 0).join(index, on="event_id").sort("event")
    return dict(zip(told["event"].to_list(), told["narrative"].to_list(), strict=True))


def _always_in_a_phrase(terms: Integers, holders: Integers) -> np.ndarray:
    """(t,) whether a term is a single word that occurs nowhere but in one phrase."""
    place: Mapping[str, int] = {term: number for number, term in enumerate(terms)}
    inside = np.zeros(len(terms), dtype=np.bool_)
    for number, term in enumerate(terms):
        one, _, two = term.removeprefix(MARK).partition(" ")
        if not two:
            continue
        first = MARK + one if term.startswith(MARK) else one
        for word in (first, two):
            if word in place and holders[place[word]] == holders[number]:
                inside[place[word]] = True
    return inside


def _nothing(codes: np.ndarray) -> Circumstances:
    return Circumstances(
        codes=codes,
        factor=np.empty(0),
        substance=np.empty(0, dtype=np.bool_),
        holders=np.empty(0, dtype=np.int64),
        noted=1,
        names=pl.DataFrame(schema={"feature": pl.String, "value": pl.String}),
    )
