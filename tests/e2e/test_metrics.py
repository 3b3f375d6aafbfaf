"""What the operator's Prometheus sees: counts that rise with what is done and never fall, told on loopback only."""

import contextlib
import datetime
import json
import os
import signal
import subprocess
import threading
import time

import httpx
import pytest

import pdfs
import prometheus
from backups import vault  # noqa: F401
from client import raw
from stack import wait_until
from test_failures import DOWN, healthy, no_database  # noqa: F401
from test_storage import object_of, storage


@pytest.fixture(autouse=True)
def with_listener(stack):
    if "METRICS_PORT" not in stack.settings:
        stack.settings["METRICS_PORT"] = stack.env.get("METRICS_PORT", "0")
    if stack.settings["METRICS_PORT"] == "0":
        pytest.skip("this stack has no METRICS_PORT")


def requests_of(page, **labels):
    return page.total("scorpius_http_requests_total", **labels)


def test_the_page_is_prometheus_format_and_keeps_to_its_list(stack, account):
    account.tender_with(("RC.pdf", pdfs.rules()))
    page = prometheus.read(stack)
    prometheus.promtool("check", "metrics", text=page.text)
    listed, values = prometheus.listed(), prometheus.label_values()
    assert {line.split()[2] for line in page.text.splitlines() if line.startswith("# TYPE ")} == set(listed)
    values["pool"], values["service"] = {"api", "bulk", "jobs"}, {"database", "redis", "storage", "queue", "mail", "scanner"}
    values["state"] = {"busy", "idle", "up", "degraded", "down", "disabled"}
    wrong = [(n, k, v) for n, labels in page.samples for k, v in labels if k not in ("le", "version") and v not in values[k]]
    assert wrong == [], "a label's value is not from a closed set"
    assert page.get("scorpius_build_info", version=account.get("/health").json()["version"]) == 1


def test_each_request_counts_once(stack, account):
    before = prometheus.read(stack)
    for _ in range(3):
        assert account.get("/search?q=essai").status_code == 200
    assert account.get("/search").status_code == 400
    assert account.request("HEAD", "/search?q=essai").status_code == 200
    assert account.http.get("/api/v1/nowhere").status_code == 404
    after = prometheus.read(stack)

    def rise(name, **labels):
        return after.get(name, **labels) - before.get(name, **labels)

    assert rise("scorpius_http_requests_total", **{"class": "search"}, method="GET", status="200") == 3
    assert rise("scorpius_http_requests_total", **{"class": "search"}, method="GET", status="400") == 1
    assert rise("scorpius_http_requests_total", **{"class": "search"}, method="HEAD", status="200") == 1
    assert rise("scorpius_http_requests_total", **{"class": "unknown"}, method="GET", status="404") == 1
    assert rise("scorpius_http_request_duration_seconds_count", **{"class": "search"}) == 5
    assert rise("scorpius_http_request_duration_seconds_bucket", **{"class": "search"}, le="+Inf") == 5
    assert rise("scorpius_http_request_duration_seconds_sum", **{"class": "search"}) > 0
    # Whoever looks is not counted.
    assert prometheus.read(stack).samples.items() >= {k: v for k, v in after.samples.items() if k[0] == "scorpius_http_requests_total"}.items()


def test_bytes_are_those_of_the_bodies(stack, account):
    name, data = "octets.txt", b"vingt-cinq octets, point\n" * 1000
    before = prometheus.read(stack)
    document = account.upload((name, data), query="?process=false")
    content = account.get(f"/documents/{document['id']}/content")
    assert content.content == data
    assert account.get(f"/documents/{document['id']}/content", headers={"Range": "bytes=0-99"}).status_code == 206

    def given_out(page):
        return page.get("scorpius_http_response_body_bytes_total", **{"class": "content"})
    # A client may have all of a large answer before its worker has counted it.
    after = wait_until(lambda: (lambda p: p if given_out(p) - given_out(before) >= len(data) + 100 else None)(prometheus.read(stack)), 10, "all bytes to count")
    assert given_out(after) - given_out(before) == len(data) + 100
    assert after.get("scorpius_http_request_body_bytes_total", **{"class": "documents"}) - before.get(
        "scorpius_http_request_body_bytes_total", **{"class": "documents"}) > len(data)
    for store in "read", "written":  # sealed: a little more than the file
        bytes_name = f"scorpius_store_{store}_bytes_total"
        assert after.get(bytes_name, backend="directory") - before.get(bytes_name, backend="directory") > len(data)
    assert after.get("scorpius_store_operation_duration_seconds_count", backend="directory", operation="commit") > before.get(
        "scorpius_store_operation_duration_seconds_count", backend="directory", operation="commit")


