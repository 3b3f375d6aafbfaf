"""Hostile and broken input: the right status and code, and nothing half-written."""

import json

import pytest

import pdfs
from client import broken_off, code, codes, multipart, raw
from stack import wait_until


# --- JSON bodies

def send_json(account, body, path="/tenders"):
    body = body if isinstance(body, bytes) else body.encode()
    return account.post(path, content=body, headers={"Content-Type": "application/json"})


@pytest.mark.parametrize("body, expected", [
    ("", "malformed_json"), ("{", "malformed_json"), ("nonsense", "malformed_json"), ("{} {}", "malformed_json"),
    ("{'title': 1}", "malformed_json"), ('{"title": "a",}', "malformed_json"), ('{"estimated_amount_ht": NaN}', "malformed_json"),
    ('{"estimated_amount_ht": 01}', "malformed_json"), ("// rien\n{}", "malformed_json"), ('{"title": "a\nb"}', "malformed_json"),
    ("[" * 1000 + "]" * 1000, "json_too_deep"), ('{"title":' + "[" * 40 + "]" * 40 + "}", "json_too_deep"),
    (b'{"title": "\xff\xfe"}', "invalid_utf8"), (b'{"title": "\xc0\xaf"}', "invalid_utf8"), (b'{"title": "\xed\xa0\x80"}', "invalid_utf8"),
    ('{"title": "a\\u0000b"}', "nul_in_text"), (b'{"title": "a\x00b"}', "nul_in_text"),
    ('{"title": "a", "title": "b"}', "duplicate_field"),
    ("[]", "invalid_type"), ("null", "invalid_type"), ('"title"', "invalid_type"), ("17", "invalid_type"),
])
def test_json(account, nothing_written, body, expected):
    answer = send_json(account, body)
    assert answer.status_code == 400 and code(answer) == expected, answer.text


def test_half_a_character_does_not_get_through(account):
    """JSON can name half of a surrogate pair: it becomes the sign for what is no character."""
    answer = send_json(account, '{"title": "a\\ud800b"}')
    assert answer.status_code == 201 and answer.json()["data"]["title"] == "a\ufffdb"


@pytest.mark.parametrize("body, expected", [
    ({"titre": "a"}, {("unknown_field", "titre")}),
    ({"title": 5, "buyer": ["x"], "estimated_amount_ht": "mille", "reference": True},
     {("invalid_type", "title"), ("invalid_type", "buyer"), ("invalid_type", "estimated_amount_ht"), ("invalid_type", "reference")}),
    ({"title": "t" * 501, "reference": "", "estimated_amount_ht": -1},
     {("too_long", "title"), ("too_short", "reference"), ("out_of_range", "estimated_amount_ht")}),
    ({"deadline": "demain"}, {("invalid_value", "deadline")}),
    ({"deadline": "2026-02-30T12:00:00Z"}, {("invalid_value", "deadline")}),
    ({"deadline": "2026-03-20T25:00:00Z"}, {("invalid_value", "deadline")}),
    ({"deadline": "2026-03-20"}, {("invalid_value", "deadline")}),
    ({"publication_date": "20/03/2026"}, {("invalid_value", "publication_date")}),
    ({"publication_date": "2026-13-01"}, {("invalid_value", "publication_date")}),
    ({"timezone": "Mars/Olympus"}, {("invalid_value", "timezone")}),
    ({"status": "ready"}, {("unknown_field", "status")}),
])
def test_fields(account, nothing_written, body, expected):
    answer = account.post("/tenders", json=body)
    assert answer.status_code == 400 and codes(answer) == expected, answer.text


@pytest.mark.parametrize("content_type", [None, "text/plain", "application/x-www-form-urlencoded", "application/jsonp"])
def test_body_of_another_type(account, nothing_written, content_type):
    answer = account.post("/tenders", content=b"{}", headers={"Content-Type": content_type} if content_type else {})
    assert answer.status_code == 415 and code(answer) == "unsupported_media_type"


def test_json_with_a_charset_is_json(account):
    assert account.post("/tenders", content=b"{}", headers={"Content-Type": "Application/JSON; charset=utf-8"}).status_code == 201


def test_body_where_none_is_expected(account):
    document = account.upload(("a.txt", b"texte\n"), query="?process=false")
    answer = account.post(f"/documents/{document['id']}/process", json={"force": True})
    assert answer.status_code == 400 and code(answer) == "unexpected_body"


# --- addresses

@pytest.mark.parametrize("bad", ["17", "0199a3f2-5c1e-7a44-9d0b-3f6a1c2b4d5", "0199a3f2-5c1e-7a44-9d0b-3f6a1c2b4d5g", "'or'1'='1",
                                 "{document_id}", "0199a3f25c1e7a449d0b3f6a1c2b4d5e00"])
