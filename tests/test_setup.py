"""`scorpius setup`: a server made in one command, on a PostgreSQL that is empty and a folder of settings of its own; and the file
of settings of docker-compose."""

import fcntl
import os
import pathlib
import re
import select
import shutil
import signal
import stat
import subprocess
import tempfile
import termios

import psycopg2
import pytest

from ports import free_port
from postgres_fixture import Cluster, ROOT
from stack import wait_until
from test_db import BUILD

SCORPIUS, FAILING = BUILD / "app/cli/scorpius", BUILD / "app/cli/scorpius-failing"
URL = "https://appels.exemple.fr"
FILES = ("operator.env", "api.env", "jobs.env", "scorpius.env")
ADMIN = "exploitant@exemple.fr"
PASSWORD = "Trois moulins sur 9 collines"
SMTP_SECRET = "l'été \"coûte\" 5\\6 `$` #!"
STEPS = ("réglages", "base de données", "clé maîtresse", "schéma", "compte", "services", "site", "contrôles")


def settings(path):
    return dict(line.split("=", 1) for line in path.read_text().splitlines() if "=" in line and not line.startswith("#"))


@pytest.fixture(scope="module")
def database():
    """A PostgreSQL that answers on 127.0.0.1 to whoever shows a password."""
    c = Cluster(password="postgres's own")
    c.stop()
    c.port = free_port()
    with open(c.dir / "data/postgresql.conf", "a") as f:
        f.write(f"listen_addresses = '127.0.0.1'\nport = {c.port}\nlog_statement = all\nlog_min_messages = log\n")
    c.start()

    def run_sql(sql):
        conn = psycopg2.connect(host="127.0.0.1", port=c.port, user="operator", password=c.password, dbname="postgres")
        conn.autocommit = True
        conn.cursor().execute(sql)
        conn.close()
    c.run_sql = run_sql
    yield c
    c.remove()


class Server:
    """A folder of settings that belongs to who runs the services, and programs before those of the system."""

    def __init__(self, top, database):
        self.top, self.database = top, database
        self.etc, self.bin, self.data = top / "etc", top / "bin", top / "data"
        for folder in self.etc, self.bin, self.data:
            folder.mkdir()
        # A copy: who runs the services may not be let into the folders above the sources.
        shutil.copytree(ROOT / "schema", self.data / "schema")
        shutil.copy(ROOT / "docker/.env.prod.example", self.data / "env.prod.example")
        # The account of PostgreSQL's administrator, which a test has in another way.
        self.program("runuser", f"""
echo "$@" >>{top}/arguments
shift 3
PGPASSWORD="postgres's own" exec "$@" -h 127.0.0.1 -U operator""")
        for program in SCORPIUS, FAILING:
            shutil.copy(program, self.bin)
        os.chmod(top, 0o755)
        if os.geteuid() == 0:
            os.chown(self.etc, self.database.dir.stat().st_uid, -1)

    def program(self, name, text):
        (self.bin / name).write_text(f"#!/bin/sh\n{text}\n")
        (self.bin / name).chmod(0o755)

    def setup(self, *flags, given="", failing=False, **env):
        """The finished process. No secret stands in what it says."""
        before = self.secrets()
        done = subprocess.run([self.bin / ("scorpius-failing" if failing else "scorpius"), "setup", "--folder", self.etc, *map(str, flags)], input=given, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=300, env={"PATH": f"{self.bin}:{os.environ['PATH']}", "LANG": "C.UTF-8", **env})
        for secret in before | self.secrets():
            assert secret not in done.stdout + done.stderr
        return done

    def secrets(self):
        found = {PASSWORD, SMTP_SECRET}
        for name in FILES:
            if (self.etc / name).exists():
                got = settings(self.etc / name)
                found |= {v for k, v in got.items() if k.endswith(("PASSWORD", "SECRET_KEY"))}
                found |= {m for v in got.values() for m in re.findall(r"://[^:/]+:([^@]+)@", v)}
        return found - {""}

    def files(self):
        return {name: (self.etc / name).read_text() for name in FILES}

    def on_port(self):
        """The settings, with the port of this test's PostgreSQL."""
        assert self.setup("--files-only").returncode == 0
        for name in FILES:
            text = (self.etc / name).read_text()
            (self.etc / name).write_text(text.replace("127.0.0.1:5432", f"127.0.0.1:{self.database.port}").replace("APP_ENV=production\n", "APP_ENV=test\n") + (
                f"DATA_PATH={self.data}\n" if name == "scorpius.env" else ""))

    def connect(self, name):
        return psycopg2.connect(settings(self.etc / {"DATABASE_URL": "operator.env", "DATABASE_API_URL": "api.env", "DATABASE_JOBS_URL": "jobs.env"}[name])[name])


