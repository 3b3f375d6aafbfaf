"""What operators do wrong, or machines: each is refused or survived, with words that say what to do. (`scorpius doctor` is in
test_doctor.py; a full disk in test_storage_full.py, changes of versions in test_rolling.py.)"""

import os
import pathlib
import shutil
import socket
import subprocess
import tempfile

import pytest

from relay import OlderServer
from stack import ROOT, parsed, wait_until

BUILD = pathlib.Path(os.environ["SCORPIUS_BUILD"])
STRONG = "9f2c7e51d08b4a63c1e7f0a92b5d8c34e6071f2a3b4c5d6e7f8091a2b3c4d5e6"
PROGRAMS = {"api": ["app/api/scorpius-api"], "jobs": ["app/jobs/scorpius-jobs"], "command": ["app/cli/scorpius", "config", "--check"]}


def run(stack, program, **settings):
    env = {**stack.env, "PATH": os.environ["PATH"], "LANG": "C.UTF-8", **settings}
    done = subprocess.run([BUILD / program[0], *program[1:]], env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, timeout=60, cwd="/")
    for secret in stack.secrets():
        assert secret not in done.stdout + done.stderr
    return done


# --- secrets and addresses

@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("settings, told", [
    ({"SECRET_KEY": ""}, ("SECRET_KEY: required", "SECRET_KEY\u00a0: obligatoire")),
    ({"JWT_SECRET_KEY": "court"}, ("JWT_SECRET_KEY: too weak: make one with 'openssl rand -hex 32'", "JWT_SECRET_KEY\u00a0: trop faible\u00a0; «\u00a0openssl rand -hex 32\u00a0»")),
    ({"SECRET_KEY": "changeme-changeme-changeme-changeme-changeme-1234"}, ("SECRET_KEY: too weak", "SECRET_KEY\u00a0: trop faible")),
])
def test_no_program_starts_in_production_without_strong_secrets(stack, program, settings, told):
    done = run(stack, PROGRAMS[program], **{"APP_ENV": "production", "PUBLIC_URL": "https://app.essai.example", "JWT_SECRET_KEY": STRONG, "SECRET_KEY": STRONG[::-1], **settings})
    assert done.returncode == 78 and told[program == "command"] in done.stderr, done.stderr


@pytest.mark.parametrize("program", ["api", "jobs"])
@pytest.mark.parametrize("wrong", ["mysql://scorpius@127.0.0.1/scorpius", "postgresql://["])
def test_a_wrong_address_of_the_database_is_refused_by_name(stack, program, wrong):
    done = run(stack, PROGRAMS[program], **{f"DATABASE_{program.upper()}_URL": wrong})
    assert done.returncode == 78 and "DATABASE_URL" in done.stderr and "not a PostgreSQL URL" in done.stderr


@pytest.mark.parametrize("wrong", ["http://127.0.0.1", "rediss://127.0.0.1", "redis://"])
def test_a_wrong_address_of_redis_is_refused_by_name(stack, wrong):
    done = run(stack, PROGRAMS["api"], REDIS_URL=wrong)
    assert done.returncode == 78 and "REDIS_URL" in done.stderr


@pytest.mark.parametrize("program, wrong, status", [
    ("jobs", "http://app.essai.example", 78), ("jobs", "app.essai.example", 78), ("jobs", "", 78),
])
def test_letters_need_an_address_in_production(stack, program, wrong, status):
    done = run(stack, PROGRAMS[program], APP_ENV="production", JWT_SECRET_KEY=STRONG, SECRET_KEY=STRONG[::-1], PUBLIC_URL=wrong)
    assert done.returncode == status and "PUBLIC_URL" in done.stderr


# --- an old PostgreSQL

@pytest.fixture
def old(stack):
    relay = OlderServer(stack.run / ".s.PGSQL.5432")
    yield relay
    relay.stop()


def test_the_api_waits_for_a_server_that_is_new_enough(stack, old):
    url = old.url(stack.env["DATABASE_API_URL"])
    done = run(stack, ["app/api/scorpius-api", "--check"], DATABASE_API_URL=url)
    assert done.returncode == 69 and "PostgreSQL 13.14 is too old: 15 or newer is needed" in done.stderr
    old.version = b"15.20"
    assert run(stack, ["app/api/scorpius-api", "--check"], DATABASE_API_URL=url).returncode == 0


