"""Tenders: made by people, filled from documents."""

import datetime
import zoneinfo

import pytest

import office
import pdfs
from client import code, codes


def create(account, **fields):
    return account.data("POST", "/tenders", 201, json=fields)


def test_an_empty_tender(account):
    tender = create(account)
    assert tender["status"] == "draft" and tender["analysis_status"] == "none" and tender["analysis_error"] is None
    assert (tender["document_count"], tender["dossier_version"], tender["problems"]) == (0, 0, [])
    assert all(tender[k] is None for k in ("reference", "title", "buyer", "deadline", "deadline_local", "days_left", "publication_date"))
    assert tender["timezone"] == "Europe/Paris"


def test_a_tender_with_everything(account):
    tender = create(account, reference="2031-7", title="Élagage", buyer="Commune de Bellerive", description="Note",
                    deadline="2031-07-01T12:00:00+02:00", publication_date="2031-06-01", estimated_amount_ht=125000.5)
    assert (tender["reference"], tender["title"], tender["buyer"], tender["description"]) == ("2031-7", "Élagage", "Commune de Bellerive", "Note")
    assert (tender["deadline"], tender["deadline_local"]) == ("2031-07-01T10:00:00Z", "2031-07-01T12:00")
    assert (tender["publication_date"], tender["estimated_amount_ht"]) == ("2031-06-01", 125000.5)
    assert account.data("GET", f"/tenders/{tender['id']}") == tender


@pytest.mark.parametrize("given, zone, local", [
    ("2031-01-15T12:00:00Z", "Europe/Paris", "2031-01-15T13:00"), ("2031-07-15T12:00:00Z", "Europe/Paris", "2031-07-15T14:00"),
    ("2031-07-15T12:00:00Z", "Indian/Reunion", "2031-07-15T16:00"), ("2031-07-15T23:30:00-04:00", "America/Martinique", "2031-07-15T23:30"),
])
def test_deadlines_are_read_on_the_buyers_clock(account, given, zone, local):
    tender = create(account, deadline=given, timezone=zone)
    assert (tender["deadline_local"], tender["timezone"]) == (local, zone)
    today = datetime.datetime.now(zoneinfo.ZoneInfo(zone)).date()
    left = (datetime.date.fromisoformat(local[:10]) - today).days
    assert abs(tender["days_left"] - left) <= 1


@pytest.mark.parametrize("given", ["9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+14:00", "0000-01-01T00:00:00Z"])
def test_deadlines_beyond_the_calendar_are_refused(account, given):
    answer = account.post("/tenders", json={"deadline": given})
    assert answer.status_code == 400 and answer.json()["errors"][0]["field"] == "deadline"


def test_a_deadline_long_ago_is_listed(account):
    old = create(account, deadline="1969-07-01T12:00:00Z")
    assert old["id"] in [t["id"] for t in account.data("GET", "/tenders?limit=100")]
    assert old["id"] in [t["id"] for t in account.data("GET", "/tenders?cursor=&limit=100")]


def test_location_leads_to_the_tender(account):
    answer = account.post("/tenders", json={"title": "Voirie"})
    assert account.data("GET", answer.headers["Location"])["title"] == "Voirie"


def test_etag_follows_the_tender(account):
    tender = create(account)
    first = account.get(f"/tenders/{tender['id']}")
    assert account.get(f"/tenders/{tender['id']}", headers={"If-None-Match": first.headers["ETag"]}).status_code == 304
    account.upload(("RC.pdf", pdfs.rules()), path=f"/tenders/{tender['id']}/documents")
    second = account.get(f"/tenders/{tender['id']}", headers={"If-None-Match": first.headers["ETag"]})
    assert second.status_code == 200 and second.json()["data"]["document_count"] == 1


# --- lists

@pytest.fixture
def shelf(account):
    """By deadline: b, d, a, then those without one."""
    return account, {name: create(account, title=name, **more) for name, more in [
        ("avenue", {"deadline": "2031-09-01T12:00:00Z", "buyer": "Ville de Sainte-Ombre"}), ("bitume", {"deadline": "2031-01-01T12:00:00Z"}),
        ("cantine", {}), ("digue", {"deadline": "2031-05-01T12:00:00Z", "reference": "REF-77"}), ("école", {})]}


def titles(account, query=""):
    return [t["title"] for t in account.data("GET", f"/tenders{query}")]


