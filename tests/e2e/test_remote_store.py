"""A stack whose files end up in a bucket: uploads do not wait for it, everything is found while it moves, its outage is
told and heals, and `storage copy` moves a store between a folder and a bucket. The stack is one of its own."""

import io
import os
import pathlib
import random
import shutil
import signal
import subprocess
import time
import uuid
import zipfile

import pdfs
import pytest
from client import fresh
from stack import Logs, Stack, children, wait_until

BUILD = pathlib.Path(os.environ["SCORPIUS_BUILD"])
# What these tests do to it, and what every start says.
EXPECTED = "a worker died|connection to client lost|the database system is starting up|relation \"changes\" does not exist|the organisation is deleted"


@pytest.fixture(scope="module")
def stack(swift):
    s = Stack(settings={**swift.settings, "STORAGE_BACKEND": "s3", "S3_PREFIX": "e2e/"})
    yield s
    s.end()
    logs = Logs(s.state / "log")
    logs.allow(EXPECTED)
    assert logs.unexpected() == []


def waiting(stack):
    return [f for f in stack.files() if f.startswith(f"{stack.files_path}/objects/")]


def name_of(stack, document):
    row = stack.sql("select organization_id, blob_id from scorpius.document where id = %s", document["id"])[0]
    return f"e2e/{row['organization_id']}/{row['blob_id']}"


def in_bucket(stack, swift, document):
    return name_of(stack, document) in swift.names("e2e/")


def objects(swift, account):
    return swift.names(f"e2e/{account.organization_id}/")


def moved(stack):
    wait_until(lambda: not waiting(stack), 60, "the folder to empty")


def storage(stack, *arguments, status=0, **settings):
    done = subprocess.run([BUILD / "app/cli/scorpius", "storage", *arguments], env={**stack.env, "PATH": os.environ["PATH"], **settings},
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=120)
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout + done.stderr


def health(account):
    return account.get("/health?detailed=true").json()


def healthy(account):
    wait_until(lambda: health(account)["status"] == "healthy", 60, "health")


def test_a_file_reaches_the_bucket_and_is_read_from_there(stack, swift, account, document):
    moved(stack)
    assert in_bucket(stack, swift, document)
    assert account.get(f"/documents/{document['id']}/content").content == pdfs.rules()
    assert account.get(f"/documents/{document['id']}/pages/1").status_code == 200, "its model is in the bucket as well"
    healthy(account)
    assert "0 manquants, 0 abîmés" in storage(stack, "verify")


def test_parts_of_a_file_come_from_the_bucket(stack, account):
    content = b"".join(b"ligne %07d\n" % i for i in range(100_000))
    path = f"/documents/{account.upload(('long.txt', content), query='?process=false')['id']}/content"
    moved(stack)
    part = account.get(path, headers={"Range": "bytes=1000000-1100000"})
    assert part.status_code == 206 and part.content == content[1_000_000:1_100_001]
    assert account.get(path).content == content


def test_an_outage_stops_no_upload_is_told_and_heals(stack, swift, account, document):
    moved(stack)
    healthy(account)
    swift.stop()
    try:
        note, key = ("note.txt", b"Date limite : le 3 mars 2031\n" * 50), {"Idempotency-Key": fresh("cle")}
        second, again = (account.request("POST", "/documents", files={"file": note}, headers=key).json()["data"] for _ in range(2))
        assert second["id"] == again["id"]
        assert account.get(f"/documents/{second['id']}/content").status_code == 200, "it lies on this machine"
        refused = account.get(f"/documents/{document['id']}/content")
        assert refused.status_code == 503 and refused.json()["errors"][0]["code"] == "service_unavailable"
        assert account.get(f"/documents/{document['id']}/pages/1").status_code == 503
        seen, state = stack.files_path / "remote-seen", lambda: health(account)["services"]["storage"]
        # As after a minute without a word from the bucket.
        os.utime(seen, (time.time() - 120,) * 2)
        wait_until(lambda: state() == "degraded", 10, "health to tell")
        answer = account.get("/health?detailed=true")
        assert answer.status_code == 200 and answer.json()["status"] == "degraded"
        # A bucket that was seen a moment ago, and a file that has been waiting for six minutes all the same.
        os.utime(seen)
        wait_until(lambda: state() == "up", 10, "health to be content")
        os.utime(waiting(stack)[0], (time.time() - 360,) * 2)
        wait_until(lambda: state() == "degraded", 10, "health to tell of the file")
        assert waiting(stack)
        said = storage(stack, "verify", status=69)
        assert "manquant" not in said, "what can't be looked at is not missing"
    finally:
        swift.start()
    healthy(account)
    moved(stack)
    assert account.processed(second["id"])["status"] == "processed"
    assert in_bucket(stack, swift, second)
    assert account.get(f"/documents/{document['id']}/content").content == pdfs.rules()