def serving(database):
    # Not below pytest's own folder, which another run shuts to others than its user.
    top = pathlib.Path(tempfile.mkdtemp(prefix="scse", dir="/tmp"))
    try:
        yield Server(top, database)
    finally:
        database.run_sql("drop database if exists scorpius with (force)")
        shutil.rmtree(top, ignore_errors=True)


@pytest.fixture
def server(database):
    yield from serving(database)


@pytest.fixture
def empty(server):
    """Its PostgreSQL, on its port, has no database yet."""
    server.on_port()
    return server


@pytest.fixture(scope="module")
def shape(database):
    """A database with the schema, to make others of: deploying takes its time."""
    for s in serving(database):
        s.on_port()
        done = s.setup("--public-url", URL, "--local-database", "--key-kept", "--no-admin")
        assert done.returncode == 0 and "user add" in done.stdout, done.stdout + done.stderr
        database.run_sql("alter database scorpius rename to shape")


@pytest.fixture
def ready(shape, empty, database):
    """Its database has the schema already."""
    database.run_sql("create database scorpius owner scorpius_operator template shape")
    return empty


ALL = ("--public-url", URL, "--local-database", "--key-kept", "--admin", ADMIN, "--admin-password-file", "-")


def steps(done):
    return [line.split("\xa0:")[0] for line in done.stdout.splitlines() if "\xa0:" in line and not line.startswith(" ")]


# --- a whole server

def test_one_command_makes_a_server_and_can_be_run_again(empty):
    done = empty.setup(*ALL, "--admin-name", "Camille Martin", given=PASSWORD + "\n")
    assert done.returncode == 0, done.stdout + done.stderr
    assert [s for s in steps(done) if s in STEPS] == list(STEPS)
    with empty.connect("DATABASE_API_URL") as api, empty.connect("DATABASE_JOBS_URL"), empty.connect("DATABASE_URL") as operator:
        rows = operator.cursor()
        rows.execute("select email, full_name, role from scorpius.account")
        assert rows.fetchall() == [(ADMIN, "Camille Martin", "admin")]
        assert api.cursor().execute("select 1") is None
    before, kept = empty.files(), (empty.etc / "key-kept").read_text()
    again = empty.setup()
    assert again.returncode == 0, again.stdout + again.stderr
    assert (empty.files(), (empty.etc / "key-kept").read_text()) == (before, kept)
    assert "déjà là" in again.stdout and "sans elle" not in again.stdout.lower()  # the word about the key is said once
    # Neither a command line nor the server's log has a secret.
    told = (empty.top / "arguments").read_text() + (empty.database.dir / "log").read_text(errors="replace")
    assert "alter role" not in told.lower() or not any(s in told for s in empty.secrets())
    assert not any(secret in told for secret in empty.secrets())


def test_killed_anywhere_it_goes_on_from_there(empty):
    """Once at each place, one after the other."""
    point = empty.top / "point"
    for place in ["setup file in place", *(f"setup {name}" for name in FILES), *(f"setup {step}" for step in STEPS)]:
        point.write_text(place)
        done = empty.setup(*ALL, "--set", f"LOG_LEVEL={'DEBUG' if 'file' in place else 'INFO'}", failing=True, given=PASSWORD + "\n", FAIL_POINT_FILE=str(point))
        assert done.returncode == -9, (place, done.stdout, done.stderr)
    before = empty.files()
    again = empty.setup(*ALL, given=PASSWORD + "\n")
    assert again.returncode == 0, again.stdout + again.stderr
    assert empty.files() == before and not list(empty.etc.glob("*.new"))
    with empty.connect("DATABASE_API_URL"), empty.connect("DATABASE_JOBS_URL"):
        pass