def test_list_by_deadline(shelf):
    account, _ = shelf
    found = titles(account)
    assert found[:3] == ["bitume", "digue", "avenue"] and set(found[3:]) == {"cantine", "école"}


@pytest.mark.parametrize("search, expected", [("ECOLE", ["école"]), ("ref-77", ["digue"]), ("sainte", ["avenue"]), ("absent", [])])
def test_list_search(shelf, search, expected):
    account, _ = shelf
    assert titles(account, f"?search={search}") == expected


def test_list_by_status(shelf, stack):
    account, tenders = shelf
    stack.sql("update scorpius.tender set status = 'archived' where id = %s", tenders["digue"]["id"])
    assert titles(account, "?status=archived") == ["digue"]
    assert len(titles(account, "?status=draft")) == 4


@pytest.mark.parametrize("buyer, expected", [("sainte-ombre", ["avenue"]), ("VILLE", ["avenue"]), ("ref-77", [])])
def test_list_by_buyer(shelf, buyer, expected):
    account, _ = shelf
    assert titles(account, f"?buyer={buyer}") == expected


@pytest.mark.parametrize("window, expected", [
    ("deadline_from=2031-05-01", ["digue", "avenue"]), ("deadline_from=2031-05-02", ["avenue"]),
    ("deadline_to=2031-05-01", ["bitume", "digue"]), ("deadline_to=2031-04-30", ["bitume"]),
    ("deadline_from=2031-05-01&deadline_to=2031-05-01", ["digue"]), ("deadline_from=2031-06-01&deadline_to=2031-05-01", []),
    ("deadline_from=2031-05-01T12:00:00Z", ["digue", "avenue"]), ("deadline_from=2031-05-01T12:00:01Z", ["avenue"]),
    ("deadline_to=2031-05-01T13:59:59%2B02:00", ["bitume"]), ("deadline_to=9999-12-31", ["bitume", "digue", "avenue"]),
    ("deadline_from=2031-01-01&deadline_to=2031-12-31&sort=-deadline&buyer=ombre", ["avenue"]),
])
def test_list_by_deadline_window(shelf, window, expected):
    account, _ = shelf
    assert titles(account, f"?{window}") == expected


def test_the_window_is_of_the_buyers_calendar(account):
    """The same moment is another day in Nouméa."""
    for zone in ("Pacific/Noumea", "Pacific/Tahiti"):
        create(account, title=zone, deadline="2031-05-01T20:00:00Z", timezone=zone)
    assert titles(account, "?deadline_to=2031-05-01") == ["Pacific/Tahiti"]
    assert titles(account, "?deadline_from=2031-05-02") == ["Pacific/Noumea"]


def test_a_deadline_without_an_hour_is_in_its_day(account, stack):
    tender = create(account, title="jour", deadline="2031-05-01T12:00:00Z")
    stack.sql("update scorpius.tender set deadline_local = '2031-05-01' where id = %s", tender["id"])
    assert titles(account, "?deadline_from=2031-05-01&deadline_to=2031-05-01") == ["jour"]


SORTS = ("deadline", "-deadline", "created_at", "-created_at")


def test_orders(shelf):
    account, _ = shelf
    made = ["avenue", "bitume", "cantine", "digue", "école"]
    assert titles(account, "?sort=created_at") == made and titles(account, "?sort=-created_at") == made[::-1]
    assert titles(account, "?sort=deadline") == titles(account)
    # Those without a deadline come last either way.
    assert titles(account, "?sort=-deadline")[:3] == ["avenue", "digue", "bitume"]


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("size", [1, 2, 5])
def test_paging_by_cursor(shelf, size, sort):
    account, _ = shelf
    whole, seen, cursor = account.data("GET", f"/tenders?sort={sort}"), [], ""
    while cursor is not None:
        answer = account.get("/tenders", params={"limit": size, "cursor": cursor, "sort": sort}).json()
        seen += answer["data"]
        cursor = answer["meta"]["next_cursor"]
    assert seen == whole and len(whole) == 5


@pytest.mark.parametrize("sort", SORTS)
def test_paging_by_offset(shelf, sort):
    account, _ = shelf
    whole = account.data("GET", f"/tenders?sort={sort}")
    answer = account.get(f"/tenders?limit=2&offset=2&sort={sort}").json()
    assert answer["data"] == whole[2:4]
    assert (answer["meta"]["total"], answer["meta"]["has_more"]) == (5, True)
    assert account.get(f"/tenders?limit=2&offset=4&sort={sort}").json()["meta"]["has_more"] is False


