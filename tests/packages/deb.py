"""The package: its lint, then its whole life on a clean Debian under systemd."""

import json
import os
import pathlib
import re
import tempfile

import machine
from tools import BUILD, ROOT, await_true, expect, run

UNITS = ["readcount-article.service", "readcount-sync.service", "readcount-gateway.service"]
PROGRAMS = {"readcount-article.service": "article-service", "readcount-sync.service": "sync-service",
            "readcount-gateway.service": "gateway"}
HANDED_ON = {  # what the package has as it is here
    "/usr/share/doc/readcount/CHANGELOG.md": "CHANGELOG.md",
    "/usr/share/doc/readcount/README.md": "README.md",
    "/usr/share/readcount/grafana/readcount.json": "deploy/grafana/readcount.json",
    "/usr/share/readcount/prometheus/alerts.yml": "deploy/prometheus/alerts.yml",
    "/usr/share/readcount/prometheus/prometheus.yml": "deploy/prometheus/prometheus.yml",
}
MOST_EXPOSURE = 15  # of 100, as systemd-analyze security counts
NEXT_VERSION = "999"
PASSWORD = "p-assw0rd"
TOKEN = "t0ken"
PATIENCE_SECONDS = 60
SYNC_SECONDS = 30
SCHED_BATCH = 3

HEALTHY = ("PATH=/usr/lib/readcount:$PATH setpriv --reuid=readcount --regid=readcount --clear-groups "
           "env --chdir=/etc/readcount sh /tmp/healthy")
SERVERS = f"""
READCOUNT_MYSQL_DSN=mysql://readcount:{PASSWORD}@127.0.0.1:3306/article_sys
READCOUNT_REDIS_DSN=redis://:{PASSWORD}@127.0.0.1:6379/0
"""


def package():
    found = sorted((ROOT / "build/package").glob("readcount_*.deb"))
    expect(len(found) == 1, "build/package is to hold one package: run deploy/package")
    return found[0]


def next_package(made, folder):
    """The same with a later version, as an upgrade brings it."""
    run("dpkg-deb", "--raw-extract", made, f"{folder}/tree")
    control = ROOT / folder / "tree/DEBIAN/control"
    control.write_text(re.sub(r"^Version: .*$", f"Version: {NEXT_VERSION}", control.read_text(), flags=re.MULTILINE))
    run("dpkg-deb", "--build", "--root-owner-group", "-Zgzip", "-z1", f"{folder}/tree", f"{folder}/next.deb")
    return f"{folder}/next.deb"


def readme(begin, end):
    """Commands of the README, from the line that begins so to the one before that begins so."""
    found = re.search(rf"^{re.escape(begin)}.*?(?=^{re.escape(end)})", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    expect(found, f"README.md has no commands from '{begin}' to '{end}'")
    return found[0]


def check_handed_on(tree):
    for path, source in HANDED_ON.items():
        packaged = pathlib.Path(tree + path)
        expect(packaged.exists() and packaged.read_bytes() == (ROOT / source).read_bytes(), f"the package has not {source} as {path}")


def certificate(folder):
    """A key and a certificate as an administrator brings them."""
    files = [f"{folder}/server.pem", f"{folder}/server.key"]
    run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
        "-subj", "/CN=readcount.example.org", "-out", files[0], "-keyout", files[1])
    return files


def check():
    expect(os.geteuid() == 0, "needs root, to make and to boot a clean Debian")
    made = package()
    print(run("lintian", "--allow-root", "--fail-on=error,warning", made), end="")
    with tempfile.TemporaryDirectory(dir=BUILD) as folder:
        upgrade = next_package(made, folder)
        check_handed_on(f"{folder}/tree")
        files = [made, upgrade, *certificate(folder), ROOT / "deploy/container/healthy", ROOT / "deploy/container/grant"]
        with machine.Machine(machine.base(made), files) as clean:
            Life(clean, made.name).live()


