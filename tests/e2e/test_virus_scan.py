"""Files are shown to a real clamd before they are read: what is infected is read by nobody, what was not scanned waits or goes
on, as the operator wants. What a broken clamd does stands in lib/scan/test_scanner.c."""

import io
import json
import zipfile

import pytest

import pdfs
from backups import unreadable
from clamd import EICAR, LIMIT, MARKER, Clamd
from client import Api, code, codes
from stack import Stack, parsed, wait_until
from test_storage import object_of

WAITING = "document_unscanned"


@pytest.fixture(scope="module")
def clamd():
    c = Clamd()
    c.start()
    yield c
    c.remove()


@pytest.fixture(scope="module")
def guarded(clamd):
    s = Stack(settings={"CLAMD_SOCKET": str(clamd.socket), "CLAMD_TIMEOUT": "5", "JOB_WORKERS": "2", "SCORPIUS_API_WORKERS": "2",
                        "SCORPIUS_BULK_WORKERS": "2"})
    yield s
    s.end()


@pytest.fixture
def api(guarded, contract, secrets):
    return Api(guarded, contract, secrets)


@pytest.fixture
def account(api):
    return api.account()


@pytest.fixture
def other_account(api):
    return api.account()


@pytest.fixture
def settings(guarded):
    """settings(NAME=value): the stack goes on with these, until the test ends."""
    before = dict(guarded.settings)

    def change(**new):
        guarded.settings = {**before, **new}
        guarded.dev("up", seconds=600)
        guarded.read_env()

    yield change
    if guarded.settings != before:
        change()


@pytest.fixture
def no_clamd(clamd):
    """clamd is down; .start() brings it back."""
    clamd.stop()
    yield clamd
    if clamd.process is None:
        clamd.start()


def zipped(*entries):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        for name, data in entries:
            z.writestr(name, data)
    return out.getvalue()


def status(account, document):
    return account.data("GET", f"/documents/{document['id']}")


def content(account, document):
    return account.get(f"/documents/{document['id']}/content")


def jobs_done(guarded):
    wait_until(lambda: guarded.sql("select count(*) n from scorpius.job where state in ('queued', 'leased') and kind in ('read', 'analyze')")[0]["n"] == 0,
               60, "the jobs to be done")


def ending(guarded):
    """What the command ends with: 65 when some file exceeds the limits of clamd."""
    return 65 if guarded.sql("select b.id from scorpius.blob b where b.size > %s and exists (select from scorpius.document d where d.blob_id = b.id)",
                             LIMIT) else 0


def refused_everywhere(account, document):
    """Nothing of it comes out."""
    refused = account.get(f"/documents/{document['id']}/content", headers={"Accept-Language": "fr"})
    assert refused.status_code == 409 and codes(refused) == {("document_quarantined", None)}
    assert "quarantaine" in refused.json()["errors"][0]["message"]
    assert account.get(f"/documents/{document['id']}/content", headers={"Range": "bytes=0-3"}).status_code == 409
    for path in ("pages/1", "requirements"):
        answer = account.get(f"/documents/{document['id']}/{path}")
        assert answer.status_code == 409 and code(answer) == "document_quarantined", path
    again = account.post(f"/documents/{document['id']}/process")
    assert again.status_code == 409 and code(again) == "document_quarantined"


def exported(account):
    made = account.export()
    with zipfile.ZipFile(io.BytesIO(account.get(f"/organization/exports/{made['id']}/content").content)) as z:
        return {f["path"]: f["present"] for f in json.loads(z.read("files.json"))}, z.namelist()


def test_what_is_clean_is_read_and_given_out(account, guarded):
    document = account.upload(("RC.pdf", pdfs.rules()))
    assert account.processed(document["id"])["status"] == "processed"
    assert content(account, document).content == pdfs.rules()
    (row,) = guarded.sql("select scanned_at, infection from scorpius.blob b join scorpius.document d on d.blob_id = b.id where d.id = %s", document["id"])
    assert row["scanned_at"] is not None and row["infection"] is None
    health = account.get("/health", params={"detailed": "true"}).json()
    assert health["services"]["scanner"] == "up" and health["components"]["scanner"]["status"] == "healthy"


