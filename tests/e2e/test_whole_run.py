"""What only the whole run can show of a stack. Runs last, once for each worker, on the worker whose stack it is. (Whether every
declared answer was seen by one of them is judged when all have ended: conftest.py.)"""

import os

import pytest

import spread
from stack import Logs, Stack, wait_until


def pytest_generate_tests(metafunc):
    if names := spread.workers(metafunc.config):
        metafunc.parametrize("worker", names)


@pytest.fixture(autouse=True)
def worker():
    """Its name, where there are several."""


def test_it_is_this_workers_stack(worker):
    """Else one stack would be judged twice, and another not at all."""
    assert worker == os.environ.get("PYTEST_XDIST_WORKER")


def test_store_and_database_agree(stack, whole_run):
    """After all that was refused, broken off and killed: a file for each blob and a blob for each file, and no job in hand."""
    def in_hand():
        # Two kinds wait for a day that was set; everything else is work.
        return stack.sql("select kind, state, attempt, error_code, run_after::text, leased_until::text from scorpius.job"
                         " where state in ('queued', 'leased') and not (kind in ('erase', 'export_end') and state = 'queued' and run_after > now())")

    wait_until(lambda: in_hand() == [], 60, "the jobs to be done", in_hand)
    wait_until(lambda: not stack.sql("select 1 from scorpius.upload where clean_at <= now() union all select 1 from scorpius.blob_purge"), 90,
               "what is to be removed to go")
    blobs = {str(r["id"]): r["organization_id"] for r in stack.sql("select id::text, organization_id::text from scorpius.blob")}
    files = {p.name: p for p in stack.files_path.rglob("*") if p.is_file()}
    assert set(files) == set(blobs)
    assert all(blobs[name] in str(p) for name, p in files.items())
    twice = stack.sql("select blob_id, reader_version from scorpius.reading group by 1, 2 having count(*) > 1")
    assert twice == []
    assert stack.sql("select id from scorpius.document where status = 'processing'") == []


def test_stops_in_order(stack, logs):
    """Ends the stack: no part needs to be killed, none complains."""
    if stack.existing:
        return
    stack.start_stopped()
    stack.disconnect()
    said = stack.dev("down")
    assert "killed" not in said, said
    assert logs.unexpected() == []


def test_no_secret_in_the_logs(stack, secrets):
    """Of any stack of this run. (conftest looks again at the very end, also after a part of the tests.)"""
    assert stack in Stack.started
    assert [told for s in Stack.started for told in s.secrets_in_logs(secrets)] == []


def test_the_search_for_secrets_finds_one(stack, secrets, tmp_path):
    """Else the test above would prove nothing."""
    (tmp_path / "api.log").write_text('{"msg":"a slip","value":"' + stack.env["JWT_SECRET_KEY"] + '"}\n')
    assert Logs(tmp_path).containing(secrets) == [("api.log", "JWT_SECRET_KEY")]
    assert "a password" in secrets.values() and "an access token" in secrets.values()
