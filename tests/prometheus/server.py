"""A Prometheus of one's own: on a free port, its data in a temporary folder, gone at the end."""

import json
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

START_SECONDS = 60
END_SECONDS = 20
ANSWER_SECONDS = 30
TRIES = 5  # to take a port before somebody else does
PAUSE_SECONDS = 0.2

# What runs on this machine is not behind a proxy.
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class PrometheusError(Exception):
    pass


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def redirected(config, addresses):
    """The configuration with other targets, and so hasty that a test need not wait."""
    if addresses:
        pattern = "|".join(map(re.escape, addresses))
        config = re.sub(pattern, lambda match: addresses[match.group()], config)
    return re.sub(r"(scrape|evaluation)_interval: \S+", r"\1_interval: 1s", config)


class Prometheus:
    """Runs as long as the `with` block. `config` is a prometheus.yml whose rule files stand beside it; `addresses` says
    which of its targets are elsewhere."""

    def __init__(self, config, addresses):
        self.config, self.addresses = pathlib.Path(config), addresses

    def __enter__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="readcount-prometheus."))
        try:
            for rules in self.config.parent.glob("*.yml"):
                shutil.copy(rules, self.folder)
            text = redirected(self.config.read_text(), self.addresses)
            (self.folder / self.config.name).write_text(text)
            self.start()
        except BaseException:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise
        return self

    def __exit__(self, *_):
        self.end()
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self):
        for _ in range(TRIES):
            port = free_port()
            self.url = f"http://127.0.0.1:{port}"
            with open(self.folder / "log", "wb") as log:
                self.process = subprocess.Popen(
                    ["prometheus", f"--config.file={self.folder / self.config.name}",
                     f"--storage.tsdb.path={self.folder / 'data'}", f"--web.listen-address=127.0.0.1:{port}"],
                    stdin=subprocess.DEVNULL, stdout=log, stderr=log)
            try:
                if self.came_up():
                    return
            except BaseException:
                self.end()
                raise
            if "address already in use" not in self.log():
                break
        raise PrometheusError(f"Prometheus did not start: {self.log()}")

    def came_up(self):
        """False if it ended instead."""
        until = time.monotonic() + START_SECONDS
        while self.process.poll() is None:
            try:
                with OPENER.open(f"{self.url}/-/ready", timeout=ANSWER_SECONDS):
                    return True
            except OSError:
                pass
            if time.monotonic() > until:
                raise PrometheusError(f"Prometheus is not ready after {START_SECONDS} s: {self.log()}")
            time.sleep(PAUSE_SECONDS)
        return False

    def end(self):
        self.process.terminate()
        try:
            self.process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def log(self):
        return "\n".join((self.folder / "log").read_text(errors="replace").splitlines()[-15:])

    def ask(self, path, **parameters):
        """The data of its API's answer; PrometheusError with its own words if it refuses."""
        query = urllib.parse.urlencode(parameters)
        try:
            with OPENER.open(f"{self.url}/api/v1/{path}?{query}", timeout=ANSWER_SECONDS) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            raise PrometheusError(error.read().decode(errors="replace")) from error
        except OSError as error:
            raise PrometheusError(f"Prometheus does not answer: {error}\n{self.log()}") from error

    def query(self, expression):
        """The series of an instant query, as their labels; the name of the metric is `__name__`."""
        data = self.ask("query", query=expression)
        return [series["metric"] for series in data["result"]] if data["resultType"] == "vector" else [{}]
