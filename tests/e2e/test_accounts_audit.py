"""The audit log: what it notes of each action, who may read it, filters and pages."""

import pytest

import pdfs
from client import code, codes, fresh
from stack import wait_until


def actions(member, query=""):
    return [e["action"] for e in member.data("GET", f"/audit-log?limit=100{query}")]


def noted(member, action, count=1):
    """A refusal is noted when the answer is out already."""
    return wait_until(lambda: (lambda found: found if len(found) == count else None)(
        [e for e in member.data("GET", f"/audit-log?limit=100&action={action}")]), 5, f"{count} of {action}")


def test_the_life_of_an_account_is_noted(account, api):
    api.login(account.email, account.password + "x")
    refreshed = api.data("POST", "/auth/refresh", json={"refresh_token": account.tokens["refresh_token"]})
    api.remember(refreshed)
    session = api.login(account.email, account.password).json()["data"]
    colleague = account.colleague()
    invitation, _ = account.invite()
    account.request("DELETE", f"/users/invitations/{invitation['id']}")
    account.request("PATCH", f"/users/{colleague.user['id']}", json={"role": "bid_manager"})
    account.request("DELETE", f"/users/{colleague.user['id']}")
    account.request("PATCH", "/auth/me", json={"full_name": "Zoé"})
    account.request("PATCH", "/organization", json={"name": "Zoé & fils"})
    api.post("/auth/password/forgot", json={"email": account.email})
    sessions = [s for s in account.data("GET", "/auth/sessions") if not s["current"]]
    account.request("DELETE", f"/auth/sessions/{sessions[0]['id']}")
    password = api.new_password()
    account.post("/auth/password", json={"current_password": account.password, "password": password})
    api.post("/auth/refresh", json={"refresh_token": account.tokens["refresh_token"]})  # an old one: a reuse
    api.post("/auth/password/reset", json={"token": api.link("password_reset", account.user["id"]), "password": account.password})
    back = api.member(account.user, account.email, account.password)
    got = actions(back)
    assert {"organization.registered", "auth.login", "auth.login_failed", "invitation.created", "invitation.revoked", "user.joined",
            "user.changed", "user.removed", "user.updated", "organization.updated", "auth.reset_requested", "auth.session_removed",
            "auth.password_changed", "auth.token_reused", "auth.password_reset", "auth.email_confirmed"} <= set(got), got
    assert got[-1] == "organization.registered" and session
    second = api.member(account.user, account.email, account.password)
    second.post("/auth/logout")
    third = api.member(account.user, account.email, account.password)
    third.post("/auth/logout?all=true")
    assert {"auth.logout", "auth.logout_all"} <= set(actions(api.member(account.user, account.email, account.password)))


def test_a_login_is_noted_with_its_place(account):
    (event,) = account.data("GET", "/audit-log?action=auth.login")
    assert event["detail"]["address"] == "127.0.0.1" and "httpx" in event["detail"]["user_agent"]
    assert (event["account_id"], event["target_kind"], event["target_id"]) == (account.user["id"], "account", account.user["id"])
    assert event["account_name"] == "Camille Essai" and event["request_id"].startswith("e2e-")


def test_what_changed_is_told(account):
    colleague = account.colleague()
    account.request("PATCH", f"/users/{colleague.user['id']}", json={"role": "bid_manager", "is_owner": True, "active": True})
    (event,) = account.data("GET", "/audit-log?action=user.changed")
    assert event["detail"] == {"role": {"from": "viewer", "to": "bid_manager"}, "is_owner": {"from": False, "to": True}}
    account.request("PATCH", f"/users/{colleague.user['id']}", json={"role": "bid_manager"})
    assert len(account.data("GET", "/audit-log?action=user.changed")) == 1  # nothing changed, nothing is told


def test_work_is_noted(account):
    tender, documents = account.tender_with(("RC.pdf", pdfs.rules()))
    path = f"/tenders/{tender['id']}"
    account.request("PATCH", path, json={"description": "Note"})
    account.request("PUT", f"{path}/facts/buyer", json={"action": "corrected", "value": "Commune d'Essai"})
    account.request("PUT", f"{path}/status", json={"status": "declined"})
    loose = account.upload(("a.txt", b"un fichier libre\n"))
    account.processed(loose["id"])
    account.post(f"/documents/{loose['id']}/process")
    account.processed(loose["id"])
    account.post(f"{path}/documents", json={"document_ids": [loose["id"]]})
    account.analyzed(tender["id"])
    account.request("DELETE", f"{path}/documents/{loose['id']}")
    account.request("DELETE", f"/documents/{loose['id']}")
    account.request("DELETE", path)
    got = actions(account)
    assert {"tender.created", "document.uploaded", "tender.analysis_asked", "tender.updated", "fact.corrected", "tender.status_changed",
            "document.processing_asked", "tender.documents_added", "tender.document_removed", "document.deleted", "tender.deleted"} <= set(got), got
    assert documents


