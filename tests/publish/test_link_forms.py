"""Links for other programs, read back by programs of others: the contract's table, GeoJSON, GraphML, FollowTheMoney."""

from __future__ import annotations

import csv
import functools
import io
import json
import re
from dataclasses import replace
from typing import Any

import jsonschema
import networkx
import polars as pl
import pytest

from clew.links import CONTRACT, FAMILIES, STATEMENT, Listing, explain_pair, find_links, list_links
from clew.publish import links_csv, links_followthemoney, links_geojson, links_graphml, links_parquet
from clew.publish.wording import clean_text
from clew.records import TABLES
from tests.links.test_decisions import decided, decision, with_rows
from tests.publish import samples
from tests.publish.test_hostile_text import HOSTILE

#: Of RFC 7946: what a FeatureCollection of points and lines must be (sections 3.1 to 3.3).
POSITION = {
    "type": "array",
    "prefixItems": [
        {"type": "number", "minimum": -180, "maximum": 180},
        {"type": "number", "minimum": -90, "maximum": 90},
    ],
    "minItems": 2,
    "maxItems": 3,
}
LINE = {"type": "array", "items": POSITION, "minItems": 2}


def _geometry(kind: str, coordinates: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["type", "coordinates"],
        "properties": {"type": {"const": kind}, "coordinates": coordinates},
    }


GEOJSON = {
    "type": "object",
    "required": ["type", "features"],
    "not": {"anyOf": [{"required": [name]} for name in ("crs", "geometry", "properties", "coordinates")]},
    "properties": {
        "type": {"const": "FeatureCollection"},
        "features": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["type", "geometry", "properties"],
                "properties": {
                    "type": {"const": "Feature"},
                    "id": {"type": ["string", "number"]},
                    "properties": {"type": ["object", "null"]},
                    "geometry": {
                        "anyOf": [
                            {"type": "null"},
                            _geometry("Point", POSITION),
                            _geometry("LineString", LINE),
                            _geometry("MultiLineString", {"type": "array", "items": LINE}),
                        ]
                    },
                },
            },
        },
    },
}


@functools.cache
def listing() -> Listing:
    return list_links(decided(decision("K2", "K3", "confirmed")), budget_per_year=30)


@functools.cache
def hostile() -> Listing:
    """A listing whose marking, notice, name, decision and event numbers are full of what each form might obey."""
    text = " ".join(HOSTILE)
    swap = {"K2": "=cmd|' /C calc'!A0<K2>&\"\x00\ufffe", "K3": "]]></text><evil/>\r\n\u202eK3"}
    dataset = with_rows(samples.dataset(), "actions", decision("K2", "K3", "rejected", reason=text, actor_role=text))
    tables = {name: table.with_columns(pl.col("event_id").replace(swap)) for name, table in dataset.tables.items()}
    tables["actions"] = tables["actions"].with_columns(pl.col("about").replace(swap))
    assert set(tables) == set(TABLES)
    dataset = replace(dataset, tables=tables, marking=text, notice=text, name=text)
    return list_links(find_links(dataset.as_known(samples.AS_OF), replicates=1), budget_per_year=30, with_rejected=True)


def _placeless(event_id: str) -> Listing:
    """The listing, with the place of one event not known to whoever writes the file."""
    found = listing()
    here = pl.col("event_id") == event_id
    events = found.links.known.events.with_columns(
        pl.when(~here).then(name).alias(name) for name in ("lat", "lon", "location_uncertainty_m")
    )
    known = replace(found.links.known, tables={**found.links.known.tables, "events": events})
    return replace(found, links=replace(found.links, known=known))


