"""What people change: a tender's fields and status, its documents, and its end."""

import itertools

import pytest

import pdfs
from client import code, codes
from stack import wait_until

STATUSES = ("draft", "ready", "declined", "submitted", "awarded", "rejected", "cancelled", "archived")
WAYS = {("draft", "ready"), ("ready", "draft"), ("ready", "declined"), ("ready", "submitted"), ("declined", "ready"),
        ("submitted", "awarded"), ("submitted", "rejected")}


def create(account, **fields):
    return account.data("POST", "/tenders", 201, json=fields)


def patch(account, tender, status=200, **fields):
    return account.data("PATCH", f"/tenders/{tender['id']}", status, json=fields)


def refused(answer, status, *expected):
    assert answer.status_code == status, answer.text
    assert codes(answer) == set(expected), answer.text


# --- fields

def test_fields_are_changed_and_the_others_stay(account):
    tender = create(account, title="Haies", reference="A-1", deadline="2031-07-01T12:00:00+02:00", publication_date="2031-06-01")
    changed = patch(account, tender, title="Haies et fossés", buyer="Commune de Bellerive", description="Note", estimated_amount_ht=1000.5)
    assert (changed["title"], changed["reference"], changed["buyer"]) == ("Haies et fossés", "A-1", "Commune de Bellerive")
    assert (changed["description"], changed["estimated_amount_ht"], changed["publication_date"]) == ("Note", 1000.5, "2031-06-01")
    assert changed["deadline_local"] == "2031-07-01T12:00" and changed["version"] > tender["version"]
    assert account.data("GET", f"/tenders/{tender['id']}") == changed


def test_nothing_to_change_changes_nothing(account):
    tender = create(account, title="Haies")
    assert patch(account, tender) == tender


def test_a_deadline_and_its_clock(account):
    tender = create(account, deadline="2031-07-01T12:00:00+02:00")
    moved = patch(account, tender, timezone="Indian/Reunion")
    assert (moved["deadline_local"], moved["deadline"]) == ("2031-07-01T12:00", "2031-07-01T08:00:00Z")
    both = patch(account, tender, deadline="2031-08-01T10:00:00Z", timezone="America/Cayenne")
    assert (both["deadline_local"], both["timezone"]) == ("2031-08-01T07:00", "America/Cayenne")
    assert patch(account, tender, timezone=None)["timezone"] == "Europe/Paris"


def test_null_empties_what_nobody_read(account):
    tender = create(account, title="Haies", reference="A-1", buyer="B", description="Note", deadline="2031-07-01T12:00:00Z",
                    publication_date="2031-06-01", estimated_amount_ht=5)
    fields = ("title", "reference", "buyer", "description", "deadline", "publication_date", "estimated_amount_ht")
    emptied = patch(account, tender, **{f: None for f in fields})
    assert all(emptied[f] is None for f in (*fields, "deadline_local", "days_left"))


def test_null_brings_back_what_was_read(account):
    tender, _ = account.tender_with(("RC.pdf", pdfs.rules()), title="Mon titre")
    mine = patch(account, tender, reference="MA-REF", deadline="2032-01-01T12:00:00Z", buyer="Un autre")
    assert (mine["reference"], mine["buyer"], mine["deadline"]) == ("MA-REF", "Un autre", "2032-01-01T12:00:00Z")
    back = patch(account, tender, title=None, reference=None, buyer=None, deadline=None)
    assert (back["reference"], back["buyer"]) == ("2031-TX-07", "Commune de Bellerive-sur-Orme")
    assert (back["title"], back["deadline_local"]) == ("Entretien des haies du domaine de Bellerive", "2031-03-12T16:30")


def test_what_was_set_survives_the_next_analysis(account):
    tender, _ = account.tender_with(("RC.pdf", pdfs.rules()))
    patch(account, tender, buyer="Un autre")
    account.data("POST", f"/tenders/{tender['id']}/analyze", 202)
    again = account.analyzed(tender["id"])
    assert (again["buyer"], again["reference"]) == ("Un autre", "2031-TX-07")