class Life:
    def __init__(self, clean, deb):
        self.machine, self.deb = clean, deb

    def live(self):
        for step in (self.install, self.verify_units, self.refuse_to_start_unconfigured, self.prepare_servers, self.configure,
                     self.start, self.walk, self.look_at_the_sandbox, self.be_healthy, self.be_healthy_with_tls,
                     self.come_back_after_a_crash, self.upgrade, self.survive_a_failed_removal, self.remove, self.come_again,
                     self.remove, self.purge):
            print(f"deb: {step.__name__.replace('_', ' ')}", flush=True)
            step()

    # ---- Into place ----

    def install(self):
        said = self.machine.run("apt-get", "install", "-y", "--no-install-recommends", f"/root/{self.deb}")
        expect("systemctl enable --now readcount.target" in said, f"the installation does not say how to start:\n{said}")
        self.expect_modes({"/etc/readcount/app.yaml": "root:readcount 640", "/etc/readcount/servers.env": "root:root 600",
                           "/etc/readcount/gateway.env": "root:root 600", "/var/lib/readcount": "readcount:readcount 750"})
        for unit in UNITS:
            expect(self.is_enabled(unit) == "enabled", f"{unit} is not wanted by readcount.target")
            self.expect_state(unit, "inactive")
        expect(self.is_enabled("readcount.target") == "disabled", "the installation enables the target")

    def verify_units(self):
        said = self.machine.run("systemd-analyze", "verify", "--man=no", "readcount.target", *UNITS)
        expect("readcount" not in said, f"systemd-analyze verify says:\n{said}")
        for unit in UNITS:
            self.machine.run("systemd-analyze", "security", "--no-pager", "--offline=true", f"--threshold={MOST_EXPOSURE}",
                             f"/lib/systemd/system/{unit}")

    def refuse_to_start_unconfigured(self):
        for unit in UNITS[:2]:
            self.machine.fails("systemctl", "start", unit)
            found = self.machine.show(unit, "ActiveState", "NRestarts", "ExecMainStatus")
            expect(found == {"ActiveState": "failed", "NRestarts": "0", "ExecMainStatus": "2"},
                   f"{unit} is to fail at once and for good without servers: {found}")
            self.machine.run("systemctl", "reset-failed", unit)
        said = self.machine.run("journalctl", "--unit=readcount-article.service", "--output=cat")
        expect(re.search(r"/etc/readcount/app\.yaml:\d+: mysql\.dsn: is empty", said), f"the log names no empty DSN:\n{said}")

    # The schema and the user as the README has them; the user once more as compose.yaml has it, twice, since that is to be safe.
    def prepare_servers(self):
        self.machine.shell(f"""
            printf 'requirepass {PASSWORD}\\nappendonly yes\\n' >>/etc/redis/redis.conf
            printf '[mariadbd]\\nskip-name-resolve\\n' >/etc/mysql/conf.d/addresses.cnf
            systemctl restart redis-server mariadb
        """)
        self.machine.shell(readme("READCOUNT_MYSQL_DSN=", "systemctl enable").replace("PASSWORD", PASSWORD))
        self.machine.shell(f"""
            mariadb -e "create user root@127.0.0.1 identified by '{PASSWORD}'; grant all on *.* to root@127.0.0.1 with grant option"
            echo '127.0.0.1 mariadb' >>/etc/hosts
            for i in 1 2; do MARIADB_ROOT_PASSWORD={PASSWORD} MARIADB_PASSWORD={PASSWORD} sh /root/grant; done
            mariadb -e "show grants for readcount@'%'" | grep -q 'SELECT, INSERT, UPDATE, DELETE ON `article_sys`'
        """)

    # Tokens as the README brings them: the services read the file, nobody else but root.
    def configure(self):
        self.machine.shell(f"""
            cat >>/etc/readcount/servers.env
            umask 077
            echo {TOKEN} >/root/tokens
            printf 'Authorization: Bearer %s\\n' {TOKEN} >/root/header
            install -o root -g readcount -m 640 /root/tokens /etc/readcount/tokens
            for file in servers gateway; do
              echo READCOUNT_AUTH_TOKENS_FILE=/etc/readcount/tokens >>/etc/readcount/$file.env
            done
            sed -i 's/^  interval: 10s$/  interval: 5s/' /etc/readcount/app.yaml
            grep -q '^  interval: 5s$' /etc/readcount/app.yaml
        """, input=SERVERS)

    # ---- At work ----

    def start(self):
        self.machine.run("systemctl", "enable", "--now", "readcount.target")
        for unit in UNITS:
            self.await_active(unit)
            said = self.machine.show(unit, "StatusText")["StatusText"]
            expect(said.startswith("Serving at 127.0.0.1:"), f"{unit} has the status {said!r}")

    def walk(self):
        await_true(lambda: '"article_service":"serving"' in self.machine.shell("curl -s http://127.0.0.1:8080/readyz"),
                   PATIENCE_SECONDS, lambda: "the gateway does not get ready:" + self.log())
        self.expect_view(1)
        self.expect_view(2)
        redis = self.machine.shell(f"REDISCLI_AUTH={PASSWORD} redis-cli hget article_sys:read_count:hash 1").strip()
        expect(redis in ("2", "1", ""), f"Redis has {redis} views of article 1")
        await_true(lambda: self.rows_count() == 2, SYNC_SECONDS, "the timer does not bring the views to MySQL")
        self.expect_view(3)
        said = self.machine.shell("curl -s -X POST -H @/root/header http://127.0.0.1:8080/api/sync")
        expect(json.loads(said)["code"] == 0, f"POST /api/sync is answered by {said}")
        expect(self.rows_count() == 3, "a sync by POST does not bring the views to MySQL")
        said = self.machine.run("readcount", "sync", "run", "--token-file", "/etc/readcount/tokens")
        expect("succeeded" in said, f"readcount sync run says:\n{said}")

    def look_at_the_sandbox(self):
        for unit, program in PROGRAMS.items():
            pid = self.machine.show(unit, "MainPID")["MainPID"]
            status = dict(line.split(":\t", 1) for line in self.machine.run("cat", f"/proc/{pid}/status").splitlines())
            facts = {"NoNewPrivs": "1", "Seccomp": "2", "CapEff": "0" * 16, "CapBnd": "0" * 16}
            expect(all(status[name].strip() == value for name, value in facts.items()), f"{unit} is not confined: {status}")
            user = self.machine.run("ps", "-o", "user=", "-p", pid).strip()
            expect(user == "readcount", f"{unit} runs as {user}")
            policy = self.machine.run("cat", f"/proc/{pid}/stat").rsplit(") ", 1)[1].split()[38]
            expect(int(policy) == SCHED_BATCH, f"{program} may not choose how it is scheduled")
        expect("descriptors_few" not in self.log(), "the gateway may open too few files")
        self.expect_modes({"/var/lib/readcount/spool.db": "readcount:readcount 600"})

    # The check of the container's image, which asks the same programs.
    def be_healthy(self):
        self.machine.run("install", "-m", "755", "/root/healthy", "/tmp/healthy")
        for program in PROGRAMS.values():
            self.machine.shell(f"{HEALTHY} {program}; {HEALTHY} --alive {program}")
        self.machine.run("systemctl", "stop", "readcount-sync.service")
        for options in ("", "--alive"):
            self.machine.fails("bash", "-c", f"{HEALTHY} {options} sync-service")

    # Beside those that run, with certificates as the README brings them. SyncService's servers are away.
    def be_healthy_with_tls(self):
        self.machine.shell("for file in pem key; do install -o root -g readcount -m 640 /root/server.$file /etc/readcount/; done")
        self.be_healthy_at_another_address("gateway", "gateway", {}, serves=True)
        dsns = dict(line.split("=", 1) for line in SERVERS.split())
        self.be_healthy_at_another_address("article-service", "article", dsns | {"READCOUNT_ARTICLE_SPOOL": ""}, serves=True)
        away = {name: value.replace(":6379", ":1") for name, value in dsns.items()}
        self.be_healthy_at_another_address("sync-service", "sync", away | {"READCOUNT_SYNC_INTERVAL": "off"}, serves=False)

    def be_healthy_at_another_address(self, program, section, variables, serves):
        own = {"LISTEN": "127.0.0.1:8443", "METRICS_LISTEN": "", "TLS_CERTIFICATE": "/etc/readcount/server.pem",
               "TLS_KEY": "/etc/readcount/server.key"}
        variables = variables | {f"READCOUNT_{section.upper()}_{name}": value for name, value in own.items()}
        self.machine.run("systemd-run", "--quiet", "--unit=with-tls", "--service-type=notify", "-p", "User=readcount",
                         *(f"--setenv={name}={value}" for name, value in variables.items()),
                         f"/usr/lib/readcount/{program}", "--config", "/etc/readcount/app.yaml")
        ask = " ".join(f"{name}='{value}'" for name, value in variables.items()) + f" {HEALTHY}"
        self.machine.shell(f"{ask} --alive {program}")
        if serves:
            await_true(lambda: "yes" in self.machine.shell(f"{ask} {program} && echo yes || true"), PATIENCE_SECONDS,
                       f"{program} with TLS is not healthy")
        else:
            self.machine.fails("bash", "-c", f"{ask} {program}")
        self.machine.run("systemctl", "stop", "with-tls.service")

    def come_back_after_a_crash(self):
        before = self.machine.show("readcount-article.service", "MainPID")["MainPID"]
        self.machine.run("systemctl", "kill", "--kill-who=main", "--signal=KILL", "readcount-article.service")
        await_true(lambda: self.machine.show("readcount-article.service", "NRestarts")["NRestarts"] == "1", PATIENCE_SECONDS,
                   "article-service is not started again")
        self.await_active("readcount-article.service")
        expect(self.machine.show("readcount-article.service", "MainPID")["MainPID"] != before, "it was not killed")
        await_true(lambda: '"article_service":"serving"' in self.machine.shell("curl -s http://127.0.0.1:8080/readyz"),
                   PATIENCE_SECONDS, lambda: "the gateway does not find it again:" + self.log())
        self.expect_view(4)

    # ---- Out again ----

    # As the README has it: first the schema, by the command of the version that comes. sync-service was stopped: it stays so.
    def upgrade(self):
        before = {unit: self.machine.show(unit, "MainPID")["MainPID"] for unit in UNITS}
        commands = readme("dpkg -x ", "```").replace("readcount_VERSION_amd64.deb", "next.deb")
        said = self.machine.shell("cd /root\n" + commands.replace("apt install", "apt-get -y install"))
        for words in ("the schema is complete", "/etc/readcount/app.yaml is valid", "`readcount migrate --status`"):
            expect(words in said, f"the upgrade does not say {words}:\n{said}")
        said = self.machine.shell("READCOUNT_MYSQL_DSN='mysql://root@localhost/article_sys?socket=/run/mysqld/mysqld.sock' "
                                  "readcount migrate --status")
        expect("applied" in said and "pending" not in said, f"readcount migrate --status says:\n{said}")
        for unit in ("readcount-article.service", "readcount-gateway.service"):
            self.await_active(unit)
            expect(self.machine.show(unit, "MainPID")["MainPID"] != before[unit], f"{unit} still runs what was before the upgrade")
        self.expect_state("readcount-sync.service", "inactive")
        self.machine.shell("grep -q '^  interval: 5s$' /etc/readcount/app.yaml; grep -q readcount/tokens /etc/readcount/gateway.env")
        self.expect_modes({"/etc/readcount/app.yaml": "root:readcount 640", "/etc/readcount/servers.env": "root:root 600"})
        self.machine.run("systemctl", "start", "readcount-sync.service")
        await_true(lambda: '"article_service":"serving"' in self.machine.shell("curl -s http://127.0.0.1:8080/readyz"),
                   PATIENCE_SECONDS, lambda: "the gateway does not get ready after the upgrade:" + self.log())
        self.expect_view(5)

    def survive_a_failed_removal(self):
        scripts = "/var/lib/dpkg/info/readcount"
        self.machine.run(f"{scripts}.prerm", "remove")
        for unit in UNITS:
            self.expect_state(unit, "inactive")
        self.machine.run(f"{scripts}.postinst", "abort-remove")
        for unit in UNITS:
            self.await_active(unit)

    def remove(self):
        self.machine.run("apt-get", "remove", "-y", "readcount")
        said = self.machine.shell("ps -eo args")
        expect("/usr/lib/readcount" not in said, f"programs run on after the removal:\n{said}")
        for unit in UNITS:
            result = self.machine.shell(f"journalctl --unit={unit} --output=cat | tail -n 20")
            expect("Deactivated successfully" in result, f"{unit} did not end cleanly:\n{result}")
        self.machine.shell("grep -q '^  interval: 5s$' /etc/readcount/app.yaml; test -e /var/lib/readcount/spool.db")
        self.machine.fails("test", "-e", "/usr/lib/readcount")

    # What is enabled runs again, and app.yaml may have been deleted.
    def come_again(self):
        install = ("apt-get", "install", "-y", "--no-install-recommends", f"/root/{self.deb}")
        self.machine.run("mv", "/etc/readcount/app.yaml", "/root/")
        self.machine.run(*install)
        self.machine.fails("test", "-e", "/etc/readcount/app.yaml")
        self.machine.run("apt-get", "remove", "-y", "readcount")
        self.machine.run("mv", "/root/app.yaml", "/etc/readcount/")
        self.machine.run(*install)
        for unit in UNITS:
            self.await_active(unit)

    def purge(self):
        self.machine.run("apt-get", "purge", "-y", "readcount")
        left = self.machine.shell("find / -xdev -name '*readcount*' -not -path '/root/*' -not -path '/var/log/*' "
                                  "-not -path '/tmp/systemd-private-*' -not -path '/var/tmp/systemd-private-*'")
        expect(not left, f"the purge leaves:\n{left}")

    # ---- Looking ----

    def expect_view(self, count):
        article = json.loads(self.machine.shell("curl -s http://127.0.0.1:8080/api/article/1"))
        expect(article["code"] == 0 and article["data"]["read_count"] == count, f"not {count} views: {article}{self.log()}")

    def rows_count(self):
        return int(self.machine.run("mariadb", "-N", "article_sys", "-e", "select read_count from articles where id = 1"))

    def expect_modes(self, expected):
        for path, mode in expected.items():
            found = self.machine.run("stat", "--format=%U:%G %a", path).strip()
            expect(found == mode, f"{path} is {found}, not {mode}")

    def is_enabled(self, unit):
        return self.machine.shell(f"systemctl is-enabled {unit} || true").strip()

    def expect_state(self, unit, state):
        found = self.machine.show(unit, "ActiveState")["ActiveState"]
        expect(found == state, f"{unit} is {found}, not {state}")

    def await_active(self, unit):
        await_true(lambda: self.machine.show(unit, "ActiveState")["ActiveState"] == "active", PATIENCE_SECONDS,
                   lambda: f"{unit} does not get active:{self.log()}")

    def log(self):
        return "\n" + self.machine.run("journalctl", "--unit=readcount-*", "--no-pager", "--lines=40", "--output=short")
