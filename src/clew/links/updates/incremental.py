"""A new or changed fact re-scores the event it belongs to against all history, closed cases included.

`LinkState` is made from a full run and keeps everything that pairs are scored from, by event and by key, so that one
event costs a pass of compiled arithmetic over the others and a few look-ups: milliseconds in a million events. What
one fact can change elsewhere is followed too: a person who is now in one event more, or in too many to say anything; a
value that two events now share; a fifth death at one address, which makes it a hostel; an incident that now has a
third member. How common things are is held fixed between full runs (`frozen`), and so are who is who and the rates:
in whichever order facts arrive, the links are those of a full run that is given the same backgrounds (decision 75).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import polars as pl

from clew.links.events import Integers, link_events
from clew.links.find import Links
from clew.links.incidents import HOUSEHOLD_DEATHS, joined, same_incident
from clew.links.model import IDENTITY, LinkModel
from clew.links.scoring import FAMILIES, LEAST_TIE
from clew.links.updates.arrays import Arrays, part_of, with_prefix
from clew.links.updates.codes import ROOM, Codes
from clew.links.updates.facts import KINDS, Facts, FactTable, facts_of, parts_of
from clew.links.updates.frozen import Frozen
from clew.links.updates.pair_scores import Pair, PairScores, pair_of
from clew.links.updates.recurrences import Whole, homes_of
from clew.links.updates.room import Room
from clew.links.weights import Weights
from clew.records import Known


@dataclass(frozen=True, kw_only=True)
class Held:
    """A pair that reaches the floor. factors: in order of FAMILIES. kin: whether what is shared is a family's."""

    factors: tuple[float, ...]
    kin: bool


