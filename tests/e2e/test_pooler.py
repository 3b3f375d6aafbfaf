"""The programs behind PgBouncer in transaction mode, as docs/operate.md sets it up: a connection of theirs is another one in each
transaction. (`SCORPIUS_TEST_PGBOUNCER=1 ./dev test` runs everything so.)"""

import os
import signal
import subprocess

import pytest

import pdfs
from client import Api
from stack import Stack, parsed, wait_until
from test_doctor import assert_told, doctor, words

DOWN = "the database system is (starting up|shutting down|not yet accepting connections)|terminating connection"


@pytest.fixture(scope="module")
def pooled():
    s = Stack(settings={"SCORPIUS_TEST_PGBOUNCER": "1"})
    yield s
    s.start_stopped()
    s.end()


@pytest.fixture
def api(pooled, contract, secrets):
    return Api(pooled, contract, secrets)


def test_the_main_job(api, pooled):
    account = api.account()
    tender, documents = account.tender_with(("RC.pdf", pdfs.rules()))
    assert tender["analysis_status"] == "done" and tender["reference"] == "2031-TX-07"
    assert account.get(f"/documents/{documents[0]['id']}/pages/1").status_code == 200
    assert {"database": "up", "queue": "up"}.items() <= api.get("/health?detailed=true").json()["services"].items()
    # More workers than connections, and none of ours goes to the server itself.
    clients = pooled.sql("select usename, count(*) n from pg_stat_activity where usename in ('scorpius_api', 'scorpius_jobs') group by 1")
    assert {c["usename"] for c in clients} == {"scorpius_api", "scorpius_jobs"} and all(c["n"] <= 4 for c in clients)
    assert not [line for name in ("api", "bulk", "jobs") for line in map(parsed, pooled.log_lines(name)) if line and line["level"] == "error"]


def test_organisations_stay_apart_on_shared_connections(api):
    one, other = api.account(), api.account()
    document = one.upload(("a.txt", b"a un\n"), query="?process=false")
    for _ in range(12):
        assert one.get(f"/documents/{document['id']}").status_code == 200
        assert other.get(f"/documents/{document['id']}").status_code == 404


def test_the_server_goes_and_comes_back(api, pooled):
    account = api.account()
    pooled.stop("postgres", signal.SIGQUIT)
    try:
        assert account.get("/documents").status_code == 503
        wait_until(lambda: api.get("/health").status_code == 503, 20, "health to tell")
    finally:
        pooled.start("postgres")
    wait_until(lambda: account.get("/documents").status_code == 200, 30, "documents to be listed again")
    pooled.healed()
    assert account.tender_with(("RC.pdf", pdfs.rules()))[0]["analysis_status"] == "done"


def test_without_jobs_health_says_so(api, pooled):
    command, uid = [a.decode() for a in (pooled_command(pooled))], (pooled.state / "env").stat().st_uid
    os.kill(pooled.pid("jobs"), signal.SIGTERM)
    wait_until(lambda: api.get("/health?detailed=true").json()["services"]["queue"] == "degraded", 30, "health to notice")
    env = dict(line.split("=", 1) for line in (pooled.state / "conf/jobs.env").read_text().splitlines())
    pooled.spawn("jobs", command, uid, **{name: value.strip("'") for name, value in env.items()})
    wait_until(lambda: api.get("/health?detailed=true").json()["services"]["queue"] == "up", 30, "health to notice")


def pooled_command(stack):
    with open(f"/proc/{stack.pid('jobs')}/cmdline", "rb") as f:
        return f.read().split(b"\0")[:-1]


def test_doctor_knows_that_workers_share_connections(pooled):
    """Though it looks by the operator's account, which comes past the pooler."""
    many = {"API_WORKERS": "150", "BULK_WORKERS": "100"}
    checks = doctor(pooled, **many)
    assert checks["connections"]["level"] == "ok" and "un répartiteur en partage entre 25" in words(checks["connections"])
    assert "répartiteur" in words(checks["postgresql"]) and checks["postgresql"]["level"] != "error"
    assert_told(doctor(pooled, **many, DATABASE_PREPARED="on")["postgresql"], "error", "DATABASE_PREPARED=auto")
    # The same without it.
    past = doctor(pooled, **many, **pooled.directly(), DATABASE_PREPARED="on")
    assert past["connections"]["level"] == "error" and past["postgresql"]["level"] != "error"


def test_the_operators_commands_refuse_to_come_this_way(pooled):
    program = next(p for p in (pooled.state / "app").rglob("scorpius") if p.is_file() and p.parent.name == "bin")
    done = subprocess.run([program, "migrate"], text=True, capture_output=True, env={"PATH": os.environ["PATH"], **pooled.env, "DATABASE_URL": pooled.env["DATABASE_API_URL"]})
    assert done.returncode == 78 and "PgBouncer" in done.stderr