def test_logins_and_statements(stack, account):
    before = prometheus.read(stack)
    assert account.login(account.email, "pas le bon mot de passe").status_code == 401
    assert account.login(account.email, account.password).status_code == 200
    after = prometheus.read(stack)
    for result in "ok", "failed":
        assert after.get("scorpius_logins_total", result=result) - before.get("scorpius_logins_total", result=result) == 1
    before = prometheus.read(stack)
    assert account.get("/search?q=essai").status_code == 200
    after = prometheus.read(stack)
    # The page itself asks for the queue, once in a second, and for what is stored, once in a minute; health asks, too: all of it on a slow machine.
    for name in "scorpius_db_statements_total", "scorpius_db_round_trips_total":
        assert 1 <= after.get(name, pool="api") - before.get(name, pool="api") <= 8


def test_jobs_and_what_the_reader_made_of_it(stack, account, settled):
    before = prometheus.read(stack)
    good = account.upload(("RC.pdf", pdfs.rules()))
    bad = account.upload(("abime.pdf", b"%PDF-1.7\n" + b"rien de lisible\n" * 50))
    assert account.processed(good["id"])["status"] == "processed"
    assert account.processed(bad["id"])["status"] == "failed"
    wait_until(lambda: prometheus.read(stack).total("scorpius_workers", pool="jobs", state="busy") == 0, 20, "the jobs to be idle")
    after = prometheus.read(stack)

    def rise(name, **labels):
        return after.total(name, **labels) - before.total(name, **labels)

    assert rise("scorpius_jobs_total", kind="read") == rise("scorpius_job_duration_seconds_count", kind="read") >= 2
    assert rise("scorpius_jobs_total", kind="read", outcome="done") >= 1
    assert rise("scorpius_job_wait_seconds_count", kind="read") >= 2
    assert rise("scorpius_readings_total", format="pdf", outcome="ok") == 1
    assert rise("scorpius_readings_total", format="pdf") >= 2
    assert rise("scorpius_db_statements_total", pool="jobs") > 4


def test_letters(stack, api, settled):
    before = prometheus.read(stack)
    account = api.account()
    api.letter_left(account.user["id"], "email_confirm")
    wait_until(lambda: prometheus.read(stack).get("scorpius_mail_letters_total", result="sent")
               - before.get("scorpius_mail_letters_total", result="sent") >= 1, 20, "a letter to be counted")


def test_the_queue_is_seen_while_it_waits(stack, account, settled, frozen_jobs):
    """Of the whole machine, at most a second old."""
    documents = [account.upload((f"{n}.txt", b"en attente %d\n" % n)) for n in range(2)]
    page = wait_until(lambda: (lambda p: p if p.get("scorpius_queue_waiting_jobs", kind="read") == 2 else None)(prometheus.read(stack)), 10,
                      "two jobs to be seen waiting")
    first = page.get("scorpius_queue_oldest_age_seconds", kind="read")
    wait_until(lambda: prometheus.read(stack).get("scorpius_queue_oldest_age_seconds", kind="read") > first, 10, "the oldest one to age")
    assert page.get("scorpius_queue_running_jobs", kind="read") == 0
    assert len(documents) == 2


def test_a_killed_worker_takes_nothing_along(stack, account, expect_log):
    expect_log(r"Child\[\d\] died, respawn")
    for _ in range(12):
        account.get("/search?q=essai")
    before = prometheus.read(stack)
    workers = set(stack.workers("api"))
    for victim in workers:
        os.kill(victim, signal.SIGKILL)
    wait_until(lambda: len(set(stack.workers("api")) - workers) == len(workers), 10, "new workers")
    after = wait_until(lambda: (lambda p: p if p.get("scorpius_worker_starts_total", pool="api")
                                >= before.get("scorpius_worker_starts_total", pool="api") + len(workers) else None)(prometheus.read(stack)), 10, "all to count")
    assert before.fell(after) == []
    assert requests_of(after, **{"class": "search"}) == requests_of(before, **{"class": "search"})
    assert after.total("scorpius_workers", pool="api") == len(workers)
    assert account.get("/search?q=essai").status_code == 200
    assert requests_of(prometheus.read(stack), **{"class": "search"}) == requests_of(before, **{"class": "search"}) + 1


