"""What is measured: each row compares our side with its own limit, in the same run."""

import dataclasses
from typing import Callable, Optional


@dataclasses.dataclass(frozen=True)
class Size:
    """How much of everything: the whole form, or a quick one."""

    rounds: int = 3          # pairs of our side and the limit
    load_rounds: int = 7     # the same of rows of some seconds' load, whose rounds differ most
    seconds: int = 5         # of one measurement under load
    articles: int = 1000000  # of the large table
    seed_articles: int = 20000
    small_articles: int = 10000
    load_seconds: int = 600  # before the programs' memory is read


QUICK = Size(rounds=1, load_rounds=1, seconds=2, articles=100000, seed_articles=2000, small_articles=10000,
             load_seconds=10)


@dataclasses.dataclass(frozen=True)
class Row:
    """`ours` and `limit` measure one figure each, with the system as argument; `limit` None compares with `reach`
    itself. With `at_most` smaller is better and the ratio must not pass `reach`."""

    name: str
    what: str
    unit: str
    reach: float
    ours: Callable
    limit: Optional[Callable]
    at_most: bool = False
    rounds: Optional[int] = None
    before: Optional[Callable] = None  # brings our side to where it is measured, uncounted

    def met(self, ratio):
        return ratio <= self.reach if self.at_most else ratio >= self.reach


@dataclasses.dataclass
class Result:
    row: Row
    ours: float
    limit: Optional[float]
    ratio: float
    spread: tuple  # the least and the greatest ratio of a round

    @property
    def met(self):
        return self.row.met(self.ratio)