@pytest.mark.parametrize("body, expected", [
    ({"titre": "x"}, ("unknown_field", "titre")), ({"status": "ready"}, ("unknown_field", "status")), ({"title": ""}, ("too_short", "title")),
    ({"title": 3}, ("invalid_type", "title")), ({"deadline": "demain"}, ("invalid_value", "deadline")), ({"version": 0}, ("out_of_range", "version")),
    ({"timezone": "Mars/Olympus"}, ("invalid_value", "timezone")), ({"estimated_amount_ht": 1.005}, ("invalid_value", "estimated_amount_ht")),
    ({"publication_date": "2026-13-01"}, ("invalid_value", "publication_date")),
])
def test_fields_that_are_refused(account, body, expected):
    tender = create(account, title="Haies")
    refused(account.request("PATCH", f"/tenders/{tender['id']}", json=body), 400, expected)
    assert account.data("GET", f"/tenders/{tender['id']}") == tender


# --- lost updates

def test_a_lost_update_is_refused(account):
    tender = create(account, title="Un")
    path = f"/tenders/{tender['id']}"
    tag = account.get(path).headers["ETag"]
    second = patch(account, tender, title="Deux", version=tender["version"])
    refused(account.request("PATCH", path, json={"title": "Trois", "version": tender["version"]}), 409, ("version_conflict", "version"))
    refused(account.request("PATCH", path, json={"title": "Trois"}, headers={"If-Match": tag}), 409, ("version_conflict", None))
    refused(account.request("PUT", f"{path}/status", json={"status": "ready"}, headers={"If-Match": tag}), 409, ("version_conflict", None))
    refused(account.request("DELETE", path, headers={"If-Match": tag}), 409, ("version_conflict", None))
    assert account.data("GET", path) == second
    fresh = account.get(path).headers["ETag"]
    answer = account.request("PATCH", path, json={"title": "Trois"}, headers={"If-Match": f'"autre", {fresh}'})
    assert answer.status_code == 200 and answer.headers["ETag"] != fresh
    assert account.request("PATCH", path, json={"title": "Quatre"}, headers={"If-Match": "*"}).status_code == 200
    assert account.request("DELETE", path, headers={"If-Match": account.get(path).headers["ETag"]}).status_code == 204


@pytest.mark.parametrize("tag", ['"', "", "W/", '"1', '"999-0"', '"1x"'])
def test_other_tags_match_nothing(account, tag):
    tender = create(account, title="Un")
    refused(account.request("PATCH", f"/tenders/{tender['id']}", json={"title": "Deux"}, headers={"If-Match": tag or '""'}), 409,
            ("version_conflict", None))


# --- status

@pytest.mark.parametrize("origin, target", itertools.product(STATUSES, STATUSES))
def test_ways_between_statuses(account, stack, origin, target):
    tender = create(account)
    stack.sql("update scorpius.tender set status = %s where id = %s", origin, tender["id"])
    path = f"/tenders/{tender['id']}"
    answer = account.request("PUT", f"{path}/status", json={"status": target})
    allowed = origin == target or (origin, target) in WAYS or (origin != "archived" and target in ("cancelled", "archived"))
    if allowed:
        assert answer.status_code == 200 and answer.json()["data"]["status"] == target
    else:
        refused(answer, 409, ("bad_state", "status"))
    assert account.data("GET", path)["status"] == (target if allowed else origin)


def test_a_draft_that_is_being_analysed(account, frozen_jobs):
    tender = create(account)
    account.upload(("RC.pdf", pdfs.rules()), path=f"/tenders/{tender['id']}/documents")
    path = f"/tenders/{tender['id']}/status"
    refused(account.request("PUT", path, json={"status": "ready"}), 409, ("bad_state", "status"))
    assert account.data("PUT", path, json={"status": "cancelled"})["status"] == "cancelled"


@pytest.mark.parametrize("body, expected", [
    ({}, ("missing_field", "status")), ({"status": "analyzing"}, ("invalid_value", "status")), ({"status": None}, ("missing_field", "status")),
    ({"status": "ready", "reason": "x"}, ("unknown_field", "reason")), ({"status": 3}, ("invalid_type", "status")),
])
def test_statuses_that_are_refused(account, body, expected):
    refused(account.request("PUT", f"/tenders/{create(account)['id']}/status", json=body), 400, expected)


# --- the end of a tender

