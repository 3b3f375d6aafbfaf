"""`scorpius migrate` on a server where everybody must show a password."""

import os
import subprocess

import psycopg2
import pytest

from postgres_fixture import Cluster, ROOT
from test_db import BUILD

OPERATOR, API, JOBS = "opérateur: @secret/1", "api'\\ secret é", "jobs secret"


@pytest.fixture(scope="module")
def server():
    c = Cluster(password=OPERATOR)
    c.run_sql("create database scorpius")
    yield c
    c.remove()


@pytest.fixture
def migrate(server, tmp_path):
    """Runs it, with a sqitch in front of the real one that notes its arguments."""
    data, spy = tmp_path / "data", tmp_path / "bin"
    data.mkdir()
    spy.mkdir()
    (data / "schema").symlink_to(ROOT / "schema")
    (spy / "sqitch").write_text(f'#!/bin/sh\necho "$@" >>{tmp_path}/arguments\nexec /usr/bin/sqitch "$@"\n')
    (spy / "sqitch").chmod(0o755)

    def run(*args, **settings):
        env = {"PATH": f"{spy}:{os.environ['PATH']}", "DATABASE_URL": server.url(database="scorpius"), "DATA_PATH": str(data),
               "DATABASE_API_PASSWORD": API, "DATABASE_JOBS_PASSWORD": JOBS, **settings}
        done = subprocess.run([BUILD / "app/cli/scorpius", "migrate", *args], env=env, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=300)
        for secret in (OPERATOR, API, JOBS):
            assert secret not in done.stdout + done.stderr
            assert secret not in (tmp_path / "arguments").read_text() if (tmp_path / "arguments").exists() else True
        return done
    return run


def can_log_in(server, role, password):
    try:
        psycopg2.connect(server.dsn(role, "scorpius"), password=password).close()
        return True
    except psycopg2.OperationalError:
        return False


def test_deploys_lets_the_programs_in_and_can_be_run_again(server, migrate):
    for _ in range(2):
        done = migrate()
        assert done.returncode == 0, done.stdout + done.stderr
        assert "scorpius_api : mot de passe défini" in done.stdout
        assert "pgvector : " in done.stdout
        assert can_log_in(server, "scorpius_api", API) and can_log_in(server, "scorpius_jobs", JOBS)
        assert not can_log_in(server, "scorpius_api", JOBS)
    assert migrate("--verify").returncode == 0


def test_a_password_that_is_not_given_stays(server, migrate):
    migrate()
    done = migrate(DATABASE_API_PASSWORD="")
    assert done.returncode == 0 and "scorpius_api : mot de passe inchangé" in done.stdout
    assert can_log_in(server, "scorpius_api", API)


def test_revert_asks_for_a_yes(server, migrate):
    migrate()
    assert migrate("--revert").returncode == 64
    assert migrate("--verify").returncode == 0
    assert migrate("--revert", "--yes").returncode == 0
    assert migrate("--verify").returncode != 0
    assert migrate().returncode == 0


@pytest.mark.parametrize("settings, status, told", [
    ({"DATABASE_URL": ""}, 78, "DATABASE_URL"),
    ({"DATABASE_URL": "postgresql://["}, 78, "DATABASE_URL"),
    ({"DATABASE_URL": "postgresql://x@/y?host=/nonexistent"}, 69, "service"),
    ({"DATA_PATH": "/nonexistent"}, 78, "sqitch.plan"),
    ({"PATH": "/nonexistent"}, 69, "sqitch"),
])
def test_says_what_is_missing(server, migrate, settings, status, told):
    done = migrate(**settings)
    assert done.returncode == status and told in done.stderr, done.stderr


def test_wrong_arguments(migrate):
    assert migrate("--sideways").returncode == 64
