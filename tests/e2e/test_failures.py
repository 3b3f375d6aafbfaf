"""Parts of the stack go away and come back; the rest says so and heals by itself."""

import os
import signal

import pytest

import operations
import pdfs
from client import Api, code
from stack import children, wait_until

DOWN = "the database system is (starting up|shutting down|not yet accepting connections)|terminating connection"


def healthy(api):
    return api.http.get("/api/v1/health?detailed=true").json().get("status") == "healthy"


@pytest.fixture
def no_database(stack, api, expect_log):
    expect_log(DOWN)
    stack.stop("postgres", signal.SIGQUIT)
    yield
    stack.start_stopped()
    wait_until(lambda: healthy(api), 60, "the stack to heal")
    stack.healed()


def test_without_postgresql(stack, account, operator, no_database):
    for _ in range(6):  # each worker of a pool
        assert account.get("/live").status_code == 200
    health = wait_until(lambda: (lambda r: r if r.status_code == 503 else None)(account.get("/health?detailed=true")), 10, "health to tell")
    assert health.json()["status"] == "unhealthy" and health.json()["services"]["database"] == "down"
    assert health.json()["components"]["database"]["status"] == "unhealthy" and health.json()["components"]["database"]["error"]
    wait_until(lambda: account.get("/ready").status_code == 503, 10, "ready to tell")
    assert account.get("/ready").json()["ready"] is False
    wait_until(lambda: account.get("/api/v1/health").status_code == 503, 10, "the shared state to tell")
    assert account.get("/health").status_code == 503
    files = stack.files()
    for op in operations.DYNAMIC:
        if op.id in ("root", "live", "ready", "health", "healthForBalancers"):
            continue
        caller = operator if op in operations.OPERATORS else account
        given = operations.arguments(op)
        headers = {"Accept-Language": "fr", **given.pop("headers", {})}
        answer = caller.request(op.method, operations.path_of_nobody(op) + operations.query(op), headers=headers, **given)
        assert answer.status_code == 503 and code(answer) == "service_unavailable", (op, answer.text)
        assert answer.json()["errors"][0]["message"].startswith("un service nécessaire")
        assert int(answer.headers["Retry-After"]) >= 1
    # The upload above is nowhere.
    wait_until(lambda: stack.files() == files, 10, "the refused upload's file to go")


def test_postgresql_comes_back(stack, account, api, no_database):
    assert account.get("/documents").status_code == 503
    stack.start("postgres")
    wait_until(lambda: account.get("/documents").status_code == 200, 30, "documents to be listed again")
    wait_until(lambda: healthy(api), 30, "health")
    stack.healed()
    tender, _ = account.tender_with(("RC.pdf", pdfs.rules()))
    assert tender["analysis_status"] == "done"


def test_a_job_survives_the_loss_of_the_database(stack, account, api, expect_log, frozen_jobs):
    expect_log(DOWN)
    document = account.upload(("RC.pdf", pdfs.rules()))
    stack.stop("postgres", signal.SIGQUIT)
    stack.start("postgres")
    for pid in [stack.pid("jobs"), *children(stack.pid("jobs"))]:
        os.kill(pid, signal.SIGCONT)
    stack.healed()
    assert account.processed(document["id"])["status"] == "processed"


def test_without_redis(stack, account, api):
    stack.stop("redis", signal.SIGTERM)
    try:
        health = wait_until(lambda: (lambda r: r if r.json()["status"] == "degraded" else None)(account.get("/health?detailed=true")), 10, "health")
        assert health.status_code == 200 and health.json()["services"]["redis"] == "down"
        assert health.json()["components"]["redis"]["status"] == "unhealthy"
        assert account.get("/ready").status_code == 200
        fresh_member = api.account()
        tender, documents = fresh_member.tender_with(("RC.pdf", pdfs.rules()))
        assert tender["analysis_status"] == "done"
        assert fresh_member.get(f"/documents/{documents[0]['id']}/pages/1").status_code == 200
        # Sessions end at once without it too.
        assert fresh_member.post("/auth/logout").status_code == 204
        assert fresh_member.get("/auth/me").status_code == 401
    finally:
        stack.start("redis")
    wait_until(lambda: healthy(api), 30, "health")


@pytest.mark.parametrize("pool", ["api", "bulk"])
def test_a_killed_worker_is_replaced(stack, account, pool, expect_log):
    expect_log(r"Child\[\d\] died, respawn")
    before = set(stack.workers(pool))
    assert len(before) >= 2
    victim = sorted(before)[0]
    os.kill(victim, signal.SIGKILL)
    wait_until(lambda: len(set(stack.workers(pool)) - {victim}) == len(before), 10, "a new worker")
    for _ in range(10):
        assert account.get("/documents").status_code == 200
        account.upload(("a.txt", b"apres la mort\n"), query="?process=false")


def test_without_any_worker(stack, account, expect_log):
    """nginx answers for them, in the same form."""
    expect_log(r"connect\(\) to unix:.*/api\.sock failed")
    supervisor, workers = stack.pid("api"), stack.workers("api")
    sockets = [stack.run / "api.sock"]
    hidden = [p.with_suffix(".hidden") for p in sockets]
    for a, b in zip(sockets, hidden):
        a.rename(b)
    try:
        for path in ("/live", "/ready", "/health", "/api/v1/health", "/", "/auth/me"):
            answer = account.get(path)
            assert answer.status_code == 503 and code(answer) == "service_unavailable"
        assert account.get("/docs").status_code == 200
    finally:
        for a, b in zip(sockets, hidden):
            b.rename(a)
    assert stack.pid("api") == supervisor and set(stack.workers("api")) == set(workers)
    assert account.get("/live").status_code == 200


def test_a_killed_job_worker_loses_no_job(stack, account, expect_log):
    expect_log("a worker died|connection to client lost")
    parent = stack.pid("jobs")
    before = set(children(parent))
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    document = account.upload(("RC.pdf", pdfs.rules()))
    assert account.processed(document["id"], seconds=60)["status"] == "processed"
    wait_until(lambda: len(set(children(parent)) - before) >= len(before), 30, "new job workers")
    assert stack.pid("jobs") == parent


def test_another_process_of_the_suite_can_log_in_after_all_this(api):
    assert isinstance(api.account(), Api)
