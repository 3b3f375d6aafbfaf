"""A private stack of the whole server, as ./dev starts it, and what tests do to it: stop its database, read its logs."""

import concurrent.futures
import json
import os
import pathlib
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
import time

import httpx
import psycopg2
import psycopg2.extras

import smtp
from ports import free_port

ROOT = pathlib.Path(__file__).resolve().parent.parent

# Small limits, so that tests of limits are quick; a cheap scrypt, since nearly every test makes accounts.
SETTINGS = {
    "APP_ENV": "test", "MAX_UPLOAD_SIZE": "2097152", "MAX_REQUEST_SIZE": "5242880", "MAX_UPLOAD_FILES": "5",
    "SCRYPT_LOG_N": "10", "READER_TIMEOUT": "30", "CORS_ORIGINS": "https://app.essai.example,http://localhost:5173",
    # Tests make more requests than people; those of limits have a stack of their own.
    "RATE_LIMIT_AUTH": "1000000", "RATE_LIMIT_AUTH_ADDRESS": "1000000", "RATE_LIMIT_UPLOAD": "1000000", "RATE_LIMIT_UPLOAD_BYTES": "1024G",
    "RATE_LIMIT_OTHER": "1000000", "RATE_LIMIT_ADDRESS": "1000000", "LOGIN_FREE_FAILURES": "1000000", "HASH_WAIT": "30",
    "SCORPIUS_API_WORKERS": "3", "SCORPIUS_BULK_WORKERS": "3", "DATABASE_TIMEOUT": "10", "JOB_LEASE": "20", "SOURCE_URL": "https://code.essai.example/scorpius",
}


SECRET_SETTINGS = ("POSTGRES_PASSWORD", "REDIS_PASSWORD", "DATABASE_API_PASSWORD", "DATABASE_JOBS_PASSWORD", "JWT_SECRET_KEY",
                   "JWT_SECRET_KEY_PREVIOUS", "SECRET_KEY", "SMTP_PASSWORD", "S3_SECRET_ACCESS_KEY")


PATIENCE = 3  # times what a wait may take on an idle machine: others may be at work on this one


def wait_until(condition, seconds, what, state=lambda: ""):
    """Polls; returns the condition's first true value. `state` tells how things are when the time is over."""
    deadline = time.monotonic() + seconds * PATIENCE
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds * PATIENCE} s in vain for {what} {state()}".rstrip())
        time.sleep(0.05)


def let_in(folder):
    """Lets other users through to a folder of this test's, whatever private ones of pytest's it lies in."""
    for place in (folder, *folder.parents):
        if place == pathlib.Path(tempfile.gettempdir()):
            break
        if place.stat().st_mode & 0o055 != 0o055:
            os.chmod(place, 0o755)