def test_what_is_infected_is_quarantined_refused_and_told(account, guarded):
    document = account.upload(("note.txt", EICAR))
    done = account.processed(document["id"])
    assert (done["status"], done["error"]["code"], done["page_count"]) == ("quarantined", "document_quarantined", None)
    assert "Test.Eicar" in done["error"]["message"]
    refused_everywhere(account, document)
    events = account.data("GET", f"/documents/{document['id']}/events")["events"]
    assert [(e["stage"], e["status"]) for e in events] == [("upload", "completed"), ("validation", "completed"), ("validation", "failed")]
    (line,) = wait_until(lambda: [x for x in map(parsed, guarded.log_lines("jobs")) if x and x.get("document") == document["id"]], 5, "the log line")
    assert line["level"] == "warn" and line["msg"] == "a document is in quarantine" and line["signature"].startswith("Test.Eicar")
    (audit,) = [e for e in account.data("GET", "/audit-log?limit=100") if e["action"] == "document.quarantined"]
    assert audit["target_id"] == document["id"]
    assert [d["id"] for d in account.data("GET", "/documents?status=quarantined")] == [document["id"]]


def test_it_is_quarantined_though_it_was_only_to_be_kept(account, guarded):
    bad = account.upload(("a.txt", EICAR), query="?process=false")
    good = account.upload(("b.txt", b"une note\n"), query="?process=false")
    assert account.processed(bad["id"])["status"] == "quarantined"
    wait_until(lambda: content(account, good).status_code == 200, 30, "the file to be scanned")
    jobs_done(guarded)
    assert status(account, good)["status"] == "uploaded" and status(account, good)["error"] is None
    refused_everywhere(account, bad)
    # Later it may be read like any other.
    assert account.post(f"/documents/{good['id']}/process").status_code == 202
    assert account.processed(good["id"])["status"] == "processed"


def test_what_is_kept_is_not_read_when_scanning_is_given_up(account, guarded, settings, no_clamd):
    document = account.upload(("a.txt", b"une note que personne ne veut lire\n"), query="?process=false")
    wait_until(lambda: status(account, document)["error"], 30, "the document to say that it waits")
    settings(CLAMD_SOCKET="")
    guarded.sql("update scorpius.job set run_after = now() where kind = 'read' and state = 'queued'")
    jobs_done(guarded)
    shown = status(account, document)
    assert (shown["status"], shown["error"], shown["page_count"]) == ("uploaded", None, None)
    assert content(account, document).status_code == 200
    # Asked for, it is.
    assert account.post(f"/documents/{document['id']}/process").status_code == 202
    assert account.processed(document["id"])["status"] == "processed"


def test_what_is_kept_and_deleted_while_it_waits_is_scanned_all_the_same(account, guarded, no_clamd):
    kept = [account.upload((name, data), query="?process=false") for name, data in (("a.txt", b"une note\n"), ("b.txt", EICAR))]
    for document in kept:
        wait_until(lambda document=document: status(account, document)["error"], 30, "the document to say that it waits")
        assert account.request("DELETE", f"/documents/{document['id']}").status_code == 204
    no_clamd.start()
    guarded.sql("update scorpius.job set run_after = now() where kind = 'read' and state = 'queued'")
    jobs_done(guarded)
    good, bad = (account.data("POST", f"/documents/{document['id']}/restore") for document in kept)
    assert (good["status"], good["error"]) == ("uploaded", None) and content(account, good).content == b"une note\n"
    assert bad["status"] == "quarantined"
    refused_everywhere(account, bad)


def test_the_same_bytes_are_quarantined_at_once_whatever_they_are_called(account, other_account):
    account.processed(account.upload(("a.txt", EICAR))["id"])
    again = account.upload(("autre nom.txt", EICAR))
    assert again["status"] == "quarantined"
    refused_everywhere(account, again)
    # Another organisation's are looked at by themselves.
    assert other_account.processed(other_account.upload(("a.txt", EICAR))["id"])["status"] == "quarantined"