@pytest.mark.parametrize("command", [("migrate",), ("user", "list"), ("backup",), ("storage", "verify", "--quick")])
def test_no_command_works_on_an_old_server(stack, old, command, tmp_path):
    done = run(stack, ["app/cli/scorpius", *command], DATABASE_URL=old.url(stack.env["DATABASE_URL"]), BACKUP_PATH=str(tmp_path / "b"))
    assert done.returncode == 69 and "PostgreSQL 13.14 est trop ancien\u00a0: il faut la version 15" in done.stderr, done.stderr


def test_the_jobs_wait_for_a_server_that_is_new_enough(stack, old, tmp_path):
    """They go on trying, and say why."""
    log = tmp_path / "log"
    env = {**stack.env, "PATH": os.environ["PATH"], "DATABASE_JOBS_URL": old.url(stack.env["DATABASE_JOBS_URL"]), "JOB_WORKERS": "1",
           "METRICS_PATH": str(tmp_path / "metrics")}
    with open(log, "wb") as out:
        process = subprocess.Popen([BUILD / "app/jobs/scorpius-jobs"], env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=out, cwd="/")
    try:
        wait_until(lambda: any("13.14 is too old: 15 or newer is needed" in str(line) for line in map(parsed, log.read_text().splitlines())), 20,
                   "the jobs to say why they wait", log.read_text)
        assert process.poll() is None
    finally:
        process.terminate()
        assert process.wait(30) == 0


# --- rights

@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_a_store_that_may_not_be_written(stack, tmp_path):
    """As an installation whose folder belongs to root: the programs start, say so, and refuse files; the verification names it."""
    folder = tmp_path / "files"
    folder.mkdir(mode=0o700)
    env = {**stack.env, "PATH": os.environ["PATH"], "LANG": "C.UTF-8", "UPLOAD_PATH": str(folder)}
    done = subprocess.run(["setpriv", "--reuid=scorpius", "--regid=scorpius", "--init-groups", "--", BUILD / "app/cli/scorpius", "storage", "verify"], env=env,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, cwd="/")
    assert done.returncode == 74 and "Permission denied" in done.stderr, done.stderr


# --- a port that is taken

def test_a_port_that_is_taken_is_told_at_once():
    state = tempfile.mkdtemp(prefix="sct", dir="/tmp")
    os.chmod(state, 0o755)
    try:
        with socket.create_server(("127.0.0.1", 0)) as s:
            port = str(s.getsockname()[1])
            done = subprocess.run([ROOT / "dev", "up"], env={**os.environ, "SCORPIUS_STATE": state, "SCORPIUS_PORT": port}, stdin=subprocess.DEVNULL,
                                  capture_output=True, text=True, timeout=60)
        assert done.returncode == 1 and f"port {port} is taken by another program: choose another with SCORPIUS_PORT" in done.stderr
        assert "building" not in done.stderr
    finally:
        shutil.rmtree(state)


# --- a clock that is off

@pytest.mark.skipif(not shutil.which("faketime"), reason="faketime is not installed")
@pytest.mark.parametrize("offset", ["-2h", "+2h"])
def test_commands_on_a_clock_that_is_off_do_no_harm(stack, account, offset):
    """What decides about lives of files and jobs is the database's clock: nothing is removed, nothing is done twice."""
    document = account.upload(("a.txt", b"a l'heure\n"), query="?process=false")
    env = {**stack.env, "PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
    done = subprocess.run(["faketime", "-f", offset, BUILD / "app/cli/scorpius", "storage", "verify", "--repair"], env=env, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=120, cwd="/")
    assert document["id"] and f"manquant\u00a0: {account.organization_id}" not in done.stdout
    assert account.get(f"/documents/{document['id']}/content").content == b"a l'heure\n"


# --- two versions at work

def test_connections_tell_the_version_of_their_program(stack, account):
    version, seen = run(stack, ["app/cli/scorpius", "--version"]).stdout.split()[1], set()

    def both():
        """Behind a pooler each has its connection for so long as it needs one."""
        account.get("/tenders")
        seen.update(r["n"] for r in stack.sql("select distinct application_name n from pg_stat_activity where usename in ('scorpius_api', 'scorpius_jobs')"))
        return {f"scorpius-api/{version}", f"scorpius-jobs/{version}"} <= seen
    wait_until(both, 20, "both names to be seen", lambda: seen)
