"""Checks a running gateway against its own /openapi.json: see tests/web/contract, which installs what this needs.

First Schemathesis asks everything that ends, with values made from the document, good and bad. Then come probes by hand
of what it cannot ask: event streams, which never end, and headers whose answer depends on them.
"""

import argparse
import copy
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import urllib.parse
from http.client import HTTPConnection

import jsonschema_rs

CHECKS = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
]
METHODS = ("get", "head", "post")
STREAM = "text/event-stream"
JSON = "application/json"
PROBLEM = "application/problem+json"
NO_ARTICLE = 18446744073709551615
GRACE = 20  # seconds that Schemathesis may take to report


class Document:
    """The OpenAPI document, its schemas closed: what they do not name is an error here, though not for clients."""

    def __init__(self, text):
        self.json = json.loads(text)
        for schema in self.json["components"]["schemas"].values():
            if "properties" in schema:
                schema["additionalProperties"] = False

    def follow(self, node):
        while "$ref" in node:
            target = self.json
            for part in node["$ref"][2:].split("/"):
                target = target[part.replace("~1", "/").replace("~0", "~")]
            node = target
        return node

    def operations(self):
        for path, item in self.json["paths"].items():
            for method in METHODS:
                if method in item:
                    yield path, method, item[method]

    def is_stream(self, operation):
        return STREAM in self.follow(operation["responses"]["200"]).get("content", {})

    def without_streams(self):
        """What Schemathesis gets: no streams, no Grpc-Timeout, for one of a nanosecond is rightly answered by 504."""
        ends = copy.deepcopy(self.json)
        for path, method, operation in list(self.operations()):
            if self.is_stream(operation):
                del ends["paths"][path][method]
                continue
            operation = ends["paths"][path][method]
            operation["parameters"] = [
                parameter for parameter in operation.get("parameters", [])
                if self.follow(parameter)["name"] != "Grpc-Timeout"
            ]
            if method == "head":
                for status, response in operation["responses"].items():
                    response = {**self.follow(response)}
                    response.pop("content", None)
                    operation["responses"][status] = response
        return ends

    def faults(self, schema, value):
        """Why `value` is not what `schema` says; empty if it is."""
        validator = jsonschema_rs.Draft202012Validator({"components": self.json["components"], **schema})
        return [f"{error.message} at {error.instance_path}" for error in validator.iter_errors(value)]

    def schema(self, name):
        return {"$ref": f"#/components/schemas/{name}"}


class Answer:
    def __init__(self, response, body):
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        self.type = self.headers.get("content-type", "").split(";")[0]
        self.body = body

    def json(self):
        return json.loads(self.body)


class Gateway:
    def __init__(self, url):
        parts = urllib.parse.urlsplit(url)
        self.host, self.port = parts.hostname, parts.port or 80

    def ask(self, method, path, headers=None):
        connection = HTTPConnection(self.host, self.port, timeout=15)
        try:
            connection.request(method, path, headers=headers or {})
            response = connection.getresponse()
            return Answer(response, response.read())
        finally:
            connection.close()

    def listen(self, path, until, seconds):
        """The beginning of a stream: as far as `until` holds of its text, or what came within `seconds`."""
        connection = HTTPConnection(self.host, self.port, timeout=seconds)
        text = b""
        try:
            connection.request("GET", path, headers={"Accept": STREAM})
            response = connection.getresponse()
            end = time.monotonic() + seconds
            while time.monotonic() < end and not until(text):
                some = response.read1(65536)
                if not some:
                    break
                text += some
        except TimeoutError:
            pass
        finally:
            connection.close()
        return Answer(response, text)


def events(text):
    """(name, data) of every whole event, as the HTML standard reads them."""
    for block in re.split(r"\r\n\r\n|\n\n|\r\r", text)[:-1]:
        fields = [line.partition(":") for line in block.splitlines() if line and not line.startswith(":")]
        data = [value.removeprefix(" ") for name, _, value in fields if name == "data"]
        names = [value.removeprefix(" ") for name, _, value in fields if name == "event"]
        if data:
            yield names[-1] if names else "message", "\n".join(data)


