"""Backups and their restoration, on real servers: what is in one, what can go wrong while it is made, and that all of it
comes back. Programs run as the servers' user, whose files they are."""

import contextlib
import fcntl
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
import time

import httpx
import psycopg2
import pytest

import pdfs
from client import Api, fresh
from postgres_fixture import Cluster
from stack import ROOT, Stack, wait_until
from test_storage import BUILD

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


@pytest.fixture
def document(account):
    uploaded = account.upload(("RC.pdf", pdfs.rules()))
    account.processed(uploaded["id"])
    return uploaded


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


# --- all of it comes back

def test_every_row_and_every_file_comes_back(stack, vault, target, account, document, frozen_jobs):
    account.data("POST", "/tenders", 201, json={"title": "Nettoyage des locaux"})
    name = vault.take()
    # What the purge left behind is no part of it; all that a row names is.
    known = {f"{r['organization_id']}/{r['id']}" for r in stack.sql("select organization_id::text, id::text from scorpius.blob")}
    before, made = tables(stack.env["DATABASE_URL"]), catalogue(stack.env["DATABASE_URL"])
    out, _ = target.restore(name)
    assert "rétablie" in out and "scorpius storage verify" in out
    after = tables(target.dsn())
    assert after.keys() == before.keys()
    for table, rows in before.items():
        assert after[table] == rows, table
    assert catalogue(target.dsn()) == made
    assert objects(target.files) == {k: v for k, v in objects(stack.files_path).items() if k in known}
    assert not (target.files / "restore").exists()
    verified = vault.command("storage", "verify", DATABASE_URL=target.cluster.url(database="scorpius"), UPLOAD_PATH=str(target.files))
    assert "0 manquants, 0 abîmés ; 0 orphelins" in verified[0].replace("\u00a0", " ")


class Uploads(threading.Thread):
    """One file after the other until told to stop; `acknowledged`: ids."""

    def __init__(self, member):
        super().__init__(daemon=True)
        self.member, self.acknowledged, self.enough = member, [], threading.Event()

    def run(self):
        with httpx.Client(base_url=self.member.stack.base, timeout=30, trust_env=False, headers={"Authorization": f"Bearer {self.member.token}"}) as http:
            while not self.enough.is_set():
                answer = http.post("/api/v1/documents", files={"file": ("note.txt", (fresh("ligne") + "\n").encode() * 500)})
                if answer.status_code == 201:
                    self.acknowledged.append(answer.json()["data"]["id"])


def empty_machine(request, settings):
    """A stack whose database, files, roles and Redis are empty, and whose programs do not run."""
    s = Stack()
    request.addfinalizer(s.end)
    for name in "nginx", "api", "bulk", "jobs":
        s.stop(name, 15)
        s.stopped.pop(name)
    s.disconnect()
    with contextlib.closing(psycopg2.connect(s.env["DATABASE_URL"].replace("/scorpius?", "/postgres?"))) as c:
        c.autocommit = True
        cur = c.cursor()
        for sql in ("drop database scorpius with (force)", "create database scorpius", "drop role scorpius_api", "drop role scorpius_jobs", "drop role scorpius_owner"):
            cur.execute(sql)
    shutil.rmtree(s.files_path)
    s.redis("flushall")
    text = (s.state / "env").read_text()
    for name, value in settings.items():
        text = re.sub(f"(?m)^{name}=.*$", f"{name}={value}", text)
    (s.state / "env").write_text(text)
    s.read_env()
    return s


