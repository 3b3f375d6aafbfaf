"""Fixtures of the end-to-end tests: the whole stack, started once; callers whose every answer is checked; its logs, in
which an error that no test announced fails the test that caused it.

SCORPIUS_E2E_STATE=DIR with SCORPIUS_PORT uses a stack that runs already (a developer's short loop). With `-n` each worker of
pytest-xdist has a stack of its own (spread.py)."""

import contextlib
import os
import pathlib
import shutil
import signal
import sys
import tempfile
import time

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import client as client_module  # noqa: E402
import pdfs  # noqa: E402
import spread  # noqa: E402
from contract import Contract  # noqa: E402
from server_fixture import BUILD, NAME, install  # noqa: E402
from smtp import Authority  # noqa: E402
from stack import Logs, Stack, children, wait_until  # noqa: E402
from swift_fixture import Swift  # noqa: E402

run = {}

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def interrupted(*_):
    """Whoever ends the run from outside ends its stacks too: nothing may disturb that, so one signal is enough."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


for number in SIGNALS:
    if signal.getsignal(number) != signal.SIG_IGN:  # as under nohup
        signal.signal(number, interrupted)


@pytest.fixture(scope="session")
def contract():
    run["contract"] = Contract()
    return run["contract"]


@pytest.fixture(scope="session")
def secrets():
    """What must not stand in a log: {secret: what it is}."""
    run["secrets"] = {}
    return run["secrets"]


@pytest.fixture(scope="session")
def stack(secrets):
    s = Stack(os.environ.get("SCORPIUS_E2E_STATE"))
    run["stack"] = s
    run["logs"] = Logs(s.state / "log")
    secrets.update(s.secrets())
    # While it starts, PostgreSQL refuses whoever looks whether it is there, and sqitch looks for its registry.
    run["logs"].allow('the database system is starting up|relation "changes" does not exist')
    lines = run["logs"].unexpected()
    run["logs"].settle()
    assert s.existing or not lines, "unexpected in the logs of the start:\n" + "\n".join(lines)
    yield s
    s.start_stopped()
    s.end()


@pytest.fixture(scope="session")
def swift():
    """An S3 service."""
    s = Swift()
    yield s
    s.remove()


@contextlib.contextmanager
def open_folder():
    """Not below pytest's own, which another user's run of pytest shuts to whoever the servers run as."""
    path = pathlib.Path(tempfile.mkdtemp(prefix="scf", dir="/tmp"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


@pytest.fixture
def folder():
    """A folder that servers of another user can enter; short, for the sockets below it."""
    with open_folder() as path:
        yield path


@pytest.fixture(scope="module")
def tree():
    """What `meson install` puts on a server."""
    if not (BUILD / "build.ninja").exists():
        pytest.skip("nothing is built")
    with open_folder() as path:
        yield install(path)


@pytest.fixture(scope="module")
def authority():
    """A private authority, and its certificate for the site's name and for servers of this machine."""
    a = Authority(f"DNS:{NAME},DNS:localhost,IP:127.0.0.1")
    yield a
    a.remove()


@pytest.fixture
def expect_log(stack):
    """expect_log(regex): this test causes such error lines."""
    return run["logs"].allow


@pytest.fixture(autouse=True)
def quiet_log(request):
    """A test whose stack logged an error that it did not announce fails."""
    yield
    if "logs" in run and "stack" in request.fixturenames:
        lines = run["logs"].unexpected()
        run["logs"].settle()
        assert not lines, "unexpected in the logs:\n" + "\n".join(lines[:20])


@pytest.fixture
def api(stack, contract, secrets):
    """An anonymous caller."""
    return client_module.Api(stack, contract, secrets)


@pytest.fixture
def account(api):
    """A member of a fresh organisation."""
    return api.account()


@pytest.fixture
def other(api):
    """A member of another fresh organisation."""
    return api.account()


@pytest.fixture
def operator(api):
    """An account of the operator."""
    return api.operator()


@pytest.fixture
def document(account):
    """A file of the account's that was read."""
    shown = account.processed(account.upload(("RC.pdf", pdfs.rules()))["id"])
    assert shown["status"] == "processed"
    return shown


