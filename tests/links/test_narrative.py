"""Narrative: rare words that two accounts share, by words, against a plain recount; off unless asked for."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import islice, product

import numpy as np
import polars as pl
import pytest

from clew.links import Links, Weights, explain_pair, find_links
from clew.links.evidence.words import Spelling, words_of
from clew.links.setup import LinkSetup
from clew.links.weights import NarrativeWeights
from clew.records import Dataset
from tests.links.backgrounds import null_background

ON = Weights(narrative=NarrativeWeights(on=True, rarest_share=0.5))
USUAL = "Officers called to the location. Coroner's officer informed."


def told(narratives: dict[int, str], *, deaths: int = 60, weights: Weights = ON) -> Links:
    """Links of a small background whose deaths so numbered have these narratives, the others the usual one."""
    background = null_background(deaths=deaths, years=1, seed=3)
    text = [narratives.get(number, USUAL) for number in range(deaths)]
    events = background.tables["events"].with_columns(narrative=pl.Series(text, dtype=pl.String))
    known = Dataset(name="told", tables={**background.tables, "events": events}).as_known(background.last_recorded_at)
    return find_links(known, LinkSetup(weights=weights), replicates=1)


def factor(links: Links, a: int = 0, b: int = 1) -> float:
    pair = [links.index(f"X{number:06d}") for number in (a, b)]
    return float(links.score_pairs(np.array(pair[:1]), np.array(pair[1:])).factors[0, 6])


def expected(holders: list[int], deaths: int = 60) -> float:
    """The formula by hand: the rarest first, each further word counting less."""
    w = ON.narrative
    shares = sorted(count / deaths for count in holders)
    gains = [math.log10((w.repeat + (1 - w.repeat) * share) / share) * w.discount**n for n, share in enumerate(shares)]
    return min(sum(gains), w.most)


def test_it_is_off_unless_asked_for() -> None:
    links = told({0: "A greyhound lead.", 1: "A greyhound lead."}, weights=Weights())
    assert factor(links) == 0.0
    assert not (links.frame["narrative"] != 0).any()


def test_a_rare_word_counts_by_how_few_narratives_have_it() -> None:
    two = told({0: "Mask on table.", 1: "Beside her a mask."})
    four = told({0: "Mask on table.", 1: "Beside her a mask.", 2: "Mask.", 3: "Mask."})
    assert factor(two) == pytest.approx(expected([2]))
    assert factor(four) == pytest.approx(expected([4]))


def test_turns_of_phrase_that_all_share_say_nothing() -> None:
    assert factor(told({})) == 0.0


def test_a_phrase_counts_once_and_not_with_its_words_again() -> None:
    links = told({0: "The silver thimble.", 1: "By the door, silver thimble."})
    assert factor(links) == pytest.approx(expected([2]))
    assert "“silver thimble” (in 2)" in explain_pair(links, "X000000", "X000001").clauses["narrative"]


@pytest.mark.parametrize("denied", ["No sign of a mask.", "Partner denied owning any mask.", "Without mask."])
def test_a_denied_word_does_not_meet_the_word(denied: str) -> None:
    assert factor(told({0: "There was a mask.", 1: denied})) == 0.0


def test_a_denial_ends_with_its_clause() -> None:
    assert list(words_of("No injury, but mask and gloves. Mask")) == ["not injury", "", "mask", "gloves", "", "mask"]


def test_a_misspelt_word_is_read_as_the_commoner_one() -> None:
    links = told({0: "The greyhound.", 2: "A greyhound.", 3: "Greyhound.", 4: "Greyhound", 1: "A greyhuond."})
    assert factor(links) == pytest.approx(expected([5]))


def test_words_far_apart_in_spelling_do_not_meet() -> None:
    assert factor(told({0: "A greyhound.", 1: "A greenfinch."})) == 0.0


def test_words_never_say_more_than_the_most() -> None:
    text = "thimble anvil lantern bassoon paddle trellis gusset marzipan"
    strongest = told({0: text, 1: text}, deaths=400)
    assert factor(strongest) == ON.narrative.most
    assert (
        factor(told({0: text, 1: text}, deaths=400, weights=replace(ON, narrative=replace(ON.narrative, most=9)))) > 2
    )


def test_an_event_without_narrative_gives_no_evidence_either_way() -> None:
    assert factor(told({0: "A greyhound.", 1: "", 2: "A greyhound."})) == 0.0


def test_the_order_of_rows_does_not_matter() -> None:
    narratives = {0: "Masque and lantern.", 1: "Lantern, mask.", 5: "Mask. Mask.", 7: "A lantren."}
    forward = told(narratives)
    events = forward.known.dataset.tables["events"].reverse()
    turned = Dataset(name="told", tables={**forward.known.dataset.tables, "events": events})
    backward = find_links(turned.as_known(forward.known.at), LinkSetup(weights=ON), replicates=1)
    assert forward.scorer.words.names.equals(backward.scorer.words.names)
    assert (forward.scorer.words.codes == backward.scorer.words.codes).all()


def test_a_denial_reaches_five_words() -> None:
    told = list(words_of("no alpha bravo charlie delta echo foxtrot"))
    assert told == ["not alpha", "not bravo", "not charlie", "not delta", "not echo", "foxtrot"]


def test_of_words_equally_near_a_misspelt_one_is_the_commonest() -> None:
    spelling = Spelling.of([["planet"]] * 9 + [["plant"]] * 5)
    assert spelling.read(["plante", "planat", "plants", "other"]) == ["planet", "planet", "plant", "other"]


def test_what_a_word_is_compared_with_is_bounded() -> None:
    others = [f"m{''.join(letters)}" for letters in islice(product("abcdefghijkl", repeat=6), 2_500)]
    spelling = Spelling(others)
    assert spelling.read([f"{others[1_999]}x"]) == [others[1_999]]
    assert spelling.read([f"{others[2_400]}x"]) == [f"{others[2_400]}x"]
    long = "m" * 41
    assert Spelling([long]).read([f"{long}x", long[:-1]]) == [f"{long}x", long[:-1]]
    assert Spelling(["m" * 40]).read(["m" * 39]) == ["m" * 40]


def test_a_word_of_five_letters_may_be_a_shorter_one_misspelt_and_one_of_four_may_not() -> None:
    assert Spelling(["boat"]).read(["boatt"]) == ["boat"]
    assert Spelling(["boat"]).read(["boot"]) == ["boot"]
