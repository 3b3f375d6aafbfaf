"""Uploads in parts (tus 1.0.0): what arrived stays, the last part makes a document as any upload does."""

import base64
import concurrent.futures
import hashlib
import os
import re
import subprocess
import tempfile

import pdfs
import pytest

import operations
from client import broken_off, code, codes, fresh
from stack import ROOT, wait_until
from test_storage import storage

PART = 65536  # the smallest that is not the last
MARKER = "JALON-EN-PARTIES-4821"


def said(**pairs):
    return ",".join(f"{k} {base64.b64encode(v if isinstance(v, bytes) else v.encode()).decode()}" for k, v in pairs.items())


def begin(account, length, name="cctp.txt", query="", headers=None, **pairs):
    return account.post("/uploads" + query, headers={"Tus-Resumable": "1.0.0", "Upload-Length": str(length),
                                                     "Upload-Metadata": said(filename=name, **pairs), **(headers or {})})


def begun(account, *args, **more):
    answer = begin(account, *args, **more)
    assert answer.status_code == 201, answer.text
    assert answer.headers["Location"] == f"/api/v1/uploads/{answer.json()['data']['id']}"
    return answer.headers["Location"]


def add(account, path, offset, content, **headers):
    return account.request("PATCH", path, content=content, headers={"Tus-Resumable": "1.0.0", "Upload-Offset": str(offset), **headers,
                                                                    "Content-Type": headers.get("Content-Type", "application/offset+octet-stream")})


def offset(account, path):
    answer = account.request("HEAD", path, headers={"Tus-Resumable": "1.0.0"})
    assert answer.status_code == 200 and answer.headers["Cache-Control"] == "no-store"
    return int(answer.headers["Upload-Offset"])