def test_the_total_is_of_what_the_filters_leave(shelf):
    account, _ = shelf
    meta = account.get("/tenders?limit=1&deadline_from=2031-04-01").json()["meta"]
    assert (meta["total"], meta["has_more"]) == (2, True)


@pytest.mark.parametrize("query, expected", [
    ("status=lost", ("invalid_value", "status")), ("search=", ("too_short", "search")), ("cursor=xyz", ("invalid_cursor", "cursor")),
    ("limit=1000", ("out_of_range", "limit")), ("sort=title", ("invalid_value", "sort")), ("sort=+deadline", ("invalid_value", "sort")),
    ("buyer=", ("too_short", "buyer")), ("deadline_from=demain", ("invalid_value", "deadline_from")),
    ("deadline_to=2031-02-30", ("invalid_value", "deadline_to")), ("deadline_to=0000-01-01", ("invalid_value", "deadline_to")),
    ("deadline_from=2031-05-01T12:00:00", ("invalid_value", "deadline_from")),
])
def test_list_refuses(account, query, expected):
    answer = account.get(f"/tenders?{query}")
    assert answer.status_code == 400 and codes(answer) == {expected}


# --- documents of a tender

def test_files_go_into_the_tender(account):
    tender = create(account)
    path = f"/tenders/{tender['id']}/documents"
    one = account.upload(("RC.pdf", pdfs.rules()), path=path, document_type="rc")
    two = account.upload(("a.txt", b"annexe a\n"), ("b.txt", b"annexe b\n"), path=path)
    assert one["tender_id"] == tender["id"] and one["document_type"] == "rc" and [d["original_filename"] for d in two] == ["a.txt", "b.txt"]
    now = account.data("GET", f"/tenders/{tender['id']}")
    assert (now["document_count"], now["dossier_version"]) == (3, 2)
    assert {d["id"] for d in account.data("GET", f"/documents?tender_id={tender['id']}")} == {one["id"], two[0]["id"], two[1]["id"]}


def test_documents_that_are_there_are_attached(account):
    tender = create(account)
    documents = account.upload(("a.txt", b"annexe a\n"), ("b.txt", b"annexe b\n"), query="?process=false")
    ids = [documents[1]["id"], documents[0]["id"]]
    for _ in range(2):  # the second time nothing changes
        attached = account.data("POST", f"/tenders/{tender['id']}/documents", 200, json={"document_ids": ids})
        assert [d["id"] for d in attached] == ids and all(d["tender_id"] == tender["id"] for d in attached)
        now = account.data("GET", f"/tenders/{tender['id']}")
        assert (now["document_count"], now["dossier_version"]) == (2, 1)


def test_uploads_may_name_their_tender(account):
    tender = create(account)
    document = account.upload(("a.txt", b"annexe\n"), tender_id=tender["id"])
    assert document["tender_id"] == tender["id"]
    assert account.data("GET", f"/tenders/{tender['id']}")["dossier_version"] == 1


def test_a_document_is_in_one_tender_only(account):
    first, second = create(account), create(account)
    document = account.upload(("a.txt", b"annexe\n"), path=f"/tenders/{first['id']}/documents")
    free = account.upload(("b.txt", b"libre\n"))
    answer = account.post(f"/tenders/{second['id']}/documents", json={"document_ids": [free["id"], document["id"]]})
    assert answer.status_code == 409 and code(answer) == "document_in_other_tender"
    # Nothing of the request was done.
    assert account.data("GET", f"/documents/{free['id']}")["tender_id"] is None
    assert account.data("GET", f"/tenders/{second['id']}")["dossier_version"] == 0


@pytest.mark.parametrize("body, status, expected", [
    ({}, 400, ("missing_field", "document_ids")), ({"document_ids": []}, 400, ("out_of_range", "document_ids")),
    ({"document_ids": "x"}, 400, ("invalid_type", "document_ids")), ({"document_ids": [1]}, 400, ("invalid_type", "document_ids[0]")),
    ({"document_ids": ["0199a3f2-5c1e-7a44-9d0b-3f6a1c2b4d5e", "x"]}, 400, ("invalid_id", "document_ids[1]")),
    ({"document_ids": ["0199a3f2-5c1e-7a44-9d0b-3f6a1c2b4d5e"]}, 404, ("not_found", "document_ids[0]")),
    ({"document_ids": ["0199a3f2-5c1e-7a44-9d0b-3f6a1c2b4d5e"] * 201}, 400, ("out_of_range", "document_ids")),
])
def test_attaching_refuses(account, nothing_written_but_a_tender, body, status, expected):
    answer = account.post(f"/tenders/{nothing_written_but_a_tender['id']}/documents", json=body)
    assert answer.status_code == status and codes(answer) == {expected}, answer.text


