"""A machine whose clock is an hour off, or jumps, beside others and a PostgreSQL whose clock is right: nobody is shut out, nothing is
done twice or removed too early. The rule: what has a life is judged by PostgreSQL's clock, access tokens too; a limit of requests by
that of Redis. (Commands on such a clock: test_bad_operations.py; Redis's own clock set back: the unit tests of lib/cache.)"""

import base64
import glob
import json
import os
import shutil
import time
from datetime import datetime

import psycopg2
import pytest

from stack import parsed, wait_until
from test_rolling import HALVES, Server

pytestmark = pytest.mark.skipif(not shutil.which("faketime"), reason="faketime is not installed")
HOUR = 3600


class OffServer(Server):
    """Its workers' wall clock is off by what stands in a file; the monotonic one goes on, as when a clock is set."""

    def __init__(self, stack, top, seconds):
        self.offset = top / "offset"
        self.set(seconds)
        super().__init__(stack, top)

    def set(self, seconds):
        new = self.offset.with_suffix(".new")
        new.write_text(f"{seconds:+d}\n")
        new.rename(self.offset)

    def spawn(self, name, *command):
        right = self.env
        if name in HALVES:
            self.env = {**right, **off(self.offset)}
        super().spawn(name, *command)
        self.env = right

    def last(self):
        """The last line that its workers wrote."""
        return [line for line in map(parsed, (self.top / "log").read_text().splitlines()) if line and line.get("program") == "scorpius-api"][-1]


def off(path):
    return {"LD_PRELOAD": glob.glob("/usr/lib/*/faketime/libfaketime.so.1")[0], "FAKETIME_TIMESTAMP_FILE": str(path), "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1", "FAKETIME_DISABLE_SHM": "1"}


@pytest.fixture
def server(stack, folder):
    servers = []

    def start(seconds):
        servers.append(OffServer(stack, folder, seconds))
        return servers[-1]
    yield start
    for s in servers:
        s.close()


def claims(token):
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def at(server, account):
    """The same person at the other server."""
    def ask(method, path, **more):
        return server.client.request(method, "/api/v1" + path, headers={"Authorization": f"Bearer {account.token}"}, **more)
    return ask


def is_off(line, seconds):
    """The measure measures: a line of the log has another time than ours."""
    written = datetime.fromisoformat(line["time"].replace("Z", "+00:00")).timestamp()
    return abs(written - time.time() - seconds) < 60


@pytest.mark.parametrize("seconds", [-HOUR, HOUR])
def test_tokens_are_good_on_every_machine(stack, server, account, seconds):
    far = server(seconds)
    # One of the others is taken here,
    there = at(far, account)
    assert there("GET", "/auth/me").status_code == 200 and is_off(far.last(), seconds)
    # one from here by the others, and here; its life is the whole of it by PostgreSQL's clock.
    answer = far.client.post("/api/v1/auth/login", json={"email": account.email, "password": account.password})
    tokens = answer.json()["data"]
    mine = claims(tokens["access_token"])
    assert abs(mine["iat"] - time.time()) < 30 and mine["exp"] - mine["iat"] == tokens["expires_in"]
    account.token = tokens["access_token"]
    assert account.get("/auth/me").status_code == 200 and there("GET", "/auth/me").status_code == 200
    # The session goes on from one to the other.
    for base in (far.client, stack.http, far.client):
        answer = base.post("/api/v1/auth/refresh", json={"refresh_token": tokens["refresh_token"]})
        assert answer.status_code == 200, answer.text
        tokens = answer.json()["data"]
        account.token = tokens["access_token"]
        assert account.get("/auth/me").status_code == 200 and there("GET", "/auth/me").status_code == 200
    # A session that ended has ended everywhere.
    assert account.post("/auth/logout").status_code == 204
    assert there("GET", "/auth/me").status_code == 401