def test_an_id_that_is_none(account, bad):
    for path in (f"/documents/{bad}", f"/documents/{bad}/content", f"/documents/{bad}/pages/1", f"/tenders/{bad}"):
        answer = account.get(path)
        assert answer.status_code == 400 and code(answer) == "invalid_id", path


@pytest.mark.parametrize("target", ["/api/v1/documents?search=%00", "/api/v1/documents?search=%ff", "/api/v1/documents?search=%zz",
                                    "/api/v1/documents?search=%4"])
def test_broken_escapes(account, stack, contract, target):
    given = {"Authorization": f"Bearer {account.token}"}
    status, headers, body = raw(stack, f"GET {target} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {account.token}\r\nConnection: close\r\n\r\n".encode())
    contract.check("GET", "/api/v1/documents", given, status, headers, body)
    assert status == 400 and json.loads(body)["errors"][0]["code"] == "malformed_request"


# --- files

@pytest.mark.parametrize("files, fields, status, expected", [
    ([], {"document_type": "rc"}, 400, ("no_file", "file")),
    ([("vide.pdf", b"")], {}, 400, ("empty_file", "file")),
    ([("faux.pdf", b"MZ\x90\x00\x03" + b"\x00" * 200)], {}, 400, ("file_type_refused", "file")),
    ([("faux.pdf", b"ceci n'est pas un PDF\n")], {}, 400, ("file_type_refused", "file")),
    ([("image.png", b"\x89PNG\r\n\x1a\n" + b"\x00" * 64)], {}, 400, ("file_type_refused", "file")),
    ([("programme.txt", b"\x7fELF\x02\x01\x01" + b"\x00" * 99)], {}, 400, ("file_type_refused", "file")),
    ([("bon.txt", b"un bon fichier\n"), ("vide.txt", b"")], {}, 400, ("empty_file", "file")),
    ([("bon.txt", b"un autre bon fichier\n"), ("faux.pdf", b"MZ\x90\x00" + b"\x01" * 99)], {}, 400, ("file_type_refused", "file")),
    ([("bon.txt", b"encore un bon fichier\n")], {"document_type": "roman"}, 400, ("invalid_value", "document_type")),
    ([("bon.txt", b"encore un bon fichier\n")], {"tender_id": "17"}, 400, ("invalid_id", "tender_id")),
    ([("bon.txt", b"encore un bon fichier\n")], {"color": "red"}, 400, ("unknown_field", "color")),
    ([("bon.txt", b"encore un bon fichier\n")], {"tender_id": "0199a3f2-5c1e-7a44-9d0b-3f6a1c2b4d5e"}, 404, ("not_found", "tender_id")),
    ([("gros.txt", b"0123456789abcde\n" * 140000)], {}, 413, ("file_too_large", "file")),
    ([(f"{i}.txt", b"fichier %d\n" % i) for i in range(6)], {}, 413, ("too_many_files", "file")),
])
def test_uploads_that_are_refused_leave_nothing(account, nothing_written, files, fields, status, expected):
    parts = [("file", (n, d, "application/octet-stream")) for n, d in files]
    answer = account.post("/documents", files=parts or [("document_type", (None, b"rc"))], data=fields if parts else {})
    assert answer.status_code == status and codes(answer) == {expected}, answer.text


