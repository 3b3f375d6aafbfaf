"""What is archived, or in no tender, goes when its retention ends, and comes back in time; a legal hold keeps it. On a
stack of its own, since the others keep everything. Time moves in the database."""

from datetime import datetime, timedelta

import pytest

import pdfs
from client import Api, code, codes
from stack import Stack, wait_until

DAYS = 100
STATES = {"draft": [], "ready": ["ready"], "declined": ["ready", "declined"], "submitted": ["ready", "submitted"],
          "awarded": ["ready", "submitted", "awarded"], "rejected": ["ready", "submitted", "rejected"], "cancelled": ["cancelled"],
          "archived": ["archived"]}


@pytest.fixture(scope="module")
def keeping():
    s = Stack(settings={"RETENTION_DAYS": str(DAYS), "DELETE_UNDO_DAYS": "20", "SCORPIUS_API_WORKERS": "2", "SCORPIUS_BULK_WORKERS": "2",
                        "JOB_WORKERS": "1"})
    yield s
    s.start_stopped()
    s.end()


@pytest.fixture
def mine(keeping, contract, secrets):
    """A member of a fresh organisation there: owner of it."""
    return Api(keeping, contract, secrets).account()


@pytest.fixture
def theirs(keeping, contract, secrets):
    return Api(keeping, contract, secrets).account()


def tender(account, status="archived", **fields):
    t = account.data("POST", "/tenders", 201, json=fields)
    for s in STATES[status]:
        account.data("PUT", f"/tenders/{t['id']}/status", json={"status": s})
    return f"/tenders/{t['id']}"


def document(account, name="a.txt", data=b"seul\n"):
    return f"/documents/{account.upload((name, data), query='?process=false')['id']}"


def into(account, path, name="a.txt", data=b"dedans\n"):
    """A document in a tender, which is analysed."""
    id = account.upload((name, data), path=f"{path}/documents")["id"]
    account.processed(id)
    account.analyzed(path.split("/")[2])
    return f"/documents/{id}"


def table(path):
    return path.split("/")[1][:-1], path.split("/")[2]


def age(account, *paths, ago):
    """Their retention began so long ago, of all at one moment."""
    account.stack.sql(";".join(f"update scorpius.{table(p)[0]} set retained_from = now() - %s::interval where id = %s" for p in paths),
                      *(x for p in paths for x in (ago, table(p)[1])))


def told(account, path, ago):
    kind, id = table(path)
    account.stack.sql(f"update scorpius.{kind} set retention_warned_at = now() - %s::interval where id = %s", ago, id)


def due(account, path):
    """Its time is over, and its people knew."""
    age(account, path, ago=f"{DAYS} days")
    told(account, path, "14 days")


def warned(account, path):
    return account.data("GET", path)["retention"]["warned_at"]


def moments(account, path):
    return {k: datetime.fromisoformat(v) for k, v in account.data("GET", path)["retention"].items()}


def wait_warned(account, path):
    wait_until(lambda: warned(account, path), 60, "the warning")


def wait_gone(account, path):
    wait_until(lambda: account.get(path).status_code == 404, 60, "the retention to end")


def a_pass(account):
    """Until what is due now has gone: all that was to be done before it is done, too."""
    last = document(account, "repère.txt", b"repere\n")
    due(account, last)
    wait_gone(account, last)


def hold(account, path, held=True, reason="Référé précontractuel", status=200, **more):
    return account.data("PUT", f"{path}/legal-hold", status, json={"held": held, "reason": reason, **more})


def events(account, path=None):
    return [e for e in account.data("GET", "/audit-log?limit=100") if path is None or e["target_id"] == table(path)[1]]


# --- the end of retention

def test_an_archived_tender_goes_with_its_documents_and_comes_back(mine):
    t = tender(mine)
    d = into(mine, t, "RC.pdf", pdfs.rules())
    due(mine, t)
    wait_gone(mine, t)
    assert mine.get(d).status_code == 404
    (gone,) = [e for e in events(mine, t) if e["action"] == "tender.expired"]
    assert gone["account_id"] is None and gone["detail"] == {"retention_days": DAYS}
    row = mine.stack.sql("select purge_after - deleted_at = interval '20 days' as undo from scorpius.tender where id = %s", table(t)[1])
    assert row == [{"undo": True}]
    back = mine.data("POST", f"{t}/restore")
    assert mine.get(d).status_code == 200 and back["retention"]["warned_at"] is None
    # Whoever brings it back wants it: its time begins anew.
    a_pass(mine)
    assert mine.get(t).status_code == 200


