"""The language of a force's narratives as at a full run: new ones are read by it, words that it did not know too."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass

import numpy as np
import polars as pl

from clew.links.evidence.narrative import texts_of
from clew.links.evidence.words import Spelling, is_phrase, terms_of, words_of
from clew.links.find import Links
from clew.links.keys import keys_of
from clew.links.updates.arrays import Arrays, part_of, with_prefix
from clew.links.updates.codes import FrozenValues
from clew.records import Known


@dataclass(frozen=True, kw_only=True)
class Language:
    """spelling: of the full run's narratives. telling: the words and phrases whose sharing says something. silent: the
    other words that two narratives or more had: too common, or never outside a phrase. values: of the telling ones.

    A word that no narrative of the full run had, or one, tells as much as what two have. A new phrase tells what its
    words tell.
    """

    spelling: Spelling
    telling: frozenset[str]
    silent: frozenset[str]
    values: FrozenValues

    @classmethod
    def of(cls, links: Links) -> Language:
        """Of a full run's narratives."""
        held, known, weights = links.scorer.words, links.known, links.scorer.weights.narrative
        documents = [list(words_of(text)) for text in texts_of(known, links.scorer.events.event_id).values()]
        spelling = Spelling.of(documents)
        often = Counter(word for words in documents for word in set(spelling.read(words)) if word)
        telling = frozenset(held.names["value"].to_list())
        return cls(
            spelling=spelling,
            telling=telling,
            silent=frozenset(word for word, count in often.items() if count >= 2) - telling,
            values=FrozenValues.of(
                held,
                held.names.select(keys_of(pl.col("value")).alias("key"))["key"].to_numpy(),
                among=len(documents),
                weights=weights,
            ),
        )

    def arrays(self) -> Arrays:
        """What `of_arrays` makes it from again: words as JSON."""
        words = {
            "kept": [*self.spelling.kept],
            "read_as": self.spelling.read_as,
            "telling": sorted(self.telling),
            "silent": sorted(self.silent),
        }
        text = json.dumps(words, ensure_ascii=False).encode()
        return {"words": np.frombuffer(text, dtype=np.uint8)} | with_prefix("values.", self.values.arrays())

    @classmethod
    def of_arrays(cls, arrays: Arrays) -> Language:
        """From what `arrays` gave."""
        words = json.loads(arrays["words"].tobytes())
        return cls(
            spelling=Spelling(words["kept"], words["read_as"]),
            telling=frozenset(words["telling"]),
            silent=frozenset(words["silent"]),
            values=FrozenValues.of_arrays(part_of(arrays, "values.")),
        )

    def told(self, known: Known) -> pl.DataFrame:
        """What the narrative of each event tells, each once: event_id, key."""
        ids = known.events["event_id"].to_numpy()
        rows = [
            (str(ids[event]), term)
            for event, text in texts_of(known, ids).items()
            for term in sorted(terms_of(self.spelling.read(words_of(text))))
            if term in self.telling or not (is_phrase(term) or term in self.silent)
        ]
        told = pl.DataFrame(rows, schema={"event_id": pl.String, "term": pl.String}, orient="row")
        return told.select("event_id", key=keys_of(pl.col("term")))