def test_a_clock_that_jumps_shuts_nobody_out(server, account):
    far = server(0)
    there = at(far, account)
    for seconds in (-HOUR, 0, HOUR, 0, 5 * HOUR):
        far.set(seconds)
        assert there("GET", "/auth/me").status_code == 200 and is_off(far.last(), seconds)
        login = far.client.post("/api/v1/auth/login", json={"email": account.email, "password": account.password})
        assert login.status_code == 200, login.text
        account.token = login.json()["data"]["access_token"]
        assert there("GET", "/auth/me").status_code == 200 and account.get("/auth/me").status_code == 200


def test_limits_count_together_whatever_the_clocks_say(server, account):
    far = server(HOUR)
    there = at(far, account)
    left = []
    for ask in (account.request, there, account.request, there):
        headers = ask("GET", "/auth/me").headers
        left.append(int(headers["RateLimit-Remaining"]))
        assert 0 <= int(headers["RateLimit-Reset"]) <= 60
    # A minute may have begun anew between two of them.
    assert sum(b == a - 1 for a, b in zip(left, left[1:])) >= 2, left


# --- jobs

@pytest.fixture
def jobs(stack, frozen_jobs, folder):
    """jobs(seconds): the stack's own jobs sleep; others, whose clock is off, do all the work."""
    offset, started = folder / "offset", []

    def start(seconds):
        offset.write_text(f"{seconds:+d}\n")
        offset.chmod(0o644)
        path = stack.state / "conf/jobs.env"
        settings = {k: v.strip("'") for k, v in (line.split("=", 1) for line in path.read_text().splitlines())}
        owner = (stack.state / "env").stat().st_uid
        program = stack.env["DATA_PATH"].removesuffix("/share/scorpius") + "/bin/scorpius-jobs"
        # By `env`, so that it is first loaded as that user.
        stack.spawn("jobs-off", ["env", *(f"{k}={v}" for k, v in off(offset).items()), program], owner, **{**settings, "JOB_WORKERS": "1"})
        started.append(stack.pid("jobs-off"))
    yield start
    for pid in started:
        os.kill(pid, 15)
        wait_until(lambda: stack.pid("jobs-off") is None, 30, "the jobs to end")


@pytest.mark.parametrize("seconds", [-HOUR, HOUR])
def test_jobs_are_leased_and_things_removed_by_the_databases_clock(stack, jobs, account, seconds):
    soon = account.upload(("bientot.txt", b"encore une demi-heure\n"), query="?process=false")["id"]
    due = account.upload(("fini.txt", b"depuis une seconde\n"), query="?process=false")["id"]
    for id in (soon, due):
        assert account.request("DELETE", f"/documents/{id}").status_code == 204
    stack.sql("update scorpius.document set purge_after = now() + interval '30 minutes' where id = %s", soon)
    stack.sql("update scorpius.document set purge_after = now() - interval '1 second' where id = %s", due)
    document = account.upload(("lu.txt", b"Date limite : le 4 mai\n"))["id"]
    # Held at its first statement on the document, so that the lease can be looked at.
    held = psycopg2.connect(stack.env["DATABASE_URL"])
    try:
        with held.cursor() as cursor:
            cursor.execute("select from scorpius.document where id = %s for update", (document,))
        jobs(seconds)
        lease = "select extract(epoch from leased_until - now())::float as left, attempt from scorpius.job where document_id = %s and state = 'leased'"
        wait_until(lambda: stack.sql(lease, document), 60, "the job to be leased")
        for row in stack.sql(lease, document):
            assert -1 < row["left"] <= int(stack.env["JOB_LEASE"]) and row["attempt"] == 1
    finally:
        held.rollback()
        held.close()
    account.processed(document)
    assert stack.sql("select attempt, abs(extract(epoch from finished_at - now())) < 60 as now from scorpius.job where document_id = %s", document) == \
        [{"attempt": 1, "now": True}]
    # What is due goes; what has half an hour stays and comes back.
    wait_until(lambda: not stack.sql("select 1 from scorpius.document where id = %s", due), 60, "what is due to go")
    assert account.post(f"/documents/{soon}/restore").status_code == 200
    assert account.get(f"/documents/{soon}/content").content == b"encore une demi-heure\n"
    assert is_off([line for line in map(parsed, stack.log_lines("jobs-off")) if line and line["msg"] == "job done"][-1], seconds)
