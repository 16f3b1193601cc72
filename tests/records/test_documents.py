"""The documents say what the code does: the tables' page is the schema, the YAML parses."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from clew.records import mapping_file
from clew.records.documentation import table_reference
from clew.records.mapping_file import parse_mapping

DOCS = Path(__file__).resolve().parents[2] / "docs"
MAPPING_GUIDE = (DOCS / "how-to" / "map-your-records.md").read_text(encoding="utf-8")


def test_the_page_of_the_tables_is_made_from_the_schema() -> None:
    page = (DOCS / "reference" / "tables.md").read_text(encoding="utf-8")
    assert page == table_reference()


@pytest.mark.parametrize("block", re.findall(r"```yaml\n(.*?)```", MAPPING_GUIDE, re.DOTALL))
def test_every_yaml_block_of_the_guide_is_a_mapping(block: str) -> None:
    parse_mapping(block, where="map-your-records.md")


def test_every_key_of_clew_yaml_is_in_the_guide() -> None:
    keys = {*mapping_file._TOP_KEYS, *mapping_file._SOURCE_KEYS, *mapping_file._COLUMN_KEYS}
    assert not {key for key in keys if not re.search(rf"\b{key}\b", MAPPING_GUIDE)}
