"""Everything of an organisation in one archive, for its owners alone, and for a time."""

import io
import json
import pathlib
import zipfile

import pytest

import pdfs
from client import code
from stack import wait_until

NOTE = "Règlement de la consultation\nObjet : entretien des haies\n".encode()


def archive(member, export):
    answer = member.get(f"/organization/exports/{export['id']}/content")
    assert answer.status_code == 200 and answer.headers["Content-Type"] == "application/zip"
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="scorpius-export-')
    assert len(answer.content) == export["size"]
    z = zipfile.ZipFile(io.BytesIO(answer.content))
    assert z.testzip() is None
    return z


def read(z, name):
    return json.loads(z.read(name))


def test_all_is_there(account, other):
    tender, documents = account.tender_with(("RC.pdf", pdfs.rules()), ("Pièce à l'œuvre n°1.txt", NOTE))
    account.upload(("a.txt", b"une note\n"))
    account.upload(("a.txt", b"une autre note\n"))
    account.data("POST", "/company-profile", 201, json={"company_name": "Exemple SARL", "siret": "73282932000074"})
    account.data("PATCH", "/company-profile", json={"team_size": 12})
    colleague = account.colleague("viewer")
    foreign = other.upload(("b.txt", b"ce qui n'est pas d'ici\n"))
    export = account.export()
    assert export["status"] == "done" and export["error_code"] is None
    z = archive(account, export)
    names = z.namelist()
    assert len(names) == len(set(names)) and not [n for n in names if n.startswith("/") or ".." in n.split("/")]
    root = f"files/tenders/{tender['id']}"
    assert z.read(f"{root}/RC.pdf") == pdfs.rules() and z.read(f"{root}/Pièce à l'œuvre n°1.txt") == NOTE
    assert {z.read("files/documents/a.txt"), z.read("files/documents/a (2).txt")} == {b"une note\n", b"une autre note\n"}
    listed = read(z, "files.json")
    assert {f["path"] for f in listed} == {n for n in names if n.startswith("files/")} and all(f["present"] for f in listed)
    assert {d["id"] for d in read(z, "documents.json")} == {f["document_id"] for f in listed} >= {d["id"] for d in documents}
    assert [t["id"] for t in read(z, "tenders.json")] == [tender["id"]]
    assert read(z, "analyses.json")[0]["result"]["facts"]
    assert {u["email"] for u in read(z, "users.json")} == {account.email, colleague.email}
    assert [p["siret"] for p in read(z, "company_profile.json")] == ["73282932000074"]
    assert [v["number"] for v in read(z, "company_profile_versions.json")] == [1, 2]
    assert {"company_profile.created", "organization.export_asked"} <= {e["action"] for e in read(z, "audit_log.json")}
    assert len(read(z, "invitations.json")) == 1 and len(read(z, "sessions.json")) >= 2
    assert read(z, "organization.json")[0]["id"] == account.organization_id
    whole = b"".join(z.read(n) for n in names)
    for secret in (b"password_hash", b"refresh_hash", b"token_hash", b"wrapped_key", account.password.encode(),
                   foreign["id"].encode(), other.email.encode()):
        assert secret not in whole


def test_it_is_for_owners_of_the_organisation(account, other):
    export = account.export()
    for path in (f"/organization/exports/{export['id']}", f"/organization/exports/{export['id']}/content"):
        answer = other.get(path)
        assert answer.status_code == 404 and code(answer) == "not_found"
        for who in (account.colleague("viewer"), account.colleague("bid_manager"), account.operator()):
            assert who.get(path).status_code == 403
            assert who.post("/organization/export").status_code == 403
    assert other.data("GET", "/organization/exports") == []


@pytest.fixture
def held(account, stack):
    """An export that waits until the test is over."""
    asked = account.data("POST", "/organization/export", 202)

    def done():
        return account.data("GET", f"/organization/exports/{asked['id']}")["status"] == "done"

    wait_until(done, 60, "the export")
    stack.sql("update scorpius.organization_export set blob_id = null, finished_at = null, expires_at = null where id = %s", asked["id"])
    stack.sql("update scorpius.job set state = 'queued', run_after = now() + interval '1 hour' where id = %s", asked["id"])
    yield asked
    stack.sql("update scorpius.job set run_after = now() where id = %s", asked["id"])
    wait_until(done, 60, "the export that had to wait")


def test_one_at_a_time(account, held):
    again = account.data("POST", "/organization/export", 202)
    assert (again["id"], again["status"], again["size"]) == (held["id"], "queued", None)
    answer = account.get(f"/organization/exports/{held['id']}/content")
    assert answer.status_code == 409 and code(answer) == "export_not_ready"


def test_it_is_downloaded_in_parts(account):
    path = f"/organization/exports/{account.export()['id']}/content"
    whole = account.get(path)
    part = account.get(path, headers={"Range": "bytes=10-19", "If-Range": whole.headers["ETag"]})
    assert part.status_code == 206 and part.content == whole.content[10:20]
    assert account.get(path, headers={"If-None-Match": whole.headers["ETag"]}).status_code == 304
    assert account.get(path, headers={"Range": f"bytes={len(whole.content)}-"}).status_code == 416


def test_a_new_one_takes_the_place_of_the_old_one(account, stack):
    first, second = account.export(), account.export()
    assert [x["id"] for x in account.data("GET", "/organization/exports")] == [second["id"]]
    assert account.get(f"/organization/exports/{first['id']}/content").status_code == 404
    # The file goes after the commit that took its row.
    wait_until(lambda: len([f for f in stack.files() if account.organization_id in f]) == 1, 10, "the old file to be removed")


def test_it_is_removed_when_its_time_is_over(account, stack):
    export = account.export()
    assert [f for f in stack.files() if account.organization_id in f]
    stack.sql("update scorpius.organization_export set expires_at = now() where id = %s", export["id"])
    assert account.get(f"/organization/exports/{export['id']}/content").status_code == 404
    stack.sql("update scorpius.job set run_after = now() where organization_id = %s and kind = 'export_end'", account.organization_id)
    wait_until(lambda: not [f for f in stack.files() if account.organization_id in f], 30, "the file to be removed")
    assert stack.sql("select id from scorpius.organization_export where id = %s", export["id"]) == []


def test_a_file_that_is_gone_keeps_nobody_from_the_others(account, stack, expect_log):
    expect_log("a file is missing in an export")
    gone = account.upload(("a.txt", b"une note\n"), query="?process=false")
    account.upload(("b.txt", b"une autre note\n"), query="?process=false")
    blob = stack.sql("select blob_id::text as id from scorpius.document where id = %s", gone["id"])[0]["id"]
    (path,) = [pathlib.Path(f) for f in stack.files() if blob in f]
    aside = path.with_suffix(".aside")
    path.rename(aside)
    try:
        z = archive(account, account.export())
    finally:
        aside.rename(path)
    assert {f["path"]: f["present"] for f in read(z, "files.json")} == {"files/documents/a.txt": False, "files/documents/b.txt": True}
    assert z.read("files/documents/b.txt") == b"une autre note\n"