def test_what_turns_out_unused_is_taken_back_without_a_word_to_the_bucket(stack, swift, account):
    """The same bytes twice, in one request and as parts of two uploads: an outage, or a slow bucket, holds nobody."""
    moved(stack)
    content, part = ((fresh("ligne") + "\n").encode() * 5000 for _ in range(2))
    part_of = {"Content-Type": "application/offset+octet-stream", "Upload-Offset": "0"}
    swift.stop()
    try:
        both = [("file", (f"{name}.txt", content)) for name in "ab"]
        assert account.request("POST", "/documents?process=false", files=both).status_code == 201
        for _ in range(2):
            begun = account.post("/uploads", headers={"Upload-Length": "1000000", "Upload-Metadata": "filename YS50eHQ="}).headers["Location"]
            assert account.request("PATCH", begun, content=part, headers=part_of).status_code == 204
        assert len([f for f in waiting(stack) if account.organization_id in f]) == 2, "one object for the files, one for the parts"
        assert not [line for pool in ("api", "bulk") for line in stack.log_lines(pool) if "an unused object stays" in line]
    finally:
        swift.start()
    healthy(account)
    moved(stack)
    assert len(objects(swift, account)) == 2


def test_a_store_is_copied_resumed_compared_and_used(stack, swift, account, document, tmp_path):
    moved(stack)
    target = tmp_path / "copy"
    copies = lambda: [p for p in (target / "objects").rglob("*") if p.is_file()]
    out = storage(stack, "copy", "--to", f"directory:{target}")
    assert " 0 déjà là, 0 dont" in out and len(copies()) >= 2
    here = {"STORAGE_BACKEND": "directory", "UPLOAD_PATH": str(target)}
    assert "0 manquants, 0 abîmés" in storage(stack, "verify", **here)

    gone, spoilt = copies()[:2]
    gone.unlink()
    assert storage(stack, "copy", "--to", f"directory:{target}").startswith("1 fichiers copiés"), "only what is missing"
    whole = spoilt.read_bytes()
    spoilt.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    storage(stack, "copy", "--to", f"directory:{target}")
    name = f"{spoilt.parent.parent.name}/{spoilt.name}"
    assert name in storage(stack, "copy", "--to", f"directory:{target}", "--reread", status=74)
    spoilt.write_bytes(whole[:-1])
    assert name in storage(stack, "copy", "--to", f"directory:{target}", status=74)
    spoilt.write_bytes(whole)

    back = storage(stack, "copy", "--to", "s3", S3_PREFIX="back/", **here)
    assert back.startswith(f"{len(copies())} fichiers copiés, 0 déjà là, 0 dont")
    assert len(swift.names("back/")) == len(copies())
    assert "0 manquants, 0 abîmés" in storage(stack, "verify", S3_PREFIX="back/", UPLOAD_PATH=str(tmp_path / "empty"))


