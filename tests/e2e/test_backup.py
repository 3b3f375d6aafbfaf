"""Backups, on real servers: what is in one, what can go wrong while it is made, what rots in it, and who is told."""

import fcntl
import json
import os
import shutil

import pytest

from backups import NAME, backup_under_way, blob_of, objects, points, target, unreadable, vault  # noqa: F401  (fixtures)
from stack import wait_until
from test_storage import object_of


# --- files that go while it is made

def test_files_wait_for_a_backup_before_they_go(stack, vault, account, document):
    blob = blob_of(stack, document)
    file = object_of(stack, document)
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
    file = object_of(stack, document)
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


@pytest.mark.parametrize("how", ["open", "read"])
def test_a_file_of_the_store_that_cannot_be_read_is_told_and_all_else_is_saved(stack, vault, account, document, how):
    account.processed(account.upload(("autre.txt", b"Une autre piece\n" * 50))["id"])
    blob = blob_of(stack, document)
    file = object_of(stack, document)
    with unreadable(file, how):
        out, complaint = vault.command("backup", status=74)
        assert f"illisible dans le magasin\u00a0: {blob['organization_id']}/{blob['id']}" in out and "pas entière" in complaint
        assert out.count("illisible") == 1 and not vault.pooled(blob).exists() and objects(vault.path / "pool")
    vault.take()
    assert vault.pooled(blob).is_file()
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
    file = object_of(stack, document)
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


def test_wrong_arguments(vault):
    for wrong in ("backup", "sideways"), ("backup", "list", "x"), ("backup", "verify", "a", "b"), ("restore", "a", "b"):
        vault.command(*wrong, status=64)
