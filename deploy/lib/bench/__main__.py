"""Measures readcount against its limits. Started by deploy/bench, which builds and installs what it needs."""

import argparse
import pathlib
import signal
import sys
import time

import curves
import load_rows
import report
import sync_rows
from drivers import LoadError
from pairs import measure
from processes import StartError
from rows import QUICK, Size
from stack import ROOT, Stack

BEGAN = time.monotonic()


def progress(text):
    elapsed = int(time.monotonic() - BEGAN)
    print(f"[{elapsed // 60:2}:{elapsed % 60:02}] {text}", flush=True)


def arguments():
    parser = argparse.ArgumentParser(prog="deploy/bench", description="Measures readcount against its limits; each row "
                                     "says what it compares. Leaves bench.json and plots in build/bench.")
    parser.add_argument("--quick", action="store_true", help="about 2 minutes: smaller sizes, one round")
    parser.add_argument("--row", action="append", default=[], metavar="NAME",
                        help="only this row, or all whose names begin so; may be given several times")
    return parser.parse_args()


class Bench:
    def __init__(self, size, wanted, out):
        self._size = size
        self._wanted = wanted
        self._out = out
        self.results = []

    def _chosen(self, rows):
        return [row for row in rows if not self._wanted or any(row.name.startswith(name) for name in self._wanted)]

    def _measure(self, stack, rows, rounds):
        for row in rows:
            self.results.append(measure(row, stack, rounds, progress))

    def under_load(self):
        """With the timer at its default."""
        size = self._size
        rows = self._chosen([*load_rows.rest(size), load_rows.watched(size), load_rows.durable(size), load_rows.unary(size), load_rows.idle(size),
                             load_rows.mysql_load(size)])
        last = self._chosen(load_rows.memory(size))
        if not rows and not last:
            return
        progress("starting fresh servers and programs")
        with Stack(self._out / "load") as stack:
            stack.add_articles(load_rows.ZIPF_ARTICLES)
            stack.start_nginx(stack.get("/api/article/1?view=false")[1])
            stack.start_bare_server()
            stack.loaded_since = time.monotonic()
            self._measure(stack, rows, size.load_rounds)
            if not self._wanted:
                seconds = max(1, size.seconds // 2)
                report.plot_connections(curves.connections(stack, seconds, progress), self._out / "throughput.svg",
                                        self._out / "latency.svg")
                report.plot_articles(curves.articles(stack, seconds, progress), self._out / "articles.svg")
            self._measure(stack, last, size.rounds)

    def large(self):
        """With a large table, and syncs only when asked for."""
        size = self._size
        streams = self._chosen(load_rows.streams(size))
        rows = self._chosen([sync_rows.sync(size), sync_rows.sync_seed(size), sync_rows.growth_sync(size),
                             sync_rows.growth_view(size), sync_rows.tail(size), sync_rows.memory_syncer(size)])
        if not rows and not streams:
            return
        progress("starting fresh servers and programs")
        with Stack(self._out / "large", sync_interval="off") as stack:
            progress(f"adding {size.articles} articles")
            stack.add_articles(size.articles)
            if streams:
                progress("viewing each of them once, so that none is unread")
                load_rows.warm(stack, size)
            self._measure(stack, streams, size.load_rounds)
            self._measure(stack, rows, size.rounds)
            if not self._wanted:
                report.plot_syncs(curves.syncs(stack, size.articles, progress), self._out / "sync.svg")

    def finish(self):
        print("\n" + report.table(self.results), flush=True)
        report.write_json(self.results, self._out / "bench.json")
        report.plot_ratios(self.results, self._out / "ratios.svg")
        print(f"\nin {int(time.monotonic() - BEGAN)} s; bench.json and plots are in {self._out.relative_to(ROOT)}")


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    options = arguments()
    out = pathlib.Path(ROOT / "build/bench")
    out.mkdir(parents=True, exist_ok=True)
    bench = Bench(QUICK if options.quick else Size(), options.row, out)
    try:
        bench.under_load()
        bench.large()
    except (LoadError, StartError) as error:
        sys.exit(f"deploy/bench: {error}")
    if not bench.results:
        sys.exit(f"deploy/bench: no row is named so: {' '.join(options.row)}")
    bench.finish()


if __name__ == "__main__":
    main()