def test_what_a_bucket_lost_is_found_and_comes_back_from_a_copy(stack, swift, account, document, tmp_path):
    moved(stack)
    name, target = name_of(stack, document), tmp_path / "copy"
    storage(stack, "copy", "--to", f"directory:{target}")
    assert swift.request("DELETE", name).startswith("204")
    for how in ([], ["--quick"]):
        assert f"manquant\u00a0: {name.removeprefix('e2e/')}" in storage(stack, "verify", *how, status=74)
    here = {"STORAGE_BACKEND": "directory", "UPLOAD_PATH": str(target)}
    assert storage(stack, "copy", "--to", "s3", **here).startswith("1 fichiers copiés")
    assert "0 manquants, 0 abîmés" in storage(stack, "verify")
    assert account.get(f"/documents/{document['id']}/content").content == pdfs.rules()


def test_an_orphan_that_waits_is_removed_only_on_demand(stack, document, frozen_jobs):
    folder = stack.files_path / "objects" / str(uuid.uuid4()) / "aa"
    old = folder / f"{str(uuid.uuid4())[:-2]}aa"
    folder.mkdir(parents=True)
    old.write_bytes(b"half an upload")
    day_before_yesterday = time.time() - 2 * 86400
    os.utime(old, (day_before_yesterday, day_before_yesterday))
    assert f"orphelin\u00a0: {folder.parent.name}/{old.name}" in storage(stack, "verify") and old.exists()
    assert f"orphelin supprimé\u00a0: {folder.parent.name}/{old.name}" in storage(stack, "verify", "--repair") and not old.exists()
    shutil.rmtree(folder.parent, ignore_errors=True)
    assert "0 manquants, 0 abîmés" in storage(stack, "verify")


def test_the_master_key_is_changed_without_a_word_to_the_bucket(stack, swift, account, document, frozen_jobs):
    first, second = stack.env["SECRET_KEY"], "b3" * 32
    nowhere = {"S3_ENDPOINT": "http://127.0.0.1:1"}
    try:
        storage(stack, "rotate-key", SECRET_KEY=second, SECRET_KEY_PREVIOUS=first, **nowhere)
        assert "0 manquants, 0 abîmés" in storage(stack, "verify", SECRET_KEY=second)
    finally:
        storage(stack, "rotate-key", SECRET_KEY=first, SECRET_KEY_PREVIOUS=second, **nowhere)
    assert account.get(f"/documents/{document['id']}/content").content == pdfs.rules()


def test_an_export_is_made_from_the_bucket_and_lies_in_it_for_its_time(stack, swift, account, document):
    moved(stack)
    export = account.export()
    assert export["status"] == "done"
    moved(stack)
    blob = stack.sql("select blob_id::text from scorpius.organization_export where id = %s", export["id"])[0]["blob_id"]
    name = f"e2e/{account.organization_id}/{blob}"
    assert name in objects(swift, account)
    z = zipfile.ZipFile(io.BytesIO(account.get(f"/organization/exports/{export['id']}/content").content))
    assert z.read("files/documents/RC.pdf") == pdfs.rules()
    stack.sql("update scorpius.organization_export set expires_at = now() where id = %s", export["id"])
    stack.sql("update scorpius.job set run_after = now() where organization_id = %s and kind = 'export_end'", account.organization_id)
    wait_until(lambda: name not in objects(swift, account), 60, "the archive to leave the bucket")
    assert in_bucket(stack, swift, document)


def test_what_was_deleted_leaves_the_bucket_when_it_is_back_and_letters_do_not_wait_for_it(stack, swift, account, api, document):
    moved(stack)
    assert objects(swift, account)
    assert account.request("DELETE", f"/documents/{document['id']}").status_code == 204
    told = lambda: len([line for line in stack.log_lines("jobs") if "jobs that need it wait" in line])
    before = told()
    swift.stop()
    try:
        stack.sql("update scorpius.document set purge_after = now() - interval '1 second' where id = %s", document["id"])
        wait_until(lambda: told() > before, 60, "a job to miss the bucket")
        assert stack.sql("select 1 from scorpius.blob_purge where organization_id = %s", account.organization_id), "it is noted what is to go"
        somebody = api.account()
        assert stack.mail.wait_for(somebody.email, seconds=60)
    finally:
        swift.start()
    wait_until(lambda: objects(swift, account) == [], 60, "the files to leave the bucket")
    wait_until(lambda: not stack.sql("select 1 from scorpius.blob_purge where organization_id = %s", account.organization_id), 60, "the note to go")
    healthy(somebody)


