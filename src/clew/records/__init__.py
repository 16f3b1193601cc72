"""The tables, their meaning, reading, and what was known at T.

`schema` says what each table and column means; `dataset` holds the fact versions and gives those in force at T.
`reading` reads a folder or a file through `mapping` (clew.yaml): files (`sources`, `text_files`, `workbooks`), shape,
values, places, consistency, knowledge time; what is wrong goes to `problems` and `quarantine`.
"""

from clew.records.dataset import Counts, Dataset, Feed, Known
from clew.records.problems import Effect, kinds_of_problem
from clew.records.quarantine import spreadsheet_safe, write_report_csv
from clew.records.reading import CheckResult, TableCheck, check_dataset, read_dataset
from clew.records.schema import TABLES, Category, Column, Kind, Role, Source, Table, Type, empty_frame
from clew.records.write import Format, write_dataset

__all__ = [
    "TABLES",
    "Category",
    "CheckResult",
    "Column",
    "Counts",
    "Dataset",
    "Effect",
    "Feed",
    "Format",
    "Kind",
    "Known",
    "Role",
    "Source",
    "Table",
    "TableCheck",
    "Type",
    "check_dataset",
    "empty_frame",
    "kinds_of_problem",
    "read_dataset",
    "spreadsheet_safe",
    "write_dataset",
    "write_report_csv",
]
