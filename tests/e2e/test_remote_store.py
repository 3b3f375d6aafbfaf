"""A stack whose files end up in a bucket: uploads do not wait for it, everything is found while it moves, its outage is
told and heals, and `storage copy` moves a store between a folder and a bucket. The stack is one of its own."""

import os
import pathlib
import subprocess
import time

import pdfs
import pytest
from stack import Stack, wait_until

BUILD = pathlib.Path(os.environ["SCORPIUS_BUILD"])


@pytest.fixture(scope="module")
def stack(swift, secrets):
    s = Stack(settings={**swift.settings, "STORAGE_BACKEND": "s3", "S3_PREFIX": "e2e/"})
    secrets[swift.secret] = "S3_SECRET_ACCESS_KEY"
    yield s
    log = s.log_tails(100000)
    s.end()
    assert swift.secret not in log
    s.remove()


def waiting(stack):
    return [p for p in (stack.files_path / "objects").rglob("*") if p.is_file()]


def in_bucket(stack, swift, document):
    row = stack.sql("select organization_id, blob_id from scorpius.document where id = %s", document["id"])[0]
    return f"e2e/{row['organization_id']}/{row['blob_id']}" in swift.names("e2e/")


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


@pytest.fixture
def document(account):
    uploaded = account.upload(("RC.pdf", pdfs.rules()))
    assert account.processed(uploaded["id"])["status"] == "processed"
    return uploaded


def test_a_file_reaches_the_bucket_and_is_read_from_there(stack, swift, account, document):
    moved(stack)
    assert in_bucket(stack, swift, document)
    assert account.get(f"/documents/{document['id']}/content").content == pdfs.rules()
    assert account.get(f"/documents/{document['id']}/pages/1").status_code == 200, "its model is in the bucket as well"
    healthy(account)
    assert "0 manquants, 0 abîmés" in storage(stack, "verify")


def test_an_outage_stops_no_upload_is_told_and_heals(stack, swift, account, document):
    moved(stack)
    healthy(account)
    swift.stop()
    try:
        second = account.upload(("note.txt", b"Date limite : le 3 mars 2031\n" * 50))
        assert account.get(f"/documents/{second['id']}/content").status_code == 200, "it lies on this machine"
        refused = account.get(f"/documents/{document['id']}/content")
        assert refused.status_code == 503 and refused.json()["errors"][0]["code"] == "service_unavailable"
        assert account.get(f"/documents/{document['id']}/pages/1").status_code == 503
        # As after a minute without a word from the bucket.
        past = time.time() - 120
        os.utime(stack.files_path / "remote-seen", (past, past))
        wait_until(lambda: health(account)["services"]["storage"] == "degraded", 10, "health to tell")
        answer = account.get("/health?detailed=true")
        assert answer.status_code == 200 and answer.json()["status"] == "degraded"
        assert waiting(stack)
    finally:
        swift.start()
    healthy(account)
    moved(stack)
    assert account.processed(second["id"])["status"] == "processed"
    assert in_bucket(stack, swift, second)
    assert account.get(f"/documents/{document['id']}/content").content == pdfs.rules()


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