def test_an_organisation_that_is_erased_leaves_nothing_in_the_bucket(stack, swift, account, document):
    moved(stack)
    assert objects(swift, account)
    late = account.upload(("note.txt", b"une note\n"), query="?process=false")
    assert account.request("DELETE", "/organization", json={"password": account.password}).status_code == 200 and late
    stack.sql("update scorpius.organization set erase_after = now() where id = %s", account.organization_id)
    stack.sql("update scorpius.job set run_after = now() where organization_id = %s and kind = 'erase'", account.organization_id)
    wait_until(lambda: stack.sql("select 1 from scorpius.organization where id = %s and erased_at is not null", account.organization_id), 60,
               "the organisation to be erased")
    moved(stack)
    assert objects(swift, account) == []


def test_a_mover_that_is_killed_loses_nothing(stack, swift, account):
    contents = {}
    for _ in range(3):
        for i in range(8):
            content = (fresh("ligne") + "\n").encode() * 2000
            contents[account.upload((f"{i}.txt", content), query="?process=false")["id"]] = content
            if i == 3 or random.random() < 0.2:
                for pid in children(stack.pid("jobs")):
                    try:
                        os.kill(pid, signal.SIGKILL)
                    except ProcessLookupError:
                        pass  # it was just being started again
    moved(stack)
    assert len(objects(swift, account)) == len(contents)
    for id, content in contents.items():
        assert account.get(f"/documents/{id}/content").content == content


@pytest.mark.parametrize("settings, named", [
    ({"S3_BUCKET": ""}, "S3_BUCKET"), ({"S3_ENDPOINT": "ftp://127.0.0.1"}, "S3_ENDPOINT"),
    ({"S3_ENDPOINT": "http://who:secret@127.0.0.1"}, "S3_ENDPOINT"), ({"S3_SECRET_ACCESS_KEY": ""}, "S3_SECRET_ACCESS_KEY"),
    ({"S3_ENDPOINT": "http://s3.essai.example", "APP_ENV": "production"}, "S3_ENDPOINT"), ({"S3_PREFIX": "../x"}, "S3_PREFIX"), ({"S3_BUCKET": "a/b?c"}, "S3_BUCKET"), ({"STORAGE_BACKEND": "ftp"}, "STORAGE_BACKEND")])
def test_settings_that_can_not_work_are_refused_by_name(stack, swift, settings, named):
    out = storage(stack, "verify", status=78, **settings)
    assert named in out and swift.secret not in out


@pytest.mark.parametrize("arguments", [[], ["--to"], ["--to", "directory:"], ["--to", "ftp:x"], ["--to", "s3", "--what"]])
def test_a_copy_to_nowhere_is_a_wrong_usage(stack, arguments):
    storage(stack, "copy", *arguments, status=64)


def test_a_copy_to_where_the_files_are_is_refused(stack):
    assert "STORAGE_BACKEND" in storage(stack, "copy", "--to", "s3", status=78)


def test_bucket_and_database_agree(stack, swift):
    """After all of the above: an object for each row and a row for each object."""
    moved(stack)
    rows = lambda: {f"e2e/{r['organization_id']}/{r['id']}" for r in stack.sql("select organization_id, id from scorpius.blob")}
    wait_until(lambda: set(swift.names("e2e/")) == rows(), 30, "them to agree", lambda: str(set(swift.names("e2e/")) ^ rows()))
    assert not waiting(stack)
