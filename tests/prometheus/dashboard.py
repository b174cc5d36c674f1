"""What a Grafana dashboard asks Prometheus."""

import dataclasses
import json
import re

# What Grafana puts in place of its variables. Of a label's value it is anything.
VARIABLES = {"$__rate_interval": "10s", "$__interval": "10s", "$__range": "1m"}
DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}


@dataclasses.dataclass(frozen=True)
class Query:
    where: str
    expression: str
    legend: str = ""
    may_be_empty: bool = False

    def labels(self):
        """Those that the legend shows."""
        return re.findall(r"{{\s*(\w+)\s*}}", self.legend)


def filled_in(expression):
    for variable, value in VARIABLES.items():
        expression = expression.replace(variable, value)
    return re.sub(r"\$(\w+|{\w+})", ".*", expression)


class Dashboard:
    def __init__(self, path):
        self.json = json.loads(path.read_text())

    def panels(self):
        return [panel for panel in self.json["panels"] if panel["type"] != "row"]

    def queries(self):
        for panel in self.panels():
            for target in panel["targets"]:
                yield Query(f"panel {panel['title']}", filled_in(target["expr"]), target["legendFormat"])
        for annotation in self.json["annotations"]["list"]:
            # It marks what happened, and nothing has.
            yield Query(f"annotation {annotation['name']}", filled_in(annotation["expr"]), may_be_empty=True)
        for variable in self.json["templating"]["list"]:
            if values := re.fullmatch(r"label_values\((.*), (\w+)\)", variable.get("definition", "")):
                yield Query(f"variable {variable['name']}", values[1], f"{{{{{values[2]}}}}}")

    def mistakes(self):
        """What Grafana would show wrongly, a line each."""
        panels = self.json["panels"]
        ids = [panel["id"] for panel in panels]
        wrong = [f"the id {number} is given twice" for number in sorted({n for n in ids if ids.count(n) > 1})]
        wrong += [f"panel {panel['title']} has another data source than ${{datasource}}" for panel in self.panels()
                  if any(part["datasource"] != DATASOURCE for part in (panel, *panel["targets"]))]
        wrong += [f"panel {panel['title']} has no description" for panel in self.panels() if not panel.get("description")]
        taken = {}
        for panel in panels:
            place = panel["gridPos"]
            cells = {(x, y) for x in range(place["x"], place["x"] + place["w"])
                     for y in range(place["y"], place["y"] + place["h"])}
            wrong += [f"panels {panel['title']} and {other} overlap" for other in {taken[c] for c in cells if c in taken}]
            wrong += [f"panel {panel['title']} is wider than the grid"] if place["x"] + place["w"] > 24 else []
            taken |= {cell: panel["title"] for cell in cells}
        return wrong