def test_that_services_have_to_start_again_outlives_a_setup_that_was_cut_off(ready):
    """The next run finds the settings as they are asked for; without the mark nobody would tell the services of them."""
    assert ready.setup(*ALL, given=PASSWORD + "\n").returncode == 0 and not (ready.etc / ".restart").exists()
    assert ready.setup().returncode == 0 and not (ready.etc / ".restart").exists()
    (ready.top / "point").write_text("setup schéma")
    assert ready.setup("--set", "LOG_LEVEL=DEBUG", failing=True, FAIL_POINT_FILE=str(ready.top / "point")).returncode == -9
    assert (ready.etc / ".restart").exists() and settings(ready.etc / "scorpius.env")["LOG_LEVEL"] == "DEBUG"
    assert ready.setup("--set", "LOG_LEVEL=DEBUG").returncode == 0 and not (ready.etc / ".restart").exists()


@pytest.mark.parametrize("point", ["setup file written", "setup file in place"])
def test_a_file_of_settings_is_whole_or_absent(server, point):
    (server.top / "point").write_text(point)
    assert server.setup("--files-only", failing=True, FAIL_POINT_FILE=str(server.top / "point")).returncode == -9
    left = {p.name for p in server.etc.iterdir() if p.suffix == ".env"}
    assert left == (set() if "written" in point else {"operator.env"})
    before = (server.etc / "operator.env").read_text() if left else None
    assert server.setup("--files-only").returncode == 0
    assert before in (None, (server.etc / "operator.env").read_text())
    assert {p.name for p in server.etc.iterdir()} == set(FILES)


def test_a_password_that_is_drawn_is_shown_once(ready):
    flags = ("--public-url", URL, "--local-database", "--key-kept", "--admin", ADMIN, "--admin-generate")
    done = ready.setup(*flags)
    assert done.returncode == 0 and len(re.findall(r"cette seule fois\xa0: \S{20}\n", done.stdout)) == 1, done.stdout + done.stderr
    again = ready.setup(*flags)
    assert again.returncode == 0 and "cette seule fois" not in again.stdout


# --- what it is told

def test_files_only_is_silent_and_makes_what_is_missing(server):
    done = server.setup("--files-only")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    before = server.files()
    owner = server.etc.stat().st_uid
    for name in FILES:
        st = (server.etc / name).stat()
        assert (stat.S_IMODE(st.st_mode), st.st_uid) == (0o600, owner)
    got = {name: settings(server.etc / name) for name in FILES}
    assert got["operator.env"]["DATABASE_API_PASSWORD"] in got["api.env"]["DATABASE_API_URL"]
    assert got["operator.env"]["DATABASE_JOBS_PASSWORD"] in got["jobs.env"]["DATABASE_JOBS_URL"]
    assert len(got["scorpius.env"]["SECRET_KEY"]) == 64 and got["scorpius.env"]["SECRET_KEY"] != got["scorpius.env"]["JWT_SECRET_KEY"]
    # The programs take them.
    check = subprocess.run([SCORPIUS, "config", "--check"], env={"PATH": os.environ["PATH"], **got["scorpius.env"], **got["api.env"]}, stdin=subprocess.DEVNULL, check=False)
    assert check.returncode == 0
    # One that is lost is made again with the password that the other file has.
    (server.etc / "api.env").unlink()
    assert server.setup("--files-only").returncode == 0 and server.files() == before
    (server.etc / "operator.env").unlink()
    assert server.setup("--files-only").returncode == 0
    again = settings(server.etc / "operator.env")
    assert {k: again[k] for k in ("DATABASE_API_PASSWORD", "DATABASE_JOBS_PASSWORD")} == {k: got["operator.env"][k] for k in ("DATABASE_API_PASSWORD", "DATABASE_JOBS_PASSWORD")}


