"""The whole system on fresh data: Redis, MariaDB, the three programs, and nginx to compare with."""

import http.client
import json
import pathlib
import shutil
import subprocess

from processes import Process, free_port

ROOT = pathlib.Path(__file__).resolve().parents[3]
BIN = ROOT / "build/release/bin"
HERE = pathlib.Path(__file__).resolve().parent
HASH = "article_sys:read_count:hash"
ADMIN_TOKEN = "bench"

NGINX = """
daemon off; worker_processes 1; pid {dir}/nginx.pid; error_log {dir}/nginx.log;
events {{ worker_connections 4096; }}
http {{
  access_log off; default_type application/json; sendfile on; tcp_nodelay on; keepalive_requests 100000000;
  open_file_cache max=100; client_body_temp_path {dir}; proxy_temp_path {dir}; fastcgi_temp_path {dir};
  uwsgi_temp_path {dir}; scgi_temp_path {dir};
  server {{ listen 127.0.0.1:{port}; root {dir}; location /api/article/ {{ try_files /article.json =404; }} }}
}}
"""


class Stack:
    """Started by `with`; ends all processes at its end. Rows say what they need: `articles` in the table."""

    def __init__(self, directory, appendfsync="everysec", sync_interval="10s"):
        self.dir = pathlib.Path(directory)
        self._appendfsync = appendfsync
        self._sync_interval = sync_interval
        self._started = []
        self.articles = 0

    def __enter__(self):
        shutil.rmtree(self.dir, ignore_errors=True)
        (self.dir / "redis").mkdir(parents=True)
        try:
            self._start_redis()
            self._start_mariadb()
            self._start_programs()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for process in reversed(self._started):
            process.stop()
        shutil.rmtree(self.dir / "mysql", ignore_errors=True)

    def _start(self, name, command, environment=None):
        process = Process(name, [str(word) for word in command], self.dir, environment)
        self._started.append(process)
        return process

    def _start_redis(self):
        self.redis_port = free_port()
        redis = self._start("redis", ["redis-server", "--bind", "127.0.0.1", "--port", self.redis_port, "--dir",
                                      self.dir / "redis", "--appendonly", "yes", "--appendfsync", self._appendfsync,
                                      "--save", "", "--maxmemory-policy", "noeviction",
                                      # A rewrite that one side makes due would be paid for by the other.
                                      "--auto-aof-rewrite-percentage", "0"])
        redis.wait_until(lambda: self.redis("ping") == "PONG")

    def _start_mariadb(self):
        data, user = self.dir / "mysql", subprocess.check_output(["id", "-un"], text=True).strip()
        with open(self.dir / "install.log", "wb") as log:
            subprocess.run(["mariadb-install-db", "--no-defaults", f"--user={user}", f"--datadir={data}",
                            "--skip-test-db", "--auth-root-authentication-method=normal"],
                           check=True, stdout=log, stderr=log)
        self.mysql_port = free_port()
        server = shutil.which("mariadbd") or "/usr/sbin/mariadbd"
        # Memory for the whole table, so that both sides measure work and not this machine's disk.
        mariadb = self._start("mariadb", [server, "--no-defaults", f"--user={user}", f"--datadir={data}",
                                          "--bind-address=127.0.0.1", f"--port={self.mysql_port}",
                                          f"--socket=/tmp/readcount-bench-{self.mysql_port}.sock",
                                          "--innodb-buffer-pool-size=2G", "--innodb-log-file-size=1G",
                                          "--innodb-flush-log-at-trx-commit=1", "--skip-log-bin",
                                          "--character-set-server=utf8mb4"])
        mariadb.wait_until(lambda: self.sql("select 1", database="").strip() == "1", 120)
        for file in sorted((ROOT / "sql").glob("*.sql")):
            self.sql(file.read_text(), database="")
        self.articles = 2

    def _start_programs(self):
        environment = {
            "READCOUNT_REDIS_DSN": f"redis://127.0.0.1:{self.redis_port}/0",
            "READCOUNT_MYSQL_DSN": self.mysql_url,
            "READCOUNT_SYNC_INTERVAL": self._sync_interval,
            "READCOUNT_ARTICLE_SPOOL": str(self.dir / "spool.db"),
            "READCOUNT_GATEWAY_ADMIN_TOKEN": ADMIN_TOKEN,
            "READCOUNT_GATEWAY_REQUEST_TIMEOUT": "10m",
            "READCOUNT_GATEWAY_MAX_EVENT_STREAMS_PER_CLIENT": "4096",
        }
        self._environment = environment
        for part in ("ARTICLE", "SYNC", "GATEWAY"):
            environment[f"READCOUNT_{part}_LISTEN"] = "127.0.0.1:0"
            environment[f"READCOUNT_{part}_METRICS_LISTEN"] = "127.0.0.1:0"
        self.article_service, self.article_address = self._start_program("article-service", environment)
        self.sync_service, self.sync_address = self._start_program("sync-service", environment)
        environment["READCOUNT_GATEWAY_ARTICLE_SERVICE"] = self.article_address
        environment["READCOUNT_GATEWAY_SYNC_SERVICE"] = self.sync_address
        self.gateway, self.gateway_address = self._start_program("gateway", environment)
        self._wait_until_ready()

    def _wait_until_ready(self):
        self.gateway.wait_until(lambda: b'"sync_service":"serving"' in self.get("/readyz")[1])

    def restart_syncer(self):
        """At the same address, with fresh memory."""
        self._started.remove(self.sync_service)
        self.sync_service.stop()
        self._environment["READCOUNT_SYNC_LISTEN"] = self.sync_address
        self.sync_service, self.sync_address = self._start_program("sync-service", self._environment)
        self._wait_until_ready()

    def _start_program(self, name, environment):
        announced = self.dir / f"{name}.address"
        announced.unlink(missing_ok=True)
        process = self._start(name, [BIN / name, "--config", ROOT / "app.yaml", "--announce", announced], environment)
        process.wait_until(lambda: announced.exists() and announced.read_text().strip() != "")
        return process, announced.read_text().strip()

    def start_nginx(self, body):
        """One worker that answers every /api/article/… with these bytes."""
        (self.dir / "article.json").write_bytes(body)
        self.nginx_address = f"127.0.0.1:{free_port()}"
        conf = self.dir / "nginx.conf"
        conf.write_text(NGINX.format(dir=self.dir, port=self.nginx_address.split(":")[1]))
        nginx = self._start("nginx", ["nginx", "-c", conf, "-e", self.dir / "nginx.log"])
        nginx.wait_until(lambda: self._request(self.nginx_address, "GET", "/api/article/1")[0] == 200)

    def start_bare_server(self):
        """The gRPC server without work, at `bare_address`."""
        server = self._start("bare-server", [BIN / "bench_bare_server", "--copy-from", self.article_address])
        server.wait_until(lambda: server.log.read_text().strip() != "")
        self.bare_address = server.log.read_text().split()[0]

    @property
    def mysql_url(self):
        return f"mysql://root@127.0.0.1:{self.mysql_port}/article_sys"

    @property
    def redis_url(self):
        return f"redis://127.0.0.1:{self.redis_port}/0"

    def mysql_command(self, database="article_sys"):
        return ["mariadb", "--no-defaults", "-N", "-h", "127.0.0.1", "-P", str(self.mysql_port), "-u", "root",
                *([database] if database else [])]

    def sql(self, text, database="article_sys"):
        return subprocess.run(self.mysql_command(database), input=text, text=True, check=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT).stdout

    def redis(self, *words):
        return subprocess.run(["redis-cli", "-p", str(self.redis_port), *map(str, words)], text=True, check=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE).stdout.strip()

    def add_articles(self, count, content_bytes=1024):
        """The table then holds the ids 1 to `count`."""
        if count > self.articles:
            self.sql("insert into articles (id, title, content, author, created_at) select seq, concat('article ', seq), "
                     f"repeat('x', {content_bytes}), 'bench', now() from seq_{self.articles + 1}_to_{count}")
            self.articles = count

    def add_views(self, first, last, views=1):
        """Pending views of every article from `first` to `last`, by HINCRBY as other writers do it."""
        key = f"${len(HASH)}\r\n{HASH}\r\n"
        commands = "".join(f"*4\r\n$7\r\nHINCRBY\r\n{key}${len(str(i))}\r\n{i}\r\n${len(str(views))}\r\n{views}\r\n"
                           for i in range(first, last + 1))
        subprocess.run(["redis-cli", "-p", str(self.redis_port), "--pipe"], input=commands.encode(), check=True,
                       stdout=subprocess.DEVNULL)

    def _request(self, address, method, path, headers=None, timeout=600):
        connection = http.client.HTTPConnection(address, timeout=timeout)
        try:
            connection.request(method, path, headers=headers or {})
            response = connection.getresponse()
            return response.status, response.read()
        except http.client.HTTPException as error:
            raise OSError(str(error)) from error
        finally:
            connection.close()

    def get(self, path):
        return self._request(self.gateway_address, "GET", path)

    def read_count(self, article):
        return json.loads(self.get(f"/api/article/{article}?view=false")[1])["data"]["read_count"]

    def run_sync(self):
        """Runs a sync; its figures as the REST API gives them."""
        status, body = self._request(self.gateway_address, "POST", "/api/sync",
                                     {"Authorization": f"Bearer {ADMIN_TOKEN}", "Content-Length": "0"})
        if status != 200:
            raise RuntimeError(f"POST /api/sync answered {status}: {body.decode(errors='replace')}")
        return json.loads(body)["data"]
