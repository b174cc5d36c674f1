"""Which metrics and labels a PromQL expression names. Not a parser: Prometheus itself refuses what is none."""

import dataclasses
import re

TOKEN = re.compile(r"""
    (?P<skip>    \s+ | \#[^\n]* )
  | (?P<string>  "(?:\\.|[^"\\])*" | '(?:\\.|[^'\\])*' | `[^`]*` )
  | (?P<range>   \[[^\]]*\] )
  | (?P<number>  (?:\d+(?:ms|[smhdwy]))+ | 0x[0-9a-fA-F]+ | (?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)? )
  | (?P<name>    [A-Za-z_:][A-Za-z0-9_:]* )
  | (?P<sign>    =~ | !~ | != | == | <= | >= | [-+*/%^<>=(){},@] )
""", re.VERBOSE)

LABEL_LISTS = {"by", "without", "on", "ignoring", "group_left", "group_right"}
# Words that stand where a metric might, but for functions: these have a parenthesis behind them.
WORDS = LABEL_LISTS | {"and", "or", "unless", "bool", "offset", "atan2", "inf", "nan"} | {
    "sum", "min", "max", "avg", "group", "stddev", "stdvar", "count", "count_values", "bottomk", "topk", "quantile"}


@dataclasses.dataclass(frozen=True)
class Matcher:
    label: str
    operator: str
    value: str  # without its quotes

    def __str__(self):
        return f'{self.label}{self.operator}"{self.value}"'

    def alternatives(self):
        """The values that it names, one by one; none if it is a pattern that names no value."""
        if self.value == "":
            return []
        if self.operator in ("=", "!="):
            return [self.value]
        return self.value.split("|") if re.fullmatch(r"[\w/|-]+", self.value) else []


@dataclasses.dataclass(frozen=True)
class Selector:
    metric: str
    matchers: tuple = ()

    def __str__(self):
        return self.metric + ("{" + ", ".join(map(str, self.matchers)) + "}" if self.matchers else "")


def tokens(expression):
    """(kind, text) of each token. ValueError where there is none."""
    place = 0
    while place < len(expression):
        match = TOKEN.match(expression, place)
        if match is None:
            raise ValueError(f"not understood from here on: {expression[place:place + 40]}")
        place = match.end()
        if match.lastgroup != "skip":
            yield match.lastgroup, match.group()


def read(expression):
    """(selectors, labels): what the expression selects, and the labels that it groups or matches by."""
    rest = [*tokens(expression), ("end", ""), ("end", "")]
    selectors, labels = [], []
    while rest:
        kind, text = rest.pop(0)
        if kind != "name":
            continue
        if text.lower() in WORDS:
            if text.lower() in LABEL_LISTS and rest[0][1] == "(":
                labels += [name for name_kind, name in until(rest, ")") if name_kind == "name"]
        elif rest[0][1] != "(":
            selectors.append(Selector(text, matchers(rest) if rest[0][1] == "{" else ()))
    return selectors, labels


def until(rest, last):
    """Takes the tokens up to `last`."""
    taken = []
    while rest and rest[0][1] != last:
        taken.append(rest.pop(0))
    return taken


def matchers(rest):
    parts = [token for token in until(rest, "}") if token[1] not in ("{", ",")]
    if len(parts) % 3:
        raise ValueError(f"these are no matchers: {parts}")
    return tuple(Matcher(parts[i][1], parts[i + 1][1], parts[i + 2][1][1:-1]) for i in range(0, len(parts), 3))