def test_only_what_is_asked_for_changes(server):
    server.setup("--files-only")
    path = server.etc / "scorpius.env"
    path.write_text(path.read_text() + "# by hand\nLOG_LEVEL=DEBUG\n; another comment\n")
    path.chmod(0o640)
    before = server.files()
    done = server.setup("--public-url", URL, "--backup-path", "/srv/sauvegardes", "--smtp-host", "smtp.exemple.fr", "--smtp-user", "envoi@exemple.fr",
                        "--smtp-password-file", "-", "--set", "API_WORKERS=6", "--set", "APP_NAME=Appels d'offres", given=SMTP_SECRET + "\n")
    assert done.returncode == 64 and "--local-database" in done.stderr  # the next step
    after = server.files()
    assert after["scorpius.env"].splitlines() == [line.replace("API_WORKERS=4", "API_WORKERS=6") for line in before["scorpius.env"].splitlines()] + [
        f"PUBLIC_URL={URL}", "BACKUP_PATH=/srv/sauvegardes", "SMTP_HOST=smtp.exemple.fr", 'APP_NAME="Appels d\'offres"']
    assert after["jobs.env"].startswith(before["jobs.env"]) and "SMTP_USER=envoi@exemple.fr\n" in after["jobs.env"]
    assert {n: after[n] for n in ("api.env", "operator.env")} == {n: before[n] for n in ("api.env", "operator.env")}
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    # Read back as systemd reads it.
    assert re.search(r'^SMTP_PASSWORD="(.*)"$', after["jobs.env"], re.M)[1] == re.sub(r'(["\\`$])', r"\\\1", SMTP_SECRET)
    assert server.setup("--smtp-password-file", "-", given=SMTP_SECRET + "\n").returncode == 64 and server.files() == after


def test_a_database_elsewhere_is_that_of_the_programs_too(empty, database):
    """Whoever gives an account of PostgreSQL gives it once."""
    database.run_sql("do $$ begin if not exists (select from pg_roles where rolname = 'chef') then create role chef login createrole password 'mot/de:passe'; end if; end $$")
    database.run_sql("create database scorpius owner chef")
    url = f"postgresql://chef:mot%2Fde%3Apasse@127.0.0.1:{database.port}/scorpius?application_name=x"
    done = empty.setup("--public-url", URL, "--database-url-file", "-", "--key-kept", "--admin", ADMIN, "--admin-password-file", "-", given=f"{url}\n{PASSWORD}\n")
    assert done.returncode == 0, done.stdout + done.stderr
    assert settings(empty.etc / "operator.env")["DATABASE_URL"].strip("'") == url
    api = settings(empty.etc / "api.env")["DATABASE_API_URL"].strip('"')
    assert "user='scorpius_api'" in api and "chef" not in api and "mot/de" not in api
    psycopg2.connect(api).close()


def test_a_database_that_is_away_is_told_and_can_be_given_again(ready):
    away = ready.setup("--public-url", URL, "--database-url-file", "-", "--key-kept", given="postgresql://x:un-secret@127.0.0.1:1/z\n")
    assert away.returncode == 69 and "127.0.0.1" in away.stderr and "--database-url-file" in away.stderr
    assert ready.setup("--local-database").returncode == 78


def test_the_key_is_confirmed_before_anything_is_stored(ready):
    done = ready.setup("--public-url", URL, "--local-database", "--no-admin")
    assert done.returncode == 64 and "--key-kept" in done.stderr
    assert str(ready.etc / "scorpius.env") in done.stdout and re.search(r"empreinte   : [0-9a-f]{16}\n", done.stdout)
    assert "schéma" not in steps(done)
    assert ready.setup("--no-admin", "--key-kept").returncode == 0
    # Another key is another question.
    path = ready.etc / "scorpius.env"
    path.write_text(re.sub(r"^SECRET_KEY=.*$", "SECRET_KEY=" + "0123456789abcdef" * 4, path.read_text(), flags=re.M))
    assert ready.setup("--no-admin").returncode == 64