class LinkState:
    """The links of a force, kept up to date event by event.

    Made by `LinkState.of`. `update` takes what is now known of some events, all of it, and replaces what was.
    """

    def __init__(self, frozen: Frozen, *, events: Room, facts: FactTable, codes: Codes, words: Codes | None) -> None:
        """Without any link yet; `of` and `of_arrays` make states. codes, words: of circumstances and of narratives."""
        self.frozen = frozen
        self._events, self._facts, self._codes, self._words = events, facts, codes, words
        self._scores = PairScores(frozen, events=events, facts=facts, codes=codes, words=words)
        self._index = {str(event_id): row for row, event_id in enumerate(events.now.event_id.tolist())}
        self._pairs: dict[Pair, Held] = {}
        self._beside: dict[int, set[int]] = {}
        self._together: dict[int, set[int]] = {}
        self._reported: dict[int, set[int]] = {}  # joined by number and day at the full run: not undone by a new fact

    @classmethod
    def of(cls, links: Links, *, floor: float | None = None) -> LinkState:
        """The state after a full run. floor: keep links of this log10 strength or more; as strong as the weakest of
        the run if None."""
        frozen, scorer = Frozen.of(links, floor=floor), links.scorer
        codes, words = (
            np.where(held >= 0, held + 2 * ROOM, -1).astype(np.int32)
            for held in (scorer.held.codes, scorer.words.codes)
        )
        room = Room.of(scorer.events, codes, words if frozen.language else words[:, :0], frozen)
        facts = FactTable.of_known(links.known, scorer.events.event_id, frozen)
        state = cls(
            frozen,
            events=room,
            facts=facts,
            codes=Codes(frozen.held, frozen.model),
            words=Codes(frozen.language.values, IDENTITY) if frozen.language else None,
        )
        state._begin(links)
        return state

    def arrays(self) -> Arrays:
        """Everything it holds, as arrays by name: what `of_arrays` makes it from again."""
        pairs = sorted(self._pairs)
        held = [self._pairs[pair] for pair in pairs]
        found: Arrays = {
            "pairs.ends": np.array(pairs, dtype=np.int64).reshape(-1, 2),
            "pairs.factors": np.array([one.factors for one in held]).reshape(-1, len(FAMILIES)),
            "pairs.kin": np.array([one.kin for one in held], dtype=np.bool_),
            "together": _edges(self._together),
            "reported": _edges(self._reported),
        }
        for name, part in (("frozen", self.frozen), ("events", self._events), ("codes", self._codes)):
            found |= with_prefix(f"{name}.", part.arrays())
        if self._words is not None:
            found |= with_prefix("words.", self._words.arrays())
        for kind, columns in self._facts.columns().items():
            found |= {f"facts.{kind}.{number}": column for number, column in enumerate(columns)}
        return found

    @classmethod
    def of_arrays(cls, arrays: Arrays, weights: Weights, model: LinkModel) -> LinkState:
        """The state that `arrays` gave. weights, model: of the full run."""
        frozen = Frozen.of_arrays(part_of(arrays, "frozen."), weights, model)
        language, given = frozen.language, part_of(arrays, "words.")
        columns = {kind: tuple(part_of(arrays, f"facts.{kind}.").values()) for kind in KINDS}
        state = cls(
            frozen,
            events=Room.of_arrays(part_of(arrays, "events."), frozen),
            facts=FactTable(columns),
            codes=Codes.of_arrays(part_of(arrays, "codes."), frozen.held, model),
            words=Codes.of_arrays(given, language.values, IDENTITY) if language else None,
        )
        rows = zip(
            arrays["pairs.ends"].tolist(), arrays["pairs.factors"].tolist(), arrays["pairs.kin"].tolist(), strict=True
        )
        for (one, other), factors, kin in rows:
            state._pairs[one, other] = Held(factors=tuple(factors), kin=kin)
            _tie(state._beside, one, other)
        for name, ties in (("together", state._together), ("reported", state._reported)):
            for one, other in arrays[name].tolist():
                _tie(ties, one, other)
        return state

    def __len__(self) -> int:
        return len(self._index)

    @property
    def nbytes(self) -> int:
        """Bytes of the arrays it keeps, without the links and the ids."""
        return self._events.nbytes + self._facts.nbytes

    def frame(self) -> pl.DataFrame:
        """The links that may be shown, strongest first: event_id_a, event_id_b (as text, a < b), log10_bayes_factor,
        and a column per family."""
        return self._framed(self._pairs)

    def _framed(self, pairs: Iterable[Pair]) -> pl.DataFrame:
        rows = [pair for pair in pairs if not self._apart(pair)]
        ids = self._events.now.event_id
        both = [sorted((str(ids[a]), str(ids[b]))) for a, b in rows]
        factors = np.array([self._pairs[pair].factors for pair in rows]).reshape(len(rows), len(FAMILIES))
        return pl.DataFrame(
            {
                "event_id_a": pl.Series([one for one, _ in both], dtype=pl.String),
                "event_id_b": pl.Series([two for _, two in both], dtype=pl.String),
                "log10_bayes_factor": factors.sum(axis=1),
                **{family: factors[:, number] for number, family in enumerate(FAMILIES)},
            }
        ).sort("log10_bayes_factor", "event_id_a", "event_id_b", descending=[True, False, False])

    def whole(self) -> Whole:
        """Everything that recurrences are counted from, as a full run has it."""
        order = np.argsort(self._events.now.event_id)
        place = np.empty_like(order)
        place[order] = np.arange(len(order))
        columns = self._facts.columns()
        event, *played = columns["parts"]
        housed, home = columns["homes"]
        a, b = place[np.concatenate((_edges(self._together), _edges(self._reported)))].T
        return Whole(
            events=self._events.some(order),
            parts=parts_of((place[event], *played)),
            incident=joined(a, b, len(order)),
            homes=homes_of(place[housed], home, len(order)),
        )

    def not_held(self, event_ids: Iterable[str]) -> set[str]:
        """Those of `event_ids` that it holds nothing of."""
        return set(event_ids) - self._index.keys()

    def update(self, known: Known) -> pl.DataFrame:
        """Takes everything that is now known of the events of `known`, new or changed, and scores them again.

        Returns their links, as in `frame`. Raises `UsageError` when there are more new values than there is room for.
        """
        given = link_events(known, self.frozen.mapped)
        facts = facts_of(known, self.frozen)
        touched: set[int] = set()
        pairs: set[Pair] = set()
        for row, event_id in enumerate(given.event_id.tolist()):
            at = self._index.setdefault(event_id, len(self._index))
            self._events.put(at, given, row)
            touched.add(at)
            changed = self._facts.put(at, facts.get(event_id, Facts()))
            for kind in ("values", "words"):
                for key, gained in changed[kind].items():
                    now = self._facts.count(kind, key)
                    if (now >= 2) != (now - gained >= 2):  # it takes a place that it had not, or leaves it
                        touched |= {at, *self._facts.with_value(kind, key)}
            for person in changed["parts"]:
                pairs |= self._all_pairs(at, person)
            for kind in ("names", "says"):
                for key in changed[kind]:
                    pairs |= self._naming(key, {at, *self._facts.with_value(kind, key)})
        for at in touched:
            self._events.recode(at, self._code_row(at), self._word_row(at))
        self._rescore(touched, pairs)
        mine = {self._index[event_id] for event_id in given.event_id.tolist()}
        return self._framed({pair_of(at, other) for at in mine for other in self._beside.get(at, ())})

    def _naming(self, key: int, events: set[int]) -> set[Pair]:
        """The pairs of which one may name the other by `key`, or by another name of the same event."""
        named = {*self._facts.with_value("names", key), *events}
        names = {name for one in named for name in self._facts.of(one).names} | {key}
        sayers = {one for name in names for one in self._facts.with_value("says", name)} | events
        return {pair_of(a, b) for a in named for b in sayers if a != b}

    def _all_pairs(self, at: int, person: int) -> set[Pair]:
        """All pairs of event `at`, which this person plays a part in or played one, and the others that have it; none
        where they are too many for that to say anything, now and before."""
        if self._facts.count("parts", person) > self.frozen.weights.people.frequent + 1:
            return set()
        events = sorted({at, *self._facts.with_value("parts", person)})
        return {(a, b) for row, a in enumerate(events) for b in events[row + 1 :]}

    def _rescore(self, touched: set[int], pairs: set[Pair]) -> None:
        """Scores all pairs of the `touched` events, and these `pairs`, again."""
        for at in touched:
            for other in self._beside.pop(at, set()):
                self._pairs.pop(pair_of(at, other), None)
                self._beside.get(other, set()).discard(at)
            for other in self._together.pop(at, set()):
                self._together.get(other, set()).discard(at)
        wanted = {pair for pair in pairs if self._has_death(pair)}
        now = self._events.now
        for at in sorted(touched):
            hits = self._scores.reaching(at)
            hits = hits[now.death[hits] | now.death[at]]
            wanted |= {pair_of(at, int(other)) for other in hits}
            wanted |= {pair for other in self._tied(at) if self._has_death(pair := pair_of(at, other))}
            for other in self._events.near(at):
                if self._has_death(pair_of(at, other)):
                    _tie(self._together, at, other)
        self._keep(sorted(wanted))

    def _tied(self, at: int) -> set[int]:
        """The events that share a person with event `at`, or name it, or are named by it."""
        mine = self._facts.of(at)
        found: set[int] = set()
        for part in mine.parts:
            if self._facts.count("parts", part.person) <= self.frozen.weights.people.frequent:
                found |= set(self._facts.with_value("parts", part.person))
        for name in mine.names:
            found |= set(self._facts.with_value("says", name))
        for name in mine.says:
            found |= set(self._facts.with_value("names", name))
        return found - {at}

    def _keep(self, pairs: list[Pair]) -> None:
        """Scores `pairs` and keeps those that reach the floor and are tied by enough."""
        for pair in pairs:
            if self._pairs.pop(pair, None) is not None:
                for one, other in (pair, pair[::-1]):
                    self._beside.get(one, set()).discard(other)
        if not pairs:
            return
        factors, tie, kin = self._scores.of(pairs)
        for row in np.flatnonzero((factors.sum(axis=1) >= self.frozen.floor) & (tie >= LEAST_TIE)):
            one, other = pairs[row]
            self._pairs[one, other] = Held(factors=tuple(factors[row].tolist()), kin=bool(kin[row]))
            _tie(self._beside, one, other)

    def _code_row(self, at: int) -> np.ndarray:
        shared = [(value, sub) for value, sub in self._facts.of(at).values if self._facts.count("values", value) >= 2]
        return self._codes.row(shared, self.frozen.weights.circumstances.per_event)

    def _word_row(self, at: int) -> np.ndarray:
        if self._words is None:
            return np.empty(0, dtype=np.int32)
        shared = [(word, False) for word in self._facts.of(at).words if self._facts.count("words", word) >= 2]
        return self._words.row(shared, self.frozen.weights.narrative.per_event)

    def _has_death(self, pair: Pair) -> bool:
        return bool(self._events.now.death[pair[0]] or self._events.now.death[pair[1]])

    def _apart(self, pair: Pair) -> bool:
        """Whether a pair is one incident, one household, or kin."""
        if self._pairs[pair].kin:
            return True
        one, two = (self._facts.of(at).homes for at in pair)
        if one and one == two and self._facts.count("homes", one[0]) <= HOUSEHOLD_DEATHS:
            return True
        return pair[1] in self._incident(pair[0])

    def _incident(self, start: int) -> set[int]:
        """The events of one incident with `start`."""
        waiting, members = [start], {start}
        while waiting:
            at = waiting.pop()
            more = (self._together.get(at, set()) | self._reported.get(at, set())) - members
            members |= more
            waiting.extend(more)
        return members

    def _begin(self, links: Links) -> None:
        """Takes over the links of a full run, and those that are set apart with them."""
        number = self._index
        wanted = {pair_of(number[a], number[b]) for a, b in links.frame.select("event_id_a", "event_id_b").iter_rows()}
        count = len(self)
        strong = links.shared.keys.tolist()  # the run scored them; they may be set apart and reach the floor
        wanted |= {(key // count, key % count) for key in strong}
        for members in links.incidents.group_by("incident_id").agg("event_id")["event_id"].to_list():
            rows = np.array([number[one] for one in members], dtype=np.int64)
            a, b = (rows[side] for side in np.triu_indices(len(rows), k=1))
            wanted |= {pair_of(*pair) for pair in zip(a.tolist(), b.tolist(), strict=True)}
            now = self._events.now
            joined = same_incident(now, a, b) & (now.death[a] | now.death[b])
            for one, two in zip(a[joined].tolist(), b[joined].tolist(), strict=True):
                _tie(self._together, one, two)
            for one in rows.tolist():
                if one not in self._together:
                    _tie(self._reported, one, int(rows[0]) if one != rows[0] else int(rows[1]))
        wanted |= self._housemates(links)
        self._keep(sorted(pair for pair in wanted if self._has_death(pair)))

    def _housemates(self, links: Links) -> set[Pair]:
        """The pairs of one household at the full run."""
        homes = links.scorer.homes
        held = np.flatnonzero(homes >= 0)
        held = held[np.argsort(homes[held], kind="stable")]
        return {
            pair_of(int(held[row]), int(held[row + lag]))
            for lag in range(1, HOUSEHOLD_DEATHS)
            for row in np.flatnonzero(homes[held[lag:]] == homes[held[:-lag]])
        }


def _edges(beside: dict[int, set[int]]) -> Integers:
    """(e, 2) whatever stands beside each other, each once, in order."""
    edges = sorted((one, other) for one, others in beside.items() for other in others if one < other)
    return np.array(edges, dtype=np.int64).reshape(-1, 2)


def _tie(beside: dict[int, set[int]], one: int, other: int) -> None:
    """Puts two events beside each other."""
    beside.setdefault(one, set()).add(other)
    beside.setdefault(other, set()).add(one)
