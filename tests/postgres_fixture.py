"""A PostgreSQL cluster of one's own: unix socket only, in a short temporary folder, removed at the end."""

import os
import pwd
import select
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.parse
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
BIN = Path("/usr/lib/postgresql/15/bin")


class Cluster:
    """Starts in the constructor. `stop()` and `start()` may be called in a test; `remove()` ends it for good."""

    def __init__(self, password=None):
        """With a password, everybody must show his own: the operator has this one."""
        # Sockets have short paths only; PostgreSQL refuses to run as root.
        self.dir = Path(tempfile.mkdtemp(prefix="scpg", dir="/tmp"))
        self.as_user = []
        if os.geteuid() == 0:
            user = pwd.getpwnam("postgres")
            os.chown(self.dir, user.pw_uid, user.pw_gid)
            self.as_user = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
        os.chmod(self.dir, 0o755)
        auth = ["--auth=trust"]
        self.password = password
        if password:
            (self.dir / "password").write_text(password)
            self.own(self.dir)
            auth = ["--auth=scram-sha-256", f"--pwfile={self.dir}/password"]
        self._run("initdb", "--no-sync", *auth, "--username=operator", "--encoding=UTF8", "--locale=C.UTF-8",
                  "-D", self.dir / "data")
        with open(self.dir / "data" / "postgresql.conf", "a") as f:
            f.write(f"listen_addresses = ''\nunix_socket_directories = '{self.dir}'\nfsync = off\n"
                    "max_connections = 30\nshared_buffers = 16MB\nlog_min_messages = fatal\n")
        self.start()

    def _run(self, program, *args):
        done = subprocess.run(self.as_user + [str(BIN / program), *map(str, args)], cwd="/", stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        assert done.returncode == 0, f"{program}: {done.stdout}"

    def start(self):
        self._run("pg_ctl", "-w", "-s", "-D", self.dir / "data", "-l", self.dir / "log", "start")

    def stop(self):
        self._run("pg_ctl", "-w", "-s", "-m", "immediate", "-D", self.dir / "data", "stop")

    def remove(self):
        try:
            self.stop()
        finally:
            shutil.rmtree(self.dir, ignore_errors=True)

    def run_sql(self, sql, database="postgres"):
        self._run("psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", self.url("operator", database), "-c", sql)

    def own(self, folder):
        """Gives a folder and its files to the user that the server runs as."""
        if self.as_user:
            user = pwd.getpwnam("postgres")
            for path in [folder, *folder.rglob("*")]:
                os.chown(path, user.pw_uid, user.pw_gid)

    @staticmethod
    def wait_for_socket(path, seconds=30):
        """Until somebody accepts connections there."""
        end = time.monotonic() + seconds
        while True:
            with socket.socket(socket.AF_UNIX) as s:
                try:
                    s.connect(str(path))
                    return
                except OSError:
                    assert time.monotonic() < end, f"nobody listens at {path}"
                    select.select([], [], [], 0.02)

    def dsn(self, user="operator", database="postgres"):
        """For libpq and psycopg2."""
        return f"host={self.dir} user={user} dbname={database}"

    def url(self, user="operator", database="postgres", password=None):
        password = password or (self.password if user == "operator" else None)
        secret = f":{urllib.parse.quote(password, safe='')}" if password else ""
        return f"postgresql://{user}{secret}@/{database}?host={urllib.parse.quote(str(self.dir), safe='')}"

    def sqitch(self, command, database="postgres", user="operator", check=True):
        """Runs sqitch in schema/; gives back the finished process."""
        env = dict(os.environ, PGHOST=str(self.dir), PGUSER=user, PGDATABASE=database, PGAPPNAME="sqitch",
                   SQITCH_SYSTEM_CONFIG="/nonexistent", SQITCH_USER_CONFIG="/nonexistent")
        done = subprocess.run(["sqitch", command, *(["-y"] if command == "revert" else []), "db:pg:"],
                              cwd=ROOT / "schema", env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True)
        assert not check or done.returncode == 0, f"sqitch {command}: {done.stdout}"
        return done


@pytest.fixture(scope="session")
def cluster():
    c = Cluster()
    yield c
    c.remove()
