"""scorpius-rotate on servers that run: each secret is changed while clients work, and nobody is refused or logged out. The pools are
those of a server (two halves each, by the launcher of its units); `systemctl` here does what systemd would: `try-restart` starts a
half, or the jobs, again with what stands in the files of settings."""

import collections
import os
import re
import signal
import socket
import subprocess
import sys
import threading

import httpx
import psycopg2
import pytest

from client import fresh
from stack import ROOT, Stack, wait_until
from test_rolling import HALVES, Server

# What each service sees, by its unit.
API_ONLY = ("DATABASE_API_URL",)
JOBS_ONLY = ("DATABASE_JOBS_URL", "SMTP_USER", "SMTP_PASSWORD")
OPERATOR_ONLY = ("DATABASE_URL", "DATABASE_API_PASSWORD", "DATABASE_JOBS_PASSWORD")
NOBODYS = ("POSTGRES_PASSWORD", "REDIS_PASSWORD")

ASK = """import os, socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
s.sendall("\\0".join(sys.argv[2:]).encode())
s.shutdown(socket.SHUT_WR)
answer = s.makefile().read()
sys.exit(0 if answer == "done" else 1)
"""


class Machine(Server):
    """A server with files of settings, and what scorpius-rotate calls."""

    def __init__(self, stack, top):
        self.stack, self.conf, self.fault = stack, top / "etc", None
        self.conf.mkdir(mode=0o700)
        for name, belongs in (("api", API_ONLY), ("jobs", JOBS_ONLY), ("operator", OPERATOR_ONLY), ("scorpius", None)):
            rest = (*API_ONLY, *JOBS_ONLY, *OPERATOR_ONLY, *NOBODYS)
            lines = [f"{k}={v}\n" for k, v in stack.env.items() if (k in belongs if belongs else k not in rest)]
            (self.conf / f"{name}.env").write_text("".join(lines))
        self.bin = top / "bin"
        self.bin.mkdir()
        app = stack.env["DATA_PATH"].removesuffix("/share/scorpius")
        self.tool("scorpius-admin", f'#!/bin/sh\nexec {sys.executable} -c \'import os, sys\nenv = dict(os.environ)\nfor n in ("scorpius", "jobs", "operator"):\n'
                  f'    env.update(l.rstrip("\\n").split("=", 1) for l in open(f"{self.conf}/{{n}}.env"))\nos.execve("{app}/bin/scorpius", ["scorpius"] + sys.argv[1:], env)\' "$@"\n')
        (self.bin / "ask.py").write_text(ASK)
        self.tool("systemctl", f'#!/bin/sh\nexec {sys.executable} {self.bin}/ask.py {top}/systemd "$@"\n')
        self.tool("systemd-run", "#!/bin/sh\n")
        self.script = self.bin / "scorpius-rotate"
        self.tool(self.script.name, (ROOT / "etc/systemd/scorpius-rotate.in").read_text().replace("@confdir@", str(self.conf)))
        self.systemd = socket.socket(socket.AF_UNIX)
        self.systemd.bind(str(top / "systemd"))
        self.systemd.listen()
        super().__init__(stack, top)
        self.jobs = f"{app}/bin/scorpius-jobs"
        self.start_jobs()
        self.listener = threading.Thread(target=self.serve, daemon=True)
        self.listener.start()

    def tool(self, name, text):
        (self.bin / name).write_text(text)
        (self.bin / name).chmod(0o755)

    def settings(self, *names):
        return dict(line.split("=", 1) for name in names for line in (self.conf / f"{name}.env").read_text().splitlines() if "=" in line)

    def start(self, half):
        self.env = {"PATH": os.environ["PATH"], **self.settings("scorpius", "api"), "API_WORKERS": "2", "BULK_WORKERS": "2"}
        super().start(half)

    def start_jobs(self):
        self.env = {"PATH": os.environ["PATH"], **self.settings("scorpius", "jobs"), "JOB_WORKERS": "1"}
        self.spawn("jobs", self.jobs)

    def serve(self):
        while True:
            connection, _ = self.systemd.accept()
            with connection:
                command, unit = connection.makefile().read().split("\0")
                try:
                    assert command == "try-restart"
                    half = re.fullmatch(r"scorpius-api@(.*)\.service", unit)
                    if half:
                        self.stop(half.group(1))
                        self.start(half.group(1))
                    else:
                        assert unit == "scorpius-jobs.service"
                        self.end("jobs")
                        self.start_jobs()
                    connection.sendall(b"done")
                except Exception as e:  # told by the script's status
                    self.fault = e

    def rotate(self, *arguments, status=0, given=""):
        done = subprocess.run([self.script, *arguments], env={"PATH": f"{self.bin}:/usr/bin:/bin"}, input=given, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=300)
        assert done.returncode == status, (done.stdout, self.fault)
        return done.stdout

    def admin(self, *arguments):
        done = subprocess.run([self.bin / "scorpius-admin", *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120)
        assert done.returncode == 0, done.stdout
        return done.stdout

    def old_tokens_are_over(self):
        path = self.conf / ".rotate-jwt"
        path.write_text(re.sub(r"UNTIL=\d+", "UNTIL=1", path.read_text()))
        self.rotate("jwt")


def bare(settings):
    """A stack of which only PostgreSQL and Redis go on. Never through a pooler, whose list of users the operator changes himself."""
    s = Stack(settings={"SCORPIUS_TEST_PGBOUNCER": "", **settings})
    for name in ("nginx", "api", "bulk", "jobs"):
        s.stop(name, signal.SIGTERM)
        s.stopped.pop(name)
    yield s
    s.end()


@pytest.fixture(scope="module")
def own():
    yield from bare({"JWT_ACCESS_TOKEN_EXPIRE_MINUTES": "60"})


@pytest.fixture
def machine(own, folder):
    yield from running(own, folder)


def running(own, folder):
    it = Machine(own, folder)
    yield it
    it.end("jobs")
    # The next test, and the end of the stack, need what holds now.
    now = it.settings("scorpius", "operator", "api", "jobs")
    own.env.update({k: v for k, v in now.items() if "0" * 48 not in v})
    it.close()
    it.systemd.close()


class Client:
    """Somebody who works: his session, his refresh token, his files."""

    def __init__(self, machine, secrets):
        self.http = httpx.Client(base_url=machine.client.base_url, trust_env=False, timeout=60)
        self.email, self.password = f"{fresh('qui')}@essai.example", fresh("Passe") + "-Ok7"
        secrets[self.password] = "a password"
        self.ask("POST", "/auth/register", 201, json={"email": self.email, "password": self.password, "full_name": "Camille Essai"})
        self.tokens = self.login()
        self.files = {}

    def ask(self, method, path, status, **more):
        answer = self.http.request(method, "/api/v1" + path, **more)
        if answer.status_code != status:
            raise AssertionError(f"{method} {path}: {answer.status_code} {answer.text[:300]}")
        return answer

    def bearer(self):
        return {"Authorization": "Bearer " + self.tokens["access_token"]}

    def login(self):
        return self.ask("POST", "/auth/login", 200, json={"email": self.email, "password": self.password}).json()["data"]

    def me(self):
        self.ask("GET", "/auth/me", 200, headers=self.bearer())

    def refresh(self):
        self.tokens = self.ask("POST", "/auth/refresh", 200, json={"refresh_token": self.tokens["refresh_token"]}).json()["data"]

    def store(self):
        content = f"contenu {fresh()}\n".encode() * 500
        document = self.ask("POST", "/documents?process=false", 201, headers=self.bearer(), files={"file": ("a.txt", content, "text/plain")}).json()["data"]["id"]
        self.files[document] = content

    def fetch(self):
        for document, content in list(self.files.items())[-5:]:
            assert self.ask("GET", f"/documents/{document}/content", 200, headers=self.bearer()).content == content


class Work:
    """Clients that work without pause; the first fault of each is kept."""

    def __init__(self, machine, secrets):
        self.clients = [Client(machine, secrets) for _ in range(3)]
        self.done, self.faults, self.stop = collections.Counter(), [], threading.Event()
        tasks = (("me", "refresh"), ("me", "login"), ("store", "fetch"))
        self.threads = [threading.Thread(target=self.work, args=pair) for pair in zip(self.clients, tasks)]
        # One token that is never exchanged: whoever logged in before is in all the time.
        self.first = Client(machine, secrets)

    def work(self, client, tasks):
        while not self.stop.is_set():
            for task in tasks:
                try:
                    getattr(client, task)()
                except (AssertionError, httpx.TransportError) as e:
                    self.faults.append(repr(e))
                    return
                self.done[task] += 1

    def more(self, n=3):
        want = {task: self.done[task] + n for task in ("me", "refresh", "login", "store", "fetch")}
        wait_until(lambda: self.faults or all(self.done[task] >= k for task, k in want.items()), 60, "work")
        self.first.me()
        assert not self.faults, self.faults

    def __enter__(self):
        for t in self.threads:
            t.start()
        self.more()
        return self

    def __exit__(self, *_):
        self.stop.set()
        for t in self.threads:
            t.join(60)


@pytest.fixture
def work(machine, secrets):
    return lambda: Work(machine, secrets)


def test_jwt(machine, work):
    old = machine.settings("scorpius")["JWT_SECRET_KEY"]
    with work() as w:
        machine.rotate("jwt")
        w.more()
        before = w.first.tokens["access_token"]
        w.first.me()
        # The token of before is good until its time is over; then its session goes on with a new one.
        for c in (w.first, *w.clients[1:]):
            c.tokens = c.login()
        w.more()
        machine.old_tokens_are_over()
        w.more()
        assert w.first.http.get("/api/v1/auth/me", headers={"Authorization": f"Bearer {before}"}).status_code == 401
    assert old not in (machine.conf / "scorpius.env").read_text()


def test_a_stolen_jwt_key_is_worth_nothing_afterwards(machine, secrets):
    client = Client(machine, secrets)
    machine.rotate("jwt", "--stolen")
    assert client.http.get("/api/v1/auth/me", headers=client.bearer()).status_code == 401
    client.refresh()  # nobody has to log in again
    client.me()


def test_master(machine, work):
    old = machine.settings("scorpius")["SECRET_KEY"]
    with work() as w:
        w.more(5)
        said = machine.rotate("master")
        w.more(5)
    assert "clés de fichiers" in said and old not in (machine.conf / "scorpius.env").read_text()
    for document, content in w.clients[2].files.items():
        assert w.first.http.get(f"/api/v1/documents/{document}/content", headers=w.clients[2].bearer()).content == content
    machine.admin("storage", "verify")


def connects(url):
    try:
        psycopg2.connect(url, connect_timeout=5).close()
        return True
    except psycopg2.OperationalError as e:
        assert "password authentication failed" in str(e)
        return False


def backends(own):
    """Connections of the programs are cut, as by a restart of the server: each has to log in again."""
    return own.sql("select count(pg_terminate_backend(pid)) n from pg_stat_activity where usename in ('scorpius_api', 'scorpius_jobs')")[0]["n"]


def test_database(machine, own, work):
    old = machine.settings("api", "jobs", "operator")
    with work() as w:
        machine.rotate("database")
        w.more()
    now = machine.settings("api", "jobs", "operator")
    for name in ("DATABASE_API_URL", "DATABASE_JOBS_URL", "DATABASE_URL"):
        assert connects(now[name]) and not connects(old[name]), name
    assert "PREVIOUS" not in " ".join(now)
    own.env.update(now)
    own.disconnect()
    with work() as w:
        w.more()


@pytest.mark.parametrize("moment", ["before", "after"])
def test_who_connects_while_the_passwords_change_gets_in(machine, own, secrets, moment):
    """The programs have both, the server has the one or the other."""
    client = Client(machine, secrets)
    old = machine.settings("api")["DATABASE_API_URL"]
    url = re.sub(r":[0-9a-f]+@", ":" + "0" * 48 + "@", old)
    text = f"DATABASE_API_URL={url}\nDATABASE_API_URL_PREVIOUS={old}\n" if moment == "before" else f"DATABASE_API_URL={old}\nDATABASE_API_URL_PREVIOUS={url}\n"
    (machine.conf / "api.env").write_text(text)
    for half in HALVES:
        machine.stop(half)
        machine.start(half)
    client.me()
    assert backends(own) >= 1
    for _ in range(8):
        assert machine.client.get("/api/v1/ready").status_code == 200
    client.me()
    (machine.conf / "api.env").write_text(f"DATABASE_API_URL={old}\n")


def test_two_wrong_passwords_are_no_way_in(machine, own):
    old = machine.settings("api")["DATABASE_API_URL"]
    wrong = [re.sub(r":[0-9a-f]+@", ":" + c * 48 + "@", old) for c in "01"]
    (machine.conf / "api.env").write_text(f"DATABASE_API_URL={wrong[0]}\nDATABASE_API_URL_PREVIOUS={wrong[1]}\n")
    for half in HALVES[:2]:
        machine.stop(half)
        machine.start(half)
    # What another half saw a moment ago may be told for a second.
    wait_until(lambda: machine.client.get("/api/v1/ready").status_code == 503, 20, "the half not to be ready")
    (machine.conf / "api.env").write_text(f"DATABASE_API_URL={old}\n")


def redis(own, url, *command):
    password = re.search(r":([^:@/]+)@", url).group(1)
    return subprocess.run(["redis-cli", "--no-auth-warning", "-s", str(own.run / "redis.sock"), *command], env={"REDISCLI_AUTH": password, "PATH": "/usr/bin:/bin"},
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True).stdout.strip()


def test_redis(machine, own, work):
    old = machine.settings("scorpius")["REDIS_URL"]
    with work() as w:
        machine.rotate("redis")
        w.more()
        health = machine.client.get("/health").json()
    now = machine.settings("scorpius")["REDIS_URL"]
    assert redis(own, now, "ping") == "PONG" and redis(own, old, "ping") != "PONG"
    assert health["services"]["redis"] == "up"
    # It is written down: a Redis that starts again knows the new one.
    own.stop("redis", signal.SIGTERM)
    own.start("redis")
    wait_until(lambda: redis(own, now, "ping") == "PONG", 20, "Redis")
    assert redis(own, old, "ping") != "PONG"