def test_a_document_in_no_tender_goes_and_one_in_a_tender_stays(mine):
    alone = document(mine)
    t = tender(mine, "draft")
    inside = into(mine, t)
    for path in (alone, inside):
        due(mine, path)
    wait_gone(mine, alone)
    a_pass(mine)
    assert mine.get(inside).status_code == 200
    assert mine.data("GET", inside)["retention"] == {"expires_at": None, "warned_at": None}
    assert [e["action"] for e in events(mine, alone) if e["account_id"] is None] == ["document.expired"]
    assert mine.data("POST", f"{alone}/restore")["retention"]["expires_at"]


def test_not_a_second_too_early(mine):
    early, unwarned, unwarned_document = tender(mine), tender(mine), document(mine)
    age(mine, early, ago=f"{DAYS} days -120 seconds")
    told(mine, early, "14 days")
    # Its time is over, but nobody has known for two weeks.
    age(mine, unwarned, ago=f"{DAYS + 50} days")
    told(mine, unwarned, "14 days -120 seconds")
    age(mine, unwarned_document, ago=f"{DAYS + 50} days")
    a_pass(mine)
    for path in (early, unwarned, unwarned_document):
        assert mine.get(path).status_code == 200
    told_late = moments(mine, unwarned_document)
    assert told_late["expires_at"] - told_late["warned_at"] == timedelta(days=14)
    assert moments(mine, early)["expires_at"] - moments(mine, early)["warned_at"] == timedelta(days=14, seconds=120)
    age(mine, early, ago=f"{DAYS} days")
    wait_gone(mine, early)
    told(mine, unwarned, "14 days")
    wait_gone(mine, unwarned)


def test_only_what_is_archived_goes(mine):
    kept = {s: tender(mine, s) for s in STATES if s != "archived"}
    mine.stack.sql("update scorpius.tender set created_at = now() - interval '20 years', updated_at = now() - interval '20 years', "
                   "retention_warned_at = now() - interval '1 year' where organization_id = %s", mine.organization_id)
    a_pass(mine)
    for status, t in kept.items():
        shown = mine.data("GET", t)
        assert shown["status"] == status and shown["retention"] == {"expires_at": None, "warned_at": None} and shown["legal_hold"] is None


def test_what_is_being_worked_on_waits(mine):
    t, d = tender(mine), document(mine)
    for path in (t, d):
        due(mine, path)
    busy = tender(mine)
    mine.stack.sql("update scorpius.tender set analysis_status = 'running', retained_from = now() - interval '200 days', "
                   "retention_warned_at = now() - interval '15 days' where id = %s", table(busy)[1])
    wait_gone(mine, t)
    wait_gone(mine, d)
    a_pass(mine)
    assert mine.get(busy).status_code == 200
    mine.stack.sql("update scorpius.tender set analysis_status = 'done' where id = %s", table(busy)[1])
    wait_gone(mine, busy)


def test_an_archive_waits_for_what_is_elsewhere(mine):
    """An entry of it is in a tender that stays."""
    t = tender(mine, "draft")
    archive, entry = (document(mine, n, n.encode()) for n in ("pièces.bin", "entrée.txt"))
    mine.stack.sql("update scorpius.document set kind = 'archive' where id = %s", table(archive)[1])
    mine.stack.sql("update scorpius.document set parent_id = %s, tender_id = %s where id = %s", table(archive)[1], table(t)[1], table(entry)[1])
    due(mine, archive)
    a_pass(mine)
    assert mine.get(archive).status_code == mine.get(entry).status_code == 200
    mine.stack.sql("update scorpius.document set tender_id = null where id = %s", table(entry)[1])
    wait_gone(mine, archive)
    assert mine.get(entry).status_code == 404


def test_another_organisation_is_not_touched(mine, theirs):
    kept = [tender(theirs), document(theirs)]
    t, d = tender(mine), document(mine)
    for path in (t, d):
        due(mine, path)
    wait_gone(mine, t)
    wait_gone(mine, d)
    assert all(theirs.get(path).status_code == 200 and warned(theirs, path) is None for path in kept)
    assert [e for e in events(theirs) if e["action"].startswith(("retention.", "tender.expired", "document.expired"))] == []


def test_a_deleted_organisation_is_left_alone(mine, theirs):
    t = tender(theirs)
    assert theirs.request("DELETE", "/organization", json={"password": theirs.password}).status_code == 200
    age(theirs, t, ago=f"{DAYS + 50} days")
    a_pass(mine)
    assert mine.stack.sql("select deleted_at, retention_warned_at from scorpius.tender where id = %s", table(t)[1]) == [
        {"deleted_at": None, "retention_warned_at": None}]