def text(size):
    return (fresh("ligne") + "\n").encode() * (size // 23) + b"x" * (size % 23)


def whole(account, content, parts=3, **more):
    """Sends all of it; the document's id."""
    path = begun(account, len(content), **more)
    step, at = max(PART, -(-len(content) // parts)), 0
    while at < len(content):
        answer = add(account, path, at, content[at:at + step])
        assert answer.status_code == 204, answer.text
        at += len(content[at:at + step])
        assert answer.headers["Upload-Offset"] == str(at)
        assert ("Scorpius-Document-Id" in answer.headers) == (at == len(content))
    assert answer.headers["Location"] == f"/api/v1/documents/{answer.headers['Scorpius-Document-Id']}"
    return answer.headers["Scorpius-Document-Id"], path


def mine(stack, account, table):
    return stack.sql(f"select count(*) n from scorpius.{table} where organization_id = %s", account.organization_id)[0]["n"]


def settled(stack, account):
    wait_until(lambda: mine(stack, account, "upload_part") == mine(stack, account, "blob_purge") == 0, 60, "the parts to go")


def objects(stack, account):
    return {f.rsplit("/", 1)[1] for f in stack.files() if f.startswith(str(stack.files_path)) and account.organization_id in f}


# --- what it is for

def test_options_tell_what_is_spoken(api, account):
    for path in "/uploads", operations.address("/uploads/{upload_id}"):
        answer = api.request("OPTIONS", path)
        assert answer.status_code == 204
        assert answer.headers["Tus-Version"] == answer.headers["Tus-Resumable"] == "1.0.0"
        assert set(answer.headers["Tus-Extension"].split(",")) == {"creation", "expiration", "termination", "checksum"}
        assert answer.headers["Tus-Max-Size"] == "2097152" and answer.headers["Tus-Checksum-Algorithm"] == "sha256"
    assert "Tus-Version" not in api.request("OPTIONS", "/documents").headers
    assert "Tus-Resumable" not in account.get("/documents").headers


def test_browsers_of_other_origins_may_do_it(api, account):
    origin = {"Origin": "https://app.essai.example"}
    allowed = api.request("OPTIONS", "/uploads", headers=origin).headers["Access-Control-Allow-Headers"].lower()
    assert {"tus-resumable", "upload-length", "upload-offset", "upload-metadata", "upload-checksum"} <= set(re.split(", *", allowed))
    exposed = begin(account, 5, headers=origin).headers["Access-Control-Expose-Headers"].lower()
    assert {"tus-resumable", "upload-offset", "upload-length", "upload-expires", "location", "scorpius-document-id"} <= set(re.split(", *", exposed))


def test_a_file_in_parts_becomes_a_document(account, stack):
    content = text(200_001)
    document, path = whole(account, content, name="Règlement.txt")
    shown = account.processed(document)
    assert (shown["original_filename"], shown["file_size"], shown["status"]) == ("Règlement.txt", len(content), "processed")
    assert shown["mime_type"] == "text/plain" and shown["sha256"] == hashlib.sha256(content).hexdigest()
    assert account.get(f"/documents/{document}/content").content == content
    # Asked afterwards, it tells what became of it; nothing can be added, and the parts go.
    head = account.request("HEAD", path)
    assert head.headers["Upload-Offset"] == head.headers["Upload-Length"] == str(len(content))
    assert head.headers["Scorpius-Document-Id"] == document == account.data("GET", path)["document_id"]
    assert code(add(account, path, 0, content)) == "upload_offset_conflict"
    assert add(account, path, len(content), b"").status_code == 204
    settled(stack, account)
    assert mine(stack, account, "upload") == 1
    events = account.data("GET", f"/documents/{document}/events")["events"]
    assert {"upload", "validation"} <= {e["stage"] for e in events}


def test_one_part_is_enough_and_need_not_be_large(account):
    document, _ = whole(account, b"court\n")
    assert account.get(f"/documents/{document}/content").content == b"court\n"


def test_a_document_of_a_tender(account):
    tender = account.data("POST", "/tenders", 201, json={})
    document, _ = whole(account, pdfs.rules(), name="RC.pdf", tender_id=tender["id"], document_type="rc")
    shown = account.processed(document)
    assert (shown["tender_id"], shown["document_type"]) == (tender["id"], "rc")
    after = account.analyzed(tender["id"])
    assert (after["document_count"], after["dossier_version"]) == (1, 1)


def test_it_need_not_be_read(account):
    document, _ = whole(account, b"pas encore\n", query="?process=false")
    assert account.data("GET", f"/documents/{document}")["status"] == "uploaded"


def test_the_same_bytes_are_stored_once(account, stack):
    content = text(150_000)
    first = account.upload(("a.txt", content), query="?process=false")
    documents = [whole(account, content, query="?process=false")[0] for _ in range(2)]
    # A part that is a whole file elsewhere: one object, and that file's type counts.
    whole(account, content[:PART] + text(PART), parts=2, query="?process=false")
    small = account.upload(("b.txt", content[:PART]), query="?process=false")
    settled(stack, account)
    assert len({account.data("GET", f"/documents/{d}")["sha256"] for d in [first["id"], *documents]}) == 1
    assert account.data("GET", f"/documents/{small['id']}")["mime_type"] == "text/plain"
    assert mine(stack, account, "blob") == len(objects(stack, account)) == 3


def test_what_it_says_of_itself(account):
    tender = account.data("POST", "/tenders", 201, json={})
    given = said(filename="a.txt", tender_id=tender["id"], filetype="text/plain")
    answer = account.post("/uploads", headers={"Upload-Length": "7", "Upload-Metadata": given})
    assert answer.headers["Tus-Resumable"] == "1.0.0" and answer.headers["Upload-Expires"].endswith(" GMT")
    path, shown = answer.headers["Location"], answer.json()["data"]
    assert (shown["filename"], shown["length"], shown["offset"], shown["tender_id"], shown["document_id"]) == ("a.txt", 7, 0, tender["id"], None)
    head = account.request("HEAD", path)
    assert head.headers["Upload-Metadata"] == given and head.headers["Upload-Length"] == "7" and head.headers["Upload-Offset"] == "0"
    assert account.data("GET", path) == shown


def test_giving_up(account, stack):
    path = begun(account, 200_000)
    assert add(account, path, 0, text(PART)).status_code == 204
    answer = account.request("DELETE", path)
    assert answer.status_code == 204 and answer.headers["Tus-Resumable"] == "1.0.0"
    for again in account.request("DELETE", path), account.request("HEAD", path), add(account, path, PART, text(PART)):
        assert again.status_code == 404
    wait_until(lambda: mine(stack, account, "upload") == 0, 60, "the upload to go")
    settled(stack, account)
    assert objects(stack, account) == set() and mine(stack, account, "blob") == 0


def test_giving_up_what_is_a_document_keeps_it(account, stack):
    document, path = whole(account, text(140_000), query="?process=false")
    assert account.request("DELETE", path).status_code == 204 and account.request("HEAD", path).status_code == 404
    wait_until(lambda: mine(stack, account, "upload") == 0, 60, "the upload to go")
    settled(stack, account)
    assert account.get(f"/documents/{document}/content").status_code == 200


# --- where parts begin and end

@pytest.mark.parametrize("given", ["1", "65535", "65537", "999999999999", "0"])
def test_a_part_that_begins_elsewhere(account, given):
    path = begun(account, 200_000)
    assert add(account, path, 0, text(PART)).status_code == 204
    answer = add(account, path, given, text(PART))
    assert answer.status_code == 409 and code(answer) == "upload_offset_conflict" and "65536" in answer.text
    assert offset(account, path) == PART


@pytest.mark.parametrize("given", [None, "", "-1", "+0", "0x0", "0.0", "1" * 19, "0a"])
def test_an_offset_that_is_none(account, given):
    answer = account.request("PATCH", begun(account, 10), content=b"x" * 10, headers={"Content-Type": "application/offset+octet-stream", "Upload-Offset": given})
    assert answer.status_code == 400 and codes(answer) == {("invalid_upload_offset", "Upload-Offset")}


def test_a_part_that_goes_beyond_the_end(account):
    path = begun(account, PART + 10)
    for at, size in (0, PART + 11), (0, 2 * PART):
        answer = add(account, path, at, text(size))
        assert answer.status_code == 413 and code(answer) == "body_too_large"
    assert add(account, path, 0, text(PART)).status_code == 204
    answer = add(account, path, PART, b"x" * 11)
    assert answer.status_code == 413 and "10 bytes" in answer.text and offset(account, path) == PART
    assert add(account, path, PART, b"x" * 10).status_code == 204


def test_small_parts_are_refused_but_for_the_last(account):
    path = begun(account, 2 * PART)
    answer = add(account, path, 0, text(PART - 1))
    assert answer.status_code == 400 and code(answer) == "part_too_small" and offset(account, path) == 0
    assert add(account, path, 0, text(2 * PART - 1)).status_code == 204
    assert add(account, path, 2 * PART - 1, b"x").status_code == 204


def test_a_part_without_bytes_changes_nothing(account, stack):
    path = begun(account, 10)
    answer = add(account, path, 0, b"")
    assert answer.status_code == 204 and answer.headers["Upload-Offset"] == "0"
    assert mine(stack, account, "upload_part") == 0


def test_a_part_whose_length_is_not_announced(account):
    """In chunks: nginx has all of it before a worker sees it."""
    content = text(PART + 5)
    path = begun(account, len(content))
    assert add(account, path, 0, iter([content[:1000], content[1000:PART]])).status_code == 204
    assert offset(account, path) == PART
    document = add(account, path, PART, iter([content[PART:]])).headers["Scorpius-Document-Id"]
    assert account.get(f"/documents/{document}/content").content == content


def test_a_part_that_breaks_off_is_not_kept(account, stack):
    path = begun(account, 2 * PART)
    content = text(2 * PART)
    assert add(account, path, 0, content[:PART]).status_code == 204
    head = (f"PATCH {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {account.token}\r\nUpload-Offset: {PART}\r\n"
            f"Content-Type: application/offset+octet-stream\r\nContent-Length: {PART}\r\n\r\n").encode()
    broken_off(stack, head + content[PART:PART + 30_000])
    assert offset(account, path) == PART
    document = add(account, path, PART, content[PART:]).headers["Scorpius-Document-Id"]
    assert account.get(f"/documents/{document}/content").content == content


@pytest.mark.parametrize("last", [False, True])
def test_two_parts_at_the_same_place_at_the_same_instant(account, stack, last):
    """One of them is the part, whole; the other is told so."""
    for _ in range(5):
        path = begun(account, PART if last else 4 * PART, query="?process=false")
        contents = [text(PART) for _ in range(4)]
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(lambda c, path=path: add(account, path, 0, c), contents))
        assert sorted(a.status_code for a in answers) == [204, 409, 409, 409]
        assert {code(a) for a in answers if a.status_code == 409} == {"upload_offset_conflict"}
        assert offset(account, path) == PART
        won = contents[[a.status_code for a in answers].index(204)]
        if not last:
            rest = text(3 * PART)
            answers = [add(account, path, PART, rest)]
            won += rest
        document = next(a for a in answers if a.status_code == 204).headers["Scorpius-Document-Id"]
        assert account.get(f"/documents/{document}/content").content == won
    assert account.get("/documents").json()["meta"]["total"] == 5
    settled(stack, account)
    assert mine(stack, account, "blob") == len(objects(stack, account)) == 5


def test_checksums(account):
    content = text(PART + 100)
    path = begun(account, len(content))

    def proof(part):
        return "sha256 " + base64.b64encode(hashlib.sha256(part).digest()).decode()

    for at, part in (0, content[:PART]), (PART, content[PART:]):
        answer = add(account, path, at, part, **{"Upload-Checksum": proof(b"autre")})
        assert answer.status_code == 460 and code(answer) == "checksum_mismatch" and offset(account, path) == at
        for broken in "sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=", "sha256", "sha256 YQ==", "sha256  " + proof(part)[7:], proof(part)[:-1]:
            answer = add(account, path, at, part, **{"Upload-Checksum": broken})
            assert answer.status_code == 400 and codes(answer) == {("invalid_upload_checksum", "Upload-Checksum")}
        answer = add(account, path, at, part, **{"Upload-Checksum": proof(part)})
        assert answer.status_code == 204
    assert account.get(f"/documents/{answer.headers['Scorpius-Document-Id']}/content").content == content


# --- what is refused

@pytest.mark.parametrize("given", [None, "", "-1", "abc", "1e3", "1 1", "0x10", "9" * 19, "1,2"])
def test_a_length_that_is_none(account, given):
    answer = account.post("/uploads", headers={"Upload-Length": given, "Upload-Metadata": said(filename="a.txt")})
    assert answer.status_code == 400 and codes(answer) == {("invalid_upload_length", "Upload-Length")}


def test_a_file_without_bytes(account):
    answer = begin(account, 0)
    assert answer.status_code == 400 and codes(answer) == {("empty_file", "Upload-Length")}


def test_a_length_that_comes_later(account):
    answer = account.post("/uploads", headers={"Upload-Defer-Length": "1", "Upload-Metadata": said(filename="a.txt"), "Accept-Language": "fr"})
    assert answer.status_code == 400 and code(answer) == "upload_length_deferred"
    assert "la taille du fichier doit être connue dès le début" in answer.text


def test_the_largest_file(account):
    limit = 2097152
    answer = begin(account, limit + 1)
    assert answer.status_code == 413 and codes(answer) == {("file_too_large", "Upload-Length")}
    content = text(limit)
    document, _ = whole(account, content, parts=2, query="?process=false")
    assert account.data("GET", f"/documents/{document}")["file_size"] == limit


@pytest.mark.parametrize("given, refused", [
    (None, ("missing_field", "filename")), ("", ("missing_field", "filename")), ("filename", ("missing_field", "filename")),
    (said(filename="../"), ("missing_field", "filename")), ("filename a.txt", ("invalid_upload_metadata", "Upload-Metadata")),
    ("filename YS50eHQ", ("invalid_upload_metadata", "Upload-Metadata")), (said(filename=b"a\0b"), ("nul_in_text", "filename")),
    (said(filename=b"\xff.txt"), ("invalid_utf8", "filename")), (said(filename="é" * 128), ("too_long", "filename")),
    ("x" * 2049, ("too_long", "Upload-Metadata")), (said(filename="a", folder="b"), ("unknown_field", "folder")),
    (said(filename="a") + "," + said(filename="b"), ("duplicate_field", "filename")), (said(filename="a", tender_id="7"), ("invalid_id", "tender_id")),
    (said(filename="a", document_type="dce"), ("invalid_value", "document_type")),
])
def test_metadata_that_is_none(account, given, refused):
    answer = account.post("/uploads", headers={"Upload-Length": "5", "Upload-Metadata": given})
    assert answer.status_code == 400 and codes(answer) == {refused}


def test_all_faults_are_told_at_once(account):
    answer = account.post("/uploads", headers={"Upload-Metadata": said(tender_id="7")})
    assert codes(answer) == {("invalid_upload_length", "Upload-Length"), ("invalid_id", "tender_id"), ("missing_field", "filename")}


def test_names_lose_what_is_no_name(account):
    path = begun(account, 6, name="C:\\dossier\\..\\pièce\r\n\x1b[31m.txt", query="?process=false")
    document = add(account, path, 0, b"texte\n").headers["Scorpius-Document-Id"]
    assert account.data("GET", f"/documents/{document}")["original_filename"] == "pièce[31m.txt"


def test_a_body_where_none_belongs(account):
    answer = account.post("/uploads", content=b"creation-with-upload", headers={
        "Content-Type": "application/offset+octet-stream", "Upload-Length": "20", "Upload-Metadata": said(filename="a.txt")})
    assert answer.status_code == 400 and code(answer) == "unexpected_body"


@pytest.mark.parametrize("version", ["0.2.2", "1.0.1", "", "1"])
def test_another_version_of_the_protocol(account, version):
    path = begun(account, 10)
    spoken = {"Tus-Resumable": version, "Upload-Length": "5", "Upload-Metadata": said(filename="a.txt"), "Upload-Offset": "0",
              "Content-Type": "application/offset+octet-stream"}
    for method, at in ("POST", "/uploads"), ("GET", path), ("HEAD", path), ("PATCH", path), ("DELETE", path):
        answer = account.request(method, at, headers=spoken)
        assert answer.status_code == 412 and answer.headers["Tus-Version"] == answer.headers["Tus-Resumable"] == "1.0.0"
        assert method == "HEAD" or code(answer) == "tus_version"
    assert offset(account, path) == 0


def test_a_content_that_is_not_accepted(account, stack):
    content = b"\x7fELF\x02\x01\x01" + bytes(PART)
    path = begun(account, len(content), name="RC.pdf")
    assert add(account, path, 0, content[:PART]).status_code == 204
    for _ in range(2):
        answer = add(account, path, PART, content[PART:])
        assert answer.status_code == 400 and code(answer) == "file_type_refused"
        assert offset(account, path) == PART
    assert account.data("GET", "/documents") == []
    assert account.request("DELETE", path).status_code == 204
    wait_until(lambda: mine(stack, account, "upload") == 0, 60, "the upload to go")
    settled(stack, account)
    assert objects(stack, account) == set()


def test_a_tender_that_is_not_there(account, other):
    foreign = other.data("POST", "/tenders", 201, json={})
    for tender in foreign["id"], operations.NOBODYS:
        answer = begin(account, 10, tender_id=tender)
        assert answer.status_code == 404 and codes(answer) == {("not_found", "tender_id")}
    # One that goes while the parts arrive.
    tender = account.data("POST", "/tenders", 201, json={})
    path = begun(account, 6, tender_id=tender["id"])
    assert account.request("DELETE", f"/tenders/{tender['id']}").status_code == 204
    answer = add(account, path, 0, b"texte\n")
    assert answer.status_code == 404 and codes(answer) == {("not_found", "tender_id")} and offset(account, path) == 0
    assert account.post(f"/tenders/{tender['id']}/restore").status_code == 200
    assert add(account, path, 0, b"texte\n").status_code == 204


def test_who_may(account, other):
    path = begun(account, 10)
    viewer, manager = account.colleague("viewer"), account.colleague("bid_manager")
    for method, at in ("POST", "/uploads"), ("GET", path), ("HEAD", path), ("PATCH", path), ("DELETE", path):
        assert viewer.request(method, at).status_code == 403
        if at == path:
            answer = other.request(method, at, headers={"Content-Type": "application/offset+octet-stream", "Upload-Offset": "0"})
            assert answer.status_code == 404
    assert add(manager, path, 0, b"x" * 10).status_code == 204


def test_so_many_and_no_more(account, other):
    """20 that are not finished; at the same instant, too."""
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: begin(account, 10), range(24)))
    assert sorted(a.status_code for a in answers) == [201] * 20 + [409] * 4
    refused = next(a for a in answers if a.status_code == 409)
    assert code(refused) == "too_many_uploads" and "20" in refused.text
    assert begin(other, 10).status_code == 201
    first, second = [a.headers["Location"] for a in answers if a.status_code == 201][:2]
    assert account.request("DELETE", first).status_code == 204
    assert begin(account, 10).status_code == 201 and begin(account, 10).status_code == 409
    assert add(account, second, 0, b"x" * 10).status_code == 204
    assert begin(account, 10).status_code == 201


