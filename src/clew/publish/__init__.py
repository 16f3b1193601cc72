"""The faces of a review, of links and of the backstop: HTML pages, words for a terminal, files for other programs.

`report` and `links_page` render pages from templates; `map_layout`, `graph_layout`, `timeline`, `bars` and `waterfall`
lay out what they draw; `link_forms` writes links as CSV, Parquet, GeoJSON, GraphML and FollowTheMoney; `facts` reads
what is shown of an event; `wording` puts figures into words for all faces.
`backstop_page`, `backstop_text` and `backstop_json` are the faces of the backstop, `backstop_words` what all of them
say, `cusum_chart` lays out its chart.
"""

from clew.publish.link_forms import links_csv, links_followthemoney, links_geojson, links_graphml, links_parquet
from clew.publish.links_page import explanation_html, links_html
from clew.publish.report import render_report
from clew.publish.review_csv import review_csv
from clew.publish.review_text import print_review
from clew.publish.waterfall_drawing import explanation_svg

__all__ = [
    "explanation_html",
    "explanation_svg",
    "links_csv",
    "links_followthemoney",
    "links_geojson",
    "links_graphml",
    "links_html",
    "links_parquet",
    "print_review",
    "render_report",
    "review_csv",
]
