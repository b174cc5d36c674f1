"""Rows under steady load, on one system that stays up: REST, unary and streamed views, memory, statements."""

import time

import drivers
from rows import Row

ZIPF_ARTICLES = 100000
HOT_ARTICLES = 1000


def rest(size):
    def ours(connections, zipf=None):
        return lambda stack: drivers.wrk(stack.gateway_address, size.seconds, connections, zipf_articles=zipf).rate

    def nginx(connections, zipf=None):
        return lambda stack: drivers.wrk(stack.nginx_address, size.seconds, connections, zipf_articles=zipf).rate

    return [
        Row("rest-64", "GET /api/article/1, 64 connections / nginx, a static file", "requests/s", 0.60,
            ours(64), nginx(64)),
        Row("rest-256", "the same with 256 connections", "requests/s", 0.75, ours(256), nginx(256)),
        Row("rest-zipf", "100,000 articles, Zipf 0.99, 256 connections / nginx", "requests/s", 0.60,
            ours(256, ZIPF_ARTICLES), nginx(256, ZIPF_ARTICLES),
            before=lambda stack: [ours(256, ZIPF_ARTICLES)(stack) for _ in range(2)]),  # fills the cache of texts
    ]


def watched(size):
    """The same views while 1,000 clients watch that article and 100 watch others each its own."""

    def ours(stack):
        with drivers.Watchers(stack.gateway_address, [1] * 1000 + list(range(2, 102))):
            return drivers.wrk(stack.gateway_address, size.seconds, 64).rate

    return Row("watched", "rest-64 with 1,100 event streams open / without", "requests/s", 0.9, ours,
               lambda stack: drivers.wrk(stack.gateway_address, size.seconds, 64).rate)


def durable(size):
    def with_fsync(setting):
        def measured(stack):
            stack.redis("config", "set", "appendfsync", setting)
            try:
                return drivers.wrk(stack.gateway_address, size.seconds, 256).rate
            finally:
                stack.redis("config", "set", "appendfsync", "everysec")
        return measured

    return Row("durable", "rest-256 with appendfsync always / with everysec", "requests/s", 0.6,
               with_fsync("always"), with_fsync("everysec"))


def unary(size):
    def ours(stack):
        before = stack.read_count(1)
        rate = drivers.h2load_view(stack.article_address, size.seconds, stack.dir).rate
        # h2load does not read gRPC's status: a refused call looks like an answered one to it.
        if (views := stack.read_count(1) - before) < 0.99 * rate * size.seconds:
            raise drivers.LoadError(f"of about {rate * size.seconds:.0f} calls only {views} were counted")
        return rate

    return Row("unary", "ViewArticle, 4 × 64 streams / a server without work", "calls/s", 0.85, ours,
               lambda stack: drivers.h2load_view(stack.bare_address, size.seconds, stack.dir).rate)


def streams(size):
    def ours(zipf):
        return lambda stack: drivers.stream_load(stack.article_address, size.seconds, size.articles, zipf).rate

    def limit(stack):
        return drivers.redis_benchmark(stack.redis_port, size.seconds, size.articles).rate

    return [
        Row("stream", "ViewArticles, uniform ids, batches of 256 / redis-benchmark HINCRBY -P 32", "views/s", 0.7,
            ours(0.0), limit),
        Row("stream-zipf", "the same, Zipf 0.99 / the same", "views/s", 1.5, ours(0.99), limit),
    ]


def warm(stack, size):
    """Each article once: what is measured then is not how fast MySQL gives rows."""
    drivers.stream_load(stack.article_address, 0, size.articles, once=True)


def idle(size):
    def limit(stack):
        return (drivers.redis_round_trip(stack.redis_port).mean +
                1e6 / drivers.wrk(stack.nginx_address, size.seconds, 1).rate)

    return Row("idle", "one request at a time / HINCRBY + nginx, one at a time", "µs", 4,
               lambda stack: 1e6 / drivers.wrk(stack.gateway_address, size.seconds, 1).rate, limit, at_most=True)


def mysql_load(size):
    """Statements of all our programs for 1,000 views while 1,000 articles are hot and the timer syncs."""

    def questions(stack):
        return int(stack.sql("show global status like 'Questions'", database="").split()[1])

    def ours(stack):
        drivers.wrk(stack.gateway_address, 3, 64, zipf_articles=HOT_ARTICLES)
        asked, begin = questions(stack), time.monotonic()
        rate = drivers.wrk(stack.gateway_address, max(30, 4 * size.seconds), 64, zipf_articles=HOT_ARTICLES).rate
        views = rate * (time.monotonic() - begin)
        return (questions(stack) - asked - 1) / views * 1000

    return Row("mysql-load", "MySQL statements for 1,000 views of 1,000 hot articles", "statements", 2, ours, None,
               at_most=True, rounds=1)


def memory(size):
    """Resident memory of the programs that take the load, after so much of it."""

    def loaded(stack):
        end = time.monotonic() + size.load_seconds - (time.monotonic() - stack.loaded_since)
        while (left := int(end - time.monotonic())) > 0:
            drivers.wrk(stack.gateway_address, min(left + 1, 60), 64, zipf_articles=ZIPF_ARTICLES)

    def resident(process):
        def ours(stack):
            loaded(stack)
            return process(stack).memory() / 1e6
        return ours

    return [
        Row("memory-article", "resident, after 10 minutes of load", "MB", 100,
            resident(lambda stack: stack.article_service), None, at_most=True, rounds=1),
        Row("memory-gateway", "the same", "MB", 100, resident(lambda stack: stack.gateway), None, at_most=True, rounds=1),
    ]