@pytest.fixture
def nothing_written_but_a_tender(account, stack, settled):
    tender = create(account)
    before = stack.rows(), stack.files()
    yield tender
    assert (stack.rows(), stack.files()) == before


def test_files_for_no_tender_are_not_kept(account, nothing_written):
    account.upload(("a.txt", b"annexe perdue\n"), path="/tenders/0199a3f2-5c1e-7a44-9d0b-3f6a1c2b4d5e/documents", status=404)


def test_the_form_of_a_tender_has_no_tender_id(account):
    tender = create(account)
    answer = account.upload(("a.txt", b"annexe\n"), path=f"/tenders/{tender['id']}/documents", status=400, tender_id=tender["id"])
    assert codes(answer) == {("unknown_field", "tender_id")}


# --- analysis

def test_nothing_to_analyse(account):
    tender = create(account)
    answer = account.post(f"/tenders/{tender['id']}/analyze")
    assert answer.status_code == 409 and code(answer) == "no_documents"
    answer = account.get(f"/tenders/{tender['id']}/analysis")
    assert answer.status_code == 409 and code(answer) == "not_analyzed"


@pytest.mark.parametrize("status", ["archived", "cancelled", "awarded", "rejected"])
def test_statuses_without_analysis(account, stack, status):
    tender, _ = account.tender_with(("a.txt", b"annexe\n"))
    stack.sql("update scorpius.tender set status = %s where id = %s", status, tender["id"])
    answer = account.post(f"/tenders/{tender['id']}/analyze")
    assert answer.status_code == 409 and code(answer) == "bad_state"


def test_a_second_request_joins_the_running_analysis(account, stack, frozen_jobs):
    tender = create(account)
    account.upload(("RC.pdf", pdfs.rules()), path=f"/tenders/{tender['id']}/documents")
    for _ in range(2):
        answer = account.data("POST", f"/tenders/{tender['id']}/analyze", 202)
        assert answer["tender_id"] == tender["id"] and answer["dossier_version"] == 1
    jobs = stack.sql("select count(*) n from scorpius.job where tender_id = %s and kind = 'analyze'", tender["id"])
    assert jobs[0]["n"] <= 1
    now = account.data("GET", f"/tenders/{tender['id']}")
    assert now["status"] == "analyzing" and now["analysis_status"] in ("queued", "running")


def test_what_a_person_set_wins(account):
    tender, _ = account.tender_with(("RC.pdf", pdfs.rules()), title="Mon titre", reference="MA-REF")
    assert tender["status"] == "ready" and tender["analysis_status"] == "done"
    assert (tender["title"], tender["reference"]) == ("Mon titre", "MA-REF")
    assert tender["buyer"] == "Commune de Bellerive-sur-Orme"
    assert (tender["deadline_local"], tender["deadline"]) == ("2031-03-12T16:30", "2031-03-12T15:30:00Z")


def test_an_unreadable_piece_is_told_and_the_others_go_on(account):
    tender, documents = account.tender_with(("RC.pdf", pdfs.rules()), ("protege.pdf", pdfs.encrypted()))
    assert tender["analysis_status"] == "done"
    assert [(p["document_id"], p["code"]) for p in tender["problems"]] == [(documents[1]["id"], "document_encrypted")]
    assert tender["problems"][0]["message"] == (
        "«\u00a0protege.pdf\u00a0»\u00a0: le document est protégé par un mot de passe. "
        "Demandez à l'acheteur une version sans mot de passe, ou déposez-en une copie déverrouillée.")
    analysis = account.data("GET", f"/tenders/{tender['id']}/analysis")
    told = {d["document_id"]: d.get("error") for d in analysis["documents"]}
    assert told == {documents[0]["id"]: None, documents[1]["id"]: "document_encrypted"}
    assert "buyer" in analysis["facts"]


