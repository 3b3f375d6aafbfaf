"""lib/db on a real PostgreSQL: the cases of the program db_try, with the server stopped and started under it."""

import os
import subprocess
from pathlib import Path

import psycopg2
import pytest

from postgres_fixture import Cluster, ROOT

BUILD = Path(os.environ.get("SCORPIUS_BUILD", ROOT / "build"))
DB_TRY = BUILD / "lib" / "db" / "db_try"
DATABASE = "db_test"


@pytest.fixture(scope="module")
def server():
    assert DB_TRY.exists(), f"{DB_TRY} is not built: set SCORPIUS_BUILD"
    c = Cluster()
    c.run_sql(f"create database {DATABASE}")
    c.sqitch("deploy", DATABASE)
    # Statements are of two programs: one role that may do what both may, to describe them all.
    c.run_sql("create role checker login; grant scorpius_api, scorpius_jobs to checker; "
              "alter role checker set search_path = scorpius, pg_temp")
    yield c
    c.remove()


def environment(server, prepared):
    return dict(os.environ, DATABASE_PREPARED=prepared, DATABASE_URL=server.url("operator", DATABASE),
                DATABASE_API_URL=server.url("scorpius_api", DATABASE),
                DATABASE_JOBS_URL=server.url("scorpius_jobs", DATABASE),
                DATABASE_CHECK_URL=server.url("checker", DATABASE))


def run(server, case, prepared="auto"):
    done = subprocess.run([DB_TRY, case], env=environment(server, prepared), stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done


def test_every_statement_agrees_with_the_schema(server):
    assert int(run(server, "check").stdout.split()[0]) >= 50


@pytest.mark.parametrize("case", ["check_tells", "types", "round_trips", "rollback", "identity", "lists", "tenders",
                                  "jobs", "timeout", "refused", "url"])
@pytest.mark.parametrize("prepared", ["auto", "off"])
def test_case(server, case, prepared):
    run(server, case, prepared)


def test_heals_after_the_server_was_gone(server):
    p = subprocess.Popen([DB_TRY, "reconnect"], env=environment(server, "auto"), stdin=subprocess.PIPE,
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        for line in p.stdout:
            for action in {"stop": [server.stop], "start": [server.start], "restart": [server.stop, server.start]}[line.strip()]:
                action()
            p.stdin.write("\n")
            p.stdin.flush()
        assert p.wait(30) == 0, p.stderr.read()
    finally:
        p.kill()
        p.communicate()


def test_a_server_that_is_not_there(tmp_path):
    done = subprocess.run([DB_TRY, "absent"], env=dict(os.environ, DATABASE_API_URL=f"host={tmp_path} dbname=x user=y"),
                          stderr=subprocess.PIPE, text=True, timeout=30)
    assert done.returncode == 0, done.stderr


@pytest.mark.skipif(not Path("/usr/sbin/pgbouncer").exists(), reason="pgbouncer is not installed")
@pytest.mark.parametrize("prepared", ["auto", "off"])
def test_through_a_pooler_in_transaction_mode(server, prepared):
    """PgBouncer before 1.21 forgets named statements: auto finds the pooler, off does without them."""
    folder = server.dir / f"pool-{prepared}"
    folder.mkdir()
    (folder / "users").write_text('"scorpius_api" ""\n"checker" ""\n')
    (folder / "ini").write_text(f"[databases]\n{DATABASE} = host={server.dir}\n[pgbouncer]\nlisten_port = 6432\n"
                                f"listen_addr =\nunix_socket_dir = {folder}\nauth_type = trust\nauth_file = {folder}/users\npool_mode = transaction\n"
                                f"default_pool_size = 3\nserver_round_robin = 1\nlogfile = {folder}/log\n"
                                "ignore_startup_parameters = extra_float_digits\n")
    server.own(folder)
    p = subprocess.Popen(server.as_user + ["/usr/sbin/pgbouncer", str(folder / "ini")], stdin=subprocess.DEVNULL,
                         stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        server.wait_for_socket(folder / ".s.PGSQL.6432")
        env = environment(server, prepared)
        for name, user in (("DATABASE_API_URL", "scorpius_api"), ("DATABASE_CHECK_URL", "checker")):
            env[name] = f"host={folder} port=6432 user={user} dbname={DATABASE}"
            # Two at once: from then on there are two connections behind it, and each transaction gets the other one.
            both = [psycopg2.connect(env[name]) for _ in range(2)]
            backends = set()
            for c in both:
                with c.cursor() as cursor:
                    cursor.execute("select pg_backend_pid()")
                    backends.add(cursor.fetchone())
            for c in both:
                c.rollback()
                c.close()
            assert len(backends) == 2
        for case in ("types", "round_trips", "rollback", "identity", "lists", "tenders", "check"):
            done = subprocess.run([DB_TRY, case], env=env, stderr=subprocess.PIPE, text=True, timeout=60)
            assert done.returncode == 0, f"{case}: {done.stderr}"
    finally:
        p.terminate()
        p.wait()