def test_a_backup_under_load_serves_on_another_machine(stack, vault, contract, secrets, account, document, api, request):
    """Uploads, their reading and analysis go on while it is made. What was acknowledged before is in it; whatever is in it is whole."""
    tender, _ = account.tender_with(("RC.pdf", pdfs.rules()), title="Entretien des espaces verts")
    busy = api.account()
    loads = [Uploads(busy) for _ in range(3)]
    for load in loads:
        load.start()
    wait_until(lambda: sum(len(u.acknowledged) for u in loads) > 10, 60, "uploads to be under way")
    before = {i for u in loads for i in u.acknowledged}
    begun = time.monotonic()
    name = vault.take()
    took = time.monotonic() - begun
    for load in loads:
        load.enough.set()
        load.join(60)
    after = {i for u in loads for i in u.acknowledged}
    assert len(after) > len(before), "nothing was uploaded meanwhile"

    machine = empty_machine(request, {"SECRET_KEY": stack.env["SECRET_KEY"]})
    begun = time.monotonic()
    out, _ = run_as(machine, str(machine.state / "app/usr/bin/scorpius"), "restore", name, BACKUP_PATH=str(vault.path))
    restored = time.monotonic() - begun
    assert "mot de passe défini" in out
    machine.dev("up")
    machine.read_env()
    # For docs/operate.md; shown by -s.
    print(f"backup {took:.1f} s, restore {restored:.1f} s: {out.splitlines()[-6] if out else ''}")

    verified, _ = run_as(machine, str(machine.state / "app/usr/bin/scorpius"), "storage", "verify")
    assert "0 manquants, 0 abîmés" in verified
    there = Api(machine, contract, secrets).login(account.email, account.password)
    assert there.status_code == 200, there.text
    member = Api(machine, contract, secrets, there.json()["data"]["access_token"])
    assert member.get(f"/documents/{document['id']}/content").content == pdfs.rules()
    assert member.data("GET", f"/tenders/{tender['id']}")["analysis_status"] == "done"
    facts = f"/tenders/{tender['id']}/analysis"
    assert member.data("GET", facts) == account.data("GET", facts)
    found = {r["id"] for r in machine.sql("select id::text from scorpius.document where organization_id = %s", busy.organization_id)}
    assert before <= found <= after
    # Work that was waiting or in hand goes on, and what is new can be done.
    wait_until(lambda: not machine.sql("select 1 from scorpius.job where state in ('queued', 'leased') and kind <> 'erase' and run_after <= now()"), 90,
               "the work of then to be done")
    assert not machine.sql("select 1 from scorpius.document where organization_id = %s and status not in ('processed')", busy.organization_id)
    new = member.upload(("suite.txt", b"Suite du dossier\n" * 100))
    assert member.processed(new["id"])["status"] == "processed"


# --- files that go while it is made

def test_files_wait_for_a_backup_before_they_go(stack, vault, account, document):
    blob = blob_of(stack, document)
    file = stack.files_path / "objects" / str(blob["organization_id"]) / str(blob["id"])[-2:] / str(blob["id"])
    gone = lambda: stack.sql("select row_gone from scorpius.blob_purge where id = %s", blob["id"])
    with backup_under_way(vault) as result:
        assert account.request("DELETE", f"/documents/{document['id']}").status_code == 204
        stack.sql("update scorpius.document set purge_after = now() where id = %s", document["id"])
        account.upload(("autre.txt", b"de quoi reveiller les taches"))
        wait_until(lambda: gone() and gone()[0]["row_gone"], 90, "the row to go")
        # The worker passes by several times while it may not.
        account.processed(account.upload(("encore.txt", b"encore de quoi"))["id"])
        assert file.exists()
        assert "une autre sauvegarde" in vault.command("backup", status=75)[1]
        assert "une autre sauvegarde" in vault.command("storage", "verify", "--repair", status=75)[1]
    assert "sauvegarde" in result[0][0]
    assert vault.pooled(blob).exists(), "it was there at that moment"
    vault.command("backup", "verify")
    wait_until(lambda: not file.exists() and not gone(), 90, "the file to go afterwards")


def test_an_organisation_that_is_erased_meanwhile_is_no_fault(stack, vault, account, document):
    assert account.request("DELETE", "/organization", json={"password": account.password}).status_code in (200, 202, 204)
    with backup_under_way(vault) as result:
        stack.sql("update scorpius.organization set erase_after = now() where id = %s", account.organization_id)
        stack.sql("update scorpius.job set run_after = now() where organization_id = %s and kind = 'erase'", account.organization_id)
        wait_until(lambda: stack.sql("select 1 from scorpius.organization where id = %s and erased_at is not null", account.organization_id), 60,
                   "the organisation to be erased")
    assert "en cours d'effacement" in result[0][0]
    vault.command("backup", "verify")


# --- what a backup is

