"""The forms in which a list of links leaves Clew: one module a form, all made from one `Listing`.

Every form bears the dataset's marking and notice and says that a link is a candidate, not a decision. Events are told
by number, kind, time and place; nobody by name. Recorded text is cleaned of what is no text in the form's own terms.
"""

from clew.publish.link_forms.followthemoney import links_followthemoney
from clew.publish.link_forms.geojson import links_geojson
from clew.publish.link_forms.graphml import links_graphml
from clew.publish.link_forms.table import links_csv, links_parquet

__all__ = ["links_csv", "links_followthemoney", "links_geojson", "links_graphml", "links_parquet"]
