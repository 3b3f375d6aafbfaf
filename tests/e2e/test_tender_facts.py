"""What people decide about facts, and what of the dossier is missing."""

import pytest

import pdfs
from client import codes

BUYER = "Commune de Bellerive-sur-Orme"


@pytest.fixture
def read(account):
    """(account, tender, documents, path): an analysed dossier of one règlement."""
    tender, documents = account.tender_with(("RC.pdf", pdfs.rules()))
    return account, tender, documents, f"/tenders/{tender['id']}"


def decide(account, path, key, action, status=200, query="", **more):
    return account.data("PUT", f"{path}/facts/{key}{query}", status, json={"action": action, **more})


def facts(account, path):
    return account.data("GET", f"{path}/analysis")["facts"]


def refused(answer, status, *expected):
    assert answer.status_code == status, answer.text
    assert codes(answer) == set(expected), answer.text


def again(account, path):
    """Analysed once more."""
    account.data("POST", f"{path}/analyze", 202)
    account.analyzed(path.rsplit("/", 1)[1])


# --- decisions

def test_a_fact_is_confirmed(read):
    account, _, documents, path = read
    before = facts(account, path)
    answer = decide(account, path, "buyer", "confirmed")
    fact = facts(account, path)["buyer"]
    assert answer["fact"] == fact and answer["decision"] == fact["decision"] and (answer["key"], answer["lot"]) == ("buyer", None)
    assert (fact["value"], fact["confidence"], fact["status"], fact["evidence"]) == (BUYER, 1, "found", before["buyer"]["evidence"])
    assert fact["decision"]["action"] == "confirmed" and fact["decision"]["by"] == account.user["id"] and "source" not in fact
    assert fact["evidence"][0]["document_id"] == documents[0]["id"]
    assert {k: v for k, v in facts(account, path).items() if k != "buyer"} == {k: v for k, v in before.items() if k != "buyer"}


def test_a_fact_is_corrected(read):
    account, _, _, path = read
    evidence = facts(account, path)["deadline"]["evidence"]
    decide(account, path, "deadline", "corrected", value="2031-03-14T12:00")
    fact = facts(account, path)["deadline"]
    assert (fact["value"], fact["status"], fact["source"], fact["evidence"]) == ("2031-03-14T12:00", "found", "person", evidence)
    now = account.data("GET", path)
    assert (now["deadline_local"], now["deadline"]) == ("2031-03-14T12:00", "2031-03-14T11:00:00Z")


def test_a_fact_is_rejected(read):
    account, _, _, path = read
    answer = decide(account, path, "buyer", "rejected")
    assert answer["fact"] is None and answer["decision"]["action"] == "rejected"
    assert "buyer" not in facts(account, path)
    assert account.data("GET", path)["buyer"] is None


def test_a_fact_that_was_not_read_is_added_and_taken_back(read):
    account, _, _, path = read
    assert "contract_form" not in facts(account, path)
    added = decide(account, path, "contract_form", "corrected", value="accord_cadre")["fact"]
    assert (added["value"], added["evidence"], added["source"], added["confidence"]) == ("accord_cadre", [], "person", 1)
    assert facts(account, path)["contract_form"] == added
    refused(account.request("PUT", f"{path}/facts/contract_form", json={"action": "confirmed"}), 404, ("not_found", "key"))
    assert decide(account, path, "contract_form", "rejected")["fact"] is None
    assert "contract_form" not in facts(account, path)
    refused(account.request("PUT", f"{path}/facts/contract_form", json={"action": "rejected"}), 404, ("not_found", "key"))


def test_the_latest_decision_counts_and_all_are_kept(read, stack):
    account, tender, _, path = read
    for action, more in [("rejected", {}), ("corrected", {"value": "Une autre"}), ("confirmed", {})]:
        decide(account, path, "buyer", action, **more)
    fact = facts(account, path)["buyer"]
    assert (fact["value"], fact["decision"]["action"]) == (BUYER, "confirmed")
    assert account.data("GET", path)["buyer"] == BUYER
    kept = stack.sql("select action, value from scorpius.fact_decision where tender_id = %s order by created_at", tender["id"])
    assert [(r["action"], r["value"]) for r in kept] == [("rejected", BUYER), ("corrected", "Une autre"), ("confirmed", BUYER)]
    noted = stack.sql("select action, detail, account_id::text from scorpius.audit_event where target_id = %s and action like 'fact.%%' "
                      "order by at, id", tender["id"])
    assert [(r["action"], r["detail"], r["account_id"]) for r in noted] == [
        (f"fact.{a}", {"key": "buyer"}, account.user["id"]) for a in ("rejected", "corrected", "confirmed")]


