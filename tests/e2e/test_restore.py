"""Restoration of backups, on real servers: all of it comes back onto an empty machine, also after a restore that was killed, and what
can't come back, or would be written over, is told."""

import contextlib
import json
import re
import shutil
import threading
import time

import httpx
import psycopg2
import pytest

import pdfs
from backups import NAME, blob_of, catalogue, objects, points, run_as, tables, target, unreadable, vault  # noqa: F401  (fixtures)
from client import Api, fresh
from stack import Stack, wait_until


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