def test_by_default_all_is_kept(account, stack):
    """On the common stack, whose operator has set nothing."""
    t, d = tender(account), document(account)
    for path in (t, d):
        age(account, path, ago="3000 days")
        told(account, path, "100 days")
    # What is removed after it in the same course shows that the course was run.
    other = document(account, "b.txt", b"autre\n")
    account.request("DELETE", other)
    stack.sql("update scorpius.document set purge_after = now() where id = %s", table(other)[1])
    wait_until(lambda: not stack.sql("select 1 from scorpius.document where id = %s", table(other)[1]), 60, "the removal")
    for path in (t, d):
        assert account.data("GET", path)["retention"] == {"expires_at": None, "warned_at": None}


# --- the warning

def test_people_are_told_two_weeks_before_and_once(mine, keeping):
    colleague, stranger = mine.colleague("bid_manager"), mine.colleague("bid_manager")
    t = tender(mine, title="Infogérance du système d'information", buyer="Ville d'Essai")
    theirs = tender(colleague, title="Maintenance <b>www.piege.example</b>")
    d = document(mine, "mémoire.pdf", pdfs.rules())
    later = tender(mine, title="Plus tard")
    age(mine, later, ago=f"{DAYS - 15} days -120 seconds")
    before = {a.email: len(keeping.mail.to(a.email)) for a in (mine, colleague, stranger)}
    age(mine, t, theirs, d, ago=f"{DAYS - 14} days -3600 seconds")
    for path in (t, theirs, d):
        wait_warned(mine, path)
    letter = keeping.mail.wait_for(mine.email, before[mine.email] + 1)
    own = keeping.mail.wait_for(colleague.email, before[colleague.email] + 1)
    assert letter.parsed["Subject"].startswith("Scorpius\u00a0: suppressions prévues à partir du ")
    assert "« Infogérance du système d'information »" in letter.text.replace("\u00a0", " ") and "« mémoire »" in letter.text.replace("\u00a0", " ")
    assert f"pendant {DAYS} jours" in letter.text and "restauré pendant 20 jours" in letter.text and "piege" not in letter.text
    assert letter.text.count("- Consultation") == 2 and letter.text.count("- Document") == 1 and "Plus tard" not in letter.text
    # Who made a tender hears of his own; who made none, of nothing.
    assert own.text.count("- Consultation") == 1 and "Infogérance" not in own.text
    shown = mine.data("GET", t)
    assert shown["retention"]["expires_at"] > shown["retention"]["warned_at"]
    (problem,) = [p for p in shown["problems"] if p["code"] == "retention_ends"]
    assert "supprimée à partir du" in problem["message"] and "conservation pour litige" in problem["message"]
    assert {x["id"]: x["retention"] for x in mine.data("GET", "/tenders?status=archived")}[shown["id"]] == shown["retention"]
    assert [e["detail"] for e in events(mine) if e["action"] == "retention.warned"] == [{"retention_days": DAYS}]
    # One letter a day: what comes into its two weeks today is told tomorrow.
    age(mine, later, ago=f"{DAYS - 14} days -3600 seconds")
    a_pass(mine)
    assert warned(mine, later) is None and warned(mine, t) == shown["retention"]["warned_at"]
    keeping.sql("update scorpius.retention_notice set day = day - 1 where organization_id = %s", mine.organization_id)
    wait_warned(mine, later)
    second = keeping.mail.wait_for(mine.email, before[mine.email] + 2)
    assert second.text.count("- Consultation") == 1 and "Plus tard" in second.text
    assert warned(mine, t) == shown["retention"]["warned_at"]
    a_pass(mine)
    assert len(keeping.mail.to(mine.email)) == before[mine.email] + 2
    assert len(keeping.mail.to(colleague.email)) == before[colleague.email] + 1 and len(keeping.mail.to(stranger.email)) == before[stranger.email]


def test_a_document_that_changes_its_tender_is_told_of_anew(mine):
    d, t = document(mine), tender(mine, "draft")
    told(mine, d, "1 day")
    age(mine, d, ago=f"{DAYS - 10} days")
    assert warned(mine, d)
    mine.data("POST", f"{t}/documents", json={"document_ids": [table(d)[1]]})
    told(mine, d, "14 days")
    assert mine.request("DELETE", f"{t}/documents/{table(d)[1]}").status_code == 204
    age(mine, d, ago=f"{DAYS + 100} days")
    wait_warned(mine, d)
    a_pass(mine)
    assert mine.get(d).status_code == 200


# --- legal hold