def test_the_tender_follows(read):
    account, _, _, path = read
    decide(account, path, "buyer", "corrected", value="Ville de Sainte-Ombre")
    decide(account, path, "reference", "corrected", value=" 2031-BIS ")
    decide(account, path, "object", "corrected", value="Haies et fossés")
    now = account.data("GET", path)
    assert (now["buyer"], now["reference"], now["title"]) == ("Ville de Sainte-Ombre", "2031-BIS", "Haies et fossés")
    assert [t["id"] for t in account.data("GET", "/tenders?search=ombre")] == [now["id"]]
    # What a person sets on the tender itself is the later word; null gives the decision back, not what was read.
    assert account.data("PATCH", path, json={"buyer": "Autre"})["buyer"] == "Autre"
    assert account.data("PATCH", path, json={"buyer": None})["buyer"] == "Ville de Sainte-Ombre"
    account.data("PATCH", path, json={"deadline": "2032-01-01T12:00:00Z", "title": "Mon nom"})
    decide(account, path, "object", "corrected", value="Fossés")
    decide(account, path, "deadline", "rejected")
    now = account.data("GET", path)
    assert (now["title"], now["deadline"]) == ("Mon nom", "2032-01-01T12:00:00Z")
    decide(account, path, "deadline", "confirmed")
    assert account.data("GET", path)["deadline_local"] == "2031-03-12T16:30"


def test_decisions_are_kept_through_another_analysis(read):
    account, _, _, path = read
    decide(account, path, "buyer", "corrected", value="Ville de Sainte-Ombre")
    decide(account, path, "reference", "rejected")
    decide(account, path, "object", "confirmed")
    before = facts(account, path)
    again(account, path)
    assert facts(account, path) == before
    now = account.data("GET", path)
    assert (now["buyer"], now["reference"], now["deadline_local"]) == ("Ville de Sainte-Ombre", None, "2031-03-12T16:30")


def test_what_the_dossier_says_anew_is_not_confirmed_yet(read):
    account, _, documents, path = read
    decide(account, path, "deadline", "confirmed")
    decide(account, path, "reference", "rejected")
    changed = account.upload(("RC2.pdf", pdfs.rules(deadline="20 mars 2031 à 12h00", reference="2031-TX-08")), path=f"{path}/documents")
    account.processed(changed["id"])
    account.request("DELETE", f"{path}/documents/{documents[0]['id']}")
    data = account.poll(f"{path}/analysis", lambda a: a["dossier_version"] == 3, 60, "the analysis of version 3")
    assert data["facts"]["deadline"]["value"] == "2031-03-20T12:00" and "decision" not in data["facts"]["deadline"]
    assert data["facts"]["reference"]["value"] == "2031-TX-08"
    assert account.analyzed(path.rsplit("/", 1)[1])["deadline_local"] == "2031-03-20T12:00"


def test_structured_values(read):
    account, _, _, path = read
    criteria = [{"name": "Prix", "weight": 40}, {"name": "Technique", "weight": 60, "sub": [{"name": "Moyens", "weight": 60}]}]
    fact = decide(account, path, "criteria", "corrected", value=criteria)["fact"]
    assert fact["value"] == [{"name": "Prix", "weight": 40, "sub": []},
                             {"name": "Technique", "weight": 60, "sub": [{"name": "Moyens", "weight": 60, "sub": []}]}]
    assert facts(account, path)["criteria"] == fact


def test_facts_of_a_lot(read):
    account, _, _, path = read
    refused(account.request("PUT", f"{path}/facts/budget?lot=2", json={"action": "corrected", "value": 5}), 404, ("not_found", "lot"))
    decide(account, path, "lots_list", "corrected", value=[{"number": "1", "title": "Haies"}, {"number": "2"}])
    answer = decide(account, path, "budget", "corrected", query="?lot=2", value=125000.5)
    assert answer["lot"] == "2" and answer["fact"]["value"] == 125000.5
    merged = facts(account, path)
    assert merged["lots_list"]["value"] == [{"number": "1", "title": "Haies"}, {"number": "2", "title": None, "facts": {"budget": answer["fact"]}}]
    assert "budget" not in merged
    # Of its own lot only, and not of the tender's columns.
    decide(account, path, "deadline", "corrected", query="?lot=1", value="2032-01-01")
    assert account.data("GET", path)["deadline_local"] == "2031-03-12T16:30"
    refused(account.request("PUT", f"{path}/facts/budget?lot=1", json={"action": "confirmed"}), 404, ("not_found", "key"))
    refused(account.request("PUT", f"{path}/facts/budget?lot=3", json={"action": "corrected", "value": 5}), 404, ("not_found", "lot"))