def test_a_beginning_may_be_repeated(account):
    key = {"Idempotency-Key": fresh("k")}
    first, again = (begin(account, 10, headers=key) for _ in range(2))
    assert first.status_code == again.status_code == 201 and again.headers["Idempotent-Replayed"] == "true"
    assert again.headers["Location"] == first.headers["Location"] and again.json()["data"] == first.json()["data"]
    assert again.headers["Tus-Resumable"] == "1.0.0"
    for other in begin(account, 11, headers=key), begin(account, 10, name="b.txt", headers=key), begin(account, 10, query="?process=false", headers=key):
        assert other.status_code == 409 and code(other) == "idempotency_key_reused"


# --- its life

def test_after_a_day_it_is_gone(account, stack):
    path, content = begun(account, 200_000), text(PART)
    id = path.rsplit("/", 1)[1]
    assert add(account, path, 0, content).status_code == 204
    life = stack.sql("select extract(epoch from expires_at - now())::int s, clean_at > expires_at later from scorpius.upload where id = %s", id)[0]
    assert 86_390 < life["s"] <= 86_400 and life["later"]
    stack.sql("update scorpius.upload set expires_at = now() - interval '1 second' where id = %s", id)
    for answer in account.request("HEAD", path), account.get(path), add(account, path, PART, content), account.request("DELETE", path):
        assert answer.status_code == 404
    assert len(objects(stack, account)) == 1
    stack.sql("update scorpius.upload set clean_at = now() where id = %s", id)
    wait_until(lambda: mine(stack, account, "upload") == 0, 60, "the upload to go")
    settled(stack, account)
    assert objects(stack, account) == set() and mine(stack, account, "blob") == 0