@pytest.mark.parametrize("flags, status, told", [
    ((), 64, "--public-url"),
    (("--public-url", "http://exemple.fr"), 78, "PUBLIC_URL"),
    (("--public-url", "https://exemple.fr/chemin"), 78, "PUBLIC_URL"),
    (("--public-url", "https://a b.fr"), 78, "PUBLIC_URL"),
    (("--public-url",), 64, "--public-url"),
    (("--everything",), 64, "--everything"),
    (("something",), 64, "something"),
    (("--public-url", URL, "--smtp-port", "many"), 78, "SMTP_PORT"),
    (("--public-url", URL, "--smtp-host", "h.exemple.fr", "--smtp-user", "a@exemple.fr"), 78, "SMTP_PASSWORD"),
    (("--public-url", URL, "--smtp-security", "rot13"), 78, "SMTP_SECURITY"),
    (("--public-url", URL, "--smtp-password-file", "/nonexistent"), 64, "--smtp-password-file"),
    (("--public-url", URL, "--smtp-password-file", "-"), 64, "--smtp-password-file"),
    (("--public-url", URL, "--backup-path", "/srv/${HOME}"), 78, "BACKUP_PATH"),
    (("--public-url", URL, "--backup-path", "/srv\n/x"), 78, "BACKUP_PATH"),
    (("--set", "NO_SUCH=1"), 64, "NO_SUCH"),
    (("--set", "SECRET_KEY=0123456789abcdef0123456789abcdef"), 64, "SECRET_KEY"),
    (("--set", "API_WORKERS"), 64, "API_WORKERS"),
    (("--public-url", URL, "--set", "STORAGE_BACKEND=s3"), 78, "S3_"),
    (("--local-database", "--database-url-file", "/dev/null"), 64, "--database-url-file"),
    (("--admin", ADMIN, "--no-admin"), 64, "--no-admin"),
    (("--admin-generate",), 64, "--admin ADRESSE"),
    (("--admin", ADMIN, "--admin-generate", "--admin-password-file", "/etc/hostname"), 64, "--admin-generate"),
    (("--public-url", URL, "--admin", "nobody"), 65, "--admin"),
    (("--output", "x"), 64, "--docker"),
    (("--files-only", "--public-url", URL), 64, "--files-only"),
])
def test_what_is_wrong_is_refused_and_changes_nothing(server, flags, status, told):
    server.setup("--files-only")
    before = server.files()
    done = server.setup(*flags)
    assert done.returncode == status and told in done.stderr, (done.returncode, done.stdout, done.stderr)
    assert server.files() == before


@pytest.mark.parametrize("flags, told", [(("--admin", ADMIN), "--admin-password-file"), ((), "--admin")])
def test_an_account_that_is_not_whole_is_refused(ready, flags, told):
    done = ready.setup("--public-url", URL, "--local-database", "--key-kept", *flags)
    assert done.returncode != 0 and told in done.stderr and "schéma" in steps(done)


def test_a_weak_password_is_refused_and_the_next_one_taken(ready):
    assert "mot de passe" in ready.setup(*ALL, given="motdepasse\n").stderr
    assert ready.setup("--admin", ADMIN, "--admin-password-file", "-", given=PASSWORD + "\n").returncode == 0


def test_two_at_once(server):
    """The second says so; nothing is written twice."""
    fd = os.open(server.etc, os.O_RDONLY)
    fcntl.flock(fd, fcntl.LOCK_EX)
    done = server.setup("--files-only")
    os.close(fd)
    assert done.returncode == 69 and "en cours" in done.stderr and not list(server.etc.iterdir())


def test_a_postgresql_that_is_not_there(server):
    server.program("runuser", "echo 'user postgres does not exist' >&2; exit 1")
    done = server.setup("--public-url", URL, "--local-database")
    assert done.returncode == 69 and "apt install postgresql" in done.stderr