def test_a_deleted_tender_is_gone_with_its_documents(account, stack):
    tender, documents = account.tender_with(("RC.pdf", pdfs.rules()))
    kept = account.upload(("libre.txt", b"libre\n"))
    path, document = f"/tenders/{tender['id']}", f"/documents/{documents[0]['id']}"
    assert account.request("DELETE", path).status_code == 204
    for gone in (path, f"{path}/analysis", f"{path}/completeness", document, f"{document}/content", f"{document}/events"):
        assert account.get(gone).status_code == 404, gone
    assert account.request("DELETE", path).status_code == 404
    assert account.post(f"{path}/analyze").status_code == 404
    assert account.data("GET", "/tenders") == []
    assert [d["id"] for d in account.data("GET", "/documents")] == [kept["id"]]
    # It can be undone beside the API: nothing was erased.
    assert stack.sql("select count(*) n from scorpius.document where tender_id = %s and deleted_at is not null", tender["id"]) == [{"n": 1}]


def test_a_tender_deleted_while_it_is_read(account, stack, frozen_jobs):
    tender = create(account)
    account.upload(("RC.pdf", pdfs.rules()), path=f"/tenders/{tender['id']}/documents")
    assert account.request("DELETE", f"/tenders/{tender['id']}").status_code == 204
    assert stack.sql("select count(*) n from scorpius.document where tender_id = %s and status = 'processing'", tender["id"]) == [{"n": 0}]


# --- documents that go

def two_pieces(account):
    tender, documents = account.tender_with(("RC.pdf", pdfs.rules()), ("note.txt", b"rien d'utile ici\n"))
    return tender, documents


def versions(stack, tender):
    return [(r["number"], r["cause"], r["n"]) for r in stack.sql(
        "select v.number, v.cause, count(d.document_id) n from scorpius.dossier_version v left join scorpius.dossier_version_document d "
        "on d.dossier_version_id = v.id where v.tender_id = %s group by 1, 2 order by 1", tender["id"])]


@pytest.mark.parametrize("way", ["detach", "delete"])
def test_a_document_that_goes_makes_a_version(account, stack, way):
    tender, documents = two_pieces(account)
    rc = documents[0]["id"]
    path = f"/tenders/{tender['id']}"
    first = account.data("GET", f"{path}/analysis")
    assert "buyer" in first["facts"]
    assert account.request("DELETE", f"{path}/documents/{rc}" if way == "detach" else f"/documents/{rc}").status_code == 204
    assert account.get(f"/documents/{rc}").status_code == (200 if way == "detach" else 404)
    after = account.poll(f"{path}/analysis", lambda a: a["dossier_version"] == 2, 60, "the analysis of version 2")
    assert "buyer" not in after["facts"] and [d["document_id"] for d in after["documents"]] == [documents[1]["id"]]
    now = account.analyzed(tender["id"])
    assert (now["document_count"], now["dossier_version"], now["buyer"], now["deadline"]) == (1, 2, None, None)
    assert versions(stack, tender) == [(1, "documents_added", 2), (2, "document_removed", 1)]


def test_a_detached_document_can_go_elsewhere(account):
    tender, documents = two_pieces(account)
    other = create(account)
    account.request("DELETE", f"/tenders/{tender['id']}/documents/{documents[0]['id']}")
    assert account.data("GET", f"/documents/{documents[0]['id']}")["tender_id"] is None
    moved = account.data("POST", f"/tenders/{other['id']}/documents", 200, json={"document_ids": [documents[0]["id"]]})
    assert moved[0]["tender_id"] == other["id"]
    wait_until(lambda: account.data("GET", f"/tenders/{other['id']}")["buyer"] == "Commune de Bellerive-sur-Orme", 60, "its facts there")


@pytest.mark.parametrize("way", ["detach", "delete"])
def test_the_last_document_leaves_an_empty_dossier(account, stack, way):
    tender, documents = account.tender_with(("RC.pdf", pdfs.rules()), description="Note")
    path = f"/tenders/{tender['id']}"
    account.request("DELETE", f"{path}/documents/{documents[0]['id']}" if way == "detach" else f"/documents/{documents[0]['id']}")
    now = account.data("GET", path)
    assert (now["analysis_status"], now["document_count"], now["dossier_version"], now["problems"]) == ("none", 0, 2, [])
    assert (now["buyer"], now["title"], now["reference"], now["deadline"], now["description"]) == (None, None, None, None, "Note")
    refused(account.get(f"{path}/analysis"), 409, ("not_analyzed", None))
    again = account.upload(("RC.pdf", pdfs.rules()), path=f"{path}/documents")
    account.processed(again["id"])
    assert account.analyzed(tender["id"])["buyer"] == "Commune de Bellerive-sur-Orme"


