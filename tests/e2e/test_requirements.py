"""What a tender asks for: listed, filtered, and known again after the dossier has been analysed anew."""

import pytest

import pdfs
from client import code, codes

BACKUP = "Le titulaire assure la sauvegarde des serveurs et teste leur restauration chaque mois."
REPORT = "Le titulaire remet un rapport d'activité avant le dix de chaque mois."
SECRET = "Le titulaire doit garantir la confidentialité des mots de passe qui lui sont confiés."
WASTE = "Le titulaire trie ses déchets et doit les faire recycler par une filière agréée."
WISH = "Il est souhaitable que la solution du titulaire soit hébergée en France."


def listed(account, tender, query="", status=200):
    return account.data("GET", f"/tenders/{tender['id']}/requirements{query}", status)


def texts(account, tender, query=""):
    return [q["text"] for q in listed(account, tender, query)]


@pytest.fixture
def asked(account):
    tender, documents = account.tender_with(("CCTP.pdf", pdfs.clauses(BACKUP, REPORT, SECRET, WASTE, WISH)), ("RC.pdf", pdfs.rules()))
    return account, tender, documents


def test_requirements_in_the_order_of_the_documents(asked):
    account, tender, documents = asked
    found = listed(account, tender)
    assert [q["text"] for q in found] == [BACKUP, REPORT, SECRET, WASTE, WISH]
    assert {q["section"] for q in found} == {"3.1 Exploitation"} and len({q["id"] for q in found}) == 5
    assert all(q["evidence"][0]["document_id"] == documents[0]["id"] and q["evidence"][0]["page"] == 2 for q in found)
    assert found == account.data("GET", f"/tenders/{tender['id']}/analysis")["requirements"]


@pytest.mark.parametrize("query, expected", [
    ("?category=security", [SECRET]), ("?category=environmental", [WASTE]), ("?category=legal", []),
    ("?priority=desirable", [WISH]), ("?priority=eliminatory", []), ("?priority=mandatory&search=MOIS", [BACKUP, REPORT]),
    ("?search=déchets", [WASTE]), ("?search=DECHETS", [WASTE]), ("?search=exploitation&category=security", [SECRET]), ("?search=pont", []),
])
def test_filters(asked, query, expected):
    account, tender, _ = asked
    assert texts(account, tender, query) == expected


def test_of_one_document(asked):
    account, tender, documents = asked
    assert len(texts(account, tender, f"?document_id={documents[0]['id']}")) == 5
    assert texts(account, tender, f"?document_id={documents[1]['id']}") == []


@pytest.mark.parametrize("size", [1, 2, 5])
def test_paging(asked, size):
    account, tender, _ = asked
    path = f"/tenders/{tender['id']}/requirements"
    whole, seen, cursor = listed(account, tender), [], ""
    while cursor is not None:
        answer = account.get(path, params={"limit": size, "cursor": cursor}).json()
        seen += answer["data"]
        cursor = answer["meta"]["next_cursor"]
    assert seen == whole
    answer = account.get(f"{path}?limit={size}&offset=1&priority=mandatory").json()
    assert answer["data"] == whole[:4][1:1 + size] and answer["meta"]["total"] == 4


def test_a_walk_stays_in_its_analysis(asked):
    account, tender, documents = asked
    path = f"/tenders/{tender['id']}/requirements"
    cursor = account.get(path, params={"limit": 2, "cursor": ""}).json()["meta"]["next_cursor"]
    document = account.upload(("Annexe.pdf", pdfs.clauses(SECRET, section="9 Divers")), path=f"/tenders/{tender['id']}/documents")
    account.processed(document["id"])
    account.poll(f"/tenders/{tender['id']}/analysis", lambda a: a["dossier_version"] == 2, 60, "the second analysis")
    assert len(listed(account, tender)) == 6
    rest = account.get(path, params={"cursor": cursor}).json()["data"]
    assert [q["text"] for q in rest] == [SECRET, WASTE, WISH]
    # A cursor of another tender leads nowhere.
    other, _ = account.tender_with(("CCTP.pdf", pdfs.clauses(BACKUP)))
    answer = account.get(f"/tenders/{other['id']}/requirements", params={"cursor": cursor})
    assert answer.status_code == 400 and code(answer) == "invalid_cursor"


def test_a_requirement_is_known_again_when_it_is_worded_otherwise(asked):
    account, tender, documents = asked
    before = {q["text"]: q["id"] for q in listed(account, tender)}
    later = REPORT.replace("dix", "quinze")
    assert account.request("DELETE", f"/tenders/{tender['id']}/documents/{documents[0]['id']}").status_code == 204
    document = account.upload(("Cahier.pdf", pdfs.clauses(WASTE, later, "Le titulaire assure le nettoyage du local technique.", section="4.2 Exploitation")),
                              path=f"/tenders/{tender['id']}/documents")
    account.processed(document["id"])
    account.poll(f"/tenders/{tender['id']}/analysis", lambda a: a["dossier_version"] == 3, 60, "the analysis of version 3")
    after = {q["text"]: q["id"] for q in listed(account, tender)}
    assert after[WASTE] == before[WASTE] and after[later] == before[REPORT]
    assert not {i for t, i in after.items() if t not in (WASTE, later)} & set(before.values())


def test_a_document_that_is_read_again_keeps_its_ids(account):
    document = account.upload(("CCTP.pdf", pdfs.clauses(BACKUP, SECRET)))
    account.processed(document["id"])
    first = account.data("GET", f"/documents/{document['id']}/requirements")["requirements"]
    assert account.post(f"/documents/{document['id']}/process").status_code == 202
    account.processed(document["id"])
    assert account.data("GET", f"/documents/{document['id']}/requirements")["requirements"] == first


def test_nothing_is_asked_before_the_analysis(account):
    tender = account.data("POST", "/tenders", 201, json={})
    answer = account.get(f"/tenders/{tender['id']}/requirements")
    assert answer.status_code == 409 and code(answer) == "not_analyzed"


@pytest.mark.parametrize("query, expected", [
    ("category=magic", ("invalid_value", "category")), ("priority=low", ("invalid_value", "priority")), ("search=", ("too_short", "search")),
    ("document_id=7", ("invalid_id", "document_id")), ("limit=0", ("out_of_range", "limit")), ("cursor=xyz", ("invalid_cursor", "cursor")),
    ("sort=text", ("unknown_parameter", "sort")),
])
def test_refusals(account, query, expected):
    tender = account.data("POST", "/tenders", 201, json={})
    answer = account.get(f"/tenders/{tender['id']}/requirements?{query}")
    assert answer.status_code == 400 and codes(answer) == {expected}
