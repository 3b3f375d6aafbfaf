"""An organisation that is deleted: nobody gets in, its owner or the operator brings it back, or it is erased."""

import os
import signal

import pytest

import pdfs
from client import code
from stack import children, wait_until


@pytest.fixture
def deletable(account, expect_log):
    expect_log("the organisation is deleted")
    return account


def delete(account, **body):
    return account.request("DELETE", "/organization", json={"password": account.password, **body})


def restore(api, account):
    return api.post("/auth/organization/restore", json={"email": account.email, "password": account.password})


def test_the_password_is_asked_for(account, nothing_written):
    answer = delete(account, password="pas le bon")
    assert answer.status_code == 400 and code(answer) == "wrong_password"
    assert account.get("/organization").status_code == 200


def test_everybody_is_out_until_the_owner_brings_it_back(api, deletable):
    colleague = deletable.colleague("bid_manager")
    document = deletable.upload(("a.txt", b"une note\n"))
    answer = delete(deletable)
    assert answer.status_code == 200 and answer.json()["data"]["id"] == deletable.organization_id
    for who in (deletable, colleague):
        assert code(who.get("/auth/me")) == "invalid_token"
        assert code(api.post("/auth/refresh", json={"refresh_token": who.tokens["refresh_token"]})) == "invalid_token"
        answer = api.login(who.email, who.password)
        assert answer.status_code == 403 and code(answer) == "organization_deleted"
    assert api.login(deletable.email, "un autre mot").status_code == 401
    answer = api.post("/auth/organization/restore", json={"email": deletable.email, "password": "un autre mot"})
    assert answer.status_code == 401
    answer = restore(api, colleague)
    assert answer.status_code == 403 and code(answer) == "forbidden"
    assert restore(api, deletable).status_code == 204
    answer = restore(api, deletable)
    assert answer.status_code == 409 and code(answer) == "not_deleted"
    api.token = api.login(deletable.email, deletable.password).json()["data"]["access_token"]
    assert api.get(f"/documents/{document['id']}/content").content == b"une note\n"


def test_work_that_waited_goes_on_when_it_comes_back(api, stack, deletable, frozen_jobs):
    document = deletable.upload(("RC.pdf", pdfs.rules()))
    tender = deletable.data("POST", "/tenders", 201, json={})
    deletable.upload(("RC.pdf", pdfs.rules()), path=f"/tenders/{tender['id']}/documents")
    assert delete(deletable).status_code == 200
    assert restore(api, deletable).status_code == 204
    for pid in [stack.pid("jobs"), *children(stack.pid("jobs"))]:
        os.kill(pid, signal.SIGCONT)
    deletable.token = api.login(deletable.email, deletable.password).json()["data"]["access_token"]
    assert deletable.processed(document["id"])["status"] == "processed"
    assert deletable.analyzed(tender["id"])["analysis_status"] == "done"


def test_the_operator_brings_it_back(api, deletable, operator):
    path = f"/admin/organizations/{deletable.organization_id}/restore"
    answer = operator.post(path)
    assert answer.status_code == 409 and code(answer) == "not_deleted"
    assert operator.post("/admin/organizations/0199a3f2-5c1e-7a44-9d0b-3f6a1c2b4d5e/restore").status_code == 404
    assert delete(deletable).status_code == 200
    assert api.login(deletable.email, deletable.password).status_code == 403
    assert operator.post(path).status_code == 204
    assert api.login(deletable.email, deletable.password).status_code == 200


def test_it_is_erased_when_its_time_is_over(api, deletable, other, stack):
    deletable.tender_with(("RC.txt", "Règlement de la consultation\nObjet : entretien des haies\n".encode()))
    deletable.data("POST", "/company-profile", 201, json={"company_name": "Exemple SARL", "siret": "73282932000074"})
    kept = other.upload(("a.txt", b"une autre note\n"))
    files = [f for f in stack.files() if deletable.organization_id in f]
    assert files
    assert delete(deletable).status_code == 200
    stack.sql("update scorpius.organization set erase_after = now() where id = %s", deletable.organization_id)
    stack.sql("update scorpius.job set run_after = now() where organization_id = %s and kind = 'erase'", deletable.organization_id)

    def erased():
        return stack.sql("select name from scorpius.organization where id = %s and erased_at is not null", deletable.organization_id)
    assert wait_until(erased, 30, "the organisation to be erased") == [{"name": "Organisation supprimée"}]
    assert not [f for f in stack.files() if deletable.organization_id in f]
    assert stack.sql("select count(*) n from scorpius.document where organization_id = %s", deletable.organization_id) == [{"n": 0}]
    assert api.login(deletable.email, deletable.password).status_code == 401
    assert restore(api, deletable).status_code == 401
    assert other.get(f"/documents/{kept['id']}/content").status_code == 200
    body, answer = api.register(email=deletable.email)
    assert answer.status_code == 201, "the address is free again"


# --- what is held of somebody

def test_one_gets_what_is_held_of_oneself(account, other):
    colleague = account.colleague("viewer")
    account.data("POST", "/tenders", 201, json={"title": "Haies"})
    account.data("POST", "/company-profile", 201, json={"company_name": "Exemple SARL", "siret": "73282932000074"})
    answer = account.get("/auth/me/export")
    assert answer.status_code == 200 and answer.headers["Content-Disposition"].startswith("attachment")
    held = answer.json()["data"]
    assert held["account"]["email"] == account.email and held["events_complete"]
    assert [s["current"] for s in held["sessions"]] == [True]
    assert {"auth.login", "company_profile.created"} <= {e["action"] for e in held["events"]}
    assert {e["account_id"] for e in held["events"]} == {account.user["id"]}
    assert not [who.email for who in (colleague, other) if who.email in answer.text]
    mine = colleague.data("GET", "/auth/me/export")
    assert mine["account"]["id"] == colleague.user["id"] and {e["account_id"] for e in mine["events"]} == {colleague.user["id"]}