def test_each_part_gives_it_another_day(account, stack):
    path = begun(account, 200_000)
    id = path.rsplit("/", 1)[1]
    stack.sql("update scorpius.upload set expires_at = now() + interval '1 minute' where id = %s", id)
    answer = add(account, path, 0, text(PART))
    assert answer.status_code == 204
    assert stack.sql("select expires_at > now() + interval '23 hours' later from scorpius.upload where id = %s", id)[0]["later"]
    assert answer.headers["Upload-Expires"] == account.request("HEAD", path).headers["Upload-Expires"]


def test_the_store_knows_parts(account, stack):
    """They are no orphans, they are looked at like any file, and they go on after a change of the master key."""
    content = text(2 * PART)
    path = begun(account, len(content), query="?process=false")
    assert add(account, path, 0, content[:PART]).status_code == 204
    name, = objects(stack, account)
    file, = stack.files_path.rglob(name)
    os.utime(file, (1_600_000_000, 1_600_000_000))
    assert name not in storage(stack, "verify").stdout
    assert name not in storage(stack, "verify", "--repair").stdout and file.exists()
    spoilt = bytearray(file.read_bytes())
    spoilt[-20] ^= 1
    was = file.read_bytes()
    file.write_bytes(spoilt)
    try:
        assert f"abîmé\u00a0: {account.organization_id}/{name}" in storage(stack, "verify").stdout
    finally:
        file.write_bytes(was)
    # Of one that no row names any more, and one that a worker left that died: orphans.
    orphan = file.parent / (name[:-4] + "ab" + name[-2:])
    orphan.write_bytes(was)
    os.utime(orphan, (1_600_000_000, 1_600_000_000))
    assert f"orphelin\u00a0: {account.organization_id}/{orphan.name}" in storage(stack, "verify").stdout
    storage(stack, "verify", "--repair")
    assert not orphan.exists() and file.exists()
    assert add(account, path, PART, content[PART:]).status_code == 204


