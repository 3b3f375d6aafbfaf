"""Backups of a stack and empty machines to restore them onto. Programs run as the servers' user, whose files they are."""

import contextlib
import hashlib
import json
import os
import pathlib
import re
import resource
import shutil
import subprocess
import tempfile
import threading

import psycopg2
import pytest

from client import fresh
from postgres_fixture import Cluster
from stack import ROOT, wait_until

BUILD = pathlib.Path(os.environ["SCORPIUS_BUILD"])
FAILING = BUILD / "app/cli/scorpius-failing"
NAME = re.compile(r"sauvegarde (\d{8}T\d{6}\.\d{3}Z)")


def points(*files):
    return sorted({name for f in files for name in re.findall(r'fail_point\("([^"]+)"\)', (ROOT / "app/cli/backup" / f).read_text())})


def run_as(stack, program, *arguments, status=0, limit=None, **settings):
    """A program of the command line as the servers' user; (output, complaints). Complaints may hold no secret."""
    user = stack.run.stat()
    prefix = ["/usr/bin/setpriv", f"--reuid={user.st_uid}", f"--regid={user.st_gid}", "--clear-groups", "--"] if os.geteuid() == 0 and user.st_uid else []
    env = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", **stack.env, **settings}
    # The signal of a file that is too large stays ignored, as Python has it: a write fails, as on a full disk.
    limits = (lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))) if limit else None
    done = subprocess.run([*prefix, program, *arguments], env=env, cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, timeout=300, preexec_fn=limits, restore_signals=limit is None, check=False)
    assert done.returncode == status, f"{done.returncode}: {done.stdout}{done.stderr}"
    for name in "SECRET_KEY", "POSTGRES_PASSWORD", "DATABASE_API_PASSWORD", "DATABASE_JOBS_PASSWORD":
        assert stack.env[name] not in done.stdout + done.stderr
    return done.stdout, done.stderr


class Vault:
    """A folder of backups of a stack."""

    def __init__(self, stack):
        self.stack = stack
        self.top = pathlib.Path(tempfile.mkdtemp(prefix="scb", dir="/tmp"))
        self.path = self.top / "backups"
        self.bin = self.top / "bin"
        self.bin.mkdir()
        shutil.copy(FAILING, self.bin / "scorpius-failing")
        self.point = self.top / "fail-point"
        owner = stack.run.stat()
        for p in self.top, self.bin:
            os.chmod(p, 0o755)
            os.chown(p, owner.st_uid, owner.st_gid)
        os.chmod(self.bin / "scorpius-failing", 0o755)

    def command(self, *arguments, status=0, failing=False, **settings):
        program = self.bin / "scorpius-failing" if failing else next(
            p for p in (self.stack.state / "app").rglob("scorpius") if p.is_file() and p.parent.name == "bin")
        return run_as(self.stack, str(program), *arguments, status=status, **{"BACKUP_PATH": str(self.path), **settings})

    def take(self, **more):
        """Its name."""
        return NAME.search(self.command("backup", **more)[0])[1]

    def names(self):
        return sorted(p.name for p in self.path.glob("2*Z"))

    def wrapper(self, program, script):
        """PATH with a program of ours before the real one."""
        folder = self.top / fresh("bin")
        folder.mkdir()
        (folder / program).write_text(f"#!/bin/sh\n{script}\n")
        (folder / program).chmod(0o755)
        os.chmod(folder, 0o755)
        return f"{folder}:{os.environ['PATH']}"

    def die_at(self, point):
        self.point.write_text(point)
        os.chown(self.point, self.stack.run.stat().st_uid, -1)

    def change_head(self, name, **fields):
        path = self.path / name / "backup.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), **fields}))

    def pooled(self, blob):
        return self.path / "pool/objects" / str(blob["organization_id"]) / str(blob["id"])[-2:] / str(blob["id"])


@pytest.fixture
def vault(stack):
    v = Vault(stack)
    yield v
    shutil.rmtree(v.top, ignore_errors=True)


def blob_of(stack, document):
    return stack.sql("select b.organization_id, b.id from scorpius.document d join scorpius.blob b on b.organization_id = d.organization_id "
                     "and b.id = d.blob_id where d.id = %s", document["id"])[0]


