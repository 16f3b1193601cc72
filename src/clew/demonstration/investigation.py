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
    the force held something of them before. earlier: "missing" (a missing-person report on the deceased) and
    "place" (a death at the same spot) -> death indices, the event ids, and when the death's file could have met it.
    """
    log = Log(rng=rng, prefix=prefix)
    held = Rows(HELD)
    _checks(log, seen, hits)
    _scene_duties(log, scene, deaths)
    _items(log, held, scene, deaths)
    _routine(log, deaths, scene, decisions, reported)
    _family(log, scene, seen)
    _doubts(log, deaths, scene, decisions, reported)
    rows, about, known = earlier["missing"]
    log.perform(rows, "missing_report.merged", known, role="constable", about=about)
    rows, about, known = earlier["place"]
    log.perform(rows, "prior_file.attached", known, role="control room", about=about)
    return Work(done=log.done.frame(), held=held.frame())


def _checks(log: Log, seen: pl.DataFrame, hits: Flags) -> None:
    part = seen.filter(
        pl.col("role").is_in(["finder", "caller", "last_contact"]) & pl.col("person_ref").is_not_null()
    ).unique(subset=["event", "person_ref"], keep="first", maintain_order=True)
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
        event[rows], "decision_maker.acknowledged", when[shown], role="detective sergeant", about=about.gather(rows)
    )


def _scene_duties(log: Log, scene: Scene, deaths: Deaths) -> None:
    noted = scene.noted

    def duty(rows: Flags, activity: str, role: str, **more: str) -> tuple[Integers, Integers]:
        index = np.flatnonzero(rows)
        kept, at = log.perform(index, activity, noted[index], role=role, **more)
        return index[kept], at[kept]

    account, cold = scene.values["account"], scene.has("body_temperature", "cold")
    against = np.isin(account, ("alive_recently", "seizure", "drunk")) & cold
    against |= (account == "seizure") & scene.has("position", "seated_propped")
    rows, at = duty(against, "conflict.recorded", "constable")
    log.perform(rows, "conflict.resolved", at, role="detective sergeant", reason="account taken again")
    duty(scene.has("phone", "missing"), "call_data.requested", "detective constable")
    duty(scene.has("met_via"), "account_preservation.requested", "detective constable")
    duty(
        scene.has("injury", "bruising_moved") | scene.has("lividity", "inconsistent_with_position"),
        "third_party.considered",
        "detective sergeant",
    )
    away = scene.has("local_connection", "none")
    duty(away, "route.established", "detective constable")
    rows, at = duty(away | (deaths.public & deaths.unexpected), "cctv.secured", "constable")
    log.perform(rows, "cctv.viewed", at, role="detective constable")
    duty(scene.has("domestic_abuse"), "specialist.reviewed", "detective inspector")


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
                rows, "forensic.decided", found, role="detective sergeant", about=ids, reason="no third party indicated"
            )
        if kind == "note":
            log.perform(rows, "handwriting.submitted", found, role="detective constable", about=ids)
            log.perform(rows, "forensic.decided", found, role="detective sergeant", about=ids, reason="note examined")
        if kind == "device":
            log.perform(rows, "device.triaged", found, role="detective constable", about=ids, outcome="nothing of note")
            some = rng.random(len(rows)) < 0.4
            log.perform(
                rows[some], "device.examined", found[some], role="digital examiner", about=ids.filter(pl.Series(some))
            )


def _routine(log: Log, deaths: Deaths, scene: Scene, decisions: Decisions, reported: Integers) -> None:
    rng, count = log.rng, deaths.count
    unexpected = np.flatnonzero(deaths.unexpected)
    log.perform(unexpected, "supervisor.attended", reported[unexpected], role="sergeant")
    kept, at = log.perform(unexpected, "coroner.reported", reported[unexpected] + HOUR_S, role="constable")
    signed = unexpected[kept & (rng.random(len(unexpected)) >= table.DUTIES["supervisor.signed_off"].missing)]
    when = reported.copy()
    when[unexpected] = at
    log.add(signed, "supervisor.signed_off", when[signed] - 600, role="sergeant")
    young = scene.suspected & (deaths.age < 40)
    test = np.flatnonzero(scene.tested | young)
    log.perform(
        test,
        "toxicology.requested",
        scene.noted[test],
        role="coroner's officer",
        outcome=np.where((deaths.age < 40)[test], "full panel with GHB", "full panel"),
    )
    rows = np.flatnonzero(scene.tested)
    log.add(rows, "toxicology.reported", scene.result[rows] - HOUR_S, role="laboratory")
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
        role="detective sergeant",
        outcome=decisions.category[decided][~bare],
        reason=reason[~bare],
    )
    log.add(
        decided[bare],
        "category.decided",
        decisions.decided[decided][bare],
        role="detective sergeant",
        outcome=decisions.category[decided][bare],
    )
    again = np.flatnonzero(decisions.corrected < NEVER)
    log.add(
        again,
        "category.decided",
        decisions.corrected[again],
        role="detective inspector",
        outcome="homicide",
        reason="new evidence of a third party",
    )
    cleared = np.flatnonzero((decisions.category == "not_suspicious") & (decisions.decided < NEVER))
    log.perform(cleared, "category.reviewed", decisions.decided[cleared], role="detective inspector", outcome="agreed")
    changed = np.flatnonzero(deaths.unexpected & happens(rng, table.HANDOVER, count))
    at = reported[changed] + (rng.random(len(changed)) * 10 * 24 * HOUR_S).astype(np.int64) + 8 * HOUR_S
    log.add(changed, "decision_maker.changed", at, role="detective sergeant")
    log.perform(changed, "handover.acknowledged", at, role="detective sergeant")


def _family(log: Log, scene: Scene, seen: pl.DataFrame) -> None:
    kin = seen.filter((pl.col("role") == "relative") & pl.col("person_ref").is_not_null())
    log.perform(
        kin["event"].to_numpy(), "family.informed", kin["known"].to_numpy(), role="constable", about=kin["person_ref"]
    )
    rows = np.flatnonzero(scene.has("out_of_character"))
    log.add(rows, "family.concern", scene.noted[rows], role="relative", reason="the explanation does not fit")
    log.perform(rows, "family.answered", scene.noted[rows], role="detective sergeant")


def _doubts(log: Log, deaths: Deaths, scene: Scene, decisions: Decisions, reported: Integers) -> None:
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
        role="medical examiner",
        outcome=np.where(homicide[seen_by_doctor], "suspicious", "not_suspicious"),
    )
    log.perform(
        rows[disagree],
        "dissent.resolved",
        scene.noted[rows[disagree]] + 2 * HOUR_S,
        role="detective inspector",
        reason="scene visited, nothing found that bears it out",
    )
    rows = np.flatnonzero(scene.has("account") & happens(rng, table.ACCOUNT_CHANGED, count))
    at = scene.noted[rows] + (rng.random(len(rows)) * 72 * HOUR_S).astype(np.int64)
    log.add(rows, "account.changed", at, role="constable", about="last contact")
    log.perform(rows, "interview.planned", at, role="detective sergeant")
    single = np.isin(scene.values["explanation_source"], ("last_contact", "caller", "unauthenticated_document"))
    rows = np.flatnonzero(single & (rng.random(count) >= 0.06))
    before = np.minimum(decisions.decided[rows], scene.noted[rows] + 20 * 24 * HOUR_S)
    at = scene.noted[rows] + ((before - scene.noted[rows]).clip(2) * rng.beta(2, 3, len(rows))).astype(np.int64)
    log.add(rows, "account.corroborated", at, role="detective constable", reason="independent source found")
    rows = np.flatnonzero(unexpected & happens(rng, table.PATHOLOGIST_RECOMMENDS, count))
    at = reported[rows] + 3 * 24 * HOUR_S
    numbers = log.add(rows, "pathologist.recommended", at, role="pathologist", outcome="further histology")
    about = action_ids(numbers, log.prefix)
    kept, created = log.perform(rows, "task.created", at, role="detective constable", about=about)
    log.perform(
        rows[kept], "task.completed", created[kept], role="detective constable", about=about.filter(pl.Series(kept))
    )
    _outsiders(log, unexpected, reported)


def _outsiders(log: Log, unexpected: Flags, reported: Integers) -> None:
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
            role="detective inspector",
            about=action_ids(numbers, log.prefix),
            outcome="answered in writing",
        )
    rows = np.flatnonzero(unexpected & happens(rng, table.CORONER_CONCERN, count))
    at = reported[rows] + (rng.exponential(60 * 24 * HOUR_S, len(rows))).astype(np.int64) + 24 * HOUR_S
    log.add(rows, "coroner.concern", at, role="coroner")
    log.perform(rows, "review.reopened", at, role="detective chief inspector")
    rows = np.flatnonzero(unexpected & happens(rng, table.SPECIALIST, count))
    at = reported[rows] + (rng.exponential(20 * HOUR_S, len(rows))).astype(np.int64) + HOUR_S
    log.add(rows, "specialist.requested", at, role="detective inspector")
    declined = happens(rng, table.SPECIALIST_DECLINES, len(rows))
    answered = at + 3 * HOUR_S
    log.add(rows[~declined], "specialist.reviewed", answered[~declined], role="homicide command")
    numbers = log.add(
        rows[declined],
        "specialist.declined",
        answered[declined],
        role="homicide command",
        reason="nothing indicates a third party",
    )
    log.perform(
        rows[declined],
        "decline.recorded",
        answered[declined],
        role="detective inspector",
        about=action_ids(numbers, log.prefix),
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