def test_a_piece_of_an_unread_format_is_told_and_is_no_problem_of_the_others(account):
    tender, documents = account.tender_with(("RC.pdf", pdfs.rules()), ("cadre.rtf", b"{\\rtf1\\ansi cadre de r\\'e9ponse\\par}\n"))
    assert tender["analysis_status"] == "done" and tender["buyer"] == "Commune de Bellerive-sur-Orme"
    analysis = account.data("GET", f"/tenders/{tender['id']}/analysis")
    told = {d["document_id"]: d.get("error") for d in analysis["documents"]}
    assert told == {documents[0]["id"]: None, documents[1]["id"]: "unread_format"}


def test_problems_say_what_to_do_in_french(account):
    tender, documents = account.tender_with(("vieux.rtf", b"{\\rtf1\\ansi cadre\\par}\n"), ("casse.pdf", b"%PDF-1.7\n" + b"rien" * 300),
                                            ("note.txt", b"rien d'utile ici\n"))
    told = {p["code"]: p for p in tender["problems"]}
    assert set(told) == {"unread_format", "document_unreadable", "no_rules_document"} and tender["analysis_status"] == "done"
    assert told["unread_format"]["document_id"] == documents[0]["id"] and "Déposez-en une version PDF" in told["unread_format"]["message"]
    assert "casse.pdf" in told["document_unreadable"]["message"] and "{" not in told["document_unreadable"]["message"]
    assert told["no_rules_document"]["document_id"] is None
    assert told["no_rules_document"]["message"].startswith("Aucun règlement de la consultation (RC)")


def test_what_was_read_in_part_is_told(account):
    tender, documents = account.tender_with(("RC.pdf", pdfs.rules()), ("plan.pdf", pdfs.scan()),
                                            ("CCTP.pdf", pdfs.scan(["Cahier des clauses techniques particulières"])),
                                            ("annexe.pdf", pdfs.truncated()),
                                            ("BPU.xlsx", office.xlsx("BPU", {"A1": "Bordereau des prix unitaires", "B1": "caché"},
                                                                     '<cols><col min="2" max="2" hidden="1"/></cols>')))
    told = {p["document_id"]: (p["code"], p["message"]) for p in tender["problems"]}
    assert set(told) == {d["id"] for d in documents[1:]}
    assert told[documents[1]["id"]][0] == "no_text" and "le texte a été reconnu" in told[documents[1]["id"]][1]
    assert told[documents[2]["id"]] == ("pages_without_text", "«\u00a0CCTP.pdf\u00a0»\u00a0: des pages sans texte n'ont pas été "
                                        "lues\u00a0: 2. Lisez-les vous-même\u00a0: ce sont le plus souvent des images.")
    assert told[documents[3]["id"]][0] == "partly_read" and "endommagé ou incomplet" in told[documents[3]["id"]][1]
    assert told[documents[4]["id"]][0] == "partly_read" and "colonnes masquées" in told[documents[4]["id"]][1]


def test_a_person_knows_the_rules(account):
    """What they call the RC is one, whatever its words."""
    tender = create(account)
    document = account.upload(("note.txt", b"rien d'utile ici\n"), path=f"/tenders/{tender['id']}/documents", document_type="rc")
    account.processed(document["id"])
    assert account.analyzed(tender["id"])["problems"] == []


def test_a_failed_analysis_is_a_problem(account):
    tender = create(account)
    document = account.upload(("protege.pdf", pdfs.encrypted()), path=f"/tenders/{tender['id']}/documents")
    account.processed(document["id"])
    failed = account.analyzed(tender["id"])
    assert failed["analysis_status"] == "failed" and failed["status"] == "draft"
    assert [p["code"] for p in failed["problems"]] == ["no_documents", "document_encrypted"]
    assert failed["problems"][0]["message"].endswith("relancez l'analyse.") and failed["problems"][0]["document_id"] is None


def test_a_new_piece_makes_a_new_version(account):
    tender, _ = account.tender_with(("note.txt", b"rien d'utile ici\n"))
    path = f"/tenders/{tender['id']}"
    first = account.get(f"{path}/analysis")
    assert first.json()["data"]["dossier_version"] == 1 and "buyer" not in first.json()["data"]["facts"]
    assert account.get(f"{path}/analysis", headers={"If-None-Match": first.headers["ETag"]}).status_code == 304
    document = account.upload(("RC.pdf", pdfs.rules()), path=f"{path}/documents")
    account.processed(document["id"])
    assert account.post(f"{path}/analyze").status_code == 202
    data = account.poll(f"{path}/analysis", lambda a: a["dossier_version"] == 2, 60, "the analysis of version 2")
    assert "buyer" in data["facts"]
