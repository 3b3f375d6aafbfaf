"""Versions of a dossier: pieces that come, are rectified, move and go."""

import pytest

import pdfs
from client import code, codes
from test_archives import zipped

LATER = "14 mai 2031 à 12h00"


def create(account, **fields):
    return account.data("POST", "/tenders", 201, json=fields)


def versions(account, tender, query=""):
    return account.data("GET", f"/tenders/{tender['id']}/versions{query}")


def told(account, tender):
    """[(number, cause, names)], the oldest first."""
    return [(v["number"], v["cause"], [d["original_filename"] for d in v["documents"]]) for v in reversed(versions(account, tender))]


def current(account, tender, number):
    """The tender once its version of that number has been analysed."""
    return account.poll(f"/tenders/{tender['id']}", lambda t: t["dossier_version"] == number and t["analysis_status"] == "done", 60,
                        f"the analysis of version {number}")


def add(account, tender, *files, **more):
    return account.upload(*files, path=f"/tenders/{tender['id']}/documents", **more)


@pytest.fixture
def dossier(account):
    tender, documents = account.tender_with(("RC.pdf", pdfs.rules()), ("note.txt", b"rien d'utile ici\n"))
    return account, tender, documents


# --- a later piece takes the place of the former

def test_a_rectified_piece_replaces_the_former_by_itself(dossier):
    account, tender, documents = dossier
    later = add(account, tender, ("RC rectifié.pdf", pdfs.rules(deadline=LATER)))
    now = current(account, tender, 3)
    assert (now["deadline_local"], now["document_count"], now["dossier_version"]) == ("2031-05-14T12:00", 2, 3)
    analysis = account.data("GET", f"/tenders/{tender['id']}/analysis")
    assert [d["file"] for d in analysis["documents"]] == ["RC rectifié.pdf", "note.txt"] and analysis["contradictions"] == []
    assert told(account, tender) == [(1, "documents_added", ["RC.pdf", "note.txt"]), (2, "documents_added", ["RC rectifié.pdf", "RC.pdf", "note.txt"]),
                                     (3, "document_replaced", ["RC rectifié.pdf", "note.txt"])]
    latest = versions(account, tender)[0]
    assert latest["created_by"] is None and latest["analyzed"] and versions(account, tender)[1]["created_by"] == account.user["id"]
    former = account.data("GET", f"/documents/{documents[0]['id']}")
    assert (former["replaced_by_id"], former["tender_id"], former["status"]) == (later["id"], tender["id"], "processed")
    assert account.data("GET", f"/documents/{later['id']}")["replaced_by_id"] is None


def test_the_former_stays_readable(dossier):
    account, tender, documents = dossier
    add(account, tender, ("RC v2.pdf", pdfs.rules(deadline=LATER)))
    current(account, tender, 3)
    path = f"/documents/{documents[0]['id']}"
    assert account.get(f"{path}/content").content == pdfs.rules()
    assert "12 mars 2031" in account.data("GET", f"{path}/pages/1")["text"]
    assert account.data("GET", f"{path}/requirements")["submission_deadline"] == "2031-03-12T16:30"
    assert documents[0]["id"] in [d["id"] for d in account.data("GET", f"/documents?tender_id={tender['id']}")]
    present = account.data("GET", f"/tenders/{tender['id']}/completeness")["present"]
    assert sorted(p["name"] for p in present) == ["RC v2.pdf", "note.txt"]


@pytest.mark.parametrize("name, content", [("RC annexe 2.pdf", pdfs.rules()), ("RC.txt", b"RC\n"),
                                           ("RC v2.pdf", pdfs.clauses("Le titulaire assure la maintenance du parc."))])
def test_another_piece_replaces_nothing(dossier, name, content):
    account, tender, documents = dossier
    document = add(account, tender, (name, content))
    account.processed(document["id"])
    assert current(account, tender, 2)["document_count"] == 3
    assert account.data("GET", f"/documents/{documents[0]['id']}")["replaced_by_id"] is None