def test_attempts_on_what_is_somebody_elses_are_noted(account, other):
    tender = other.data("POST", "/tenders", 201, json={})
    before = actions(other)
    assert account.get(f"/tenders/{tender['id']}").status_code == 404
    (event,) = noted(account, "access.not_found")
    assert (event["target_kind"], event["target_id"], event["account_id"]) == ("tender", tender["id"], account.user["id"])
    assert event["detail"] == {"method": "GET", "route": "/api/v1/tenders/{tender_id}"}
    account.upload(("a.txt", b"un intrus\n"), tender_id=tender["id"], status=404)
    noted(account, "access.not_found", 2)
    assert actions(other) == before  # nobody learns that somebody asked for something that exists here


def test_refused_roles_and_passwords_are_noted(account):
    viewer = account.colleague()
    assert viewer.post("/tenders", json={}).status_code == 403
    (event,) = noted(account, "access.forbidden")
    assert event["account_id"] == viewer.user["id"] and event["detail"]["route"] == "/api/v1/tenders"
    assert viewer.post("/auth/password", json={"current_password": "faux", "password": "Un-mot-bien-long-7"}).status_code == 400
    noted(account, "auth.password_refused")


def test_an_ended_session_leaves_no_trace_of_attempts(account, other):
    tender = other.data("POST", "/tenders", 201, json={})
    viewer = account.colleague()
    viewer.post("/auth/logout")
    assert viewer.post("/tenders", json={}).status_code in (401, 403)
    assert viewer.get(f"/tenders/{tender['id']}").status_code == 401
    account.get("/auth/me")
    assert [e for e in actions(account) if e.startswith("access.")] == []


def test_filters(account):
    colleague = account.colleague()
    tender = account.data("POST", "/tenders", 201, json={})
    assert set(actions(account, "&action=auth.")) == {"auth.login", "auth.email_confirmed"}
    assert actions(account, f"&target_id={tender['id']}") == ["tender.created"]
    assert set(actions(account, f"&account_id={colleague.user['id']}")) == {"user.joined", "auth.login"}
    assert actions(account, "&to=2020-01-01T00:00:00Z") == [] and actions(account, "&from=2100-01-01T00:00:00%2B01:00") == []
    assert actions(account, "&from=2020-01-01T00:00:00Z&to=2100-01-01T00:00:00Z") == actions(account)
    assert actions(account, "&action=auth") == [] and actions(account, "&action=%25") == []


@pytest.mark.parametrize("query, expected", [
    ("from=hier", ("invalid_value", "from")), ("to=2026-02-30T00:00:00Z", ("invalid_value", "to")), ("from=", ("too_short", "from")),
    ("account_id=moi", ("invalid_id", "account_id")), ("target_id=x", ("invalid_id", "target_id")), ("action=", ("too_short", "action")),
    ("action=" + "x" * 200, ("too_long", "action")), ("cursor=zzz", ("invalid_cursor", "cursor")), ("limit=1000", ("out_of_range", "limit")),
    ("who=me", ("unknown_parameter", "who")),
])
def test_filters_that_are_wrong(account, query, expected):
    answer = account.get(f"/audit-log?{query}")
    assert answer.status_code == 400 and codes(answer) == {expected}


def test_pages_by_cursor_and_by_offset_are_the_same(account):
    for _ in range(7):
        account.post("/tenders", json={})
    whole = account.get("/audit-log?limit=100").json()
    assert whole["meta"]["total"] == len(whole["data"]) >= 9
    seen, cursor = [], ""
    while cursor is not None:
        page = account.get(f"/audit-log?limit=2&cursor={cursor}").json()
        seen += page["data"]
        cursor = page["meta"]["next_cursor"]
    assert seen == whole["data"]
    assert account.data("GET", "/audit-log?limit=3&offset=2") == whole["data"][2:5]


def test_only_owners_read_it_and_only_their_own(account, other):
    viewer = account.colleague()
    answer = viewer.get("/audit-log")
    assert answer.status_code == 403 and code(answer) == "forbidden"
    assert {e["account_id"] for e in other.data("GET", "/audit-log?limit=100")} == {other.user["id"]}


def test_no_address_of_a_stranger_in_the_log(account, api):
    """Whoever tries an address that has no account is nobody's business."""
    api.login(f"{fresh('nul')}@essai.example", "x")
    assert actions(account) == ["auth.login", "organization.registered"]