def test_csv_and_parquet_are_the_contract_and_every_row_bears_the_marking_and_what_a_link_is_not() -> None:
    table = listing().table()
    content = links_parquet(listing())
    back = pl.read_parquet(io.BytesIO(content))
    assert dict(back.schema) == CONTRACT
    assert back.drop("text").equals(table.drop("text"))
    rows = list(csv.DictReader(io.StringIO(links_csv(listing()), newline="")))
    assert list(rows[0]) == list(CONTRACT)
    for row, kept in zip(rows, back.iter_rows(named=True), strict=True):
        assert row["text"] == kept["text"]
        assert row["text"].startswith(explain_pair(listing().links, row["event_id_a"], row["event_id_b"]).sentence)
        assert float(row["chance_high"]) == pytest.approx(kept["chance_high"])
        assert "A candidate, not a decision." in row["text"]
        assert f"[{samples.MARKING}] [{samples.NOTICE}]" in row["text"]
    metadata = pl.read_parquet_metadata(io.BytesIO(content))
    assert (metadata["marking"], metadata["statement"]) == (samples.MARKING, STATEMENT)


def test_no_cell_of_the_csv_is_a_formula() -> None:
    rows = list(csv.reader(io.StringIO(links_csv(hostile()), newline="")))
    assert any("cmd" in cell for row in rows for cell in row)
    for row in rows[1:]:
        for name, cell in zip(rows[0], row, strict=True):
            assert CONTRACT[name] == pl.Float64 or cell.lstrip()[:1] not in set("=+-@\t\r")


@pytest.mark.parametrize("made", [listing, hostile])
def test_geojson_is_as_the_standard_has_it_with_a_point_an_event_and_a_line_a_link(made: Any) -> None:
    whole = json.loads(links_geojson(made()))
    jsonschema.validate(whole, GEOJSON)
    shapes = [feature["geometry"]["type"] for feature in whole["features"] if feature["geometry"]]
    ends = set(made().shown["event_id_a"]) | set(made().shown["event_id_b"])
    assert shapes.count("LineString") == made().shown.height
    assert shapes.count("Point") == len(ends)
    assert len({feature["id"] for feature in whole["features"]}) == len(whole["features"])
    for feature in whole["features"]:
        assert feature["properties"]["statement"] == STATEMENT
        assert feature["properties"]["marking"] == clean_text(made().links.known.dataset.marking)


def test_geojson_positions_are_longitude_first_and_lines_run_between_their_events() -> None:
    whole = json.loads(links_geojson(listing()))
    at = {
        feature["properties"]["event_id"]: feature["geometry"]["coordinates"]
        for feature in whole["features"]
        if "event_id" in feature["properties"]
    }
    assert at["K2"] == [0.076014, 51.535525]
    for feature in whole["features"]:
        if "event_id_a" in feature["properties"]:
            ends = [at[feature["properties"][name]] for name in ("event_id_a", "event_id_b")]
            assert feature["geometry"]["coordinates"] == ends


def test_what_has_no_place_has_no_geometry_and_keeps_its_properties() -> None:
    whole = json.loads(links_geojson(_placeless("K2")))
    jsonschema.validate(whole, GEOJSON)
    for feature in whole["features"]:
        properties = feature["properties"]
        without = "K2" in (properties.get("event_id"), properties.get("event_id_a"), properties.get("event_id_b"))
        assert (feature["geometry"] is None) == without


def test_a_line_across_the_antimeridian_is_cut_there() -> None:
    found = listing()
    east, west = (pl.col("event_id") == name for name in ("K2", "K3"))
    events = found.links.known.events.with_columns(
        lat=pl.when(east).then(-17.0).when(west).then(-18.0).otherwise("lat"),
        lon=pl.when(east).then(179.0).when(west).then(-179.0).otherwise("lon"),
    )
    known = replace(found.links.known, tables={**found.links.known.tables, "events": events})
    whole = json.loads(links_geojson(replace(found, links=replace(found.links, known=known))))
    jsonschema.validate(whole, GEOJSON)
    line = next(feature for feature in whole["features"] if feature["id"] == "link K2 K3")
    assert line["geometry"] == {
        "type": "MultiLineString",
        "coordinates": [[[179.0, -17.0], [180.0, -17.5]], [[-180.0, -17.5], [-179.0, -18.0]]],
    }