@pytest.mark.parametrize("key, body, expected", [
    ("buyer", {}, ("missing_field", "action")), ("buyer", {"action": "agreed"}, ("invalid_value", "action")),
    ("buyer", {"action": "corrected"}, ("missing_field", "value")), ("buyer", {"action": "corrected", "value": None}, ("missing_field", "value")),
    ("buyer", {"action": "confirmed", "value": "x"}, ("invalid_value", "value")), ("buyer", {"action": "rejected", "value": "x"}, ("invalid_value", "value")),
    ("buyer", {"action": "confirmed", "lot": "1"}, ("unknown_field", "lot")), ("buyer", {"action": "corrected", "value": 3}, ("invalid_type", "value")),
    ("buyer", {"action": "corrected", "value": " "}, ("too_short", "value")), ("buyer", {"action": "corrected", "value": "x" * 301}, ("too_long", "value")),
    ("deadline", {"action": "corrected", "value": "12/03/2031"}, ("invalid_value", "value")),
    ("deadline", {"action": "corrected", "value": "2031-02-30"}, ("invalid_value", "value")),
    ("procedure", {"action": "corrected", "value": "enchere"}, ("invalid_value", "value")),
    ("lots", {"action": "corrected", "value": 0}, ("out_of_range", "value")), ("lots", {"action": "corrected", "value": 2.5}, ("invalid_type", "value")),
    ("variants_allowed", {"action": "corrected", "value": "non"}, ("invalid_type", "value")),
    ("criteria", {"action": "corrected", "value": []}, ("out_of_range", "value")),
    ("criteria", {"action": "corrected", "value": [{"name": "Prix", "poids": 3}]}, ("unknown_field", "value[0].poids")),
    ("criteria", {"action": "corrected", "value": [{"name": "Prix", "weight": 120}]}, ("out_of_range", "value[0].weight")),
    ("lots_list", {"action": "corrected", "value": [{"number": "1"}, {"number": "1"}]}, ("duplicate_field", "value[1].number")),
    ("colour", {"action": "confirmed"}, ("invalid_value", "key")),
])
def test_decisions_that_are_refused(read, stack, key, body, expected):
    account, tender, _, path = read
    before = account.get(f"{path}/analysis")
    refused(account.request("PUT", f"{path}/facts/{key}", json=body), 400, expected)
    assert account.get(f"{path}/analysis", headers={"If-None-Match": before.headers["ETag"]}).status_code == 304
    assert stack.sql("select count(*) n from scorpius.fact_decision where tender_id = %s", tender["id"]) == [{"n": 0}]


def test_nothing_to_decide_before_an_analysis(account):
    tender = account.data("POST", "/tenders", 201, json={})
    refused(account.request("PUT", f"/tenders/{tender['id']}/facts/buyer", json={"action": "corrected", "value": "x"}), 409, ("not_analyzed", None))