def test_a_document_removed_while_it_is_read(account, stack, frozen_jobs):
    tender = create(account)
    document = account.upload(("RC.pdf", pdfs.rules()), path=f"/tenders/{tender['id']}/documents")
    assert account.request("DELETE", f"/documents/{document['id']}").status_code == 204
    assert account.data("GET", f"/tenders/{tender['id']}")["analysis_status"] == "none"
    assert stack.sql("select status from scorpius.document where id = %s", document["id"]) == [{"status": "uploaded"}]


def test_what_comes_out_of_an_archive_goes_with_it(account, stack):
    tender, documents = two_pieces(account)
    parent, child = documents[0]["id"], documents[1]["id"]
    stack.sql("update scorpius.document set parent_id = %s where id = %s", parent, child)
    account.request("DELETE", f"/tenders/{tender['id']}/documents/{parent}")
    assert account.data("GET", f"/documents/{child}")["tender_id"] is None
    assert account.request("DELETE", f"/documents/{parent}").status_code == 204
    assert account.get(f"/documents/{child}").status_code == 404


def test_a_free_document_is_deleted(account):
    document = account.upload(("libre.txt", b"libre\n"))
    assert account.request("DELETE", f"/documents/{document['id']}").status_code == 204
    assert account.request("DELETE", f"/documents/{document['id']}").status_code == 404
    assert account.data("GET", "/documents") == []
    # The same bytes may come again.
    again = account.upload(("libre.txt", b"libre\n"))
    assert again["sha256"] == document["sha256"] and account.get(f"/documents/{again['id']}/content").content == b"libre\n"


def test_only_what_is_in_the_tender_is_detached(account, other):
    tender, documents = two_pieces(account)
    second, free = create(account), account.upload(("libre.txt", b"libre\n"))
    for tender_id, document_id in [(second["id"], documents[0]["id"]), (tender["id"], free["id"]), (tender["id"], second["id"])]:
        assert account.request("DELETE", f"/tenders/{tender_id}/documents/{document_id}").status_code == 404
    assert other.request("DELETE", f"/tenders/{tender['id']}/documents/{documents[0]['id']}").status_code == 404
    foreign = other.data("POST", "/tenders", 201, json={})
    assert other.request("DELETE", f"/tenders/{foreign['id']}/documents/{documents[0]['id']}").status_code == 404
    now = account.data("GET", f"/tenders/{tender['id']}")
    assert (now["document_count"], now["dossier_version"]) == (2, 1)


def test_who_did_it_is_noted(account, stack):
    tender, documents = two_pieces(account)
    path = f"/tenders/{tender['id']}"
    patch(account, tender, title="Titre")
    account.data("PUT", f"{path}/status", json={"status": "submitted"})
    account.request("DELETE", f"{path}/documents/{documents[1]['id']}")
    account.request("DELETE", f"/documents/{documents[0]['id']}")
    account.request("DELETE", path)
    rows = stack.sql("select action, account_id::text, detail, request_id from scorpius.audit_event where organization_id = %s order by at, id",
                     account.organization_id)
    asked = {"tender.created", "document.uploaded", "tender.analysis_asked", "tender.documents_added"}  # before the changes
    rows = [r for r in rows if not r["action"].startswith(("account", "auth", "session", "organization")) and r["action"] not in asked]
    assert [r["action"] for r in rows] == ["tender.updated", "tender.status_changed", "tender.document_removed", "document.deleted", "tender.deleted"]
    assert {r["account_id"] for r in rows} == {account.user["id"]} and all(r["request_id"].startswith("e2e-") for r in rows)
    assert rows[1]["detail"] == {"from": "ready", "to": "submitted"}
    assert rows[2]["detail"] == {"document_id": documents[1]["id"]}
