"""The faces of a review: one self-contained HTML page, a terminal table, and CSV for a spreadsheet.

`report` renders the page from templates; `map_layout`, `timeline` and `bars` lay out what it draws; `facts` reads
what is shown of an event; `wording` puts figures into words for all faces.
"""

from clew.publish.report import render_report
from clew.publish.review_csv import review_csv
from clew.publish.review_text import print_review

__all__ = ["print_review", "render_report", "review_csv"]