def test_a_reload_takes_nothing_along(stack, account, expect_log):
    expect_log("Spawning child")  # what multiwatch says of a worker that ends within a second of its start
    before = prometheus.read(stack)
    workers = {pool: set(stack.workers(pool)) for pool in ("api", "bulk")}
    for pool in workers:
        os.kill(stack.pid(pool), signal.SIGUSR2)
    for pool, old in workers.items():
        wait_until(lambda: len(set(stack.workers(pool)) - old) == len(old), 20, "new workers")
    wait_until(lambda: prometheus.read(stack).get("scorpius_worker_starts_total", pool="bulk")
               == before.get("scorpius_worker_starts_total", pool="bulk") + len(workers["bulk"]), 10, "them to count")
    after = prometheus.read(stack)
    assert before.fell(after) == []
    # In the places of the former ones: none is left over, none is counted twice.
    for pool, old in workers.items():
        assert after.total("scorpius_workers", pool=pool) == len(old)


def test_under_load_nothing_falls_and_nothing_is_lost(stack, account):
    """Pages that are read while requests are made."""
    each, callers = 150, 4
    before = prometheus.read(stack)

    def call():
        with httpx.Client(base_url=stack.base, headers={"Authorization": f"Bearer {account.token}"}, trust_env=False) as client:
            for _ in range(each):
                assert client.get("/api/v1/search?q=essai").status_code == 200

    threads = [threading.Thread(target=call) for _ in range(callers)]
    pages = [before]
    for t in threads:
        t.start()
    with httpx.Client(trust_env=False) as client:
        while any(t.is_alive() for t in threads):
            pages.append(prometheus.read(stack, client))
    for t in threads:
        t.join()
    pages.append(prometheus.read(stack))
    assert len(pages) > 5
    assert [fault for a, b in zip(pages, pages[1:]) for fault in a.fell(b)] == []
    assert requests_of(pages[-1], **{"class": "search"}, status="200") - requests_of(before, **{"class": "search"}, status="200") == each * callers


def test_nobody_outside_reads_it(stack):
    tricks = ["X-Forwarded-For: 127.0.0.1", "X-Real-IP: 127.0.0.1", "Forwarded: for=127.0.0.1", f"X-Forwarded-Port: {stack.settings['METRICS_PORT']}",
              "Scorpius-Listener: internal", "SCORPIUS_LISTENER: internal", "X-Original-URL: /metrics", "X-Rewrite-URL: /metrics"]
    head = "\r\n".join(["Host: 127.0.0.1:" + stack.settings["METRICS_PORT"], *tricks, "Connection: close", "", ""])
    for target in ("/metrics", "//metrics", "/%6detrics", "/./metrics", "/a/../metrics", "/metrics?x=1", "/metrics/", "/metrics#x", "/api/v1/metrics",
                   "/api/v1/../../metrics", "/health/../metrics", f"http://127.0.0.1:{stack.settings['METRICS_PORT']}/metrics"):
        status, headers, body = raw(stack, f"GET {target} HTTP/1.1\r\n{head}".encode())
        assert status in (400, 404), (target, status)
        assert b"scorpius_" not in body
    # Nor does a worker tell who is asked by another way than that listener.
    assert "fastcgi_param SCORPIUS_LISTENER" not in (stack.state / "conf" / "fastcgi.conf").read_text()