class Stack:
    """`existing`: state folder of a stack that runs already and is left running (for a developer's short loop).
    `settings`: those that differ from SETTINGS."""

    started = []  # all of a run, for what is looked at when it is over

    def __init__(self, existing=None, settings=None):
        self.existing = existing is not None
        self.mail = None if self.existing else smtp.Server()
        mail = {**self.mail.settings(), "SMTP_MAX_ATTEMPTS": "2"} if self.mail else {}
        self.settings = {**SETTINGS, **mail, **(settings or {})}
        self.stopped = {}
        if self.existing:
            self.state = pathlib.Path(existing)
            self.port = int(os.environ["SCORPIUS_PORT"])
        else:
            # Short, for the sockets below it; passable for the servers' user.
            self.state = pathlib.Path(tempfile.mkdtemp(prefix="sct", dir="/tmp"))
            os.chmod(self.state, 0o755)
            self.port = free_port()
            self.settings["METRICS_PORT"] = str(free_port())
        self.base = f"http://127.0.0.1:{self.port}"
        if not self.existing:
            self.dev("up", seconds=600)
        self.read_env()
        Stack.started.append(self)
        self.database = None
        # One for all callers: making a client takes longer than most requests.
        self.http = httpx.Client(base_url=self.base, timeout=60, follow_redirects=False, verify=False, trust_env=False)

    def dev(self, command, seconds=120):
        env = {**os.environ, **self.settings, "SCORPIUS_STATE": str(self.state), "SCORPIUS_PORT": str(self.port)}
        done = subprocess.run([str(ROOT / "dev"), command], cwd=ROOT, env=env, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=seconds)
        if done.returncode != 0:
            raise RuntimeError(f"./dev {command} ended with {done.returncode}:\n{done.stdout}\n{self.log_tails()}")
        return done.stdout

    def read_env(self):
        self.env = {}
        for line in (self.state / "env").read_text().splitlines():
            name, _, value = line.partition("=")
            self.env[name] = value[1:-1] if value[:1] == value[-1:] == "'" and len(value) > 1 else value
        self.files_path = pathlib.Path(self.env["UPLOAD_PATH"])
        self.run = pathlib.Path(self.env["HEALTH_PATH"]).parent

    def directly(self):
        """Settings by which programs come to the server itself, also where the stack has a pooler."""
        return {name: self.env[name].replace("%2Fpool&port=6432", "") for name in ("DATABASE_API_URL", "DATABASE_JOBS_URL")}

    def secrets(self):
        """{value: name} of the settings that no log may hold."""
        return {self.env[name]: name for name in SECRET_SETTINGS if self.env.get(name)}

    def secrets_in_logs(self, secrets):
        """(file, what) for each of these secrets, and of one's own, that stands in a log."""
        return [(f"{self.state.name}/{name}", what) for name, what in Logs(self.state / "log").containing({**secrets, **self.secrets()})]

    def redis(self, *command):
        """What redis-cli prints."""
        done = subprocess.run(["redis-cli", "-s", str(self.run / "redis.sock"), *map(str, command)], stdout=subprocess.PIPE, text=True, check=True,
                              env={"REDISCLI_AUTH": self.env["REDIS_PASSWORD"], "PATH": "/usr/bin:/bin"})
        return done.stdout.strip()

    def disconnect(self):
        if self.database is not None:
            self.database.close()
            self.database = None

    def end(self):
        self.http.close()
        self.disconnect()
        if not self.existing:
            self.dev("down")
            self.mail.stop()

    def abandon(self):
        """Has it ended by somebody who is not ended with us: of a run that is killed little time is left."""
        if not self.existing:
            subprocess.Popen([str(ROOT / "dev"), "down"], cwd=ROOT, env={**os.environ, "SCORPIUS_STATE": str(self.state), "SCORPIUS_PORT": str(self.port)},
                             stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)

    def remove(self):
        if not self.existing:
            shutil.rmtree(self.state, ignore_errors=True)

    # --- looking inside

    def sql(self, query, *params):
        """As the operator: sees all organisations. Rows as dictionaries."""
        if self.database is None:
            self.database = psycopg2.connect(self.env["DATABASE_URL"], connect_timeout=5)
            self.database.autocommit = True
        with self.database.cursor(cursor_factory=psycopg2.extras.RealDictCursor) as cursor:
            cursor.execute(query, params or None)
            # Rows of no columns would look like no rows.
            assert cursor.description or not cursor.statusmessage.startswith("SELECT"), query
            return [dict(r) for r in cursor.fetchall()] if cursor.description else []

    def command(self, *args, stdin="", status=0):
        """Runs the operator's command line with the settings of the stack; (output, complaints)."""
        program = next(p for p in (self.state / "app").rglob("scorpius") if p.is_file() and p.parent.name == "bin")
        done = subprocess.run([str(program), *args], input=stdin, text=True, capture_output=True, cwd="/",
                              env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8", **self.env}, check=False)
        assert done.returncode == status, done.stderr + done.stdout
        return done.stdout, done.stderr

    def files(self):
        """Every file below the store and nginx's folder of request bodies. A folder may go while we look: with the last object in it."""
        tops = self.files_path, self.state / "tmp", pathlib.Path(self.env["NGINX_TEMP_PATH"])
        return sorted({os.path.join(folder, name) for top in tops for folder, _, names in os.walk(top) for name in names if not name.endswith(".pid")})

    TABLES = ("blob", "document", "document_event", "tender", "dossier_version", "dossier_version_document", "fact_decision", "job",
              "company_profile", "company_profile_version")

    def rows(self):
        """How many rows each table has that an upload or a tender writes to."""
        return self.sql("select " + ", ".join(f"(select count(*) from scorpius.{t}) {t}" for t in self.TABLES))[0]

    def log_lines(self, name):
        path = self.state / "log" / f"{name}.log"
        return path.read_text("utf-8", "replace").splitlines() if path.exists() else []

    def requests(self, request_id):
        """The workers' log lines of one request."""
        return [line for name in ("api", "bulk") for line in map(parsed, self.log_lines(name))
                if line and line.get("msg") == "request" and str(line.get("request_id")) == request_id]

    def log_tails(self, lines=15):
        return "\n".join(f"--- {p.name}\n" + "\n".join(p.read_text("utf-8", "replace").splitlines()[-lines:])
                         for p in sorted((self.state / "log").glob("*.log")) if p.name != "access.log")

    # --- breaking it

    def pid(self, name):
        try:
            pid, start = (self.state / "pid" / name).read_text().split()
            fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            # One that a test started is our child: it stays as a zombie until it is waited for.
            return int(pid) if fields[19] == start and fields[0] != "Z" else None
        except (OSError, ValueError):
            return None

    def workers(self, pool):
        """Process ids of a pool's workers (children of its supervisor)."""
        return children(self.pid(pool))

    def stop(self, name, sig=signal.SIGINT):
        """Ends PostgreSQL, Redis or the jobs and waits until they are gone. Their command line is kept for start()."""
        pid = self.pid(name)
        assert pid, f"{name} does not run"
        if name == "postgres":
            self.disconnect()
        command = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[:-1]
        if name == "redis":  # redis-server rewrites its title
            command = [b"redis-server", str(self.state / "conf" / "redis.conf").encode()]
        self.stopped[name] = ([a.decode() for a in command], pathlib.Path(f"/proc/{pid}").stat().st_uid)
        os.kill(pid, sig)
        wait_until(lambda: self.pid(name) is None, 30, f"{name} to stop")

    def start(self, name):
        path = self.state / "conf" / f"{name}.env"
        settings = dict(line.split("=", 1) for line in path.read_text().splitlines()) if path.exists() else {}
        self.spawn(name, *self.stopped.pop(name), **{k: v.strip("'") for k, v in settings.items()})

    def spawn(self, name, command, uid, **env):
        """Starts a daemon as ./dev does, under a name of its own or one whose daemon has ended."""
        user = []
        if os.geteuid() == 0 and uid != 0:
            user = ["setpriv", f"--reuid={uid}", f"--regid={pwd.getpwuid(uid).pw_gid}", "--init-groups", "--"]
        with open(self.state / "log" / f"{name}.log", "ab") as log:
            process = subprocess.Popen(user + command, cwd="/", stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                       start_new_session=True, env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", "TZ": "UTC", **env})
        start = pathlib.Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[19]
        (self.state / "pid" / name).write_text(f"{process.pid} {start}\n")

    def kill_all(self):
        """SIGKILL for everything at one moment, PostgreSQL included. `dev("up")` starts it again."""
        self.disconnect()
        parents = [pid for pid in map(self.pid, ("postgres", "pgbouncer", "redis", "api", "bulk", "jobs", "nginx")) if pid]
        # Stopped, they fork nobody whom we would miss.
        for pid in parents:
            os.kill(pid, signal.SIGSTOP)
        every = list(parents)
        for pid in every:
            every += children(pid)
        for pid in reversed(every):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass  # a child that ended by itself
        # Gone, not only dead: to PostgreSQL a zombie is a server that still holds its data.
        wait_until(lambda: all(map(gone, every)), 30, "everything to be gone")

    def healed(self):
        """Waits until every worker of both pools reaches the database again. Each finds out for itself, and so does a pooler: all are asked at
        once, more than once."""
        calls = [("/api/v1/auth/refresh", {"refresh_token": "A" * 43}), ("/api/v1/auth/login", {"email": "personne@essai.example", "password": "x"})] * 6

        def reached():
            return all(s != 503 for s in pool.map(lambda c: self.http.post(c[0], json=c[1]).status_code, calls))
        with concurrent.futures.ThreadPoolExecutor(len(calls)) as pool:
            wait_until(lambda: all(reached() for _ in range(3)), 60, "all workers to reach the database")

    def start_stopped(self):
        for name in list(self.stopped):
            self.start(name)


def children(pid):
    """Of one that is gone, or goes while we look, none."""
    try:
        return [] if pid is None else [int(p) for task in pathlib.Path(f"/proc/{pid}/task").glob("*") for p in (task / "children").read_text().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []


def gone(pid):
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        pass
    return not pathlib.Path(f"/proc/{pid}").exists()


def parsed(line):
    try:
        value = json.loads(line)
        return value if isinstance(value, dict) else None
    except ValueError:
        return None


class Logs:
    """Finds what should not stand in the logs of a stack."""

    PLAIN = re.compile(r"\[(error|crit|alert|emerg)\]|\b(ERROR|FATAL|PANIC):|Sanitizer|runtime error:")
    OURS = ("api.log", "bulk.log", "jobs.log")
    # What PostgreSQL calls an error and the API an answer: the token of an ended session, an address that is taken or invited, the last owner.
    ANSWERS = re.compile(r'ERROR:  (the session has ended|an organisation keeps an owner|a legal hold keeps it|duplicate key value violates unique constraint "(account_email_key|invitation_open_key)")$')

    def __init__(self, folder):
        self.folder = folder
        self.offsets = {}
        self.allowed = []  # [pattern, until when]

    def allow(self, pattern):
        """Announces lines, until settle() is called."""
        self.allowed.append([re.compile(pattern), None])

    def settle(self):
        """The test that announced lines is over: what it caused may still come for some seconds."""
        now = time.monotonic()
        self.allowed = [[p, until or now + 5 * PATIENCE] for p, until in self.allowed if until is None or until > now]

    def unexpected(self):
        """Error lines that were written since the last call and that nobody announced."""
        out = []
        for path in sorted(self.folder.glob("*.log")):
            with open(path, "rb") as f:
                f.seek(self.offsets.get(path, 0))
                data = f.read()
            whole = data[:data.rfind(b"\n") + 1]
            self.offsets[path] = self.offsets.get(path, 0) + len(whole)
            for line in whole.decode("utf-8", "replace").splitlines():
                if self.is_error(path.name, line) and not any(p.search(line) for p, _ in self.allowed):
                    out.append(f"{path.name}: {line}")
        return out

    def is_error(self, name, line):
        if name == "access.log":
            value = parsed(line)
            return value is None or value.get("status") == 500
        value = parsed(line)
        if value is not None:
            return value.get("level") not in ("debug", "info", "warn")
        if name in self.OURS:
            # Our programs write JSON only: anything else is a library's or the C runtime's last word.
            return bool(line.strip()) and not line.startswith(("multiwatch", "spawn-fcgi"))
        return bool(self.PLAIN.search(line)) and not self.ANSWERS.search(line)

    def containing(self, secrets):
        """(file, what it is) for each secret that stands in a log."""
        out = []
        for path in sorted(self.folder.glob("*")):
            if path.is_file():
                # There are thousands, and grep looks for all in one pass; which of them it is only matters where there is one.
                status = subprocess.run(["grep", "-aqFf", "-", path], input="\n".join(secrets).encode(), env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"}).returncode
                assert status in (0, 1), f"grep could not read {path}"
                text = path.read_bytes() if status == 0 else b""
                out += [(path.name, what) for secret, what in secrets.items() if secret.encode() in text]
        return out