class Probes:
    """Questions by hand. What is wrong is collected, so that one run tells all of it."""

    def __init__(self, gateway, document):
        self.gateway = gateway
        self.document = document
        self.faults = []

    def expect(self, holds, what):
        if not holds:
            self.faults.append(what)

    def expect_schema(self, name, value, what):
        for fault in self.document.faults(self.document.schema(name), value):
            self.faults.append(f"{what}: {fault}")

    def expect_error(self, answer, status, what):
        self.expect(answer.status == status, f"{what}: is answered by {answer.status}, not {status}")
        self.expect(answer.type == JSON, f"{what}: the error comes as {answer.type or 'nothing'}, not {JSON}")
        if answer.type == JSON:
            self.expect_schema("ErrorEnvelope", answer.json(), what)

    def stream(self, path, names):
        """The stream begins as promised, and its first event is one of `names`."""
        what = f"GET {path}"
        answer = self.gateway.listen(path, lambda text: any(events(text.decode(errors="replace"))), seconds=5)
        self.expect(answer.status == 200, f"{what}: is answered by {answer.status}")
        self.expect(answer.type == STREAM, f"{what}: comes as {answer.type}")
        self.expect(answer.headers.get("cache-control") == "no-store", f"{what}: may be cached")
        text = answer.body.decode()
        self.expect(text.startswith("retry: 1000\n\n"), f"{what}: begins with {text[:40]!r}")
        first = next(events(text), None)
        self.expect(first is not None, f"{what}: no event came within 5 seconds")
        if first is None:
            return
        name, data = first
        self.expect(name in names, f"{what}: begins with the event {name}")
        event = {"event": name, "data": json.loads(data)}
        self.expect_schema(f"{name.capitalize()}Event", event, f"{what}, event {name}")

    def streams(self):
        self.stream("/api/sync/events", ["status"])
        self.stream("/api/article/1/events", ["count"])
        self.stream("/api/articles/events?ids=1,2", ["count"])
        self.stream(f"/api/articles/events?ids={NO_ARTICLE}", ["gone"])
        many = ",".join(str(article) for article in range(1, 102))
        for path in ("/api/article/0/events", "/api/article/x/events", "/api/articles/events",
                     "/api/articles/events?ids=", "/api/articles/events?ids=0", "/api/articles/events?ids=1,x",
                     f"/api/articles/events?ids={many}"):
            self.expect_error(self.gateway.ask("GET", path), 400, f"GET {path[:60]}")
        path = f"/api/article/{NO_ARTICLE}/events"
        self.expect_error(self.gateway.ask("GET", path), 404, f"GET {path}")

    def negotiation(self):
        path = f"/api/article/{NO_ARTICLE}"
        for accept in (PROBLEM, f"{JSON};q=0.5, {PROBLEM}"):
            answer = self.gateway.ask("GET", path, {"Accept": accept})
            what = f"GET {path} with Accept: {accept}"
            self.expect(answer.type == PROBLEM, f"{what}: the error comes as {answer.type}")
            if answer.type != PROBLEM:
                continue
            problem = answer.json()
            self.expect_schema("Problem", problem, what)
            self.expect(problem.get("status") == answer.status, f"{what}: the body tells another status")
            same = problem.get("request_id") == answer.headers.get("x-request-id")
            self.expect(same, f"{what}: the body tells another id than X-Request-Id")
        for path, accept, status in ((path, JSON, 404), (path, "*/*", 404), (path, "application/*", 404),
                                     (path, f"{JSON}, {PROBLEM};q=0.5", 404), ("/api/articles", "text/csv", 406),
                                     ("/api/sync/events", JSON, 406)):
            answer = self.gateway.ask("GET", path, {"Accept": accept})
            self.expect_error(answer, status, f"GET {path} with Accept: {accept}")

    def methods(self):
        for path, item in self.document.json["paths"].items():
            path = path.replace("{id}", "1").replace("{file}", "docs.css")
            answer = self.gateway.ask("OPTIONS", path)
            self.expect(answer.status == 204, f"OPTIONS {path}: is answered by {answer.status}")
            allowed = set(re.split(", *", answer.headers.get("allow", "")))
            promised = {method.upper() for method in METHODS if method in item} | {"HEAD", "OPTIONS"}
            self.expect(allowed == promised, f"OPTIONS {path}: allows {sorted(allowed)}, not {sorted(promised)}")

    def names(self):
        trace = "0af7651916cd43dd8448eb211c80319c"
        headers = {"X-Request-Id": "contract.1", "traceparent": f"00-{trace}-b7ad6b7169203331-01"}
        answer = self.gateway.ask("GET", "/healthz", headers)
        self.expect(answer.headers.get("x-request-id") == "contract.1", "X-Request-Id does not come back")
        self.expect(trace in answer.headers.get("traceparent", ""), "the trace of traceparent does not come back")
        for unfit in ("no spaces", "x" * 129):
            name = self.gateway.ask("GET", "/healthz", {"X-Request-Id": unfit}).headers.get("x-request-id")
            self.expect(name not in (None, "", unfit), f"X-Request-Id {unfit[:20]!r} is not replaced")

    def timeouts(self):
        for good in ("10S", "5000m"):
            answer = self.gateway.ask("GET", "/api/articles", {"Grpc-Timeout": good})
            self.expect(answer.status == 200, f"Grpc-Timeout: {good} is answered by {answer.status}")
        for bad in ("10", "S", "1.5S", "-1S", "1s", "123456789S", "1 S"):
            answer = self.gateway.ask("GET", "/api/articles", {"Grpc-Timeout": bad})
            self.expect_error(answer, 400, f"Grpc-Timeout: {bad}")
        answer = self.gateway.ask("GET", "/api/articles", {"Grpc-Timeout": "0S"})
        self.expect_error(answer, 504, "Grpc-Timeout: 0S")

    def token(self):
        answer = self.gateway.ask("POST", "/api/sync")
        self.expect_error(answer, 403 if answer.status == 403 else 401, "POST /api/sync without a token")
        if answer.status == 401:
            scheme = answer.headers.get("www-authenticate", "")
            self.expect(scheme.startswith("Bearer"), f"401 comes with WWW-Authenticate: {scheme}")

    def files(self):
        for path in ("/", "/docs", "/openapi.json", "/web/docs.js"):
            answer = self.gateway.ask("GET", path)
            self.expect(answer.status == 200, f"GET {path}: is answered by {answer.status}")
            tag = answer.headers.get("etag")
            self.expect(tag is not None, f"GET {path}: comes without ETag")
            if tag is not None:
                again = self.gateway.ask("GET", path, {"If-None-Match": tag})
                self.expect(again.status == 304, f"GET {path} with its ETag: is answered by {again.status}, not 304")

    def views(self):
        path = "/api/article/1"
        before = self.gateway.ask("GET", path + "?view=false").json()["data"]["read_count"]
        for method, look, headers in (("HEAD", path, {}), ("GET", path + "?view=false", {}),
                                      ("GET", path, {"Sec-Purpose": "prefetch;prerender"}),
                                      ("GET", path, {"Purpose": "prefetch"})):
            answer = self.gateway.ask(method, look, headers)
            self.expect(answer.status == 200, f"{method} {look}: is answered by {answer.status}")
        after = self.gateway.ask("GET", path).json()["data"]["read_count"]
        self.expect(after == before + 1, f"four looks and one view took the count from {before} to {after}")

    def run(self):
        for probe in (self.streams, self.negotiation, self.methods, self.names, self.timeouts, self.token, self.files,
                      self.views):
            try:
                probe()
            except Exception as error:  # what one probe did not expect must not hide the others
                self.faults.append(f"{probe.__name__}: {type(error).__name__}: {error}")
        return self.faults