def test_nothing_of_it_can_be_read_and_no_key_is_in_it(stack, vault, account):
    marker = "JALON-DE-SAUVEGARDE-4417"
    uploaded = account.upload((f"{marker}.txt", f"{marker}\n".encode() * 500))
    account.processed(uploaded["id"])
    name = vault.take()
    held = [p.read_bytes() for p in vault.path.rglob("*") if p.is_file()]
    for secret in marker, stack.env["SECRET_KEY"], account.email:
        assert not any(secret.encode() in data for data in held)
    head = json.loads((vault.path / name / "backup.json").read_text())
    key = stack.sql("select key_id from scorpius.blob limit 1")[0]["key_id"]
    assert head["master_key"] == key
    assert all(p.stat().st_mode & 0o077 == 0 for p in vault.path.rglob("*"))


def test_files_are_shared_and_go_with_the_last_backup_that_names_them(stack, vault, account, document):
    first = vault.take()
    blob = blob_of(stack, document)
    inode = vault.pooled(blob).stat().st_ino
    out, _ = vault.command("backup")
    second = NAME.search(out)[1]
    assert vault.pooled(blob).stat().st_ino == inode and second != first
    account.request("DELETE", f"/documents/{document['id']}")
    stack.sql("update scorpius.document set purge_after = now() where id = %s", document["id"])
    account.upload(("autre.txt", b"de quoi reveiller les taches"))
    wait_until(lambda: not stack.sql("select 1 from scorpius.blob where id = %s union all select 1 from scorpius.blob_purge where id = %s", blob["id"], blob["id"]),
               90, "the document to be removed")
    third = vault.take()
    assert vault.pooled(blob).exists(), "two backups name it"
    for old in first, second:
        vault.change_head(old, created_at="2020-01-01T00:00:00Z")
    out, _ = vault.command("backup")
    assert f"{first} supprimée" in out and f"{second} supprimée" in out
    assert vault.names() == [third, NAME.search(out.splitlines()[-1])[1]]
    assert not vault.pooled(blob).exists()
    vault.command("backup", "verify", third)


def test_the_last_whole_backup_is_never_removed(stack, vault, document):
    first = vault.take()
    vault.change_head(first, created_at="2020-01-01T00:00:00Z")
    # No backup can be made any more: the old one stays.
    vault.command("backup", status=69, DATABASE_URL="postgresql://x@/y?host=/nonexistent")
    assert vault.names() == [first]
    out, complaint = vault.command("backup", "list", status=75)
    assert first in out and "entière" in out and "pas de sauvegarde entière depuis" in complaint
    vault.take()
    assert first not in vault.names()
    vault.command("backup", "list")


def test_a_file_that_the_store_lost_is_told_and_the_backup_is_not_whole(stack, vault, document):
    blob = blob_of(stack, document)
    file = stack.files_path / "objects" / str(blob["organization_id"]) / str(blob["id"])[-2:] / str(blob["id"])
    aside = file.with_suffix(".aside")
    file.rename(aside)
    try:
        out, complaint = vault.command("backup", status=74)
        assert f"manquant dans le magasin\u00a0: {blob['organization_id']}/{blob['id']}" in out and "pas entière" in complaint
    finally:
        aside.rename(file)
    out, _ = vault.command("backup", "list", status=75)
    assert "INCOMPLÈTE" in out and "aucune sauvegarde entière" in out
    vault.take()
    # The pool has it now: the store may lose it, and a backup is whole.
    file.rename(aside)
    try:
        vault.take()
    finally:
        aside.rename(file)


@pytest.mark.parametrize("part", ["dump", "manifest", "pool"])
def test_one_wrong_bit_is_found(stack, vault, target, document, part):
    name = vault.take()
    path = vault.pooled(blob_of(stack, document)) if part == "pool" else vault.path / name / part
    spoilt = bytearray(path.read_bytes())
    spoilt[-20] ^= 1
    path.write_bytes(spoilt)
    if part == "pool":
        out, _ = target.restore(status=74)
        assert "abîmé ou illisible dans la sauvegarde" in out and path.name in out and "rétablie" in out, "all else comes back"
        out, _ = vault.command("backup", "verify", status=74)
        assert "abîmé" in out and path.name in out
    else:
        vault.command("backup", "verify", status=74)
        assert "rien n'a été touché" in target.restore(status=74)[1]
        assert target.is_untouched()


