"""The tables, their meaning, reading, and what was known at T.

`schema` says what each table and column means; `dataset` holds the fact versions and gives those in force at T.
"""

from clew.records.dataset import Counts, Dataset, Feed, Known
from clew.records.schema import TABLES, Category, Column, Kind, Role, Source, Table, Type, empty_frame

__all__ = [
    "TABLES",
    "Category",
    "Column",
    "Counts",
    "Dataset",
    "Feed",
    "Kind",
    "Known",
    "Role",
    "Source",
    "Table",
    "Type",
    "empty_frame",
]