@contextlib.contextmanager
def backup_under_way(vault, **settings):
    """While the block runs, a backup has its moment of sight and waits. Yields a list that has (output, complaints) afterwards."""
    begun, go_on, result = vault.top / "begun", vault.top / "go-on", []
    path = vault.wrapper("pg_dump", f"touch {begun}; while ! [ -e {go_on} ]; do sleep 0.05; done; exec /usr/bin/pg_dump \"$@\"")
    thread = threading.Thread(target=lambda: result.append(vault.command("backup", PATH=path, **settings)), daemon=True)
    thread.start()
    try:
        wait_until(begun.exists, 30, "the backup to begin")
        yield result
    finally:
        go_on.touch()
        thread.join(120)
    assert result, "the backup failed"


# --- what is compared

def tables(dsn):
    """Every row of every table of ours, as text, and every sequence."""
    with contextlib.closing(psycopg2.connect(dsn)) as c, c.cursor() as cur:
        cur.execute("set time zone 'UTC'")
        cur.execute("select format('%I.%I', n.nspname, c.relname), c.relkind = 'S' from pg_class c join pg_namespace n on n.oid = c.relnamespace "
                    "where c.relkind in ('r', 'p', 'S') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema' order by 1")
        found = {}
        for name, sequence in cur.fetchall():
            cur.execute(f"select last_value::text from {name}" if sequence else f"select t::text from {name} t order by 1")
            found[name] = [r[0] for r in cur.fetchall()]
    return found


def objects(path):
    """{organisation/id: digest of the bytes as they lie there}"""
    return {f"{p.parent.parent.name}/{p.name}": hashlib.sha256(p.read_bytes()).hexdigest() for p in (path / "objects").rglob("*") if p.is_file()}


def catalogue(dsn):
    """Functions, policies, grants, triggers, settings of roles: what makes the schema safe."""
    with contextlib.closing(psycopg2.connect(dsn)) as c, c.cursor() as cur:
        cur.execute("set search_path = pg_catalog")
        out = []
        for query in (
                "select p.oid::regprocedure::text, pg_get_functiondef(p.oid), pg_get_userbyid(proowner), proacl::text from pg_proc p join pg_namespace n "
                "on n.oid = pronamespace where nspname in ('scorpius', 'auth', 'queue', 'admin') and prokind = 'f'",
                "select polrelid::regclass::text, polname, pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid) from pg_policy",
                "select oid::regclass::text, pg_get_userbyid(relowner), relacl::text, relrowsecurity from pg_class where relnamespace = 'scorpius'::regnamespace",
                "select tgrelid::regclass::text, pg_get_triggerdef(oid) from pg_trigger where not tgisinternal",
                "select rolname, (select array_agg(x order by x)::text from unnest(rolconfig) x), rolinherit, rolcanlogin, rolsuper, rolbypassrls from pg_roles where rolname ~ '^scorpius_'",
                "select defaclrole::regrole::text, defaclobjtype::text, defaclacl::text from pg_default_acl"):
            cur.execute(query)
            out.append(sorted(map(repr, cur.fetchall())))
    return out


class Target:
    """An empty machine: a database of its own and an empty folder."""

    def __init__(self, vault):
        self.vault = vault
        self.cluster = Cluster()
        self.cluster.run_sql("create role scorpius superuser login")
        self.cluster.run_sql("create database scorpius")
        self.files = vault.top / fresh("files")

    def restore(self, *arguments, **more):
        return self.vault.command("restore", *arguments, **{
            "DATABASE_URL": self.cluster.url(database="scorpius"), "UPLOAD_PATH": str(self.files), **more})

    def dsn(self):
        return self.cluster.dsn(database="scorpius")

    def is_untouched(self):
        with contextlib.closing(psycopg2.connect(self.dsn())) as c, c.cursor() as cur:
            cur.execute("select count(*) from pg_namespace where nspname in ('scorpius', 'auth', 'queue', 'admin', 'sqitch')")
            return cur.fetchone()[0] == 0 and not [p for p in self.files.rglob("*") if p.is_file()]


@pytest.fixture
def target(vault):
    t = Target(vault)
    yield t
    t.cluster.remove()


@contextlib.contextmanager
def unreadable(path, how):
    """In the place of a file while the block runs: what fails when it is opened, or when it is read, whoever reads."""
    aside = path.with_suffix(".aside")
    path.rename(aside)
    if how == "open":
        path.symlink_to(path.name)
    else:
        path.mkdir()
        owner = aside.stat()
        os.chown(path, owner.st_uid, owner.st_gid)
    try:
        yield
    finally:
        if path.is_symlink():
            path.unlink()
        elif path.is_dir():
            path.rmdir()
        if path.exists():
            aside.unlink()
        else:
            aside.rename(path)