def test_coming_back_frees_nothing(account):
    document = account.upload(("a.txt", EICAR))
    account.processed(document["id"])
    assert account.request("DELETE", f"/documents/{document['id']}").status_code == 204
    restored = account.data("POST", f"/documents/{document['id']}/restore")
    assert restored["status"] == "quarantined"
    refused_everywhere(account, document)
    tender = account.data("POST", "/tenders", 201, json={})
    account.data("POST", f"/tenders/{tender['id']}/documents", 200, json={"document_ids": [document["id"]]})
    assert account.request("DELETE", f"/tenders/{tender['id']}").status_code == 204
    account.data("POST", f"/tenders/{tender['id']}/restore")
    assert status(account, document)["status"] == "quarantined"
    refused_everywhere(account, document)


def test_an_archive_is_refused_and_its_clean_files_go_on(account, guarded):
    tender = account.data("POST", "/tenders", 201, json={})
    archive = account.upload(("DCE.zip", zipped(("DCE/RC.pdf", pdfs.rules()), ("DCE/note.txt", EICAR), ("DCE/annexe.txt", b"une annexe\n"))),
                             path=f"/tenders/{tender['id']}/documents")
    wait_until(lambda: len(account.data("GET", f"/documents?tender_id={tender['id']}")) == 4, 60, "the archive to be expanded")
    jobs_done(guarded)
    documents = {d["original_filename"]: d for d in account.data("GET", f"/documents?tender_id={tender['id']}")}
    assert {n: d["status"] for n, d in documents.items()} == {
        "DCE.zip": "quarantined", "RC.pdf": "processed", "note.txt": "quarantined", "annexe.txt": "processed"}
    refused_everywhere(account, documents["DCE.zip"])
    refused_everywhere(account, documents["note.txt"])
    assert content(account, documents["RC.pdf"]).content == pdfs.rules()
    done = account.analyzed(tender["id"])
    assert done["analysis_status"] == "done"
    told = {p["document_id"]: p["message"] for p in done["problems"] if p["code"] == "document_quarantined"}
    assert set(told) == {archive["id"], documents["note.txt"]["id"]}
    assert "N'ouvrez pas ce fichier" in told[archive["id"]]
    present, names = exported(account)
    assert {path.rpartition("/")[2]: there for path, there in present.items()} == {"DCE.zip": False, "RC.pdf": True, "note.txt": False, "annexe.txt": True}
    assert not [n for n in names if n.endswith(("DCE.zip", "note.txt"))]


def test_a_zip_that_holds_nothing_else(account, guarded):
    archive = account.upload(("a.zip", zipped(("a.txt", EICAR))))
    assert account.processed(archive["id"])["status"] == "quarantined"
    jobs_done(guarded)
    (child,) = [d for d in account.data("GET", "/documents") if d["parent_id"] == archive["id"]]
    assert child["status"] == "quarantined"
    refused_everywhere(account, archive)


