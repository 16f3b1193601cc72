"""Links as GraphML, for programs that draw and measure graphs: nodes are events, edges are links, attributes typed.

The format is that of graphml.graphdrawing.org (Brandes and others 2002). Event numbers are free text, so nodes have ids
of their own (n0, n1, ...) and the number is the attribute `label`. What is not known is left out, not written as a
value. `weight` is the strength of a link, at least 0, under the name that graph programs look for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree as ET

from clew.links import Listing
from clew.publish.link_forms.facts import event_values, events_of, heading, link_values

_SPACE = "http://graphml.graphdrawing.org/xmlns"
_TYPES = {bool: "boolean", int: "int", float: "double", str: "string"}

Values = Mapping[str, Any]


def links_graphml(listing: Listing) -> str:
    """`listing` as an undirected graph."""
    root = ET.Element("graphml", {"xmlns": _SPACE})
    graph = ET.Element("graph", {"id": "links", "edgedefault": "undirected"})
    keys = _Keys(root)
    keys.write(graph, "graph", heading(listing))
    number: dict[str, str] = {}
    for event_id, event in sorted(events_of(listing).items()):
        number[event_id] = f"n{len(number)}"
        values = event_values(event, listing)
        node = ET.SubElement(graph, "node", {"id": number[event_id]})
        keys.write(node, "node", {"label": values["event_id"]} | values)
    for place, row in enumerate(listing.table().iter_rows(named=True)):
        ends = {"source": number[row["event_id_a"]], "target": number[row["event_id_b"]]}
        edge = ET.SubElement(graph, "edge", {"id": f"e{place}"} | ends)
        values = link_values(row, listing)
        keys.write(edge, "edge", values | {"weight": max(float(values["log10_bayes_factor"]), 0.0)})
    root.append(graph)
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


class _Keys:
    """The attributes declared at the head of the file, each when it is first used."""

    def __init__(self, root: ET.Element) -> None:
        self._root = root
        self._declared: dict[tuple[str, str], str] = {}

    def write(self, element: ET.Element, of: str, values: Values) -> None:
        """Writes the known ones of `values` as data of `element`, a node, an edge or the graph (`of`)."""
        for name, value in values.items():
            if value is None or value == "":
                continue
            if (of, name) not in self._declared:
                key = self._declared[of, name] = f"{of[0]}_{name}"
                kind = {"attr.name": name, "attr.type": _TYPES[type(value)]}
                ET.SubElement(self._root, "key", {"id": key, "for": of} | kind)
            ET.SubElement(element, "data", {"key": self._declared[of, name]}).text = str(value)
