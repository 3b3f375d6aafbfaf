"""The schema goes back and forth under a service that works: with changes missing it says so, goes on with the rest and heals; one
of a later version is used as long as it serves this program."""

import collections
import contextlib
import threading

import httpx
import psycopg2
import pytest

import pdfs
from client import Api, code
from stack import Stack, children, parsed, wait_until

BACK = "metrics"  # what came after it goes: the virus scanner's, the attempts of waiting jobs, the sight of versions


@pytest.fixture(scope="module")
def own():
    s = Stack()
    yield s
    s.end()


@pytest.fixture
def api(own, contract, secrets):
    return Api(own, contract, secrets)


def withdraw(own):
    own.command("migrate", "--revert", "--to", BACK, "--lose-data", "--yes")


@contextlib.contextmanager
def load(own, account, *paths):
    """Asks without pause; gives what was answered."""
    got, stop, lock = collections.Counter(), threading.Event(), threading.Lock()

    def ask():
        with httpx.Client(base_url=own.base, trust_env=False, timeout=30, headers={"Authorization": f"Bearer {account.token}"}) as client:
            while not stop.is_set():
                for path in paths:
                    try:
                        status = client.get(path).status_code
                    except httpx.TransportError as e:
                        status = type(e).__name__
                    with lock:
                        got[path, status] += 1

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for t in threads:
        t.start()
    try:
        yield got
    finally:
        stop.set()
        for t in threads:
            t.join(60)


def health(api):
    return api.get("/health?detailed=true").json()


def test_the_schema_is_ours(api):
    told = health(api)
    assert told["schema"] == "current" and {p.split('/')[0] for p in told["programs"]} == {"scorpius-api", "scorpius-jobs"}
    assert len({p.split('/')[1] for p in told["programs"]}) == 1


def test_back_and_forth_under_load(api, own):
    """What needs nothing of what goes is answered all the time, nobody starts again, no row is lost."""
    account = api.account()
    tender, documents = account.tender_with(("RC.pdf", pdfs.rules()))
    workers = [set(children(own.pid(pool))) for pool in ("api", "bulk")]
    before = own.rows()
    with load(own, account, "/api/v1/auth/me", "/api/v1/auth/sessions", "/api/v1/tenders") as got:
        wait_until(lambda: sum(got.values()) > 30, 30, "answers")
        withdraw(own)
        told = wait_until(lambda: (lambda h: h if h["schema"] == "older" else None)(health(api)), 20, "health to tell")
        assert told["status"] == "degraded" and "scorpius migrate" in told["components"]["database"]["error"]
        wait_until(lambda: api.get("/ready").status_code == 503, 10, "ready to tell")
        # What does need it says why.
        refused = account.get(f"/documents/{documents[0]['id']}/content")
        assert refused.status_code == 503 and code(refused) == "schema_older" and int(refused.headers["Retry-After"]) >= 1
        wait_until(lambda: [line for line in map(parsed, own.log_lines("api")) if line and "older than this program" in line["msg"]], 10, "the log to tell")
        assert own.rows() == before
        own.command("migrate")
        wait_until(lambda: api.get("/ready").status_code == 200, 20, "it to heal")
        assert account.get(f"/documents/{documents[0]['id']}/content").status_code == 200
    assert {status for _, status in got} == {200}, got
    assert [set(children(own.pid(pool))) for pool in ("api", "bulk")] == workers
    assert own.rows() == before and account.data("GET", f"/tenders/{tender['id']}")["reference"] == "2031-TX-07"
    assert account.tender_with(("RC.pdf", pdfs.rules()))[0]["analysis_status"] == "done"


def test_jobs_wait_for_the_schema(api, own):
    account = api.account()
    withdraw(own)
    wait_until(lambda: [line for line in map(parsed, own.log_lines("jobs")) if line and line["msg"] == "no job can be leased" and line.get("code") == "schema_older"],
               30, "the jobs to see it")
    document = own.sql("select id from scorpius.document limit 1")[0]["id"]
    own.sql("insert into scorpius.job (organization_id, id, kind, document_id) select organization_id, gen_random_uuid(), 'read', id from scorpius.document where id = %s", document)
    own.command("migrate")
    wait_until(lambda: own.sql("select state, attempt from scorpius.job where document_id = %s order by created_at desc limit 1", document)[0] == {"state": "done", "attempt": 1},
               60, "the job to be done, at its first attempt")
    assert account.get("/documents").status_code == 200


def test_a_lock_held_by_somebody_delays_requests_no_longer_than_its_limit(api, own):
    account = api.account()
    withdraw(own)
    with contextlib.closing(psycopg2.connect(own.env["DATABASE_URL"], application_name="rapport")) as other:
        other.cursor().execute("lock table scorpius.blob in access share mode")
        own.env.update(MIGRATE_ATTEMPTS="2", MIGRATE_LOCK_TIMEOUT="1")
        with load(own, account, "/api/v1/auth/me", "/api/v1/tenders") as got:
            _, told = own.command("migrate", status=75)
        assert "rapport" in told and "pg_terminate_backend" in told
        assert {status for _, status in got} == {200} and sum(got.values()) > 10, got
    own.command("migrate")
    wait_until(lambda: health(api)["schema"] == "current", 20, "it to heal")


def oldest(own, version):
    own.sql(f"create or replace function scorpius.oldest_program() returns text language sql stable set search_path = scorpius, pg_temp as $$ select '{version}' $$")


@pytest.fixture
def later(own):
    own.sql("insert into sqitch.changes (change_id, script_hash, change, project, note, committer_name, committer_email, planned_at, planner_name, planner_email) "
            "select repeat('a', 40), repeat('a', 40), 'later', project, note, committer_name, committer_email, planned_at, planner_name, planner_email "
            "from sqitch.changes limit 1")
    yield
    own.sql("delete from sqitch.changes where change = 'later'")


def test_a_later_schema_that_serves_us(api, own, later):
    wait_until(lambda: health(api)["schema"] == "newer", 10, "health to tell")
    assert health(api)["status"] == "healthy"
    assert api.account().tender_with(("RC.pdf", pdfs.rules()))[0]["analysis_status"] == "done"
    assert "reste tel quel" in own.command("migrate")[0]


def test_a_later_schema_that_does_not(api, own, later):
    account = api.account()
    oldest(own, "9.0.0")
    own.sql("select pg_terminate_backend(pid) from pg_stat_activity where usename in ('scorpius_api', 'scorpius_jobs')")
    told = wait_until(lambda: (lambda h: h if h["schema"] == "too_new" else None)(health(api)), 20, "health to tell")
    assert told["status"] == "unhealthy" and "later versions" in told["components"]["database"]["error"]
    # A worker whose connection was not cut, as a pooler keeps it, looks once a minute.
    refused = wait_until(lambda: (lambda a: a if a.status_code == 503 else None)(account.get("/documents")), 70, "a worker to refuse")
    assert code(refused) in ("schema_newer", "service_unavailable")
    oldest(own, "0.1.0")
    wait_until(lambda: account.get("/documents").status_code == 200, 30, "it to heal")
    wait_until(lambda: health(api)["schema"] == "newer", 30, "health to tell")