@pytest.mark.parametrize("made", [listing, hostile])
def test_graphml_is_read_by_another_program_with_every_figure_typed_and_equal(made: Any) -> None:
    graph = networkx.parse_graphml(links_graphml(made()))
    table = made().table()
    assert graph.number_of_edges() == table.height
    assert graph.graph["statement"] == STATEMENT
    assert isinstance(graph.graph["seed"], int)
    names = networkx.get_node_attributes(graph, "label")
    assert sorted(names.values()) == sorted(
        clean_text(name) for name in set(table["event_id_a"]) | set(table["event_id_b"])
    )
    edges = {
        frozenset((clean_text(row["event_id_a"]), clean_text(row["event_id_b"]))): row
        for row in table.iter_rows(named=True)
    }
    for one, other, data in graph.edges(data=True):
        row = edges.pop(frozenset((names[one], names[other])))
        for column in ("log10_bayes_factor", "seen_per_year", "chance_low", *FAMILIES):
            assert isinstance(data[column], float)
            assert data[column] == row[column]
        assert data["text"] == clean_text(row["text"])
    assert not edges


def test_graphml_leaves_out_what_is_not_known_and_says_what_was_decided() -> None:
    graph = networkx.parse_graphml(links_graphml(_placeless("K2")))
    node = next(data for _, data in graph.nodes(data=True) if data["label"] == "K2")
    assert "lat" not in node
    assert all(isinstance(data["lat"], float) for _, data in graph.nodes(data=True) if data["label"] != "K2")
    statuses = [data["status"] for _, _, data in graph.edges(data=True)]
    assert statuses.count("confirmed") == 1
    assert set(statuses) == {"confirmed", "candidate"}


def _entities(made: Listing) -> list[dict[str, Any]]:
    return [json.loads(line) for line in links_followthemoney(made).splitlines()]


@pytest.mark.parametrize("made", [listing, hostile])
def test_followthemoney_has_an_entity_an_event_and_a_link_between_two_of_them(made: Any) -> None:
    entities = _entities(made())
    ids = [entity["id"] for entity in entities]
    assert len(ids) == len(set(ids))
    events = {entity["id"] for entity in entities if entity["schema"] == "Event"}
    links = [entity["properties"] for entity in entities if entity["schema"] == "UnknownLink"]
    assert len(links) == made().shown.height
    for link in links:
        assert {*link["subject"], *link["object"]} <= events
        assert link["role"] == ["candidate link, not a decision"]
        assert re.search(r"seen, about .* made by chance", link["summary"][0])
    for entity in entities:
        assert STATEMENT in entity["properties"]["description"][0]
        assert all(isinstance(value, str) and value for values in entity["properties"].values() for value in values)


def test_followthemoney_holds_no_place_no_part_played_and_no_sentence_about_people() -> None:
    text = links_followthemoney(listing())
    known = listing().links.known
    refs = {ref for ref in known.people["person_ref"] if ref}
    assert not {ref for ref in refs if re.search(rf"\b{ref}\b", text)}
    assert "Church" not in text
    assert "51.5" not in text
    assert "finder" not in text


def test_followthemoney_entities_are_valid_by_the_vocabularys_own_library() -> None:
    followthemoney = pytest.importorskip("followthemoney", reason="pip install followthemoney to check the entities")
    for entity in [*_entities(listing()), *_entities(hostile())]:
        schema = followthemoney.model.get(entity["schema"])
        schema.validate(entity)
        proxy = followthemoney.model.get_proxy(entity)
        assert proxy.to_dict()["properties"].keys() == entity["properties"].keys()
        for name, values in entity["properties"].items():
            assert all(schema.get(name).type.validate(value) for value in values), (name, values)