def test_a_rectified_archive_replaces_piece_by_piece(account):
    tender = create(account)
    path = f"/tenders/{tender['id']}/documents"
    account.upload(("DCE.zip", zipped(("DCE/RC.pdf", pdfs.rules()), ("DCE/note.txt", b"une note\n"))), path=path)
    current(account, tender, 2)
    account.upload(("DCE v2.zip", zipped(("DCE v2/RC.pdf", pdfs.rules(deadline=LATER)), ("DCE v2/plan.txt", b"un plan\n"))), path=path)
    now = current(account, tender, 5)
    assert now["deadline_local"] == "2031-05-14T12:00"
    analysis = account.data("GET", f"/tenders/{tender['id']}/analysis")
    assert sorted(d["file"] for d in analysis["documents"]) == ["DCE v2/RC.pdf", "DCE v2/plan.txt", "DCE/note.txt"]
    assert [v["cause"] for v in versions(account, tender)][0] == "document_replaced"


# --- a person says what replaces what

def test_an_upload_names_what_it_replaces(dossier):
    account, tender, documents = dossier
    later = add(account, tender, ("Nouveau règlement.pdf", pdfs.rules(deadline=LATER)), query=f"?replaces={documents[0]['id']}")
    assert current(account, tender, 2)["deadline_local"] == "2031-05-14T12:00"
    assert told(account, tender)[1] == (2, "document_replaced", ["Nouveau règlement.pdf", "note.txt"])
    assert versions(account, tender)[0]["created_by"] == account.user["id"]
    assert account.data("GET", f"/documents/{documents[0]['id']}")["replaced_by_id"] == later["id"]


def test_a_document_that_is_there_replaces_another(dossier):
    account, tender, documents = dossier
    free = account.upload(("Autre.pdf", pdfs.rules(deadline=LATER)))
    account.processed(free["id"])
    attached = account.data("POST", f"/tenders/{tender['id']}/documents?replaces={documents[0]['id']}", 200, json={"document_ids": [free["id"]]})
    assert [(d["id"], d["tender_id"]) for d in attached] == [(free["id"], tender["id"])]
    assert current(account, tender, 2)["deadline_local"] == "2031-05-14T12:00"
    # One piece of the dossier may take the place of another, too.
    account.data("POST", f"/tenders/{tender['id']}/documents?replaces={documents[1]['id']}", 200, json={"document_ids": [free["id"]]})
    assert current(account, tender, 3)["document_count"] == 1


def test_what_a_document_replaces_must_be_there(dossier, other):
    account, tender, documents = dossier
    elsewhere = account.upload(("libre.txt", b"libre\n"))
    foreign = other.upload(("rien.txt", b"rien\n"))
    before = told(account, tender)
    for id_ in (elsewhere["id"], foreign["id"], tender["id"]):
        for more in ({"files": [("file", ("x.txt", b"x\n"))]}, {"json": {"document_ids": [elsewhere["id"]]}}):
            if id_ == elsewhere["id"] and "json" in more:
                continue
            answer = account.post(f"/tenders/{tender['id']}/documents?replaces={id_}", **more)
            assert answer.status_code == 404 and codes(answer) == {("not_found", "replaces")}, answer.text
    assert told(account, tender) == before


def test_one_takes_the_place_of_one(dossier):
    account, tender, documents = dossier
    path = f"/tenders/{tender['id']}/documents?replaces={documents[0]['id']}"
    for more in ({"files": [("file", ("x.txt", b"x\n")), ("file", ("y.txt", b"y\n"))]}, {"json": {"document_ids": [documents[0]["id"]]}},
                 {"json": {"document_ids": [documents[0]["id"], documents[1]["id"]]}}):
        answer = account.post(path, **more)
        assert answer.status_code == 400 and codes(answer) == {("invalid_value", "replaces")}, answer.text
    add(account, tender, ("x.txt", b"x\n"), query=f"?replaces={documents[0]['id']}")
    answer = account.post(path, files=[("file", ("y.txt", b"y\n"))])
    assert answer.status_code == 409 and codes(answer) == {("bad_state", "replaces")}
    assert account.post(f"/tenders/{tender['id']}/documents?replaces=7", json={"document_ids": [documents[1]["id"]]}).status_code == 400


def test_what_was_replaced_can_be_put_back(dossier):
    account, tender, documents = dossier
    add(account, tender, ("RC v2.pdf", pdfs.rules(deadline=LATER)))
    current(account, tender, 3)
    back = account.data("POST", f"/tenders/{tender['id']}/documents", 200, json={"document_ids": [documents[0]["id"]]})
    assert back[0]["replaced_by_id"] is None
    now = current(account, tender, 4)
    # Both stand, and say different things.
    assert now["document_count"] == 3
    assert [c["key"] for c in account.data("GET", f"/tenders/{tender['id']}/analysis")["contradictions"]] == ["deadline"]