def test_what_exceeds_the_limits_of_clamd_is_not_read(account, guarded):
    document = account.upload(("grand.txt", b"un texte trop long pour clamd\n" * (LIMIT // 20)))
    done = account.processed(document["id"])
    assert (done["status"], done["error"]["code"]) == ("failed", "scan_too_large")
    refused = content(account, document)
    assert refused.status_code == 409 and code(refused) == WAITING
    (blob,) = guarded.sql("select blob_id::text as id from scorpius.document where id = %s", document["id"])
    assert f"/{blob['id']}" in guarded.command("storage", "scan", status=65)[0]


def test_what_is_kept_and_exceeds_the_limits_says_so(account, guarded):
    document = account.upload(("grand.txt", b"un texte conserve, trop long pour clamd\n" * (LIMIT // 20)), query="?process=false")
    wait_until(lambda: status(account, document)["error"], 30, "the document to say why it is not given out")
    shown = account.get(f"/documents/{document['id']}", headers={"Accept-Language": "fr"}).json()["data"]
    assert (shown["status"], shown["error"]["code"]) == ("uploaded", "scan_too_large") and "antivirus" in shown["error"]["message"]
    assert code(content(account, document)) == WAITING
    (event,) = [e for e in account.data("GET", f"/documents/{document['id']}/events")["events"] if e["status"] == "failed"]
    assert event["stage"] == "validation"
    # Once the limit is raised and the operator has it scanned, there is nothing to say any more.
    guarded.sql("select set_config('scorpius.organization_id', organization_id::text, true), queue.scan_result(blob_id, null) "
                "from scorpius.document where id = %s", document["id"])
    assert status(account, document)["error"] is None and content(account, document).status_code == 200


def test_without_clamd_documents_wait(account, guarded, no_clamd):
    tender = account.data("POST", "/tenders", 201, json={})
    good = account.upload(("RC.pdf", pdfs.rules()), path=f"/tenders/{tender['id']}/documents")
    bad = account.upload(("a.txt", EICAR))
    for document in (good, bad):
        wait_until(lambda document=document: status(account, document)["error"], 30, "the document to say that it waits")
        waits = account.get(f"/documents/{document['id']}", headers={"Accept-Language": "fr"}).json()["data"]
        assert (waits["status"], waits["error"]["code"]) == ("processing", "scanner_unavailable")
        assert "antivirus" in waits["error"]["message"]
        assert code(content(account, document)) == WAITING
    problems = account.data("GET", f"/tenders/{tender['id']}")["problems"]
    assert [p["code"] for p in problems] == ["scanner_unavailable"] and "d'elle-même" in problems[0]["message"]
    health = account.get("/health", params={"detailed": "true"})
    assert health.status_code == 200 and health.json()["status"] == "degraded" and health.json()["services"]["scanner"] == "degraded"
    # More often than any job may fail, and told once.
    wait_until(lambda: guarded.sql("select waits from scorpius.job where document_id = %s and state in ('queued', 'leased')", good["id"])
               in ([{"waits": n}] for n in range(4, 9)), 60, "four attempts")
    events = account.data("GET", f"/documents/{good['id']}/events")["events"]
    assert [e["status"] for e in events if e["stage"] == "validation"] == ["completed", "progress"]
    no_clamd.start()
    guarded.sql("update scorpius.job set run_after = now() where kind = 'read' and state = 'queued'")
    assert account.processed(good["id"])["status"] == "processed" and account.processed(bad["id"])["status"] == "quarantined"
    assert account.analyzed(tender["id"])["problems"] == []
    assert content(account, good).status_code == 200
    assert account.get("/health", params={"detailed": "true"}).json()["services"]["scanner"] == "up"


def test_what_is_only_kept_holds_up_no_analysis(account, guarded, no_clamd):
    tender = account.data("POST", "/tenders", 201, json={})
    kept = account.upload(("b.txt", b"une note\n"), query="?process=false", tender_id=tender["id"])
    read = account.upload(("RC.pdf", pdfs.rules()), tender_id=tender["id"])
    for document in (kept, read):
        wait_until(lambda document=document: status(account, document)["error"], 30, "the document to say that it waits")
    no_clamd.start()
    # The one that is kept comes last.
    for document in (read, kept):
        guarded.sql("update scorpius.job set run_after = now() where kind = 'read' and state = 'queued' and document_id = %s", document["id"])
        wait_until(lambda document=document: not status(account, document)["error"], 60, "the document to be scanned")
    assert account.analyzed(tender["id"])["analysis_status"] == "done"


def test_where_that_is_allowed_they_go_on_and_are_scanned_later(account, guarded, settings, no_clamd):
    settings(CLAMD_POLICY="allow")
    clean = account.upload(("a.txt", b"une note lue sans antivirus\n"))
    text = b"Le titulaire livre, et ceci est une " + MARKER + b".\n"
    tender, (bad,) = account.tender_with(("CCTP.txt", text))
    large = account.upload(("grand.txt", b"un autre texte trop long pour clamd\n" * (LIMIT // 20)))
    kept = account.upload(("c.txt", b"une note conservee sans antivirus\n"), query="?process=false")
    wait_until(lambda: status(account, kept)["warnings"] == ["unscanned"], 30, "the document to say that it is not scanned")
    assert status(account, kept)["error"] is None and content(account, kept).status_code == 200
    for document in (clean, bad, large):
        done = account.processed(document["id"])
        assert done["status"] == "processed" and "unscanned" in done["warnings"]
        assert content(account, document).status_code == 200
    assert [x for x in map(parsed, guarded.log_lines("jobs")) if x and "read unscanned" in x["msg"]]
    assert account.get("/health", params={"detailed": "true"}).json()["services"]["scanner"] == "degraded"
    assert [h["document_id"] for h in account.data("GET", "/search?q=titulaire")] == [bad["id"]]
    assert guarded.command("storage", "scan", status=69)[0].startswith("0 fichiers")
    # Back again: what came in meanwhile is looked at by the operator.
    no_clamd.start()
    told = guarded.command("storage", "scan", status=65)[0]  # one is too large for good
    assert "Test.Marker" in told and "1 infectés" in told
    assert status(account, clean)["warnings"] == status(account, kept)["warnings"] == [] and "unscanned" in status(account, large)["warnings"]
    assert status(account, bad)["status"] == "quarantined"
    refused_everywhere(account, bad)
    assert account.data("GET", "/search?q=titulaire") == []
    # Its tender is analysed without it.
    jobs_done(guarded)
    problems = account.data("GET", f"/tenders/{tender['id']}")["problems"]
    assert "document_quarantined" in {p["code"] for p in problems}


def test_files_that_were_there_before_the_scanner(account, guarded, settings):
    settings(CLAMD_SOCKET="")
    assert account.get("/health", params={"detailed": "true"}).json()["services"]["scanner"] == "disabled"
    guarded.command("storage", "scan", status=78)
    first, clean, bad = (account.upload((name, data)) for name, data in (("c.txt", b"une autre\n"), ("a.txt", b"une vieille note\n"), ("b.txt", EICAR)))
    for document in (first, clean, bad):
        assert account.processed(document["id"])["status"] == "processed" and content(account, document).status_code == 200
    settings()
    for document in (first, clean, bad):
        assert code(content(account, document)) == WAITING
    # One that the disk does not give keeps no other from being scanned.
    with unreadable(object_of(guarded, first), "read"):
        told = guarded.command("storage", "scan", status=74)[0]
        assert f"illisible\u00a0: {account.organization_id}/{object_of(guarded, first).name}" in told
    assert content(account, clean).status_code == 200 and code(content(account, first)) == WAITING
    guarded.command("storage", "scan", status=ending(guarded))
    assert content(account, first).status_code == 200
    refused_everywhere(account, bad)


def test_a_false_alarm_is_taken_back(account, guarded, clamd):
    document = account.upload(("a.txt", b"une note, et " + MARKER + b"\n"))
    assert account.processed(document["id"])["status"] == "quarantined"
    clamd.stop()
    clamd.know({"Test.Eicar": (0, EICAR)})
    clamd.start()
    try:
        guarded.command("storage", "scan", status=ending(guarded))
        assert status(account, document)["status"] == "quarantined", "only --all looks again"
        told = guarded.command("storage", "scan", "--all", status=ending(guarded))[0]
        assert "sorti de quarantaine" in told
        assert account.processed(document["id"])["status"] == "processed"
        assert content(account, document).status_code == 200
        actions = [e["action"] for e in account.data("GET", "/audit-log?limit=100")]
        assert "document.released" in actions
    finally:
        clamd.stop()
        clamd.know({"Test.Eicar": (0, EICAR), "Test.Marker": ("*", MARKER)})
        clamd.start()


def test_found_later_it_ends_the_exports_that_hold_it(account, other_account, guarded, clamd):
    clamd.stop()
    clamd.know({"Test.Eicar": (0, EICAR)})
    clamd.start()
    exports = {}
    try:
        documents = {a: a.upload(("a.txt", b"une note, et " + text + b"\n")) for a, text in ((account, MARKER), (other_account, b"rien"))}
        for a, document in documents.items():
            assert a.processed(document["id"])["status"] == "processed"
            exports[a] = f"/organization/exports/{a.export()['id']}"
    finally:
        clamd.stop()
        clamd.know({"Test.Eicar": (0, EICAR), "Test.Marker": ("*", MARKER)})
        clamd.start()
    (archive,) = guarded.sql("select blob_id::text as id from scorpius.organization_export where organization_id = %s", account.organization_id)
    assert account.get(f"{exports[account]}/content").status_code == 200
    guarded.command("storage", "scan", "--all", status=ending(guarded))
    refused_everywhere(account, documents[account])
    assert account.get(f"{exports[account]}/content").status_code == 404
    wait_until(lambda: not [f for f in guarded.files() if archive["id"] in f], 60, "the archive to be removed")
    assert exported(account)[0] == {"files/documents/a.txt": False}
    # What comes in later is in no archive that was made before.
    assert other_account.processed(other_account.upload(("b.txt", EICAR))["id"])["status"] == "quarantined"
    assert other_account.get(f"{exports[other_account]}/content").status_code == 200


def test_found_later_in_all_of_a_dossier_nothing_of_it_is_shown(account, guarded, clamd):
    clamd.stop()
    clamd.know({"Test.Eicar": (0, EICAR)})
    clamd.start()
    text = f"""RÈGLEMENT DE LA CONSULTATION

Pouvoir adjudicateur : Commune de Bellerive-sur-Orme
Consultation n° : 2031-TX-07
Date et heure limites de réception des offres : 12 mars 2031 à 16h30
Le titulaire doit fournir une attestation. {MARKER.decode()}
""".encode()
    try:
        tender, documents = account.tender_with(("RC.txt", text))
        path = f"/tenders/{tender['id']}"
        assert account.data("GET", path)["buyer"] and account.data("GET", f"{path}/analysis")["facts"]
    finally:
        clamd.stop()
        clamd.know({"Test.Eicar": (0, EICAR), "Test.Marker": ("*", MARKER)})
        clamd.start()
    guarded.command("storage", "scan", "--all", status=ending(guarded))
    refused_everywhere(account, documents[0])
    now = account.analyzed(tender["id"])
    assert (now["analysis_status"], now["buyer"], now["title"], now["reference"], now["deadline"]) == ("failed", None, None, None, None)
    analysis = account.data("GET", f"{path}/analysis")
    assert analysis["facts"] == {} and analysis["contradictions"] == []
    assert account.data("GET", f"{path}/requirements") == []
    # What comes in later speaks for itself.
    account.upload(("note.txt", b"Le titulaire livre le lot.\n"), path=f"{path}/documents")
    assert account.analyzed(tender["id"])["analysis_status"] == "done"


def test_an_export_that_is_being_made_begins_anew(account, guarded):
    account.processed(account.upload(("a.txt", b"une note\n"))["id"])
    id = account.export()["id"]
    guarded.sql("update scorpius.organization_export set blob_id = null, finished_at = null, expires_at = null where id = %s", id)
    guarded.sql("update scorpius.job set state = 'leased', leased_until = now() + interval '1 hour', finished_at = null where id = %s", id)
    assert account.data("GET", f"/organization/exports/{id}")["status"] == "running"
    assert account.processed(account.upload(("b.txt", EICAR))["id"])["status"] == "quarantined"
    wait_until(lambda: account.data("GET", f"/organization/exports/{id}")["status"] == "done", 60, "the export")
    with zipfile.ZipFile(io.BytesIO(account.get(f"/organization/exports/{id}/content").content)) as z:
        assert {f["path"]: f["present"] for f in json.loads(z.read("files.json"))} == {"files/documents/a.txt": True, "files/documents/b.txt": False}


def test_nothing_was_logged_as_an_error(guarded):
    for name in ("api", "bulk", "jobs"):
        assert not [x for x in map(parsed, guarded.log_lines(name)) if x and x.get("level") == "error"]
