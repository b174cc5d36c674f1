"""What the plots show beyond the rows: how the figures move with connections, articles and sizes."""

import drivers
import sync_rows

CONNECTIONS = (1, 4, 16, 64, 256, 1024)
ARTICLES = (1, 10, 100, 1000, 10000, 100000)
SYNC_SIZES = (1000, 10000, 100000, 1000000)


def connections(stack, seconds, progress):
    """(connections, ours, nginx), each with rate and latencies."""
    points = []
    for count in CONNECTIONS:
        progress(f"curve: {count} connections")
        points.append((count, drivers.wrk(stack.gateway_address, seconds, count),
                       drivers.wrk(stack.nginx_address, seconds, count)))
    return points


def articles(stack, seconds, progress):
    """(articles, rate) with 256 connections and Zipf 0.99."""
    points = []
    for count in ARTICLES:
        progress(f"curve: {count} articles")
        points.append((count, drivers.wrk(stack.gateway_address, seconds, 256, zipf_articles=count).rate))
    return points


def syncs(stack, largest, progress):
    """(articles, seconds of a sync)."""
    points = []
    for count in [size for size in SYNC_SIZES if size <= largest]:
        progress(f"curve: a sync of {count} articles")
        points.append((count, sync_rows.timed_sync(stack, count)))
    return points