def test_damage_far_down_in_the_manifest_is_found_before_anything_is_touched(stack, vault, target, document):
    """A long manifest is read piece by piece, while files are restored."""
    blob = blob_of(stack, document)
    stack.sql("insert into scorpius.blob (organization_id, id, sha256, size, mime_type, wrapped_key, key_id) select organization_id, gen_random_uuid(), "
              "sha256(convert_to('ligne ' || i, 'UTF8')), 1, mime_type, wrapped_key, key_id from scorpius.blob, generate_series(1, 500) i where id = %s", blob["id"])
    try:
        name = NAME.search(vault.command("backup", status=74)[0])[1]
    finally:
        stack.sql("delete from scorpius.blob where organization_id = %s and size = 1", blob["organization_id"])
    path = vault.path / name / "manifest"
    spoilt = bytearray(path.read_bytes())
    assert len(spoilt) > 3 * 65536, "more than one piece"
    spoilt[-20] ^= 1
    path.write_bytes(spoilt)
    assert "rien n'a été touché" in target.restore(name, status=74)[1]
    assert target.is_untouched()


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


@pytest.mark.parametrize("how", ["open", "read"])
def test_a_file_of_the_store_that_cannot_be_read_is_told_and_all_else_is_saved(stack, vault, account, document, how):
    account.processed(account.upload(("autre.txt", b"Une autre piece\n" * 50))["id"])
    blob = blob_of(stack, document)
    file = stack.files_path / "objects" / str(blob["organization_id"]) / str(blob["id"])[-2:] / str(blob["id"])
    with unreadable(file, how):
        out, complaint = vault.command("backup", status=74)
        assert f"illisible dans le magasin\u00a0: {blob['organization_id']}/{blob['id']}" in out and "pas entière" in complaint
        assert out.count("illisible") == 1 and not vault.pooled(blob).exists() and objects(vault.path / "pool")
    vault.take()
    assert vault.pooled(blob).is_file()
    vault.command("backup", "verify")


@pytest.mark.parametrize("how", ["open", "read"])
def test_a_file_of_a_backup_that_cannot_be_read_is_told_and_all_else_is_restored(stack, vault, target, account, document, how):
    other = blob_of(stack, account.processed(account.upload(("autre.txt", b"Une autre piece\n" * 50))["id"]))
    blob = blob_of(stack, document)
    vault.take()
    with unreadable(vault.pooled(blob), how):
        out, _ = target.restore(status=74)
        assert f"illisible dans la sauvegarde\u00a0: {blob['organization_id']}/{blob['id']}" in out and "rétablie" in out
        there = objects(target.files)
        assert f"{other['organization_id']}/{other['id']}" in there and f"{blob['organization_id']}/{blob['id']}" not in there
        out, _ = vault.command("backup", "verify", status=74)
        assert out.count("illisible") == 1 and str(blob["id"]) in out and "1 en défaut" in out
    # And one that the backup itself meets: the store has it still.
    with unreadable(vault.pooled(blob), how):
        vault.take()
        assert vault.pooled(blob).is_file() and not vault.pooled(blob).is_symlink()
    vault.command("backup", "verify")


# --- what rots in the pool

def spoil(path):
    data = bytearray(path.read_bytes())
    data[-20] ^= 1
    path.write_bytes(data)


def test_a_damaged_file_of_the_pool_is_set_aside_and_copied_anew(stack, vault, document):
    first = vault.take()
    blob = blob_of(stack, document)
    spoil(vault.pooled(blob))
    second = vault.take()
    out, _ = vault.command("backup", "verify", status=74)
    assert f"écarté dans pool/aside\u00a0: {blob['organization_id']}/{blob['id']}" in out and "sera copié de nouveau" in out
    assert not vault.pooled(blob).exists() and (vault.path / f"pool/aside/{blob['organization_id']}.{blob['id']}").is_file()
    out, _ = vault.command("backup", "verify", status=74)
    assert f"manquant\u00a0: {blob['organization_id']}/{blob['id']}" in out and "sera copié" not in out
    assert "dont 1 nouveaux" in vault.command("backup")[0]
    for name in first, second:
        vault.command("backup", "verify", name)