def test_a_hold_beats_every_way_of_going(mine):
    t = tender(mine)
    d, earlier = into(mine, t), into(mine, t, "b.txt", b"avant\n")
    assert mine.request("DELETE", earlier).status_code == 204
    assert hold(mine, t)["legal_hold"]["reason"] == "Référé précontractuel"
    due(mine, t)
    mine.stack.sql("update scorpius.document set purge_after = now() - interval '1 day' where id = %s", table(earlier)[1])
    for path in (t, d, f"{t}{d}"):
        answer = mine.request("DELETE", path)
        assert answer.status_code == 409 and code(answer) == "legal_hold", path
    answer = mine.request("DELETE", "/organization", json={"password": mine.password})
    assert answer.status_code == 409 and code(answer) == "legal_hold"
    # A removal that is after it in the same course shows that the course was run.
    other = document(mine, "c.txt", b"autre\n")
    mine.request("DELETE", other)
    a_pass(mine)
    mine.stack.sql("update scorpius.document set purge_after = now() where id = %s", table(other)[1])
    wait_until(lambda: not mine.stack.sql("select 1 from scorpius.document where id = %s", table(other)[1]), 60, "the removal")
    shown = mine.data("GET", t)
    assert shown["retention"] == {"expires_at": None, "warned_at": None} and shown["legal_hold"]["set_by"] == mine.user["id"]
    assert mine.data("POST", f"{earlier}/restore")["id"] == table(earlier)[1]  # its time was over; it is held
    assert mine.get(d).status_code == 200
    # Nobody's hands: the database itself says no.
    for query in ("delete from scorpius.document where id = %s", "update scorpius.document set tender_id = null where id = %s"):
        with pytest.raises(Exception, match="a legal hold keeps it"):
            mine.stack.sql(query, table(d)[1])


def test_lifted_it_has_its_time_anew(mine):
    t = tender(mine)
    hold(mine, t)
    due(mine, t)
    assert hold(mine, t, False, "Désistement")["legal_hold"] is None
    wait_warned(mine, t)  # and stays two weeks from now
    a_pass(mine)
    assert mine.data("GET", t)["legal_hold"] is None
    assert [(e["action"], e["detail"]) for e in events(mine, t) if "hold" in e["action"]] == [
        ("tender.legal_hold_lifted", {"reason": "Désistement"}), ("tender.legal_hold_set", {"reason": "Référé précontractuel"})]
    assert mine.request("DELETE", t).status_code == 204


def test_what_is_deleted_already_can_be_held(mine):
    t = tender(mine, "draft")
    assert mine.request("DELETE", t).status_code == 204
    hold(mine, t)
    mine.stack.sql("update scorpius.tender set purge_after = now() - interval '1 day' where id = %s", table(t)[1])
    other = tender(mine, "draft")
    mine.request("DELETE", other)
    mine.stack.sql("update scorpius.tender set purge_after = now() where id = %s", table(other)[1])
    wait_until(lambda: not mine.stack.sql("select 1 from scorpius.tender where id = %s", table(other)[1]), 60, "the removal")
    assert hold(mine, t, False)["legal_hold"] is None
    assert mine.stack.sql("select purge_after > now() + interval '19 days' as time from scorpius.tender where id = %s", table(t)[1]) == [{"time": True}]
    hold(mine, t)
    assert mine.data("POST", f"{t}/restore")["legal_hold"]
    assert mine.request("PUT", f"{other}/legal-hold", json={"held": True, "reason": "x"}).status_code == 404


def test_asking_again_changes_nothing_and_a_reason_may_be_replaced(mine):
    t = tender(mine, "ready")
    first = hold(mine, t)
    version = mine.data("GET", t)["version"]
    assert hold(mine, t) == first and mine.data("GET", t)["version"] == version
    second = hold(mine, t, reason="Recours en annulation", version=version)["legal_hold"]
    assert second["reason"] == "Recours en annulation" and second["set_at"] == first["legal_hold"]["set_at"]
    stale = mine.request("PUT", f"{t}/legal-hold", json={"held": False, "reason": "x", "version": version})
    assert stale.status_code == 409 and code(stale) == "version_conflict"
    hold(mine, t, False)
    version = mine.data("GET", t)["version"]
    assert hold(mine, t, False)["legal_hold"] is None and mine.data("GET", t)["version"] == version


def test_who_may_hold_and_what_is_refused(mine, theirs, keeping):
    t = tender(mine, "draft")
    colleague = mine.colleague("bid_manager")
    body = {"held": True, "reason": "x"}
    assert colleague.request("PUT", f"{t}/legal-hold", json=body).status_code == 403
    assert theirs.request("PUT", f"{t}/legal-hold", json=body).status_code == 404
    wrong = mine.request("PUT", f"{t}/legal-hold", json={"held": "oui", "reason": "", "autre": 1})
    assert wrong.status_code == 400 and {f for _, f in codes(wrong)} == {"held", "reason", "autre"}
    assert codes(mine.request("PUT", f"{t}/legal-hold", json={})) == {("missing_field", "held"), ("missing_field", "reason")}
    assert mine.data("GET", t)["legal_hold"] is None