@pytest.mark.parametrize("body, content_type, expected", [
    (b"", "multipart/form-data", "malformed_multipart"),
    (b"", "multipart/form-data; boundary=", "malformed_multipart"),
    (b"no boundary here", "multipart/form-data; boundary=b", "malformed_multipart"),
    (b"--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\nsans fin", "multipart/form-data; boundary=b", "malformed_multipart"),
    (b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--\r\n", "multipart/form-data; boundary=b", "malformed_multipart"),
    (b"--b\r\nX: " + b"y" * 20000 + b"\r\n\r\nx\r\n--b--\r\n", "multipart/form-data; boundary=b", "malformed_multipart"),
    (b"--b--\r\n", "multipart/form-data; boundary=b", "no_file"),
])
def test_multipart_that_is_malformed(account, nothing_written, body, content_type, expected):
    answer = account.post("/documents", content=body, headers={"Content-Type": content_type})
    assert answer.status_code == 400 and code(answer) == expected, answer.text


def test_names_of_files(account, nothing_written):
    for name, expected in [(b"\xff\xfe.txt", "invalid_utf8"), (b"n" * 1100 + b".txt", "too_long")]:
        body = b'--b\r\nContent-Disposition: form-data; name="file"; filename="' + name + b'"\r\n\r\ntexte\r\n--b--\r\n'
        answer = account.post("/documents", content=body, headers={"Content-Type": "multipart/form-data; boundary=b"})
        assert answer.status_code == 400 and code(answer) == expected, answer.text


def test_a_web_page_is_only_text(account):
    """Whatever the type that the client claims, it comes back as plain text to be saved."""
    data = b"<!doctype html><html><script>alert(1)</script></html>"
    document = account.upload(("page.html", data, "text/html"), query="?process=false")
    answer = account.get(f"/documents/{document['id']}/content")
    assert answer.content == data and answer.headers["Content-Type"].startswith("text/plain")


def test_upload_as_json(account, nothing_written):
    answer = account.post("/documents", json={"file": "a"})
    assert answer.status_code == 415


def test_request_over_the_limit(account, nothing_written, expect_log):
    expect_log("client intended to send too large body")
    parts = [("file", (f"{i}.txt", bytes([65 + i]) * 2000000)) for i in range(3)]
    answer = account.post("/documents", files=parts)
    assert answer.status_code == 413 and code(answer) == "body_too_large"


def upload_head(account, length, boundary="b", more=""):
    return (f"POST /api/v1/documents HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {account.token}\r\n{more}"
            f"Content-Type: multipart/form-data; boundary={boundary}\r\n{length}\r\n").encode()


def test_a_body_that_is_broken_off(account, nothing_written, stack):
    body, _ = multipart([('Content-Disposition: form-data; name="file"; filename="a.txt"', b"coupe\n" * 60000)], "b")
    broken_off(stack, upload_head(account, f"Content-Length: {len(body)}\r\n") + body[:200000])
    chunked = upload_head(account, "Transfer-Encoding: chunked\r\n")
    broken_off(stack, chunked + b"%x\r\n%s\r\n" % (100000, body[:100000]))
    # The pool that takes uploads is free again.
    assert account.upload(("suite.txt", b""), status=400)


def test_a_body_that_is_sent_in_chunks(account, stack, contract):
    body, _ = multipart([('Content-Disposition: form-data; name="file"; filename="a.txt"', b"entier\n" * 3000)], "b")
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(body[i:i + 5000]), body[i:i + 5000]) for i in range(0, len(body), 5000)) + b"0\r\n\r\n"
    status, headers, answer = raw(stack, upload_head(account, "Transfer-Encoding: chunked\r\n", more="Connection: close\r\n") + chunks)
    contract.check("POST", "/api/v1/documents", {}, status, headers, answer)
    assert status == 201 and json.loads(answer)["data"]["file_size"] == 21000


# --- documents that hurt their reader

@pytest.mark.parametrize("name, make, errors", [
    ("protege.pdf", pdfs.encrypted, {"document_encrypted"}),
    ("cycle.pdf", pdfs.page_tree_cycle, {"document_unreadable", "document_too_big", "reader_timeout", "reader_crashed"}),
    ("bombe.pdf", pdfs.text_bomb, {"document_too_big", "document_unreadable", "reader_timeout", "reader_crashed"}),
])
def test_documents_that_cannot_be_read(account, name, make, errors):
    document = account.upload((name, make()))
    done = account.processed(document["id"], seconds=120)
    assert done["status"] == "failed" and done["error"]["code"] in errors, done
    assert done["page_count"] is None and done["processing_completed_at"]
    french = account.data("GET", f"/documents/{document['id']}", headers={"Accept-Language": "fr"})["error"]["message"]
    assert french != done["error"]["message"]
    assert account.get(f"/documents/{document['id']}/pages/1").status_code == 409
    assert account.get(f"/documents/{document['id']}/content").status_code == 200
    events = account.data("GET", f"/documents/{document['id']}/events")["events"]
    assert ("reading", "failed") in [(e["stage"], e["status"]) for e in events]


def test_a_truncated_document(account):
    """Read as far as it goes, and said so; or refused as unreadable. Never taken for whole."""
    document = account.upload(("coupe.pdf", pdfs.truncated()))
    done = account.processed(document["id"])
    if done["status"] == "processed":
        assert "truncated" in done["warnings"]
    else:
        assert done["error"]["code"] == "document_unreadable"


def test_a_page_that_inflates(account):
    document = account.upload(("gonfle.pdf", pdfs.inflating(300)))
    done = account.processed(document["id"], seconds=120)
    assert done["status"] in ("processed", "failed")
    if done["status"] == "failed":
        assert done["error"]["code"] in ("document_too_big", "document_unreadable", "reader_timeout", "reader_crashed")


def test_the_readers_survive_it_all(account):
    bad = account.upload(("bombe.pdf", pdfs.text_bomb()), ("cycle.pdf", pdfs.page_tree_cycle()))
    good = account.upload(("RC.pdf", pdfs.rules()))
    assert account.processed(good["id"], seconds=120)["status"] == "processed"
    for document in bad:
        assert account.processed(document["id"], seconds=120)["status"] == "failed"
    assert wait_until(lambda: account.get("/health?detailed=true").json()["status"] == "healthy", 10, "health")