def test_a_medium_that_cannot_be_written_is_verified_and_left_as_it_is(stack, vault, document):
    vault.take()
    blob = blob_of(stack, document)
    spoil(vault.pooled(blob))
    # Nobody can open it for writing.
    (vault.path / "lock").unlink()
    (vault.path / "lock").mkdir(mode=0o755)
    out, _ = vault.command("backup", "verify", status=74)
    assert str(blob["id"]) in out and "reste dans pool/" in out and "sera copié" not in out
    assert vault.pooled(blob).exists()


def test_without_the_keys_of_its_files_nothing_is_set_aside(stack, vault, document):
    vault.take()
    blob = blob_of(stack, document)
    vault.command("backup", "verify", status=78, SECRET_KEY="a7" * 32)
    vault.command("backup", "verify", SECRET_KEY="a7" * 32, SECRET_KEY_PREVIOUS=stack.env["SECRET_KEY"])
    assert vault.pooled(blob).exists() and not (vault.path / "pool/aside").exists()


def test_who_reads_the_folder_keeps_a_verification_from_changing_it(vault, document):
    vault.take()
    with open(vault.path / "lock", "rb") as reader:
        fcntl.flock(reader, fcntl.LOCK_SH)
        assert "une autre sauvegarde" in vault.command("backup", "verify", status=75)[1]
        vault.command("backup", "list")
    vault.command("backup", "verify")


# --- a backup of which nothing is known

@pytest.mark.parametrize("how", ["flipped", "renamed member", "absent", "unreadable", "later"])
def test_an_unreadable_backup_is_told_and_keeps_the_pool(stack, vault, target, document, how):
    first = vault.take()
    # A file that, for all we can read, only the unreadable backup may need.
    file = vault.pooled(blob_of(stack, document))
    only = file.with_name(file.name[:8] + "-0000-7000-8000-0000000000" + file.name[-2:])
    shutil.copy(file, only)
    os.chown(only, stack.run.stat().st_uid, -1)
    head = vault.path / first / "backup.json"
    good = head.read_bytes()
    if how == "flipped":
        head.write_bytes(bytes([good[0] ^ 1]) + good[1:])
    elif how == "renamed member":
        head.write_bytes(good.replace(b'"missing"', b'"mussing"'))
    elif how == "later":
        vault.change_head(first, format=2)
    else:
        head.unlink()
        if how == "unreadable":
            head.mkdir()
    second = vault.take()
    vault.change_head(second, created_at="2020-01-01T00:00:00Z")
    out, complaint = vault.command("backup")
    assert f"{second} supprimée" in out and complaint.count(f"{first} est illisible") == 1 and "restent dans pool/" in complaint
    assert only.exists() and first in vault.names()
    out, _ = vault.command("backup", "list")
    assert f"{first}  ILLISIBLE" in out and "sauvegardes illisibles\u00a0: 1" in out
    complaint = target.restore(first, status=74)[1]
    assert "backup.json" in complaint and "rien n'a été touché" in complaint
    # Its head is mended: what no backup names goes again.
    if how == "unreadable":
        head.rmdir()
    head.write_bytes(good)
    for name in vault.names():
        vault.change_head(name, created_at="2020-01-01T00:00:00Z")
    complaint = vault.command("backup")[1]
    assert "illisible" not in complaint and not only.exists() and file.exists()
    assert "ILLISIBLE" not in vault.command("backup", "list")[0]


# --- files that are lost for ever

def test_a_backup_that_lacks_files_goes_out_too_and_a_restore_names_it(stack, vault, target, document):
    whole = vault.take()
    blob = blob_of(stack, document)
    file = stack.files_path / "objects" / str(blob["organization_id"]) / str(blob["id"])[-2:] / str(blob["id"])
    vault.pooled(blob).rename(vault.top / "pooled")
    aside, sent = file.with_suffix(".aside"), vault.path / "called"
    file.rename(aside)
    try:
        out, complaint = vault.command("backup", status=74, BACKUP_AFTER=f'echo "$BACKUP_NAME" >> {sent}')
        lacking = NAME.search(out)[1]
        assert sent.read_text().split() == [lacking] and "pas entière" in complaint and "a échoué" not in complaint
        _, complaint = vault.command("backup", status=74, BACKUP_AFTER="exit 3")
        assert "pas entière" in complaint and "BACKUP_AFTER a échoué" in complaint
    finally:
        aside.rename(file)
    out, _ = vault.command("backup", "list", BACKUP_AFTER="true")
    line = next(x for x in out.splitlines() if x.startswith(lacking))
    assert "INCOMPLÈTE" in line and ", copiée ailleurs" in line
    (vault.top / "pooled").rename(vault.pooled(blob))
    out, complaint = target.restore()
    assert f"sauvegarde {whole} rétablie" in out and f"{lacking}, plus récente, est incomplète (fichiers manquants\u00a0: 1)" in complaint
    last = vault.take()
    out, complaint = vault.command("backup", "verify")
    assert last in out and "plus récente" not in complaint


