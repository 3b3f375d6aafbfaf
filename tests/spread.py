"""A run over several workers (pytest-xdist): which tests go where, and how what each worker saw is put together.

Each worker has a stack of its own, and gets a file at a time. What only the whole run can show is in two parts: each
worker judges its own stack when nothing else is left for it (e2e/test_whole_run.py), and the process that started the
workers judges what all of them saw together, when they have ended. Without workers one process does both."""

import pathlib

from _pytest.reports import TestReport

WHOLE_RUN = "test_whole_run.py"

# One after the other on one worker, so that they do not take the machine from each other: they measure, count requests in a
# time, take cores for hashes, or kill what others wait for.
ALONE = ("test_limits.py", "test_kills.py", "test_accounts_passwords.py", "test_together.py", "test_failures.py")

# These go first, so that no worker ends up with a long file, or the start of another stack, when the others are done.
FIRST = (*ALONE, "test_isolation.py", "test_schema.py", "test_migrate.py", "test_without_mail.py", "test_row_isolation.py", "test_tenders.py",
         "test_storage.py", "test_main_job.py")


def order(items):
    """Sorts collected tests by their files; what judges a whole stack comes last. Each file's tests stay as they were."""
    def place(item):
        name = item.path.name
        return len(FIRST) + 1 if name == WHOLE_RUN else FIRST.index(name) if name in FIRST else len(FIRST)
    items.sort(key=place)


def workers(config):
    """Names of all workers, known to each of them; none when this process runs the tests itself."""
    count = getattr(config, "workerinput", {}).get("workercount", 0)
    return [f"gw{i}" for i in range(count)]


def scheduler(config, log):
    """Made only where pytest-xdist is there, and asked for."""
    from xdist.scheduler import LoadScopeScheduling

    class Files(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            file, _, test = nodeid.partition("::")
            if file.endswith(ALONE):
                return "alone"
            # The judges of a worker's stack have its name as parameter, and are a scope of their own.
            return f"{file}[{test.rpartition('[')[2]}" if file.endswith(WHOLE_RUN) else file

        def _next(self, node):
            """The scope that this worker gets next: the first that is not another's."""
            mine = f"{WHOLE_RUN}[{node.gateway.id}]"
            free = (scope for scope in self.workqueue if WHOLE_RUN not in scope or scope.endswith(mine))
            return next(free, None)

        def _assign_work_unit(self, node):
            scope = self._next(node)
            if scope is not None:
                self.workqueue.move_to_end(scope, last=False)
                super()._assign_work_unit(node)

        def _reschedule(self, node):
            if self._next(node) is not None:
                super()._reschedule(node)
            elif not node.shutting_down:
                node.shutdown()

    return Files(config, log)


def told_as_test(config, file, name, wrong):
    """Reports a judgement that no process could make as a test, as if it were one: it is shown and counted."""
    for when in ("setup", "call", "teardown"):
        outcome = "failed" if wrong and when == "call" else "passed"
        config.hook.pytest_runtest_logreport(report=TestReport(
            nodeid=f"{file}::{name}", location=(file, None, name), keywords={}, outcome=outcome,
            longrepr="\n".join(wrong) if outcome == "failed" else None, when=when))


def whole(config, tests):
    """Whether all end-to-end tests were asked for."""
    option, start = config.option, pathlib.Path(config.invocation_params.dir)
    if option.keyword or option.markexpr or getattr(option, "lf", False):
        return False
    return any((start / a).resolve() in {tests, tests / "e2e", tests.parent} for a in config.args)
