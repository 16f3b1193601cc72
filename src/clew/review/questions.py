"""What the review floor finds in the records besides links and duties: conflicts, and claims without an answer.

Each finder takes what was known at T and gives one shape (`SCHEMA`): a row per question and row of evidence. They
ask questions; none says that anybody did wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import polars as pl

from clew.records import Category, Kind, Known

#: question: unique within an event. text, settle: plain words. table, source, row: one row of the evidence.
SCHEMA: dict[str, pl.DataType] = {
    "event_id": pl.String(),
    "question": pl.String(),
    "text": pl.String(),
    "settle": pl.String(),
    "table": pl.String(),
    "source": pl.String(),
    "row": pl.Int64(),
}

#: What somebody said had happened, and what at the scene does not fit it. Source: DOMAIN.md 2.1 (D1) and 3 (R03);
#: a cold or propped body does not fit a sudden collapse seen by a passer-by.
CONTRADICTIONS: dict[str, tuple[tuple[str, str], ...]] = {
    "seizure": (
        ("position", "seated_propped"),
        ("body_temperature", "cold"),
        ("lividity", "inconsistent_with_position"),
    ),
    "drunk": (("position", "seated_propped"), ("body_temperature", "cold"), ("lividity", "inconsistent_with_position")),
    "alive_recently": (("body_temperature", "cold"), ("lividity", "inconsistent_with_position")),
    "fell": (("position", "seated_propped"), ("lividity", "inconsistent_with_position"), ("injury", "bruising_moved")),
    "self_administered": (("lividity", "inconsistent_with_position"), ("injury", "bruising_moved")),
}

#: How much of what somebody claimed is quoted; the row has the rest.
CLAIM_CHARACTERS = 200

#: Explanations that rest on one source nobody has tested (R31).
SINGLE_SOURCES = {
    "last_contact": "the person last with the deceased",
    "caller": "the caller",
    "unauthenticated_document": "a document whose writer has not been established",
}


def conflicts(known: Known) -> pl.DataFrame:
    """Everything in the records of a death that does not fit, and that nobody has recorded as resolved (`SCHEMA`)."""
    finders: Sequence[Callable[[Known], pl.DataFrame]] = (_account_against_scene, _dissent, _single_source, _no_reasons)
    found = pl.concat(finder(known) for finder in finders)
    deaths = known.events.filter(pl.col("kind") == Kind.DEATH.value).select("event_id")
    return found.join(deaths, on="event_id", how="semi").sort("event_id", "question", "table", "source", "row")


def claims(known: Known) -> pl.DataFrame:
    """Links or doubts that outsiders raised and that have no answer on record (R22) (`SCHEMA`)."""
    answered = known.actions.filter(pl.col("activity") == "claim.answered").select(action_id="about")
    open_claims = known.actions.filter(pl.col("activity") == "claim.received").join(
        answered.drop_nulls(), on="action_id", how="anti"
    )
    who = pl.coalesce("actor_role", pl.lit("somebody outside the force")).str.replace_all("_", " ")
    about = pl.when(pl.col("about").is_not_null()).then(pl.lit(" about ") + pl.col("about")).otherwise(pl.lit(""))
    words = pl.concat_str(pl.lit(", in their words: “"), pl.col("reason").str.slice(0, CLAIM_CHARACTERS), pl.lit("”"))
    said = pl.when(pl.col("reason").is_not_null()).then(words).otherwise(pl.lit(""))
    return _shaped(
        open_claims.with_columns(
            question=pl.concat_str(pl.lit("claim "), pl.coalesce("action_id", pl.col("source_row").cast(pl.String))),
            text=pl.concat_str(
                pl.lit("No answer is on record to what was raised by "),
                who,
                about,
                pl.lit(" on "),
                pl.col("at").dt.convert_time_zone(str(known.dataset.zone)).dt.strftime("%-d %B %Y"),
                said,
            ),
            settle=pl.lit("a written answer, with its reasons, by somebody who owns it"),
        ),
        "actions",
    ).sort("event_id", "question", "row")


def _shaped(frame: pl.DataFrame, table: str) -> pl.DataFrame:
    """`frame` with event_id, question, text, settle and provenance, in the shape of `SCHEMA`."""
    shaped = frame.with_columns(table=pl.lit(table), source=pl.col("source_file"), row=pl.col("source_row"))
    return shaped.select(*SCHEMA).cast(SCHEMA)  # type: ignore[arg-type]


def _unless(frame: pl.DataFrame, known: Known, activity: str) -> pl.DataFrame:
    """Rows of events for which `activity` is not on record at or after the row became known."""
    done = known.actions.filter(pl.col("activity") == activity).group_by("event_id").agg(done_at=pl.col("at").max())
    with_done = frame.join(done, on="event_id", how="left")
    return with_done.filter(pl.col("done_at").is_null() | (pl.col("done_at") < pl.col("first_recorded_at")))


def _account_against_scene(known: Known) -> pl.DataFrame:
    rule = pl.DataFrame(
        [(account, *fact) for account, facts in CONTRADICTIONS.items() for fact in facts],
        schema=["account", "feature", "value"],
        orient="row",
    )
    noted = _unless(known.circumstances, known, "conflict.resolved")
    accounts = noted.filter(pl.col("feature") == "account").rename({"value": "account"})
    scene = noted.filter(pl.col("feature").is_in(rule["feature"].unique().to_list()))
    clash = accounts.select("event_id", "account").unique().join(rule, on="account")
    clash = clash.join(scene.select("event_id", "feature", "value").unique(), on=["event_id", "feature", "value"])
    words = pl.concat_str(
        pl.col("feature").str.replace_all("_", " "), pl.lit(" "), pl.col("value").str.replace_all("_", " ")
    )
    clash = (
        clash.group_by("event_id", "account")
        .agg(found=words.sort().str.join(", "))
        .with_columns(
            question=pl.concat_str(pl.lit("account "), "account"),
            text=pl.concat_str(
                pl.lit("What was said ("),
                pl.col("account").str.replace_all("_", " "),
                pl.lit(") does not fit what was found: "),
                "found",
            ),
            settle=pl.lit("which of the two is right: the account tested, and the conflict resolved with reasons"),
        )
    )
    said = clash.join(accounts.drop("feature"), on=["event_id", "account"])
    seen = clash.join(rule, on="account").join(scene, on=["event_id", "feature", "value"])
    return pl.concat((_shaped(said, "circumstances"), _shaped(seen, "circumstances")))


def _dissent(known: Known) -> pl.DataFrame:
    opinions = _unless(known.actions.filter(pl.col("activity") == "opinion.given"), known, "dissent.resolved")
    whose = pl.coalesce("actor", "actor_role", pl.col("source_row").cast(pl.String))
    last = opinions.sort("at", "source_row").group_by("event_id", whose.alias("whose"), maintain_order=True).last()
    both = last.filter(pl.col("outcome").is_in(["suspicious", "not_suspicious"]))
    both = both.filter(pl.col("outcome").n_unique().over("event_id") > 1)
    role = pl.coalesce("actor_role", pl.lit("a professional")).str.replace_all("_", " ")
    sides = both.group_by("event_id").agg(
        suspicious=role.filter(pl.col("outcome") == "suspicious").unique().sort().str.join(", "),
        otherwise=role.filter(pl.col("outcome") == "not_suspicious").unique().sort().str.join(", "),
    )
    return _shaped(
        both.join(sides, on="event_id").with_columns(
            question=pl.lit("dissent"),
            text=pl.concat_str(
                pl.lit("Professionals differ: suspicious ("),
                "suspicious",
                pl.lit("), not suspicious ("),
                "otherwise",
                pl.lit(")"),
            ),
            settle=pl.lit("a detective inspector or above resolves the dissent, with reasons"),
        ),
        "actions",
    )


def _single_source(known: Known) -> pl.DataFrame:
    told = known.circumstances.filter(pl.col("feature") == "explanation_source")
    independent = told.filter(pl.col("value") == "independent").select("event_id")
    alone = _unless(told.filter(pl.col("value").is_in(list(SINGLE_SOURCES))), known, "account.corroborated")
    return _shaped(
        alone.join(independent, on="event_id", how="anti").with_columns(
            question=pl.concat_str(pl.lit("source "), "value"),
            text=pl.lit("The explanation of the death rests on one source, ")
            + pl.col("value").replace_strict(SINGLE_SOURCES),
            settle=pl.lit("an independent source that bears the explanation out, or does not"),
        ),
        "circumstances",
    )


def _no_reasons(known: Known) -> pl.DataFrame:
    decided = known.actions.filter(pl.col("activity") == "category.decided").sort("at", "recorded_at", "source_row")
    last = decided.group_by("event_id", maintain_order=True).last()
    unreasoned = last.filter(
        pl.col("reason").fill_null("").str.strip_chars().eq("")
        & (pl.col("outcome") != Category.UNDER_INVESTIGATION.value)
    )
    return _shaped(
        unreasoned.with_columns(
            question=pl.lit("no reasons"),
            text=pl.concat_str(
                pl.lit("The category "),
                pl.col("outcome").str.replace_all("_", " "),
                pl.lit(" was chosen; no reasons are on record"),
            ),
            settle=pl.lit("the reasons, the alternatives considered, and the evidence relied on"),
        ),
        "actions",
    )
