"""The load: wrk, h2load, redis-benchmark and our own stream driver, each as one function that gives figures."""

import collections
import csv
import json
import os
import re
import selectors
import socket
import statistics
import struct
import subprocess
import threading

from stack import BIN, HASH, HERE

# views a second; microseconds
Figures = collections.namedtuple("Figures", "rate mean p50 p99 p99_9", defaults=[None] * 4)


class LoadError(Exception):
    """A driver saw errors, so its figures mean nothing."""


def _run(command, environment=None):
    done = subprocess.run([str(word) for word in command], text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          env={**os.environ, **(environment or {})}, check=False)
    if done.returncode != 0:
        raise LoadError(f"{command[0]} exited with {done.returncode}: {done.stdout[-400:]}{done.stderr[-400:]}")
    return done.stdout


def wrk(address, seconds, connections, path="/api/article/1", zipf_articles=None):
    script = HERE / ("zipf.lua" if zipf_articles else "report.lua")
    environment = {"ARTICLES": str(zipf_articles), "EXPONENT": "0.99", "REPORT": str(HERE / "report.lua")}
    output = _run(["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s", "-s", script,
                   f"http://{address}{path}"], environment)
    figures = json.loads(output.strip().splitlines()[-1])
    if figures["errors"] > 0 or figures["requests"] == 0:
        raise LoadError(f"wrk saw {figures['errors']} errors in {figures['requests']} requests at {address}{path}")
    return Figures(figures["requests"] / figures["microseconds"] * 1e6, figures["mean"], figures["p50"],
                   figures["p99"], figures["p99_9"])


def h2load_view(address, seconds, directory, article=1, connections=4, streams=64):
    """Calls of ViewArticle."""
    body = directory / "view.grpc"
    message = b"\x08" + _varint(article)
    body.write_bytes(struct.pack(">BI", 0, len(message)) + message)
    output = _run(["h2load", "-t1", f"-c{connections}", f"-m{streams}", f"-D{seconds}", "-d", body,
                   "-H", "te: trailers", "-H", "content-type: application/grpc",
                   f"http://{address}/readcount.v1.ArticleService/ViewArticle"])
    return Figures(_h2load_rate(output))


def _varint(number):
    encoded = bytearray()
    while number >= 128:
        encoded.append(number & 127 | 128)
        number >>= 7
    return bytes(encoded) + bytes([number])


def _h2load_rate(output):
    counts = re.search(r"(\d+) succeeded, (\d+) failed, (\d+) errored, (\d+) timeout", output)
    rate = re.search(r"finished in [^,]*, ([\d.]+) req/s", output)
    if not counts or not rate or int(counts[1]) == 0 or int(counts[2]) > int(counts[1]) // 1000:
        raise LoadError(f"h2load: {output[-600:]}")
    return float(rate[1])


def h2load_paced(address, seconds, rate, directory, connections=64, path="/api/article/1"):
    """Times of requests sent at a fixed rate: a list of (second of the run, microseconds)."""
    log = directory / "h2load.log"
    log.unlink(missing_ok=True)
    _run(["h2load", "--h1", "-t1", f"-c{connections}", f"-D{seconds}", f"--rps={rate / connections:.3f}",
          f"--log-file={log}", f"http://{address}{path}"])
    with open(log, newline="", encoding="ascii") as lines:
        rows = [(int(start), int(status), int(took)) for start, status, took in csv.reader(lines, delimiter="\t")]
    if not rows or any(status != 200 for _, status, _ in rows):
        raise LoadError(f"h2load at {address}: not all answers were 200")
    begin = min(start for start, _, _ in rows)
    return [((start - begin) / 1e6, took) for start, _, took in rows]


def redis_benchmark(port, seconds_hint, ids, pipeline=32, clients=50):
    """HINCRBY over random fields, as many as take about the seconds at 400,000 a second."""
    requests = max(10000, int(400000 * seconds_hint))
    output = _run(["redis-benchmark", "-p", port, "-n", requests, "-r", ids, "-P", pipeline, "-c", clients, "--csv",
                   "hincrby", HASH + ":limit", "__rand_int__", "1"])
    return Figures(float(next(csv.reader([output.strip().splitlines()[-1]]))[1]))


def redis_round_trip(port):
    """One HINCRBY at a time; the mean time of one."""
    output = _run(["redis-benchmark", "-p", port, "-n", 40000, "-c", 1, "--csv", "hincrby", HASH + ":limit", "1", "1"])
    rate = float(next(csv.reader([output.strip().splitlines()[-1]]))[1])
    return Figures(rate, mean=1e6 / rate)


def stream_load(address, seconds, ids, zipf=0.0, once=False):
    output = _run([BIN / "bench_stream_load", "--address", address, "--seconds", seconds, "--ids", ids,
                   "--zipf", zipf, *(["--once"] if once else [])])
    figures = json.loads(output)
    if figures["views"] == 0:
        raise LoadError(f"no view was acknowledged: {output}")
    if not once and figures["refused"] > figures["views"] // 100:
        raise LoadError(f"too many views were refused: {output}")
    return Figures(figures["rate"])


def tutorial_sync(redis_url, mysql_url):
    """Seconds that the sync article by article takes."""
    return json.loads(_run([BIN / "bench_tutorial_sync", "--redis", redis_url, "--mysql", mysql_url]))["seconds"]


class Watchers:
    """Event streams of these articles, open and read while the block runs."""

    def __init__(self, address, articles):
        host, port = address.rsplit(":", 1)
        self._selector = selectors.DefaultSelector()
        self._ending = threading.Event()
        self._counts = 0
        self._lost = 0
        for article in articles:
            stream = socket.create_connection((host, int(port)), timeout=10)
            stream.sendall(f"GET /api/article/{article}/events HTTP/1.1\r\nHost: bench\r\n\r\n".encode())
            if not stream.recv(4096).startswith(b"HTTP/1.1 200 "):
                raise LoadError(f"the event stream of article {article} was refused")
            stream.setblocking(False)
            self._selector.register(stream, selectors.EVENT_READ)
        self._reader = threading.Thread(target=self._read)

    def _read(self):
        while not self._ending.is_set():
            for key, _ in self._selector.select(0.2):
                try:
                    received = key.fileobj.recv(65536)
                except OSError:
                    received = b""
                if not received:
                    self._selector.unregister(key.fileobj)
                    self._lost += 1
                self._counts += received.count(b"event: count")

    def __enter__(self):
        self._reader.start()
        return self

    def __exit__(self, *_):
        self._ending.set()
        self._reader.join()
        streams = [key.fileobj for key in self._selector.get_map().values()]
        for stream in streams:
            stream.close()
        if self._lost or self._counts < len(streams):
            raise LoadError(f"of {len(streams)} event streams {self._lost} were lost; they brought {self._counts} counts")


def percentile(values, percent):
    return statistics.quantiles(values, n=1000, method="inclusive")[min(998, round(percent * 10) - 1)]
