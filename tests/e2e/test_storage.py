"""The file store as its operator sees it: nothing readable on the disk, what is missing or damaged is found, orphans can
be removed, the master key can be changed. Other tests spoil objects of their own: each looks for its own ones only."""

import os
import pathlib
import subprocess
import time
import uuid

import pdfs
import pytest
from backups import BUILD, objects, vault  # noqa: F401  (a fixture)

MARKER = "JALON-CONFIDENTIEL-7351"


def storage(stack, *arguments, **settings):
    done = subprocess.run([BUILD / "app/cli/scorpius", "storage", *arguments], env={**stack.env, "PATH": os.environ["PATH"], **settings},
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=120)
    assert done.returncode in (0, 74), done.stderr
    return done


def object_of(stack, document):
    row = stack.sql("select d.organization_id, d.blob_id from scorpius.document d where d.id = %s", document["id"])[0]
    name = str(row["blob_id"])
    return stack.files_path / "objects" / str(row["organization_id"]) / name[-2:] / name


def test_nothing_uploaded_can_be_read_from_the_disk(stack, account):
    """Neither the file nor its model. (Where nginx keeps requests and answers: see below.)"""
    text = f"Règlement de la consultation\n{MARKER}\n" * 3000
    uploaded = account.upload(("note.txt", text.encode()))
    account.processed(uploaded["id"])
    assert MARKER in account.get(f"/documents/{uploaded['id']}/content").text
    assert account.get(f"/documents/{uploaded['id']}/pages/1").status_code == 200
    tops = [stack.run, *(stack.state / top for top in ("files", "tmp", "log", "redis", "conf"))]
    assert all(top.is_dir() for top in tops)
    found = [str(p) for top in tops for p in top.rglob("*")
             if p.is_file() and MARKER.encode() in p.read_bytes()]
    assert found == []


def test_a_whole_store_has_nothing_to_tell_of_a_file(stack, document):
    done = storage(stack, "verify")
    assert object_of(stack, document).name not in done.stdout
    assert "fichiers connus de la base" in done.stdout


def test_a_missing_file_is_found(stack, document):
    path = object_of(stack, document)
    aside = path.with_suffix(".aside")
    path.rename(aside)
    try:
        for arguments in ("verify",), ("verify", "--quick"), ("verify", "--repair"):
            done = storage(stack, *arguments)
            assert done.returncode == 74
            assert f"manquant\u00a0: {path.parent.parent.name}/{path.name}" in done.stdout
    finally:
        aside.rename(path)
    assert path.name not in storage(stack, "verify").stdout


def test_a_flipped_bit_is_found(stack, document):
    path = object_of(stack, document)
    whole = path.read_bytes()
    spoilt = bytearray(whole)
    spoilt[-20] ^= 1
    path.write_bytes(spoilt)
    try:
        done = storage(stack, "verify")
        assert done.returncode == 74 and f"abîmé\u00a0: {path.parent.parent.name}/{path.name}" in done.stdout
        assert path.name not in storage(stack, "verify", "--quick").stdout, "only the size is looked at"
    finally:
        path.write_bytes(whole)


def test_a_file_that_cannot_be_read_does_not_end_the_look_at_the_others(stack, account):
    """Whichever of the two comes first: both are told. (A folder in a file's place can be opened and not read.)"""
    paths = [object_of(stack, account.upload((f"{n}.txt", f"{n} {uuid.uuid4()}".encode()), query="?process=false")) for n in range(3)]
    first, spoilt, last = sorted(paths)
    aside = [path.rename(path.with_suffix(".aside")) for path in (first, spoilt, last)]
    first.mkdir()
    last.mkdir()
    try:
        done = storage(stack, "verify")
        name = lambda path: f"{path.parent.parent.name}/{path.name}"
        assert done.returncode == 74 and f"manquant\u00a0: {name(spoilt)}" in done.stdout
        for path in first, last:
            assert f"illisible\u00a0: {name(path)}" in done.stdout and f"abîmé\u00a0: {name(path)}" not in done.stdout
        assert "Is a directory" in done.stderr and "smartctl" in done.stdout
    finally:
        for path, whole in zip((first, spoilt, last), aside):
            if path.is_dir():
                path.rmdir()
            whole.rename(path)
    assert "illisible\u00a0:" not in storage(stack, "verify").stdout


def test_a_copy_goes_on_after_files_that_cannot_be_read(stack, account, vault):
    """Whichever comes first: all are told, all others are there, and the next run brings the rest."""
    paths = sorted(object_of(stack, account.upload((f"{n}.txt", f"{n} {uuid.uuid4()}".encode()), query="?process=false")) for n in range(3))
    name, target = lambda path: f"{path.parent.parent.name}/{path.name}", vault.top / "copy"
    copy = lambda status: vault.command("storage", "copy", "--to", f"directory:{target}", status=status)
    for path in paths[0], paths[2]:
        path.chmod(0)
    try:
        out, complaint = copy(74)
    finally:
        for path in paths:
            path.chmod(0o600)
    assert [f"illisible\u00a0: {name(path)}" in out for path in paths] == [True, False, True]
    assert ", 2 illisibles\n" in out and "n'est pas finie" not in out and "Permission denied" in complaint and "smartctl" in out
    assert [name(path) in objects(target) for path in paths] == [False, True, False]
    assert ", 0 illisibles" in copy(0)[0]
    assert all(objects(target)[name(path)] == objects(stack.files_path)[name(path)] for path in paths)
    # Where nothing can be written, no file is called unreadable: it ends.
    (target / "objects" / name(paths[0]).replace("/", f"/{paths[0].parent.name}/")).unlink()
    (target / "tmp").chmod(0o500)
    out, complaint = copy(74)
    assert "illisible\u00a0:" not in out and "n'est pas finie" in out and "Permission denied" in complaint


