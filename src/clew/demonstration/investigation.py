"""What was done about each death: in time, late, or not at all, at the rates of `distributions.conduct`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from clew.demonstration.chance import HOUR_S, Flags, Integers, Words, choose, happens
from clew.demonstration.deaths import Deaths
from clew.demonstration.decisions import NEVER, Decisions
from clew.demonstration.distributions import conduct as table
from clew.demonstration.duties import Log, action_ids
from clew.demonstration.people import Cast
from clew.demonstration.persons import references
from clew.demonstration.rows import Rows
from clew.demonstration.scene import Scene

HELD: dict[str, pl.DataType] = {
    "event": pl.Int64(),
    "exhibit_id": pl.String(),
    "kind": pl.String(),
    "found": pl.Int64(),
    "description": pl.String(),
}


@dataclass(frozen=True, kw_only=True)
class Work:
    """Actions (columns of `DONE`) and exhibits (columns of `HELD`)."""

    done: pl.DataFrame
    held: pl.DataFrame


def investigate(
    rng: np.random.Generator,
    *,
    deaths: Deaths,
    scene: Scene,
    cast: Cast,
    seen: pl.DataFrame,
    decisions: Decisions,
    reported: Integers,
    hits: Flags,
    earlier: dict[str, tuple[Integers, pl.Series, Integers]],
    prefix: str,
) -> Work:
    """Everything done about the deaths.

    seen: the people rows of deaths with `event`, `role`, `person`, `person_ref`, `known`. hits: per person, whether
    the force held something of them before. earlier: "missing" (a missing-person report on the
    deceased), "place" (a death at the same spot) and "reference" (an earlier event that the record names) -> death
    indices, the event ids, and when the death's file could have met it.
    """
    log = Log(rng=rng, prefix=prefix)
    held = Rows(HELD)
    _checks(log, seen, hits)
    _scene_duties(log, scene, deaths)
    _items(log, held, scene, deaths)
    _routine(log, deaths, scene, decisions, reported)
    _family(log, scene, seen)
    _changed_accounts(log, scene, seen)
    declined = _doubts(log, deaths, scene, decisions, reported)
    rows, about, known = earlier["reference"]
    log.perform(rows, "incident.attached", known, role="constable", about=about)
    rows, about, known = earlier["missing"]
    log.perform(rows, "missing_report.merged", known, role="constable", about=about)
    rows, about, known = earlier["place"]
    log.perform(rows, "prior_file.attached", known, role="control_room", about=about)
    _asked_again(log, scene, *declined)
    return Work(done=log.done.frame(), held=held.frame())


def _checks(log: Log, seen: pl.DataFrame, hits: Flags) -> None:
    part = seen.filter(pl.col("role").is_in(["finder", "caller", "last_contact"])).sort("known", maintain_order=True)
    # Who is named in two roles is checked once, unless the second role is learnt much later.
    later = (pl.col("known") - pl.col("known").first().over("event", "person")) > 20 * HOUR_S
    part = part.with_columns(later.alias("later"))
    part = part.unique(subset=["event", "person", "person_ref", "later"], keep="first", maintain_order=True)
    event, known = part["event"].to_numpy(), part["known"].to_numpy()
    hit = hits[part["person"].to_numpy()]
    about = part["person_ref"]
    kept, at = log.perform(
        event, "check.intelligence", known, role="constable", about=about, outcome=np.where(hit, "hit", "no_hit")
    )
    told = kept & hit
    rows = np.flatnonzero(told)
    shown, when = log.perform(
        event[rows], "decision_maker.notified", at[rows], role="constable", about=about.gather(rows)
    )
    rows = rows[shown]
    log.perform(
        event[rows], "decision_maker.acknowledged", when[shown], role="detective_sergeant", about=about.gather(rows)
    )


def _scene_duties(log: Log, scene: Scene, deaths: Deaths) -> None:
    def duty(rows: Flags, activity: str, role: str, known: Integers) -> tuple[Integers, Integers]:
        index = np.flatnonzero(rows)
        kept, at = log.perform(index, activity, known[index], role=role)
        return index[kept], at[kept]

    against = (
        scene.has("body_temperature", "cold")
        | scene.has("position", "seated_propped")
        | scene.has("lividity", "inconsistent_with_position")
    )
    against &= np.isin(scene.values["account"], ("alive_recently", "seizure", "drunk", "fell"))
    rows, at = duty(against, "conflict.recorded", "constable", scene.known["account"])
    log.perform(rows, "conflict.resolved", at, role="detective_sergeant", reason="account taken again")
    duty(scene.has("phone", "missing"), "call_data.requested", "detective_constable", scene.known["phone"])
    duty(scene.has("met_via"), "account_preservation.requested", "detective_constable", scene.known["met_via"])
    moved, against = scene.has("injury", "bruising_moved"), scene.has("lividity", "inconsistent_with_position")
    duty(moved, "third_party.considered", "detective_sergeant", scene.known["injury"])
    duty(against, "third_party.considered", "detective_sergeant", scene.known["lividity"])
    away = scene.has("local_connection", "none")
    duty(away, "route.established", "detective_constable", scene.known["local_connection"])
    rows, at = duty(away | (deaths.public & deaths.unexpected), "cctv.secured", "constable", scene.noted)
    log.perform(rows, "cctv.viewed", at, role="detective_constable")
    duty(scene.has("domestic_abuse"), "specialist.reviewed", "detective_inspector", scene.known["domestic_abuse"])


def _items(log: Log, held: Rows, scene: Scene, deaths: Deaths) -> None:
    rng = log.rng
    owned = deaths.unexpected & (deaths.age >= 10) & (deaths.age < 65)
    device = owned & happens(rng, table.DEVICE_SEIZED, deaths.count)
    items: dict[str, tuple[Flags, Words | str]] = {
        "note": (scene.has("note"), "handwritten note"),
        "textile": (scene.has("textile"), scene.values["textile"]),
        "bottle": (scene.has("object", "small bottle"), "small bottle"),
        "medication": (scene.has("object", "medication"), "medication"),
        "device": (device, "mobile telephone"),
    }
    for kind, (flags, description) in items.items():
        rows = np.flatnonzero(flags)
        found = scene.noted[rows]
        ids = pl.select(pl.format("X{}-{}", pl.Series(rows), pl.lit(kind)).alias("exhibit_id"))["exhibit_id"]
        text = description[rows] if isinstance(description, np.ndarray) else description
        held.add(len(rows), event=rows, exhibit_id=ids, kind=kind, found=found, description=text)
        log.perform(rows, "exhibit.sealed", found, role="constable", about=ids)
        if kind in ("textile", "bottle"):
            log.perform(
                rows, "forensic.decided", found, role="detective_sergeant", about=ids, reason="no third party indicated"
            )
        if kind == "note":
            log.perform(rows, "handwriting.submitted", found, role="detective_constable", about=ids)
            log.perform(rows, "forensic.decided", found, role="detective_sergeant", about=ids, reason="note examined")
        if kind == "device":
            log.perform(rows, "device.triaged", found, role="detective_constable", about=ids, outcome="nothing of note")
            log.perform(rows, "device.examined", found, role="digital_examiner", about=ids)


def _routine(log: Log, deaths: Deaths, scene: Scene, decisions: Decisions, reported: Integers) -> None:
    rng, count = log.rng, deaths.count
    unexpected = np.flatnonzero(deaths.unexpected)
    log.perform(unexpected, "supervisor.attended", reported[unexpected], role="sergeant")
    kept, at = log.perform(unexpected, "coroner.reported", reported[unexpected] + HOUR_S, role="constable")
    signed = unexpected[kept & (rng.random(len(unexpected)) >= table.DUTIES["supervisor.signed_off"].missing)]
    when = reported.copy()
    when[unexpected] = at
    log.add(signed, "supervisor.signed_off", when[signed] - 600, role="sergeant")
    test = np.flatnonzero(scene.tested | scene.suspected)
    log.perform(
        test,
        "toxicology.requested",
        scene.noted[test],
        role="coroners_officer",
        outcome=np.where((deaths.age < 40)[test], "full panel with GHB", "full panel"),
    )
    rows = np.flatnonzero(scene.tested)
    log.add(rows, "toxicology.reported", scene.result[rows] - HOUR_S, role="laboratory")
    expected = np.flatnonzero(~deaths.unexpected & ~happens(rng, table.DOCTOR_MISSING, count))
    seen_at = np.minimum(decisions.decided[expected] - HOUR_S // 2, reported[expected] + 8 * HOUR_S)
    log.add(expected, "opinion.given", seen_at, role="general_practitioner", outcome="not_suspicious")
    decided = np.flatnonzero(decisions.decided < NEVER)
    reasons = {
        "expected": "attending doctor gave a diagnosis",
        "not_suspicious": "nothing indicated a third party",
        "homicide": "third party likely",
    }
    reason = np.array([reasons[each] for each in decisions.category[decided].tolist()], dtype="<U40")
    bare = happens(rng, table.REASONS_MISSING, len(decided))
    log.add(
        decided[~bare],
        "category.decided",
        decisions.decided[decided][~bare],
        role="detective_sergeant",
        outcome=decisions.category[decided][~bare],
        reason=reason[~bare],
    )
    log.add(
        decided[bare],
        "category.decided",
        decisions.decided[decided][bare],
        role="detective_sergeant",
        outcome=decisions.category[decided][bare],
    )
    again = np.flatnonzero(decisions.corrected < NEVER)
    log.add(
        again,
        "category.decided",
        decisions.corrected[again],
        role="detective_inspector",
        outcome="homicide",
        reason="new evidence of a third party",
    )
    cleared = np.flatnonzero((decisions.category == "not_suspicious") & (decisions.decided < NEVER))
    log.perform(cleared, "category.reviewed", decisions.decided[cleared], role="detective_inspector", outcome="agreed")
    changed = np.flatnonzero(deaths.unexpected & happens(rng, table.HANDOVER, count))
    at = reported[changed] + (rng.random(len(changed)) * 10 * 24 * HOUR_S).astype(np.int64) + 8 * HOUR_S
    log.add(changed, "decision_maker.changed", at, role="detective_sergeant")
    log.perform(changed, "handover.acknowledged", at, role="detective_sergeant")


def _changed_accounts(log: Log, scene: Scene, seen: pl.DataFrame) -> None:
    """Of those whose account was noted, some give another one later."""
    said = seen.filter(pl.col("role").is_in(["last_contact", "caller"]) & pl.col("person_ref").is_not_null())
    said = said.unique("event", keep="first", maintain_order=True)
    event = said["event"].to_numpy()
    changed = scene.has("account")[event] & happens(log.rng, table.ACCOUNT_CHANGED, len(event))
    event, about = event[changed], said["person_ref"].filter(pl.Series(changed))
    at = np.maximum(scene.noted[event], said["known"].to_numpy()[changed])
    at = at + (log.rng.random(len(event)) * 72 * HOUR_S).astype(np.int64)
    log.add(event, "account.changed", at, role="constable", about=about)
    log.perform(event, "interview.planned", at, role="detective_sergeant", about=about)


def _family(log: Log, scene: Scene, seen: pl.DataFrame) -> None:
    kin = seen.filter(pl.col("role") == "relative").unique("event", keep="first", maintain_order=True)
    log.perform(
        kin["event"].to_numpy(), "family.informed", kin["known"].to_numpy(), role="constable", about=kin["person_ref"]
    )
    rows = np.flatnonzero(scene.has("out_of_character"))
    log.add(rows, "family.concern", scene.noted[rows], role="relative", reason="the explanation does not fit")
    log.perform(rows, "family.answered", scene.noted[rows], role="detective_sergeant")


def _doubts(
    log: Log, deaths: Deaths, scene: Scene, decisions: Decisions, reported: Integers
) -> tuple[Integers, Integers]:
    """Opinions, claims, concerns and advice; gives the deaths in which the specialists declined, and when they did."""
    rng, count, unexpected = log.rng, deaths.count, deaths.unexpected
    rows = np.flatnonzero(unexpected & happens(rng, table.OPINION, count))
    homicide = (deaths.manner == "homicide")[rows]
    suspicious = happens(rng, table.OPINION_SUSPICIOUS, len(rows)) | (homicide & (rng.random(len(rows)) < 0.9))
    log.add(
        rows,
        "opinion.given",
        scene.noted[rows],
        role="paramedic",
        outcome=np.where(suspicious, "suspicious", "not_suspicious"),
    )
    seen_by_doctor = rng.random(len(rows)) < 0.4
    disagree = seen_by_doctor & suspicious & ~homicide
    second = rows[seen_by_doctor]
    log.add(
        second,
        "opinion.given",
        scene.noted[second] + 2 * HOUR_S,
        role="medical_examiner",
        outcome=np.where(homicide[seen_by_doctor], "suspicious", "not_suspicious"),
    )
    log.perform(
        rows[disagree],
        "dissent.resolved",
        scene.noted[rows[disagree]] + 2 * HOUR_S,
        role="detective_inspector",
        reason="scene visited, nothing found that bears it out",
    )
    single = np.isin(scene.values["explanation_source"], ("last_contact", "caller", "unauthenticated_document"))
    rows = np.flatnonzero(single & ~happens(rng, table.UNCORROBORATED, count))
    before = np.minimum(decisions.decided[rows], scene.noted[rows] + 20 * 24 * HOUR_S)
    at = scene.noted[rows] + ((before - scene.noted[rows]).clip(2) * rng.beta(2, 3, len(rows))).astype(np.int64)
    log.add(rows, "account.corroborated", at, role="detective_constable", reason="independent source found")
    rows = np.flatnonzero(unexpected & happens(rng, table.PATHOLOGIST_RECOMMENDS, count))
    at = reported[rows] + 3 * 24 * HOUR_S
    numbers = log.add(rows, "pathologist.recommended", at, role="pathologist", outcome="further histology")
    about = action_ids(numbers, log.prefix)
    kept, created = log.perform(rows, "task.created", at, role="detective_constable", about=about)
    log.perform(
        rows[kept], "task.completed", created[kept], role="detective_constable", about=about.filter(pl.Series(kept))
    )
    return _outsiders(log, scene, unexpected, reported)


def _outsiders(log: Log, scene: Scene, unexpected: Flags, reported: Integers) -> tuple[Integers, Integers]:
    rng, count = log.rng, len(reported)
    rows = np.flatnonzero(unexpected & happens(rng, table.CLAIM, count))
    who = choose(rng, table.CLAIM_BY, len(rows))
    at = reported[rows] + (rng.exponential(20 * 24 * HOUR_S, len(rows))).astype(np.int64) + HOUR_S
    for each in table.CLAIM_BY.values:
        mine = who == each
        numbers = log.add(
            rows[mine], "claim.received", at[mine], role=each, reason="doubts the explanation of the death"
        )
        log.perform(
            rows[mine],
            "claim.answered",
            at[mine],
            role="detective_inspector",
            about=action_ids(numbers, log.prefix),
            outcome="answered in writing",
        )
    rows = np.flatnonzero(unexpected & happens(rng, table.CORONER_CONCERN, count))
    at = reported[rows] + (rng.exponential(60 * 24 * HOUR_S, len(rows))).astype(np.int64) + 24 * HOUR_S
    log.add(rows, "coroner.concern", at, role="coroner")
    log.perform(rows, "review.reopened", at, role="detective_chief_inspector")
    rows = np.flatnonzero(unexpected & happens(rng, table.SPECIALIST, count))
    at = reported[rows] + (rng.exponential(20 * HOUR_S, len(rows))).astype(np.int64) + HOUR_S
    log.add(rows, "specialist.requested", at, role="detective_inspector")
    declined = happens(rng, table.SPECIALIST_DECLINES, len(rows))
    answered = at + 3 * HOUR_S
    log.add(rows[~declined], "specialist.reviewed", answered[~declined], role="homicide_command")
    numbers = log.add(
        rows[declined],
        "specialist.declined",
        answered[declined],
        role="homicide_command",
        reason="nothing indicates a third party",
    )
    log.perform(
        rows[declined],
        "decline.recorded",
        answered[declined],
        role="detective_inspector",
        about=action_ids(numbers, log.prefix),
        reason="what was supplied, who declined and why",
    )
    again = rows[declined & scene.tested[rows]]
    log.perform(again, "specialist.requested", scene.result[again], role="detective_inspector", reason="new facts")
    return rows[declined], answered[declined]


def _asked_again(log: Log, scene: Scene, rows: Integers, answered: Integers) -> None:
    """Injuries that came to light after the specialists had declined are put to them, as drugs found then are."""
    found = scene.known["injury"][rows]
    again = rows[scene.has("injury")[rows] & (found > answered)]
    log.perform(
        again, "specialist.requested", scene.known["injury"][again], role="detective_inspector", reason="new facts"
    )


def officer_references(cast: Cast, prefix: str) -> pl.Series:
    """The badge number of the first officer of each death."""
    size = len(cast.officer)
    return references(
        cast.officer,
        professional=np.ones(size, dtype=np.bool_),
        second=np.zeros(size, dtype=np.bool_),
        prefix=prefix,
    )