@pytest.fixture
def frozen_jobs(stack):
    """No job is taken while the test runs: what is queued stays queued."""
    parent = stack.pid("jobs")
    pids = [parent, *children(parent)]

    def busy():
        return stack.sql("select (select count(*) from scorpius.job where state = 'leased') + (select count(*) from pg_stat_activity "
                         "where usename = 'scorpius_jobs' and xact_start is not null) n")[0]["n"]

    def freeze():
        """Not in the middle of something, which would keep its locks. What they sent as they were stopped is still to arrive: several looks."""
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        for _ in range(5):
            if busy():
                for pid in pids:
                    os.kill(pid, signal.SIGCONT)
                return False
            time.sleep(0.05)
        return True

    wait_until(freeze, 30, "the jobs to have nothing in hand")
    yield
    for pid in pids:
        os.kill(pid, signal.SIGCONT)


@pytest.fixture
def settled(account, stack):
    """What earlier tests and the making of the account set off is done, attempts that wait for their turn too."""
    wait_until(lambda: not stack.sql("select id from scorpius.job where state = 'leased' or state = 'queued' and run_after <= now() + interval '1 minute'"),
               90, "the jobs of earlier tests to end")


@pytest.fixture
def nothing_written(stack, settled):
    """Fails unless rows and files are the same after the test as before."""
    before = stack.rows(), stack.files()
    yield
    wait_until(lambda: (stack.rows(), stack.files()) == before, 10,
               f"what was half-written to go: before {before}, now {stack.rows()}, {stack.files()}")


# --- the whole run

def pytest_collection_modifyitems(items):
    spread.order(items)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    return spread.scheduler(config, log)


@pytest.fixture
def whole_run(request):
    """Skips unless all end-to-end tests were asked for and passed: otherwise something is missing with good reason."""
    if not spread.whole(request.config, HERE):
        pytest.skip("only a part of the tests was asked for")
    if request.session.testsfailed:
        pytest.skip("other tests failed")


@pytest.fixture(scope="session")
def logs(stack):
    return run["logs"]


parts = []  # of each process that ran tests: what it saw


def part(passed):
    """What this process saw. Whatever part of the tests it ran: none of the secrets that they used stands in any log of its
    stacks. Removes the stacks of tests that passed."""
    secrets = run.get("secrets", {})
    told = [list(told) for s in Stack.started if s.state.exists() for told in s.secrets_in_logs(secrets)]
    if passed and not told:
        for s in Stack.started:
            s.remove()
    contract, kept = run.get("contract"), run.get("stack")
    return {"told": told, "seen": sorted(map(list, contract.seen)) if contract else [], "count": contract.count if contract else 0,
            "logs": [f"{kept.state}/log"] if kept and kept.state.exists() and not kept.existing else []}


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node):
    """A worker has ended: it hands over its part. One that died has none, and is a failure of its own."""
    parts.extend(filter(None, [getattr(node, "workeroutput", {}).get("part")]))


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session, exitstatus):
    """The judgement over all processes' parts is made by the one that has no other above it."""
    config = session.config
    if exitstatus == pytest.ExitCode.INTERRUPTED:
        for s in Stack.started:
            s.abandon()
    if hasattr(config, "workerinput"):
        config.workeroutput["part"] = part(exitstatus == 0)
        return
    if not parts:
        parts.append(part(exitstatus == 0))
    missing = len(getattr(config.option, "tx", None) or [None]) - len(parts)
    if exitstatus == 0 and missing:
        spread.told_as_test(config, "tests/conftest.py", "test_every_worker_told_what_it_saw", [f"{missing} workers told nothing"])
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
    elif exitstatus == 0 and spread.whole(config, HERE):
        contract = Contract()
        contract.seen = {(operation, status) for p in parts for operation, status in p["seen"]}
        wrong = contract.missing() + contract.stale()
        spread.told_as_test(config, "tests/e2e/test_whole_run.py", "test_every_declared_answer_was_seen", wrong)
        if wrong:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
    if any(p["told"] for p in parts):
        session.exitstatus = pytest.ExitCode.INTERNAL_ERROR  # more than a failed test: nothing else may cover it up


def pytest_terminal_summary(terminalreporter):
    for file, what in (told for p in parts for told in p["told"]):
        terminalreporter.write_line(f"SECRET IN A LOG: {what} stands in {file}", red=True)
    if any(p["count"] for p in parts):
        terminalreporter.write_line(f"{sum(p['count'] for p in parts)} answers checked against docs/openapi.yaml")
    for log in (log for p in parts for log in p["logs"]):
        terminalreporter.write_line(f"logs are kept in {log}")