def test_a_damaged_part_becomes_no_document(account, stack, expect_log):
    content = text(2 * PART)
    path = begun(account, len(content), query="?process=false")
    assert add(account, path, 0, content[:PART]).status_code == 204
    file, = stack.files_path.rglob(objects(stack, account).pop())
    was = file.read_bytes()
    expect_log(r"an object is damaged|a part of an upload is missing|\"status\":500")
    try:
        file.write_bytes(was[:-20] + bytes([was[-20] ^ 1]) + was[-19:])
        assert add(account, path, PART, content[PART:]).status_code == 500
        aside = file.with_suffix(".aside")
        file.rename(aside)
        assert add(account, path, PART, content[PART:]).status_code == 500
        aside.rename(file)
    finally:
        file.write_bytes(was)
    assert account.data("GET", "/documents") == [] and offset(account, path) == PART
    assert add(account, path, PART, content[PART:]).status_code == 204


def test_nothing_of_it_can_be_read_from_the_disk(account, stack):
    content = (MARKER + "\n").encode() * 12_000
    path = begun(account, len(content))
    half = len(content) // 2

    def found():
        tops = [stack.run, *(stack.state / top for top in ("files", "tmp", "log", "redis", "conf"))]
        return [str(p) for top in tops for p in top.rglob("*") if p.is_file() and MARKER.encode() in p.read_bytes()]

    assert add(account, path, 0, content[:half]).status_code == 204
    assert objects(stack, account) and found() == []
    document = add(account, path, half, content[half:]).headers["Scorpius-Document-Id"]
    account.processed(document)
    assert found() == [] and account.get(f"/documents/{document}/content").content == content


def test_what_is_done_stands_in_the_audit_log(account):
    path = begun(account, 10)
    whole(account, b"un texte\n", query="?process=false")
    assert account.request("DELETE", path).status_code == 204
    actions = [e["action"] for e in account.data("GET", "/audit-log")]
    assert actions.count("upload.begun") == 2 and actions.count("upload.given_up") == 1 and actions.count("document.uploaded") == 1


# --- the documentation's example

def test_the_example_of_the_documentation(account, stack):
    """docs/api.md, word for word, with curl: a file of more than one part comes whole."""
    page = (ROOT / "docs/api.md").read_text()
    script = re.search(r"```sh\n(# A large file in parts.*?)```", page, re.S).group(1)
    with tempfile.TemporaryDirectory() as folder:
        content = pdfs.rules() + b"%" + text(1_500_000)
        with open(f"{folder}/CCTP.pdf", "wb") as f:
            f.write(content)
        before = {"PATH": os.environ["PATH"], "B": stack.base + "/api/v1", "T": account.token, "PART": "600000"}
        done = subprocess.run(["bash", "-eu", "-c", script], cwd=folder, env=before, stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    document = done.stdout.strip().splitlines()[-1]
    assert account.get(f"/documents/{document}/content").content == content
