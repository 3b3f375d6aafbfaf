"""Files go in, come out unchanged, and are read."""

import hashlib

import pytest

import office
import pdfs
from client import code, codes
from stack import wait_until


# --- in and out

def test_upload_tells_what_was_stored(account):
    data = pdfs.rules()
    document = account.upload(("Règlement de consultation.pdf", data), document_type="rc", query="?process=false")
    assert document["original_filename"] == "Règlement de consultation.pdf"
    assert (document["file_size"], document["sha256"]) == (len(data), hashlib.sha256(data).hexdigest())
    assert (document["mime_type"], document["kind"], document["document_type"]) == ("application/pdf", "file", "rc")
    assert (document["status"], document["tender_id"]) == ("uploaded", None)


def test_location_leads_to_the_document(account):
    answer = account.post("/documents?process=false", files=[("file", ("a.txt", "bonjour à tous\n".encode()))])
    assert account.data("GET", answer.headers["Location"])["id"] == answer.json()["data"]["id"]


def test_several_files_answer_a_list_in_their_order(account):
    files = [(f"{n}.txt", f"fichier {n}\n".encode()) for n in ("b", "a", "c")]
    documents = account.upload(*files, query="?process=false")
    assert [d["original_filename"] for d in documents] == ["b.txt", "a.txt", "c.txt"]