def test_a_damaged_file_is_not_served(stack, document, account, expect_log):
    path = object_of(stack, document)
    whole = path.read_bytes()
    path.write_bytes(whole[:60] + b"\0" + whole[61:])
    expect_log(r"an object is damaged|\"status\":500")
    try:
        answer = account.get(f"/documents/{document['id']}/content")
        assert answer.status_code == 500 and answer.json()["errors"][0]["code"] == "internal_error"
    finally:
        path.write_bytes(whole)
    assert account.get(f"/documents/{document['id']}/content").content == pdfs.rules()


def test_an_orphan_is_removed_only_on_demand_and_never_when_young(stack, document):
    known = object_of(stack, document)
    old, young = known.parent.parent / "aa" / f"{str(uuid.uuid4())[:-2]}aa", known.parent.parent / "bb" / f"{str(uuid.uuid4())[:-2]}bb"
    for path in old, young:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        path.write_bytes(b"half an upload")
    day_before_yesterday = time.time() - 2 * 86400
    os.utime(old, (day_before_yesterday, day_before_yesterday))
    os.utime(known, (day_before_yesterday, day_before_yesterday))
    out = storage(stack, "verify").stdout
    assert f"orphelin\u00a0: {old.parent.parent.name}/{old.name}" in out and young.name not in out
    assert old.exists() and young.exists()
    out = storage(stack, "verify", "--repair").stdout
    assert f"orphelin supprimé\u00a0: {old.parent.parent.name}/{old.name}" in out
    assert not old.exists() and young.exists() and known.exists()
    young.unlink()


def test_the_master_key_is_changed_without_rewriting_a_file(stack, document, account, frozen_jobs):
    path = object_of(stack, document)
    before = path.read_bytes()
    first, second = stack.env["SECRET_KEY"], "b3" * 32
    name = lambda: stack.sql("select b.key_id from scorpius.document d join scorpius.blob b on b.id = d.blob_id where d.id = %s",
                             document["id"])[0]["key_id"]
    was = name()
    try:
        storage(stack, "rotate-key", SECRET_KEY=second, SECRET_KEY_PREVIOUS=first)
        assert name() != was
        assert path.name not in storage(stack, "verify", SECRET_KEY=second).stdout
        assert path.name in storage(stack, "verify").stdout, "the old key alone opens it no more"
    finally:
        storage(stack, "rotate-key", SECRET_KEY=first, SECRET_KEY_PREVIOUS=second)
    assert name() == was and path.read_bytes() == before
    assert account.get(f"/documents/{document['id']}/content").content == pdfs.rules()


@pytest.mark.parametrize("key", ["", "short"])
def test_without_a_key_nothing_begins(stack, key):
    done = subprocess.run([BUILD / "app/cli/scorpius", "storage", "verify"], env={**stack.env, "PATH": os.environ["PATH"], "SECRET_KEY": key},
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60)
    assert done.returncode == 78 and "SECRET_KEY" in done.stderr and "openssl rand" in done.stderr


@pytest.mark.parametrize("settings, said", [
    ({"NGINX_TEMP_PATH": "/proc"}, "uploads lie there in clear"),
    ({"NGINX_TEMP_PATH": "/proc", "NGINX_TEMP_ENCRYPTED": "true"}, "has no room there"),
    ({"NGINX_TEMP_PATH": "/nowhere/at/all"}, "No such file"),
    ({"NGINX_TEMP_PATH": "/tmp", "NGINX_TEMP_ENCRYPTED": "true"}, None),
    ({"NGINX_TEMP_PATH": ""}, None),
])
@pytest.mark.parametrize("environment", ["production", "test"])
def test_where_nginx_keeps_uploads_is_looked_at(stack, environment, settings, said):
    """In production a folder on an open disk is refused; elsewhere the log tells."""
    done = subprocess.run([BUILD / "app/api/scorpius-api"], env={**stack.env, "PATH": os.environ["PATH"], "APP_ENV": environment, **settings},
                          stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, timeout=30)
    # 71: it went on to its real work, and found no socket.
    assert done.returncode == (78 if said and environment == "production" else 71), done.stderr
    assert ("NGINX_TEMP_PATH" in done.stderr or "temporary files" in done.stderr) == bool(said)
    assert not said or said in done.stderr


def test_the_stack_keeps_them_in_memory(stack):
    """Unless the machine has no room there, which the workers then say."""
    path = stack.env["NGINX_TEMP_PATH"]
    warned = any("temporary files" in line for pool in ("api", "bulk") for line in stack.log_lines(pool))
    assert warned == (not path.startswith("/dev/shm/"))
    assert f'client_body_temp_path "{path}/body"' in (stack.state / "conf/nginx.conf").read_text()
