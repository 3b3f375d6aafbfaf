"""`scorpius migrate` beside sessions that are in the way, other migrations, schemas of other versions; and the rules by which
changes of the schema can be deployed while the service works."""

import contextlib
import os
import re
import shutil
import subprocess

import psycopg2
import pytest

from postgres_fixture import Cluster, ROOT
from test_db import BUILD

DATABASE = "scorpius"
SCHEMA = ROOT / "schema"


@pytest.fixture(scope="module")
def server():
    c = Cluster()
    c.run_sql(f"create database {DATABASE}")
    yield c
    c.remove()


@pytest.fixture
def command(server, tmp_path):
    """The command and its environment."""
    (tmp_path / "schema").symlink_to(SCHEMA)
    env = {"PATH": os.environ["PATH"], "DATABASE_URL": server.url(database=DATABASE), "DATA_PATH": str(tmp_path), "MIGRATE_LOCK_TIMEOUT": "1"}
    return lambda *args, **settings: dict(args=[BUILD / "app/cli/scorpius", "migrate", *args], env={**env, **settings}, stdin=subprocess.DEVNULL,
                                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.fixture
def migrate(server, command):
    def run(*args, status=0, **settings):
        done = subprocess.run(**command(*args, **settings), timeout=300)
        assert done.returncode == status, (done.returncode, done.stdout, done.stderr)
        return done
    if deployed(server) != CHANGES:
        run()
    return run


def connect(server, **more):
    return psycopg2.connect(server.dsn(database=DATABASE), **more)


def sql(server, text, *params):
    with contextlib.closing(connect(server)) as c, c, c.cursor() as cursor:
        cursor.execute(text, params or None)
        return cursor.fetchall() if cursor.description else None


def deployed(server):
    if sql(server, "select to_regclass('sqitch.changes')") == [(None,)]:
        return []
    return [name for (name,) in sql(server, "select change from sqitch.changes order by committed_at")]


def plan():
    """[(change, tag of the release that it ends)]"""
    out = []
    for line in (SCHEMA / "sqitch.plan").read_text().splitlines():
        if line.startswith("@"):
            out[-1] = out[-1][0], line.split()[0][1:]
        elif line and not line.startswith("%"):
            out.append((line.split()[0], None))
    return out


CHANGES = [name for name, _ in plan()]
LAST = CHANGES[-1]


# --- locks

def test_a_lock_that_somebody_holds_is_not_waited_for_for_long(server, migrate):
    """scan alters the table of files; what came before it stays deployed, of itself nothing stays."""
    migrate("--revert", "--to", "metrics", "--yes")
    with contextlib.closing(connect(server, application_name="rapport du soir")) as other:
        other.cursor().execute("lock table scorpius.blob in access share mode")
        pid = other.get_backend_pid()
        done = migrate(status=75, MIGRATE_ATTEMPTS="2")
        assert done.stderr.count("rapport du soir") == 2 and "Tentative 2 sur 2" in done.stderr, done.stderr
        assert f"session {pid}" in done.stderr and f"pg_terminate_backend({pid})" in done.stderr and "transaction ouverte le 20" in done.stderr
        assert deployed(server)[-1] == "metrics"
        assert not sql(server, "select from pg_attribute where attrelid = 'scorpius.blob'::regclass and attname like 'scan%%' and not attisdropped")
        # Another reader is let through at once when nobody waits any more.
        sql(server, "set statement_timeout = '5s'; select count(*) from scorpius.blob")
    migrate()
    assert deployed(server)[-1] == LAST


def test_who_lets_go_in_time_is_only_told(server, command, migrate):
    migrate("--revert", "--to", "metrics", "--yes")
    with contextlib.closing(connect(server)) as other:
        other.cursor().execute("lock table scorpius.blob in access share mode")
        process = subprocess.Popen(**command())
        line = ""
        while "Tentative 1 sur 10" not in line:
            line = process.stderr.readline()
            assert line
        other.rollback()
        out, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
    assert deployed(server)[-1] == LAST


def test_a_withdrawal_waits_no_longer_either(server, migrate):
    with contextlib.closing(connect(server)) as other:
        other.cursor().execute("lock table scorpius.blob in access share mode")
        assert "pg_terminate_backend" in migrate("--revert", "--to", "metrics", "--yes", status=75, MIGRATE_ATTEMPTS="1").stderr
        assert "scan" in deployed(server)
    migrate()


LOCK = "select pg_advisory_lock(hashtextextended('scorpius migrate', 0))"


def test_two_at_once_go_one_after_the_other(server, command, migrate):
    with contextlib.closing(connect(server, application_name="une autre")) as other:
        other.cursor().execute(LOCK)
        process = subprocess.Popen(**command())
        line = process.stderr.readline()
        assert "une autre migration est en cours" in line and "une autre" in line and f"session {other.get_backend_pid()}" in line
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err


def test_one_that_never_ends_is_not_waited_for_for_ever(server, migrate):
    with contextlib.closing(connect(server)) as other:
        other.cursor().execute(LOCK)
        assert "une autre migration est en cours" in migrate(status=75, MIGRATE_ATTEMPTS="1").stderr


def test_really_two_at_once(server, command, migrate):
    migrate("--revert", "--to", "metrics", "--yes")
    both = [subprocess.Popen(**command()) for _ in range(2)]
    told = [p.communicate(timeout=120) for p in both]
    assert [p.returncode for p in both] == [0, 0], told
    assert deployed(server)[-1] == LAST


# --- versions

@pytest.fixture
def later_schema(server, migrate):
    """As a later version leaves it: a change that this one does not know."""
    sql(server, "insert into sqitch.changes (change_id, script_hash, change, project, note, committer_name, committer_email, planned_at, planner_name, "
                "planner_email) select repeat('a', 40), repeat('a', 40), 'later', project, note, committer_name, committer_email, planned_at, "
                "planner_name, planner_email from sqitch.changes limit 1")
    yield
    sql(server, "delete from sqitch.changes where change = 'later'")
    oldest(server, "0.1.0")


def oldest(server, version):
    sql(server, f"create or replace function scorpius.oldest_program() returns text language sql stable set search_path = scorpius, pg_temp as $$ select '{version}' $$")


def test_status(server, migrate):
    assert "celui de cette version" in migrate("--status").stdout
    migrate("--revert", "--to", "metrics", "--yes")
    told = migrate("--status", status=75)
    assert "à partir de « scan »" in told.stdout and "scorpius migrate" in told.stdout
    migrate()


def test_a_later_schema_that_serves_us_is_left_alone(server, migrate, later_schema):
    for args in ((), ("--verify",), ("--status",)):
        assert "d'une version plus récente" in migrate(*args).stdout
    assert "later" in deployed(server)


@pytest.mark.parametrize("version", ["0.1.1", "0.10.0", "9.0.0"])
def test_a_later_schema_that_does_not_is_refused(server, migrate, later_schema, version):
    oldest(server, version)
    for args in ((), ("--verify",), ("--status",)):
        told = migrate(*args, status=78).stderr
        assert f"à partir de {version}" in told and "Installez cette version" in told and "--revert --to v" in told


def test_only_who_knows_a_change_withdraws_it(server, migrate, later_schema):
    told = migrate("--revert", "--to", "metrics", "--yes", status=78)
    assert "« later »" in told.stderr.replace("\xa0", " ") and deployed(server)[-1] == "later"


# --- withdrawal

def test_what_would_be_lost_is_told_and_refused(server, migrate):
    sql(server, "insert into scorpius.organization (id, name) values (gen_random_uuid(), 'Exemple')")
    told = migrate("--revert", "--yes", status=65)
    assert "la table scorpius.organization, 1 lignes" in told.stdout.replace("\xa0", " ") and "--lose-data" in told.stdout
    assert migrate("--revert", "--lose-data", status=64).stdout.endswith("ajoutez --yes.\n")
    assert sql(server, "select count(*) from scorpius.organization") == [(1,)]
    migrate("--revert", "--lose-data", "--yes")
    assert sql(server, "select to_regclass('scorpius.organization')") == [(None,)]
    migrate()


MIB = 1 << 20


@pytest.mark.parametrize("size, told", [(MIB, None), (MIB + 1, "longer than 1 MiB"), (100, "not a text")])
def test_a_script_is_looked_through_to_its_last_byte(server, migrate, tmp_path, size, told):
    """The statement that loses something stands last; a script of which only a part would be looked at is refused."""
    migrate()
    (tmp_path / "schema").unlink()
    shutil.copytree(SCHEMA, tmp_path / "schema")
    drop = b"drop table scorpius.organization;\n"
    filler = b"-- " + b"x" * (size - len(drop) - 4) + b"\n" if told != "not a text" else b"\0"
    (tmp_path / f"schema/revert/{LAST}.sql").write_bytes(filler + drop)
    sql(server, "insert into scorpius.organization (id, name) values (gen_random_uuid(), 'Exemple')")
    try:
        done = migrate("--revert", "--to", CHANGES[-2], "--yes", status=78 if told else 65)
        assert told in done.stderr if told else "la table scorpius.organization, 1 lignes" in done.stdout.replace("\xa0", " ")
        assert deployed(server) == CHANGES
    finally:
        sql(server, "delete from scorpius.organization")


def test_what_holds_nothing_goes_without_a_word(server, migrate):
    told = migrate("--revert", "--to", "metrics", "--yes").stdout
    assert "perdu" not in told and "  scan\n" in told
    migrate()
    assert "rien à retirer" in migrate("--revert", "--to", LAST, "--yes").stdout


def test_a_release_is_named_by_its_tag(server, migrate):
    tags = [(name, tag) for name, tag in plan() if tag]
    version = re.search(r"^  version: '(.*)',$", (ROOT / "meson.build").read_text(), re.M)[1]
    assert f"v{version}" in [tag for _, tag in tags]
    for name, tag in tags:
        for form in (tag, "@" + tag):
            migrate("--revert", "--to", form, "--yes", "--lose-data")
            assert deployed(server)[-1] == name
    migrate()


@pytest.mark.parametrize("args", [("--to", "metrics"), ("--yes",), ("--lose-data",), ("--revert", "--verify"), ("--revert", "--to"),
                                  ("--revert", "--to", "nothing of that name", "--yes"), ("--status", "--yes")])
def test_wrong_arguments(migrate, args):
    migrate(*args, status=64)


def test_data_stays_through_forth_back_and_forth(server, migrate):
    sql(server, "insert into scorpius.organization (id, name) values ('00000000-0000-4000-8000-000000000001', 'Reste')")
    for change in ("metrics", "undo", "accounts"):
        migrate("--revert", "--to", change, "--yes", "--lose-data")
        assert sql(server, "select name from scorpius.organization") == [("Reste",)]
    migrate()
    assert sql(server, "select name from scorpius.organization") == [("Reste",)]
    assert migrate("--verify").returncode == 0
    sql(server, "delete from scorpius.organization")


# --- rules of changes (CONTRIBUTING.md)

def statements(text):
    text = re.sub(r"--[^\n]*", "", text)
    text = re.sub(r"(\$\w*\$).*?\1", "''", text, flags=re.S)
    return [re.sub(r"\s+", " ", s).strip().lower() for s in text.split(";") if s.strip()]


def breaches(text):
    """What a change may not do to a service that is working, as sentences."""
    every = statements(text)
    own = {m[1].split(".")[-1] for s in every if (m := re.match(r"create table (?:if not exists )?([\w.]+)", s))}
    beside = any("concurrently" in s for s in every)
    out = []
    if beside:
        if every[0] != "set lock_timeout = 0" or every[1] != "set statement_timeout = 0":
            out.append("an index that is built beside the work waits for others' transactions: set lock_timeout = 0 and statement_timeout = 0 first")
        if not all(s.startswith(("set ", "create index concurrently ", "create unique index concurrently ", "drop index concurrently if exists ", "comment on index")) for s in every):
            out.append("a change with a concurrent index holds nothing else, as it is no transaction")
        for s in every:
            m = re.match(r"create (?:unique )?index concurrently (\w+)", s)
            if m and not any(x.startswith("drop index concurrently if exists ") and x.endswith(m[1]) for x in every[:every.index(s)]):
                out.append(f"{m[1]}: what an attempt that failed has left goes first: drop index concurrently if exists")
    elif every[0] != "begin" or every[-1] != "commit":
        out.append("a change is one transaction")
    elif any("lock_timeout" in s or "statement_timeout" in s and s.startswith("set") for s in every):
        out.append("the limits are those of scorpius migrate")
    for s in every:
        m = re.match(r"create (?:unique )?index (?!concurrently)(?:if not exists )?(?:\w+ )?on (?:only )?([\w.]+)", s)
        if m and m[1].split(".")[-1] not in own:
            out.append(f"an index on {m[1]}, which stands: concurrently, in a change of its own")
        m = re.match(r"alter table (?:if exists )?(?:only )?([\w.]+) (.*)", s)
        if not m or m[1].split(".")[-1] in own:
            continue
        if re.search(r"alter (column )?\w+ (set data )?type ", m[2]):
            out.append(f"{m[1]}: another type writes every row anew under a lock")
        if re.search(r"add constraint \w+ (check|foreign key)", m[2]) and "not valid" not in m[2]:
            out.append(f"{m[1]}: a constraint comes not valid, and is validated by a change of its own")
        if re.search(r"add column (?:if not exists )?\w+ [^,]*not null", m[2]) and "default" not in m[2]:
            out.append(f"{m[1]}: a column that must not be null needs a default")
        if re.search(r"drop column|rename ", m[2]) and "create or replace function scorpius.oldest_program()" not in " ".join(every):
            out.append(f"{m[1]}: what programs use goes one release later, with scorpius.oldest_program() raised")
        if "set not null" in m[2]:
            out.append(f"{m[1]}: set not null reads the whole table under a lock: a valid check constraint first")
    return out


def test_changes_since_the_first_release_can_be_deployed_while_the_service_works():
    """Those before were never deployed on a database with data in it."""
    first = next(i for i, (_, tag) in enumerate(plan()) if tag)
    found = {name: b for name in CHANGES[first + 1:] if (b := breaches((SCHEMA / "deploy" / f"{name}.sql").read_text()))}
    assert found == {}


@pytest.mark.parametrize("text, told", [
    ("begin; create index i on document (a); commit;", "concurrently"),
    ("begin; create table t (a int); create index i on t (a); commit;", None),
    ("begin; create index concurrently i on document (a); commit;", "lock_timeout = 0"),
    ("set lock_timeout = 0; set statement_timeout = 0; create index concurrently i on document (a);", "goes first"),
    ("set lock_timeout = 0; set statement_timeout = 0; drop index concurrently if exists i; create index concurrently i on document (a);", None),
    ("begin; set lock_timeout = 0; alter table t add column a int; commit;", "limits"),
    ("create table t (a int);", "one transaction"),
    ("begin; alter table document alter a type bigint; commit;", "type"),
    ("begin; alter table document add constraint c check (a > 0); commit;", "not valid"),
    ("begin; alter table document add constraint c check (a > 0) not valid; commit;", None),
    ("begin; alter table document add column a int not null; commit;", "default"),
    ("begin; alter table document add column a int not null default 0; commit;", None),
    ("begin; alter table document drop column a; commit;", "oldest_program"),
    ("begin; alter table document drop column a; create or replace function scorpius.oldest_program() returns text language sql as $$ select '2' $$; commit;", None),
    ("begin; alter table document alter a set not null; commit;", "set not null"),
    ("begin; create or replace function f() returns int language sql as $$ create index i on document (a); $$; commit;", None),
])
def test_the_rules_are_seen_broken(text, told):
    found = breaches(text)
    assert (told is None) == (found == []) and (told is None or told in " ".join(found)), found


def test_every_change_can_be_verified_and_withdrawn():
    for name in CHANGES:
        for folder in ("deploy", "revert", "verify"):
            assert (SCHEMA / folder / f"{name}.sql").exists(), f"{folder}/{name}.sql"
