"""Rows about moving pending views to MySQL, and what that does to those who read meanwhile."""

import subprocess
import threading
import time

import drivers
from rows import Row

CHUNK = 10000  # of the hand-written statements; the quickest of 1,000 to 100,000


def hand_written(stack, first, last):
    """The same increments through the mariadb client: one UPDATE … JOIN for each chunk, in a transaction each."""
    statements = []
    for begin in range(first, last + 1, CHUNK):
        pairs = ",".join(f"[{i},1]" for i in range(begin, min(begin + CHUNK, last + 1)))
        statements.append(
            "update articles a join json_table('[" + pairs + "]', '$[*]' columns (id bigint unsigned path '$[0]', "
            "n bigint path '$[1]')) v on a.id = v.id set a.read_count = a.read_count + v.n;\n")
    script = stack.dir / "hand_written.sql"
    script.write_text("".join(statements))
    begin = time.monotonic()
    with open(script, "rb") as file:
        subprocess.run(stack.mysql_command(), stdin=file, check=True)
    return time.monotonic() - begin


def timed_sync(stack, articles):
    """Seconds that a sync of so many articles takes, from the request to the answer."""
    stack.run_sync()
    stack.add_views(1, articles)
    begin = time.monotonic()
    run = stack.run_sync()
    seconds = time.monotonic() - begin
    if run["articles"] != articles or run["outcome"] != "succeeded":
        raise RuntimeError(f"the sync moved {run['articles']} of {articles} articles: {run}")
    return seconds


def sync(size):
    return Row("sync", "1,000,000 articles / the best hand-written statements, mariadb client", "articles/s", 0.85,
               lambda stack: size.articles / timed_sync(stack, size.articles),
               lambda stack: size.articles / hand_written(stack, 1, size.articles))


def sync_seed(size):
    def tutorial(stack):
        stack.run_sync()
        stack.add_views(1, size.seed_articles)
        return size.seed_articles / drivers.tutorial_sync(stack.redis_url, stack.mysql_url)

    return Row("sync-seed", "20,000 articles / one UPDATE and one HINCRBY each", "articles/s", 50,
               lambda stack: size.seed_articles / timed_sync(stack, size.seed_articles), tutorial)


def growth_sync(size):
    return Row("growth-sync", "time for an article, 1,000,000 pending / 10,000 pending", "µs", 1.2,
               lambda stack: timed_sync(stack, size.articles) / size.articles * 1e6,
               lambda stack: _best_small(stack, size) / size.small_articles * 1e6, at_most=True)


def _best_small(stack, size):
    """A small sync is over so soon that several are needed."""
    times = sorted(timed_sync(stack, size.small_articles) for _ in range(9))
    return times[4]


def growth_view(size):
    """One hot article, with an empty hash beside it and with a full one."""

    def seconds_for_a_view(fields):
        def measured(stack):
            stack.run_sync()
            if fields > 1:
                stack.add_views(1, fields)
            return 1e6 / drivers.wrk(stack.gateway_address, size.seconds, 64).rate
        return measured

    return Row("growth-view", "cost of a view, 1,000,000 live fields / 1", "µs", 1.3,
               seconds_for_a_view(size.articles), seconds_for_a_view(1), at_most=True)


def memory_syncer(size):
    def ours(stack):
        stack.restart_syncer()
        before = stack.sync_service.memory()
        timed_sync(stack, size.articles)
        return (stack.sync_service.memory("VmHWM") - before) / size.articles

    return Row("memory-syncer", "resident at the peak of a sync, for a pending article", "bytes", 64, ours, None,
               at_most=True, rounds=1)


def tail(size):
    """p99 at half of the greatest rate, with and without a sync of all articles at the same time."""
    greatest = []

    def half_rate(stack):
        if not greatest:
            greatest.append(drivers.wrk(stack.gateway_address, size.seconds, 64).rate)
        return greatest[0] / 2

    def without(stack):
        times = drivers.h2load_paced(stack.gateway_address, size.seconds + 1, half_rate(stack), stack.dir)
        return drivers.percentile([took for at, took in times if at >= 1], 99)

    def during(stack):
        rate = half_rate(stack)
        stack.run_sync()
        stack.add_views(1, size.articles)
        took_sync = []

        def run():
            time.sleep(1)
            begin = time.monotonic()
            stack.run_sync()
            took_sync.append(time.monotonic() - begin)

        syncing = threading.Thread(target=run)
        syncing.start()
        times = drivers.h2load_paced(stack.gateway_address, max(4, int(size.articles / 25000)), rate, stack.dir)
        syncing.join()
        return drivers.percentile([took for at, took in times if 1 <= at <= 1 + took_sync[0]], 99)

    return Row("tail", "p99 of paced views, during a sync of 1,000,000 articles / without", "µs", 2.0, during, without,
               at_most=True)