@pytest.mark.parametrize("way", ["detach", "delete"])
def test_when_the_later_piece_goes_the_former_is_back(dossier, way):
    account, tender, documents = dossier
    later = add(account, tender, ("RC v2.pdf", pdfs.rules(deadline=LATER)))
    current(account, tender, 3)
    assert account.request("DELETE", f"/tenders/{tender['id']}/documents/{later['id']}" if way == "detach" else f"/documents/{later['id']}").status_code == 204
    now = current(account, tender, 4)
    assert (now["deadline_local"], now["document_count"]) == ("2031-03-12T16:30", 2)
    assert told(account, tender)[3] == (4, "document_removed", ["RC.pdf", "note.txt"])
    deleted = [d["document_id"] for v in versions(account, tender) for d in v["documents"] if d["original_filename"] == "RC v2.pdf"]
    assert deleted == ([later["id"]] * 2 if way == "detach" else [None] * 2)


def test_a_former_piece_that_goes_changes_nothing(dossier):
    account, tender, documents = dossier
    add(account, tender, ("RC v2.pdf", pdfs.rules(deadline=LATER)))
    current(account, tender, 3)
    assert account.request("DELETE", f"/tenders/{tender['id']}/documents/{documents[0]['id']}").status_code == 204
    assert len(versions(account, tender)) == 3
    free = account.data("GET", f"/documents/{documents[0]['id']}")
    assert (free["tender_id"], free["replaced_by_id"]) == (None, None)


# --- moving

def test_a_document_moves_by_being_taken_out_and_put_in(dossier):
    account, tender, documents = dossier
    other = create(account)
    body = {"document_ids": [documents[0]["id"]]}
    answer = account.post(f"/tenders/{other['id']}/documents", json=body)
    assert answer.status_code == 409 and code(answer) == "document_in_other_tender"
    assert account.request("DELETE", f"/tenders/{tender['id']}/documents/{documents[0]['id']}").status_code == 204
    account.data("POST", f"/tenders/{other['id']}/documents", 200, json=body)
    assert current(account, other, 1)["buyer"] == "Commune de Bellerive-sur-Orme"
    assert current(account, tender, 2)["buyer"] is None
    assert told(account, tender) == [(1, "documents_added", ["RC.pdf", "note.txt"]), (2, "document_removed", ["note.txt"])]
    assert told(account, other) == [(1, "documents_added", ["RC.pdf"])]


def test_an_archive_moves_with_what_came_out_of_it(account):
    tender, other = create(account), create(account)
    archive = account.upload(("DCE.zip", zipped(("DCE/RC.pdf", pdfs.rules()))), path=f"/tenders/{tender['id']}/documents")
    current(account, tender, 2)
    assert account.request("DELETE", f"/tenders/{tender['id']}/documents/{archive['id']}").status_code == 204
    account.data("POST", f"/tenders/{other['id']}/documents", 200, json={"document_ids": [archive["id"]]})
    now = current(account, other, 1)
    assert (now["document_count"], now["buyer"]) == (2, "Commune de Bellerive-sur-Orme")


# --- the list

@pytest.mark.parametrize("size", [1, 2, 5])
def test_paging(account, size):
    tender = create(account)
    for n in range(5):
        add(account, tender, (f"{n}.txt", b"piece %d\n" % n))
    path = f"/tenders/{tender['id']}/versions"
    whole, seen, cursor = versions(account, tender), [], ""
    assert [(v["number"], len(v["documents"])) for v in whole] == [(5, 5), (4, 4), (3, 3), (2, 2), (1, 1)]
    while cursor is not None:
        answer = account.get(path, params={"limit": size, "cursor": cursor}).json()
        seen += [v["number"] for v in answer["data"]]
        cursor = answer["meta"]["next_cursor"]
    assert seen == [5, 4, 3, 2, 1]
    answer = account.get(f"{path}?limit={size}&offset=2").json()
    assert [v["number"] for v in answer["data"]] == [3, 2, 1][:size] and answer["meta"]["total"] == 5


def test_a_tender_without_documents_has_no_versions(account):
    assert versions(account, create(account)) == []