def test_the_etag_follows_decisions(read):
    account, _, _, path = read
    tag = account.get(f"{path}/analysis").headers["ETag"]
    decide(account, path, "buyer", "confirmed")
    answer = account.get(f"{path}/analysis", headers={"If-None-Match": tag})
    assert answer.status_code == 200 and answer.headers["ETag"] != tag
    assert account.get(f"{path}/analysis", headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304


def test_another_organisation_decides_nothing(read, other, stack):
    account, tender, _, path = read
    assert other.request("PUT", f"{path}/facts/buyer", json={"action": "corrected", "value": "x"}).status_code == 404
    assert stack.sql("select count(*) n from scorpius.fact_decision where tender_id = %s", tender["id"]) == [{"n": 0}]
    assert facts(account, path)["buyer"]["value"] == BUYER


# --- completeness

def completeness(account, path):
    return account.data("GET", f"{path}/completeness")


def test_what_is_there_when_nothing_is_named(read):
    account, tender, documents, path = read
    assert completeness(account, path) == {
        "tender_id": tender["id"], "pieces_named": False, "missing": [],
        "present": [{"document_type": "rc", "name": "RC.pdf", "document_id": documents[0]["id"]}]}


def test_completeness_may_be_polled(read):
    account, _, _, path = read
    tag = account.get(f"{path}/completeness").headers["ETag"]
    assert account.get(f"{path}/completeness", headers={"If-None-Match": tag}).status_code == 304
    account.upload(("note.txt", b"rien d'utile ici\n"), path=f"{path}/documents")
    assert account.get(f"{path}/completeness", headers={"If-None-Match": tag}).status_code == 200


def test_an_empty_dossier(account):
    tender = account.data("POST", "/tenders", 201, json={})
    assert completeness(account, f"/tenders/{tender['id']}") == {"tender_id": tender["id"], "pieces_named": False, "present": [], "missing": []}


def test_pieces_that_are_named_and_missing(read):
    account, _, documents, path = read
    named = [{"name": "Règlement de la consultation", "piece": "rc"}, {"name": "L'acte d'engagement (AE)"}, {"name": "CCTP et annexes", "piece": "cctp"},
             {"name": "CCTP, seconde partie"}, {"name": "Plans de masse"}]
    decide(account, path, "dce_documents", "corrected", value=named)
    told = completeness(account, path)
    assert told["pieces_named"] is True and [p["document_type"] for p in told["present"]] == ["rc"]
    # The plans are of no kind that a document could be told to be: nothing is said about them.
    assert told["missing"] == [{"document_type": "ae", "name": "L'acte d'engagement (AE)", "document_id": None},
                               {"document_type": "cctp", "name": "CCTP et annexes", "document_id": None}]
    account.upload(("AE.pdf", pdfs.pdf([(16, "ACTE D'ENGAGEMENT"), "", "Le présent acte d'engagement"])), path=f"{path}/documents", document_type="ae")
    assert [p["document_type"] for p in completeness(account, path)["missing"]] == ["cctp"]
    decide(account, path, "dce_documents", "rejected")
    assert completeness(account, path)["missing"] == []


def test_the_document_that_names_a_missing_piece(read, stack):
    """As an analysis that reads the list of pieces stores it."""
    account, tender, documents, path = read
    fact = ('{"value": [{"name": "BPU", "piece": "bpu"}, {"name": "RC", "piece": "rc"}], "confidence": 0.9, "status": "found", '
            '"evidence": [{"file": "RC.pdf", "document_id": "%s", "page": 1, "quote": "RÈGLEMENT DE LA CONSULTATION"}]}' % documents[0]["id"])
    stack.sql("update scorpius.analysis set result = jsonb_set(result, '{facts,dce_documents}', %s::jsonb) where dossier_version_id in "
              "(select id from scorpius.dossier_version where tender_id = %s)", fact, tender["id"])
    assert completeness(account, path)["missing"] == [{"document_type": "bpu", "name": "BPU", "document_id": documents[0]["id"]}]


# --- views of the facts

def test_views_gather_what_people_look_for(read):
    account, _, documents, path = read
    data = account.data("GET", f"{path}/analysis")
    assert data["dossier_version"] == 1 and data["rules_version"] >= 1
    assert data["criteria"] == data["facts"]["criteria"]["value"] and [c["weight"] for c in data["criteria"]] == [60, 40]
    assert data["lots"] == [] and data["mandatory_documents"] == []
    assert data["dates"] == [{"key": "deadline", "value": "2031-03-12T16:30", "computed": False}]


def test_views_follow_the_decisions(read):
    account, _, documents, path = read
    decide(account, path, "lots_list", "corrected", value=[{"number": "1", "title": "Haies"}, {"number": "2"}])
    decide(account, path, "mandatory_offer", "corrected", value=[{"name": "Mémoire technique", "piece": "memoire"}])
    decide(account, path, "question_deadline", "corrected", value="2031-03-02")
    decide(account, path, "criteria", "rejected")
    data = account.data("GET", f"{path}/analysis")
    assert [(lot["number"], lot["title"]) for lot in data["lots"]] == [("1", "Haies"), ("2", None)]
    assert data["mandatory_documents"] == [{"name": "Mémoire technique", "piece": "memoire", "format": None, "part": "offer"}]
    assert [d["key"] for d in data["dates"]] == ["question_deadline", "deadline"] and data["criteria"] == []


def test_red_flags_come_from_the_facts_and_the_clock(account):
    tender, documents = account.tender_with(("RC.pdf", pdfs.rules(deadline="12 mars 2020 à 16h30")))
    path = f"/tenders/{tender['id']}"
    first = account.get(f"{path}/analysis")
    flags = first.json()["data"]["red_flags"]
    passed = [f for f in flags if f["code"] == "deadline_passed"]
    assert len(passed) == 1 and (passed[0]["severity"], passed[0]["key"]) == ("critical", "deadline")
    assert passed[0]["evidence"][0]["document_id"] == documents[0]["id"]
    order = ["critical", "major", "minor"]
    assert [f["severity"] for f in flags] == sorted((f["severity"] for f in flags), key=order.index)
    # A person knows of a later deadline.
    decide(account, path, "deadline", "corrected", value="2099-03-12T16:30")
    second = account.get(f"{path}/analysis", headers={"If-None-Match": first.headers["ETag"]})
    assert second.status_code == 200
    assert not [f for f in second.json()["data"]["red_flags"] if f["code"].startswith("deadline_passed")]