def test_a_program_that_hears_no_more_is_an_error_to_tell(server):
    """As a pipe whose reader has gone would have it: what is written there ends nothing."""
    process = subprocess.Popen([SCORPIUS, "analyze", "--from", "-"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    ignored = 1 << signal.SIGPIPE - 1
    wait_until(lambda: int(re.search(r"SigIgn:\s*(\w+)", pathlib.Path(f"/proc/{process.pid}/status").read_text())[1], 16) & ignored, 10, "a program that lives on")
    process.send_signal(signal.SIGPIPE)
    said = process.communicate("no analysis")[1]
    assert process.returncode == 65 and said


# --- a person at a terminal

def talk(server, *answers):
    """Answers questions as they come; what the terminal showed, and the exit status."""
    ours, theirs = os.openpty()
    process = subprocess.Popen([server.bin / "scorpius", "setup", "--folder", server.etc], stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
                               env={"PATH": f"{server.bin}:{os.environ['PATH']}", "LANG": "C.UTF-8"})
    os.close(theirs)
    shown, seen = "", 0

    def more():
        nonlocal shown
        assert select.select([ours], [], [], 120)[0], shown
        try:
            piece = os.read(ours, 65536)
        except OSError:  # the other end is closed
            return False
        shown += piece.decode()
        return bool(piece)

    for question, answer in answers:
        while (at := shown.find(question, seen)) < 0:
            assert more(), f"no question «{question}»: {shown}"
        seen = at + len(question)
        # Whoever reads without showing has switched that off before he asks for the line.
        if answer in HIDDEN:
            wait_until(lambda: not termios.tcgetattr(ours)[3] & termios.ECHO, 10, "a terminal that shows nothing")
        os.write(ours, (answer + "\n").encode())
    while more():
        pass
    os.close(ours)
    return shown, process.wait(60)


OTHER = "mot de passe du courriel 42"
HIDDEN = (OTHER, PASSWORD)


def test_a_person_is_asked_for_what_no_flag_said(ready):
    shown, status = talk(ready, ("Adresse publique", URL), ("Autres origines", "https://autre.exemple.fr"), ("PostgreSQL de cette machine", "o"), ("Redis de cette machine", "O"),
                         ("Serveur de messagerie", "smtp.exemple.fr"), ("son port", "465"), ("chiffrement", "tls"), ("compte (vide", "envoi@exemple.fr"),
                         ("mot de passe de ce compte", OTHER), ("adresse de l'expéditeur", " "), ("Dossier des sauvegardes", " "),
                         ("conservée ailleurs ?", "oui"), ("premier compte de l'exploitant", ADMIN), ("nom", "Camille"), ("mot de passe", PASSWORD), ("une seconde fois", PASSWORD))
    assert status == 0, shown
    assert OTHER not in shown and PASSWORD not in shown
    got, jobs = settings(ready.etc / "scorpius.env"), settings(ready.etc / "jobs.env")
    assert (got["PUBLIC_URL"], got["CORS_ORIGINS"], got["SMTP_PORT"], got["SMTP_SECURITY"]) == (URL, "https://autre.exemple.fr", "465", "tls")
    assert "SMTP_FROM" not in got and "BACKUP_PATH" not in got and jobs["SMTP_PASSWORD"] == f"'{OTHER}'"
    again, status = talk(ready)
    assert status == 0 and "?" not in again and "[O/n]" not in again, again


def test_a_key_that_is_not_kept_stops_it(ready):
    shown, status = talk(ready, ("Adresse publique", URL), ("Autres origines", " "), ("PostgreSQL de cette machine", "o"), ("Redis de cette machine", "o"), ("Serveur de messagerie", " "),
                         ("Dossier des sauvegardes", " "), ("conservée ailleurs ?", "non"))
    assert status == 64 and "faites cette copie" in shown


# --- docker-compose

def docker(server, *flags, given="", **env):
    done = subprocess.run([SCORPIUS, "setup", "--docker", *map(str, flags)], input=given, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60,
                          env={"PATH": os.environ["PATH"], "DATA_PATH": str(server.data), **env})
    # What a container has of its own must not reach into the file.
    assert str(server.data) not in done.stdout
    return done


SECRETS = {"DB_PASSWORD", "DATABASE_API_PASSWORD", "DATABASE_JOBS_PASSWORD", "REDIS_PASSWORD", "JWT_SECRET_KEY", "SECRET_KEY"}


def test_the_file_of_docker_compose(server):
    done = docker(server, "--public-url", URL)
    assert done.returncode == 0, done.stderr
    template = (ROOT / "docker/.env.prod.example").read_text()
    got = dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line and not line.startswith("#"))
    assert list(got) == re.findall(r"^([A-Z_]+)=", template, re.M)
    assert got["PUBLIC_URL"] == URL and got["CORS_ORIGINS"] == f'["{URL}"]' and "votre-domaine" not in done.stdout
    assert all(re.fullmatch("[0-9a-f]{64}", got[name]) for name in SECRETS) and len({got[n] for n in SECRETS}) == len(SECRETS)
    # Told: that the key must be kept, by its fingerprint; never a secret.
    assert re.search(r"empreinte   : [0-9a-f]{16}\n", done.stderr) and not any(got[n] in done.stderr for n in SECRETS)
    # What compose gives the programs, with its variables written out, and what a shell's `set -a` would make of none of them.
    assert subprocess.run([SCORPIUS, "config", "--check"], env={"PATH": os.environ["PATH"], **got}, stdin=subprocess.DEVNULL, check=False).returncode == 0
    explained = subprocess.run([SCORPIUS, "config", "--explain"], env={"PATH": os.environ["PATH"], **got}, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, check=True).stdout
    assert f"PUBLIC_URL = {URL}\n" in explained and f"CORS_ORIGINS = {URL}\n" in explained


def test_a_file_that_is_there_keeps_its_values(server):
    path = server.top / ".env.prod"
    flags = ("--output", path)
    assert docker(server, *flags, "--public-url", URL).returncode == 0
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    before = path.read_text()
    assert docker(server, *flags).returncode == 0 and path.read_text() == before
    # By hand: a line gone, one emptied, one of one's own, and open to all.
    path.write_text(re.sub(r"^REDIS_PASSWORD=.*$", "REDIS_PASSWORD=", before.replace("JOB_WORKERS=2\n", "").replace(f"DB_PASSWORD={settings_of(before)['DB_PASSWORD']}\n", ""), flags=re.M) + "# mine\nHTTP_PORT=8080\n")
    path.chmod(0o644)
    done = docker(server, *flags, "--smtp-host", "smtp.exemple.fr", "--smtp-user", "a@exemple.fr", "--smtp-password-file", "-", "--key-kept", given="sésame, ouvre-toi\n")
    assert done.returncode == 0, done.stderr
    old, new = settings_of(before), settings_of(path.read_text())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600 and "# mine\n" in path.read_text()
    assert {k for k in new if old.get(k) != new[k]} == {"DB_PASSWORD", "REDIS_PASSWORD", "HTTP_PORT", "SMTP_HOST", "SMTP_USER", "SMTP_PASSWORD"}
    assert [name for name in new if name in old] == list(old)  # compose lets a line use those above it only
    assert new["SMTP_PASSWORD"] == "'sésame, ouvre-toi'" and re.fullmatch("[0-9a-f]{64}", new["REDIS_PASSWORD"])
    # Said once.
    assert "empreinte" not in docker(server, *flags).stderr
    # By standard input, where only the image is.
    assert docker(server, "--from", "-", given=path.read_text()).stdout == path.read_text()


def settings_of(text):
    return dict(line.split("=", 1) for line in text.splitlines() if "=" in line and not line.startswith("#"))


@pytest.mark.parametrize("flags, status, told", [
    ((), 64, "--public-url"),
    (("--public-url", "http://exemple.fr"), 64, "PUBLIC_URL"),
    (("--public-url", URL, "--local-database"), 64, "--docker"),
    (("--public-url", URL, "--admin", ADMIN, "--admin-generate"), 64, "--docker"),
    (("--public-url", URL, "--redis-url-file", "-"), 64, "--docker"),
    (("--public-url", URL, "--from", "/nonexistent"), 64, "--from"),
    (("--public-url", URL, "--from", "-"), 64, "--from"),
    (("--public-url", URL, "--smtp-host", "h.exemple.fr", "--smtp-user", "a@exemple.fr", "--smtp-password-file", "-"), 78, "docker-compose"),
    (("--public-url", URL, "--output", "/nonexistent/x"), 74, "/nonexistent/x"),
])
def test_what_docker_has_no_use_for_is_refused(server, flags, status, told):
    done = docker(server, *flags, given="it's a \\ secret\n" if "--redis-url-file" in flags or "--smtp-password-file" in flags else "")
    assert (done.returncode, done.stdout) == (status, "") and told in done.stderr, (done.returncode, done.stderr)


def test_secrets_are_not_shown_on_a_terminal(server):
    ours, theirs = os.openpty()
    done = subprocess.run([SCORPIUS, "setup", "--docker", "--public-url", URL], stdin=theirs, stdout=theirs, stderr=theirs, timeout=60, check=False,
                          env={"PATH": os.environ["PATH"], "DATA_PATH": str(server.data)})
    os.close(theirs)
    told = os.read(ours, 65536).decode()
    os.close(ours)
    assert done.returncode == 64 and "--output" in told and "SECRET_KEY" not in told