def test_content_comes_back_unchanged(account):
    data = pdfs.rules()
    document = account.upload(("Règlement \"final\".pdf", data), query="?process=false")
    answer = account.get(f"/documents/{document['id']}/content")
    assert answer.content == data and answer.headers["Content-Type"] == "application/pdf"
    disposition = answer.headers["Content-Disposition"]
    assert disposition.startswith("attachment; ") and "filename*=UTF-8''R%C3%A8glement%20" in disposition
    again = account.get(f"/documents/{document['id']}/content", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


def test_the_same_bytes_are_kept_once(account, stack):
    for name in ("a.txt", "b.txt"):
        account.upload((name, b"les memes octets\n"), query="?process=false")
    rows = stack.sql("select count(*) n from scorpius.blob where organization_id = %s", account.organization_id)
    assert rows == [{"n": 1}]


def test_folders_in_a_name_do_not_lead_out_of_the_store(account, stack):
    before = set(stack.files())
    document = account.upload(("../../../../tmp/evil.txt", b"dehors\n"), query="?process=false")
    assert document["original_filename"] == "evil.txt"
    assert all(f.startswith(str(stack.files_path)) for f in set(stack.files()) - before)


@pytest.mark.parametrize("name, data, mime, kind", [
    ("planning.pptx", office.pptx(), office.PPTX, "file"),
    ("note.rtf", b"{\\rtf1\\ansi bonjour\\par}\n", "application/rtf", "file"),
], ids=["pptx", "rtf"])
def test_formats_that_are_kept_and_not_read(account, name, data, mime, kind):
    document = account.upload((name, data))
    assert (document["mime_type"], document["kind"]) == (mime, kind)
    done = account.processed(document["id"])
    assert done["status"] == "processed" and "unread_format" in done["warnings"] and done["error"] is None
    assert account.get(f"/documents/{document['id']}/content").content == data


# --- reading

@pytest.mark.parametrize("name, data, mime, text", [
    ("CCAP.docx", office.docx((1, "Objet"), (2, "Validité"), "Les offres restent valables 120 jours."), office.DOCX,
     "1. Objet\n1.1 Validité\nLes offres restent valables 120 jours.\n"),
    ("DPGF.xlsx", office.xlsx("Prix", {"A1": "Poste", "B2": 12.5}), office.XLSX, "Poste\n12,5\n"),
], ids=["docx", "xlsx"])
def test_office_files_are_read(account, name, data, mime, text):
    document = account.upload((name, data))
    assert document["mime_type"] == mime
    done = account.processed(document["id"])
    assert (done["status"], done["page_count"], done["warnings"]) == ("processed", 1, [])
    assert account.data("GET", f"/documents/{document['id']}/pages/1")["text"] == text


def test_an_office_file_that_declares_entities_is_refused(account):
    data = office.package("word/document.xml", office.DOCX + ".main+xml", {
        "word/document.xml": '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><document>&b;</document>'}, [])
    done = account.processed(account.upload(("piece.docx", data))["id"])
    assert (done["status"], done["error"]["code"]) == ("failed", "document_unreadable")


def test_processing_starts_by_itself(account):
    document = account.upload(("RC.pdf", pdfs.rules()))
    assert document["status"] in ("uploaded", "processing")
    done = account.processed(document["id"])
    assert (done["status"], done["page_count"], done["warnings"], done["error"]) == ("processed", 2, [], None)
    assert done["processing_completed_at"] and done["processing_duration_ms"] >= 0


def test_processing_on_demand_and_again(account):
    document = account.upload(("note.txt", "Une note.\nDeux lignes.\n".encode()), query="?process=false")
    assert account.data("GET", f"/documents/{document['id']}")["status"] == "uploaded"
    for _ in range(2):
        answer = account.data("POST", f"/documents/{document['id']}/process", 202)
        assert answer["document_id"] == document["id"] and answer["status"] == "processing"
        assert account.processed(document["id"])["status"] == "processed"


def test_not_twice_at_a_time(account, frozen_jobs):
    document = account.upload(("RC.pdf", pdfs.rules()))
    answer = account.post(f"/documents/{document['id']}/process")
    assert answer.status_code == 409 and code(answer) == "already_processing"


def test_events_tell_the_stages(account):
    document = account.upload(("RC.pdf", pdfs.rules()))
    account.processed(document["id"])
    path = f"/documents/{document['id']}/events"
    data = account.poll(path, lambda d: d["status"] == "processed", 10, "the events")
    stages = [(e["stage"], e["status"]) for e in data["events"]]
    assert ("upload", "completed") in stages and ("reading", "completed") in stages
    completed = [stage for stage, state in stages if state == "completed"]
    assert completed == ["upload", "validation", "reading", "analysis"]
    assert not any(s == "failed" for _, s in stages)
    done = [e for e in data["events"] if e["status"] == "completed"]
    assert all(e["progress"] == 100 and e["duration_ms"] is not None for e in done)
    times = [e["created_at"] for e in data["events"]]
    assert times == sorted(times)
    etag = account.get(path).headers["ETag"]
    assert account.get(path, headers={"If-None-Match": etag}).status_code == 304


def test_pages_have_text_and_words_with_places(account):
    document = account.upload(("RC.pdf", pdfs.rules()))
    account.processed(document["id"])
    path = f"/documents/{document['id']}/pages/1"
    page = account.data("GET", path)
    assert (page["document_id"], page["number"]) == (document["id"], 1)
    assert abs(page["width"] - 595) < 1 and abs(page["height"] - 842) < 1
    assert "Entretien des haies du domaine de Bellerive" in page["text"]
    assert [w["text"] for w in page["words"]] == page["text"].split()
    for word in page["words"]:
        x0, y0, x1, y1 = word["box"]
        assert 0 <= x0 < x1 <= page["width"] and 0 <= y0 < y1 <= page["height"], word
    # y grows downwards: the title stands above the deadline.
    tops = {w["text"]: w["box"][1] for w in page["words"]}
    assert tops["CONSULTATION"] < tops["16h30"]
    etag = account.get(path).headers["ETag"]
    assert account.get(path, headers={"If-None-Match": etag}).status_code == 304


def test_pages_of_plain_text(account):
    document = account.upload(("note.txt", "Première ligne\nSeconde ligne\n".encode()))
    account.processed(document["id"])
    page = account.data("GET", f"/documents/{document['id']}/pages/1")
    assert [w["text"] for w in page["words"]] == ["Première", "ligne", "Seconde", "ligne"]


@pytest.mark.parametrize("number, status, expected", [
    ("0", 400, "out_of_range"), ("3", 404, "not_found"), ("-1", 400, "invalid_type"), ("un", 400, "invalid_type"),
    ("99999999999999999999", 400, "invalid_type"), ("1.0", 400, "invalid_type"),
])
def test_pages_that_are_none(account, number, status, expected):
    document = account.upload(("RC.pdf", pdfs.rules()))
    account.processed(document["id"])
    answer = account.get(f"/documents/{document['id']}/pages/{number}")
    assert answer.status_code == status and code(answer) == expected


def test_page_of_an_unread_document(account):
    document = account.upload(("RC.pdf", pdfs.rules()), query="?process=false")
    answer = account.get(f"/documents/{document['id']}/pages/1")
    assert answer.status_code == 409 and code(answer) == "not_processed"


CCTP = """CAHIER DES CLAUSES TECHNIQUES PARTICULIERES (CCTP)

1. Objet
Le present document decrit les prestations attendues.

2. Supervision
Le titulaire doit superviser les serveurs de jour comme de nuit.
Le titulaire transmet un rapport de supervision chaque mois.
""".encode()


def sentences(data):
    return {r["text"] for group in data["requirements"].values() for r in group}


def test_requirements_of_a_document(account):
    document = account.upload(("CCTP.txt", CCTP), query="?process=false")
    path = f"/documents/{document['id']}/requirements"
    answer = account.get(path)
    assert answer.status_code == 409 and code(answer) == "not_processed"
    assert account.post(f"/documents/{document['id']}/process").status_code == 202
    account.processed(document["id"])
    answer = account.get(path)
    assert answer.status_code == 200, answer.text
    found = answer.json()["data"]
    assert "Le titulaire doit superviser les serveurs de jour comme de nuit." in sentences(found)
    assert not any("present document" in text or text.startswith("2.") for text in sentences(found))
    assert account.get(path, headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304


def test_requirements_within_a_dossier_are_those_of_the_document(account):
    tender, (rules, clauses) = account.tender_with(("RC.pdf", pdfs.rules()), ("CCTP.txt", CCTP))
    found = account.data("GET", f"/documents/{clauses['id']}/requirements")
    assert "Le titulaire doit superviser les serveurs de jour comme de nuit." in sentences(found)
    assert found["buyer_organization"] == "Commune de Bellerive-sur-Orme"
    assert not sentences(found) & sentences(account.data("GET", f"/documents/{rules['id']}/requirements"))


def test_a_document_that_was_not_read_has_no_requirements(account):
    document = account.upload(("planning.pptx", office.pptx()))
    account.processed(document["id"])
    answer = account.get(f"/documents/{document['id']}/requirements")
    assert answer.status_code == 409 and code(answer) == "not_processed"


# --- lists

@pytest.fixture
def shelf(account):
    """Seven documents, the first oldest."""
    tender = account.data("POST", "/tenders", 201, json={})
    names = ["Été.txt", "beta.txt", "Gamma 100%.txt", "delta_1.txt", "epsilon.txt", "zeta.txt", "eta.txt"]
    documents = [account.upload((n, f"texte {i}\n".encode()), query="?process=false",
                                **({"tender_id": tender["id"], "document_type": "cctp"} if i < 2 else {})) for i, n in enumerate(names)]
    return account, tender, documents


def listed(account, query=""):
    return [d["original_filename"] for d in account.data("GET", f"/documents{query}")]


def test_list_newest_first(shelf):
    account, _, documents = shelf
    assert account.data("GET", "/documents") == list(reversed(documents))
    assert account.data("GET", "/documents?sort=created_at") == documents


def test_list_sorted_by_name(shelf):
    account, _, documents = shelf
    up, down = listed(account, "?sort=original_filename"), listed(account, "?sort=-original_filename")
    assert sorted(up) == sorted(d["original_filename"] for d in documents) and up == list(reversed(down))
    assert up.index("beta.txt") < up.index("delta_1.txt") < up.index("zeta.txt")


@pytest.mark.parametrize("search, expected", [
    ("ete", ["Été.txt"]), ("ÉTÉ", ["Été.txt"]), ("100%", ["Gamma 100%.txt"]), ("a_1", ["delta_1.txt"]), ("%", ["Gamma 100%.txt"]),
    ("absent", []),
])
def test_list_search(shelf, search, expected):
    account = shelf[0]
    answer = account.get("/documents", params={"search": search})
    assert [d["original_filename"] for d in answer.json()["data"]] == expected
    assert answer.json()["meta"]["total"] == len(expected)


def test_list_filters(shelf):
    account, tender, documents = shelf
    assert listed(account, f"?tender_id={tender['id']}") == ["beta.txt", "Été.txt"]
    assert listed(account, "?document_type=cctp") == ["beta.txt", "Été.txt"]
    assert listed(account, "?document_type=rc") == []
    assert len(listed(account, "?status=uploaded")) == 7 and listed(account, "?status=failed") == []
    assert listed(account, f"?tender_id={documents[0]['id']}") == []


@pytest.mark.parametrize("query, expected", [
    ("status=lost", ("invalid_value", "status")), ("document_type=roman", ("invalid_value", "document_type")),
    ("sort=size", ("invalid_value", "sort")), ("tender_id=17", ("invalid_id", "tender_id")), ("search=", ("too_short", "search")),
    ("search=" + "x" * 201, ("too_long", "search")), ("limit=0", ("out_of_range", "limit")), ("limit=101", ("out_of_range", "limit")),
    ("limit=dix", ("invalid_type", "limit")), ("offset=-1", ("invalid_type", "offset")), ("cursor=xyz", ("invalid_cursor", "cursor")),
    ("limit=5&limit=6", ("duplicate_field", "limit")), ("page=2", ("unknown_parameter", "page")),
])
def test_list_refuses(account, query, expected):
    answer = account.get(f"/documents?{query}")
    assert answer.status_code == 400 and codes(answer) == {expected}, answer.text


def test_list_tells_all_faults(account):
    answer = account.get("/documents?limit=0&status=lost&nope=1")
    assert codes(answer) == {("out_of_range", "limit"), ("invalid_value", "status"), ("unknown_parameter", "nope")}


def test_paging_by_offset(shelf):
    account, _, documents = shelf
    seen, offset = [], 0
    while True:
        answer = account.get(f"/documents?limit=3&offset={offset}").json()
        assert (answer["meta"]["total"], answer["meta"]["total_exact"], answer["meta"]["offset"]) == (7, True, offset)
        seen += answer["data"]
        offset += 3
        if not answer["meta"]["has_more"]:
            break
    assert seen == list(reversed(documents))
    assert account.get("/documents?offset=50").json()["data"] == []


@pytest.mark.parametrize("sort", ["-created_at", "created_at"])
def test_paging_by_cursor(shelf, sort):
    account, _, documents = shelf
    whole = account.data("GET", f"/documents?sort={sort}")
    seen, cursor, pages = [], "", 0
    while cursor is not None:
        answer = account.get("/documents", params={"limit": 3, "cursor": cursor, "sort": sort}).json()
        assert "total" not in answer["meta"] and "offset" not in answer["meta"]
        assert answer["meta"]["has_more"] == (answer["meta"]["next_cursor"] is not None)
        seen += answer["data"]
        cursor = answer["meta"]["next_cursor"]
        pages += 1
    assert seen == whole and pages == 3


def test_cursor_is_steady_while_documents_arrive(shelf):
    account, _, documents = shelf
    first = account.get("/documents?limit=3&cursor=").json()
    account.upload(("nouveau.txt", b"nouveau\n"), query="?process=false")
    second = account.get("/documents", params={"limit": 3, "cursor": first["meta"]["next_cursor"]}).json()
    assert first["data"] + second["data"] == list(reversed(documents))[:6]


def test_cursor_and_offset_exclude_each_other(account):
    answer = account.get("/documents?cursor=&offset=5")
    assert answer.status_code == 400 and code(answer) == "invalid_value"


@pytest.mark.parametrize("sort", ["original_filename", "-original_filename"])
def test_a_cursor_walks_time_only(account, sort):
    answer = account.get(f"/documents?cursor=&sort={sort}")
    assert answer.status_code == 400 and codes(answer) == {("invalid_value", "sort")}


def test_a_foreign_cursor_shows_nothing_of_the_other(shelf, other):
    account = shelf[0]
    cursor = account.get("/documents?limit=3&cursor=").json()["meta"]["next_cursor"]
    assert other.get("/documents", params={"cursor": cursor}).json().get("data", []) == []


def test_etag_follows_the_document(account):
    document = account.upload(("RC.pdf", pdfs.rules()), query="?process=false")
    path = f"/documents/{document['id']}"
    first = account.get(path)
    assert account.get(path, headers={"If-None-Match": f'"x", {first.headers["ETag"]}'}).status_code == 304
    account.post(f"{path}/process")
    account.processed(document["id"])
    second = account.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert second.status_code == 200 and second.headers["ETag"] != first.headers["ETag"]


def test_store_holds_what_the_database_knows(account, stack):
    """An answered upload lies under its final name, and nothing else lies beside it."""
    account.upload(("a.txt", b"un contenu que nul autre n'a\n"), query="?process=false")
    wait_until(lambda: not [f for f in stack.files() if "/objects/" not in f], 10, "no temporary file to be left")


def test_a_page_that_no_answer_holds_is_refused_in_words(account):
    """A DOCX is one page, and a word with its place takes ten times the room of the word: 4 KB can become 33 MiB."""
    document = account.upload(("mots.docx", office.docx(*["a b " * 500] * 1150)))
    assert account.processed(document["id"])["status"] == "processed"
    for language, words in (("fr", "longueur d'une réponse"), ("en", "length of an answer")):
        answer = account.get(f"/documents/{document['id']}/pages/1", headers={"Accept-Language": language})
        assert answer.status_code == 400 and codes(answer) == {("document_too_big", "number")}
        assert words in answer.json()["errors"][0]["message"]
