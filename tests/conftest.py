"""Fixtures of the end-to-end tests: the whole stack, started once; callers whose every answer is checked; its logs, in
which an error that no test announced fails the test that caused it.

SCORPIUS_E2E_STATE=DIR with SCORPIUS_PORT uses a stack that runs already (a developer's short loop)."""

import os
import pathlib
import signal
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import client as client_module  # noqa: E402
from contract import Contract  # noqa: E402
from stack import Logs, Stack, children, wait_until  # noqa: E402

run = {}


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
def frozen_jobs(stack):
    """No job is taken while the test runs: what is queued stays queued."""
    parent = stack.pid("jobs")
    pids = [parent, *children(parent)]

    def freeze():
        """Not in the middle of something, which would keep its locks."""
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        busy = stack.sql("select (select count(*) from scorpius.job where state = 'leased') + (select count(*) from pg_stat_activity "
                         "where usename = 'scorpius_jobs' and xact_start is not null) n")[0]["n"]
        if busy:
            for pid in pids:
                os.kill(pid, signal.SIGCONT)
        return not busy

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
    """What judges the whole run comes last."""
    items.sort(key=lambda item: item.path.name == "test_whole_run.py")


@pytest.fixture
def whole_run(request):
    """Skips unless all end-to-end tests were asked for and passed: otherwise something is missing with good reason."""
    opt = request.config.option
    whole = {HERE, HERE / "e2e", HERE.parent}
    start = request.config.invocation_params.dir
    if opt.keyword or opt.markexpr or getattr(opt, "lf", False) or not any((start / a).resolve() in whole for a in request.config.args):
        pytest.skip("only a part of the tests was asked for")
    if request.session.testsfailed:
        pytest.skip("other tests failed")


@pytest.fixture(scope="session")
def logs(stack):
    return run["logs"]


def pytest_sessionfinish(session, exitstatus):
    """Whatever part of the tests ran: none of the secrets that they used stands in any log of any stack."""
    run["told"] = [told for s in Stack.started if s.state.exists() for told in s.secrets_in_logs(run.get("secrets", {}))]
    if run["told"]:
        session.exitstatus = pytest.ExitCode.INTERNAL_ERROR  # more than a failed test: nothing else may cover it up
    elif exitstatus == 0:
        for s in Stack.started:
            s.remove()


def pytest_terminal_summary(terminalreporter):
    for file, what in run.get("told", []):
        terminalreporter.write_line(f"SECRET IN A LOG: {what} stands in {file}", red=True)
    if "contract" in run:
        terminalreporter.write_line(f"{run['contract'].count} answers checked against docs/openapi.yaml")
    if "stack" in run and run["stack"].state.exists() and not run["stack"].existing:
        terminalreporter.write_line(f"logs are kept in {run['stack'].state}/log")