# --- elsewhere, and who is told

def test_a_command_takes_it_elsewhere(stack, vault):
    elsewhere = vault.top / "elsewhere"
    name = vault.take(BACKUP_AFTER=f'cp -r "$BACKUP_PATH" {elsewhere} && test -z "$SECRET_KEY$DATABASE_URL" && test -d "$BACKUP_PATH/$BACKUP_NAME"')
    assert (elsewhere / name / "manifest").exists()
    assert "copiée ailleurs" in vault.command("backup", "list", BACKUP_AFTER="true")[0]
    vault.command("backup", "verify", BACKUP_PATH=str(elsewhere))


def test_a_command_that_fails_is_told_and_the_backup_counts(vault):
    _, complaint = vault.command("backup", status=75, BACKUP_AFTER="exit 3")
    assert "BACKUP_AFTER a échoué" in complaint and "3" in complaint
    assert "PAS copiée ailleurs" in vault.command("backup", "list", BACKUP_AFTER="exit 3")[0]
    vault.command("backup", "verify")


@pytest.mark.parametrize("settings, status, told", [
    ({"BACKUP_PATH": ""}, 78, "BACKUP_PATH"),
    ({"BACKUP_PATH": "relatif"}, 78, "BACKUP_PATH"),
    ({"SECRET_KEY": ""}, 78, "SECRET_KEY"),
    ({"SECRET_KEY": "f0" * 32}, 78, "autre clé"),
    ({"DATABASE_URL": "postgresql://x@/y?host=/nonexistent"}, 69, "service"),
    ({"PATH": "/nonexistent"}, 69, "pg_dump"),
])
def test_without_what_it_needs_no_backup_is_made(stack, vault, document, settings, status, told):
    _, complaint = vault.command("backup", status=status, **settings)
    assert told in complaint and vault.names() == []


# --- dying on the way

def whole_again(vault, former):
    """Nothing half counts, and the next one is made as if nothing had been."""
    left = vault.names()
    for name in left:
        vault.command("backup", "verify", name)
    name = vault.take()
    assert not list(vault.path.glob(".partial*")) and vault.names() == [*left, name] and set(former) <= set(left)
    vault.command("backup", "verify")


@pytest.mark.parametrize("point", points("backup_take.c", "backup_dump.c", "backup_prune.c"))
def test_a_backup_that_is_killed_never_counts(stack, vault, document, point):
    former = vault.take() if point != "file copied" else None
    vault.die_at(point)
    vault.command("backup", status=-9, failing=True, FAIL_POINT_FILE=str(vault.point))
    assert not vault.point.exists()
    assert (len(vault.names()) == (1 if former else 0)) == (point not in ("backup named", "backups pruned"))
    assert not stack.sql("select 1 from pg_locks where locktype = 'advisory' and classid = 5283 and granted") or wait_until(
        lambda: not stack.sql("select 1 from pg_locks where locktype = 'advisory' and classid = 5283 and granted"), 10, "the hold to go")
    whole_again(vault, [former] if former else [])


@pytest.mark.parametrize("limit", [40_000, 150])
def test_a_full_disk_leaves_the_former_backups(stack, vault, document, limit):
    former = vault.take()
    _, complaint = vault.command("backup", status=74, limit=limit)
    assert "plein" in complaint and vault.names() == [former] and not list(vault.path.glob(".partial*"))
    whole_again(vault, [former])