def run_schemathesis(document, url, options):
    """True if it finds no fault. Its output goes where this program's goes."""
    program = pathlib.Path(sys.executable).with_name("schemathesis")
    with tempfile.TemporaryDirectory() as directory:
        schema = pathlib.Path(directory, "openapi.json")
        schema.write_text(json.dumps(document.without_streams()))
        command = [program, "run", schema, "--url", url, "--checks", ",".join(CHECKS),
                   "--phases", "examples,coverage,fuzzing", "--max-time", str(options.seconds),
                   "--seed", str(options.seed), "--generation-database", "none", "--request-timeout", "15"]
        token = os.environ.get("READCOUNT_TOKEN")
        if token:
            command += ["--header", f"Authorization: Bearer {token}"]
        try:
            return subprocess.run(command, cwd=directory, timeout=options.seconds + GRACE, check=False).returncode == 0
        except subprocess.TimeoutExpired:
            print(f"Schemathesis goes on {GRACE} seconds after its time", file=sys.stderr)
            return False


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    url = os.environ.get("READCOUNT_URL", "http://127.0.0.1:8080")
    parser.add_argument("--url", default=url, help="READCOUNT_URL if not given")
    parser.add_argument("--seed", type=int, default=1, help="the same seed asks the same questions")
    parser.add_argument("--seconds", type=int, default=40, help="how long Schemathesis asks")
    options = parser.parse_args()
    gateway = Gateway(options.url)
    served = gateway.ask("GET", "/openapi.json", {"Accept": JSON})
    if served.status != 200:
        sys.exit(f"GET {options.url}/openapi.json is answered by {served.status}: is this a gateway?")
    document = Document(served.body)
    # The probes come first: they count a view exactly, and afterwards much has been counted.
    faults = Probes(gateway, document).run()
    conforms = run_schemathesis(document, options.url, options)
    for fault in faults:
        print(f"FAILED {fault}", file=sys.stderr)
    if not conforms or faults:
        sys.exit(f"the gateway does not keep its contract; seed {options.seed}")
    print(f"the gateway keeps its contract; seed {options.seed}")


if __name__ == "__main__":
    main()