def test_the_listener_has_nothing_else(stack):
    address = f"http://127.0.0.1:{stack.settings['METRICS_PORT']}"
    for path in ("/", "/api/v1/live", "/health", "/api/v1/documents", "/metrics/x", "/api/v1/docs"):
        assert httpx.get(address + path).status_code == 404
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        assert httpx.request(method, address + "/metrics").status_code == 405
    assert httpx.get(address + "/metrics?q=1").status_code == 400
    # This machine only: the port is bound to loopback.
    port = int(stack.settings["METRICS_PORT"])
    listening = [line.split()[1] for line in open("/proc/net/tcp") if line.split()[3] == "0A" and int(line.split()[1].split(":")[1], 16) == port]
    assert listening == [f"0100007F:{port:04X}"]


def test_verify_tells_what_it_found(stack, account):
    document = account.upload(("RC.pdf", pdfs.rules()))
    account.processed(document["id"])
    begun = int(time.time())
    storage(stack, "verify", "--quick")
    first = prometheus.read(stack)
    assert first.get("scorpius_storage_verify_timestamp_seconds") >= begun
    path = object_of(stack, document)
    aside = path.with_suffix(".aside")
    path.rename(aside)
    try:
        storage(stack, "verify", "--quick")
        page = prometheus.read(stack)
    finally:
        aside.rename(path)
    assert page.get("scorpius_storage_verify_files", fault="missing") == first.get("scorpius_storage_verify_files", fault="missing") + 1
    storage(stack, "verify", "--quick")
    assert prometheus.read(stack).get("scorpius_storage_verify_files", fault="missing") == first.get("scorpius_storage_verify_files", fault="missing")


def test_without_redis_its_failures_are_counted(stack, account):
    before = prometheus.read(stack)
    stack.stop("redis", signal.SIGTERM)
    try:
        assert account.get("/search?q=essai").status_code == 200
        page = wait_until(lambda: (lambda p: p if p.get("scorpius_service_state", service="redis", state="down") == 1 else None)(prometheus.read(stack)), 10,
                          "the page to tell")
        assert page.total("scorpius_redis_failures_total") > before.total("scorpius_redis_failures_total")
    finally:
        stack.start("redis")
    wait_until(lambda: healthy(account), 30, "health")


def test_without_postgresql_the_page_is_there_and_tells_nothing_old(stack, account, no_database):  # noqa: F811
    def look():
        page = prometheus.read(stack)
        return page if page.get("scorpius_service_state", service="database", state="down") == 1 and not page.has("scorpius_queue_waiting_jobs") else None

    page = wait_until(look, 15, "the page to tell that the database is away")
    assert requests_of(page) > 0
    stack.start("postgres")
    wait_until(lambda: prometheus.read(stack).has("scorpius_queue_waiting_jobs"), 30, "the queue to be seen again")


@contextlib.contextmanager
def jobs_beside(stack, **settings):
    """Jobs with other settings, beside those of the stack and as their user."""
    user = stack.run.stat()
    program = stack.state / "app/usr/bin/scorpius-jobs"
    become = ["/usr/bin/setpriv", f"--reuid={user.st_uid}", f"--regid={user.st_gid}", "--clear-groups", "--"] if os.geteuid() == 0 and user.st_uid else []
    with open(stack.state / "log/jobs-beside.log", "ab") as log:
        jobs = subprocess.Popen([*become, program], env={"PATH": os.environ["PATH"], **stack.env, **settings}, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        yield
    finally:
        jobs.terminate()
        assert jobs.wait(60) == 0


def test_the_age_of_the_last_whole_backup_is_told(stack, vault, account):  # noqa: F811
    account.upload(("RC.pdf", pdfs.rules()))

    def told():
        return prometheus.read(stack).samples.get(("scorpius_backup_timestamp_seconds", ()))

    vault.path.mkdir(mode=0o700)
    os.chown(vault.path, stack.run.stat().st_uid, -1)
    with jobs_beside(stack, BACKUP_PATH=str(vault.path)):
        wait_until(lambda: told() == 0, 30, "none is told as 0")
    name = vault.take()
    made = datetime.datetime.fromisoformat(json.loads((vault.path / name / "backup.json").read_text())["created_at"].replace("Z", "+00:00"))
    with jobs_beside(stack, BACKUP_PATH=str(vault.path)):
        wait_until(lambda: told() == int(made.timestamp()), 30, "the moment of the backup")
    with jobs_beside(stack, BACKUP_PATH=str(vault.path / "nowhere")):
        wait_until(lambda: told() == 0, 30, "a folder that is gone is told as 0")