@pytest.mark.parametrize("script", [
    'exit 1',
    '/usr/bin/pg_dump "$@" | head -c 60000; exit 1',
    'kill -9 $$',
    # The server ends the session whose sight the dump shares, and has ended it.
    'psql -X -q -c "select pg_terminate_backend(pid, 60000) from pg_stat_activity where application_name = \'scorpius\' and backend_xmin is not null" >/dev/null; '
    'exec /usr/bin/pg_dump "$@"',
])
def test_a_dump_that_fails_is_no_backup(vault, document, expect_log, script):
    expect_log("terminating connection due to administrator command|invalid snapshot|could not import|does not exist")
    former = vault.take()
    _, complaint = vault.command("backup", status=70, PATH=vault.wrapper("pg_dump", script))
    assert "pg_dump a échoué" in complaint and vault.names() == [former] and not list(vault.path.glob(".partial*"))
    whole_again(vault, [former])


@pytest.mark.parametrize("point", points("cmd_restore.c"))
def test_a_restore_that_is_killed_goes_on(stack, vault, target, document, frozen_jobs, point):
    name = vault.take()
    vault.die_at(point)
    target.restore(name, status=-9, failing=True, FAIL_POINT_FILE=str(vault.point))
    out, _ = target.restore(name)
    assert "reprend" in out and "rétablie" in out
    assert tables(target.dsn()) == tables(stack.env["DATABASE_URL"])
    assert "entière" in vault.command("backup", "list")[0]
    # And then it is a machine like any other: not empty.
    assert "UPLOAD_PATH soit vide" in target.restore(name, status=65)[1]


# --- what a restore refuses

def test_another_key_is_refused_and_both_are_named(stack, vault, target, document):
    name = vault.take()
    theirs = json.loads((vault.path / name / "backup.json").read_text())["master_key"]
    _, complaint = target.restore(status=78, SECRET_KEY="a7" * 32)
    assert theirs in complaint and re.search(r"SECRET_KEY est la clé [0-9a-f]{16}", complaint) and "rien n'a été touché" in complaint
    assert target.is_untouched() and not target.files.exists()


def test_the_key_of_before_is_accepted(stack, vault, target, document):
    vault.take()
    target.restore(SECRET_KEY="a7" * 32, SECRET_KEY_PREVIOUS=stack.env["SECRET_KEY"])


def test_what_is_not_empty_is_never_written_over(stack, vault, target, document):
    vault.take()
    _, complaint = vault.command("restore", status=65)
    assert "soit vide" in complaint and "rien n'a été touché" in complaint
    target.cluster.run_sql("create table autre (a int)", database="scorpius")
    assert "DATABASE_URL soit vide" in target.restore(status=65)[1]
    target.cluster.run_sql("drop table autre", database="scorpius")
    target.restore()
    for force in ("--force",), ("--yes",):
        vault.command("restore", *force, status=64)


def test_a_later_version_is_refused(stack, vault, target, document):
    """The program knows fewer changes of the schema than the backup has."""
    stack.sql("""insert into sqitch.changes (change_id, script_hash, change, project, note, committed_at, committer_name, committer_email, planned_at,
        planner_name, planner_email) select repeat('7', 40), repeat('7', 40), 'of_a_later_version', project, note, clock_timestamp(), committer_name,
        committer_email, clock_timestamp(), planner_name, planner_email from sqitch.changes order by committed_at desc limit 1 returning 1""")
    try:
        vault.take()
    finally:
        stack.sql("delete from sqitch.changes where change = 'of_a_later_version' returning 1")
    _, complaint = target.restore(status=65)
    assert "plus récente" in complaint and "of_a_later_version" in complaint
    assert target.is_untouched()


def test_a_role_that_is_missing_is_named(stack, vault, target, document):
    vault.take()
    target.cluster.run_sql("drop role scorpius")
    _, complaint = target.restore(status=78)
    assert "rôle « scorpius »" in complaint and target.is_untouched()


@pytest.mark.parametrize("name", ["20200101T000000.000Z", "../ailleurs", None])
def test_a_backup_that_does_not_exist_is_told(vault, target, name):
    _, complaint = target.restore(*([name] if name else []), status=66)
    assert "pas de sauvegarde" in complaint


def test_wrong_arguments(vault):
    for wrong in ("backup", "sideways"), ("backup", "list", "x"), ("backup", "verify", "a", "b"), ("restore", "a", "b"):
        vault.command(*wrong, status=64)
