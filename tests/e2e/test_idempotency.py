"""Idempotency-Key: who did not see the answer may ask again, and nothing is made twice."""

import concurrent.futures

import pdfs
import pytest
from client import code, fresh


def key():
    return {"Idempotency-Key": fresh("k")}


def test_a_repeated_request_gets_the_first_answer_and_makes_nothing(account, stack):
    headers = key()
    first = account.post("/tenders", json={"title": "Infogérance", "reference": "24-7"}, headers=headers)
    again = account.post("/tenders", json={"reference": "24-7", "title": "Infogérance"}, headers=headers)
    assert first.status_code == again.status_code == 201
    assert again.json()["data"] == first.json()["data"]
    assert again.headers["Location"] == first.headers["Location"]
    assert "Idempotent-Replayed" not in first.headers and again.headers["Idempotent-Replayed"] == "true"
    assert again.json()["meta"]["request_id"] != first.json()["meta"]["request_id"]
    assert account.get("/tenders").json()["meta"]["total"] == 1


def test_without_a_key_and_with_another_key_each_request_counts(account):
    for headers in None, None, key(), key():
        assert account.post("/tenders", json={"title": "x"}, headers=headers).status_code == 201
    assert account.get("/tenders").json()["meta"]["total"] == 4


def test_another_content_under_the_same_key_is_refused(account):
    headers = key()
    assert account.post("/tenders", json={"title": "a"}, headers=headers).status_code == 201
    refused = account.post("/tenders", json={"title": "b"}, headers=headers)
    assert refused.status_code == 409 and code(refused) == "idempotency_key_reused"
    assert account.get("/tenders").json()["meta"]["total"] == 1


def test_an_upload_is_stored_once(account, stack):
    headers, file = key(), ("RC.pdf", pdfs.rules(), "application/pdf")
    first = account.post("/documents", files=[("file", file)], headers=headers)
    again = account.post("/documents", files=[("file", file)], headers=headers)  # another boundary
    assert first.status_code == again.status_code == 201 and again.json()["data"] == first.json()["data"]
    assert account.get("/documents").json()["meta"]["total"] == 1
    for other in ("CCAP.pdf", file[1], file[2]), ("RC.pdf", file[1] + b"\n", file[2]):
        refused = account.post("/documents", files=[("file", other)], headers=headers)
        assert refused.status_code == 409 and code(refused) == "idempotency_key_reused"
    refused = account.post("/documents?process=false", files=[("file", file)], headers=headers)
    assert refused.status_code == 409, "a parameter is part of the request"


def test_documents_of_a_tender(account):
    tenders = [account.data("POST", "/tenders", 201, json={}) for _ in range(2)]
    headers, files = key(), [("file", ("RC.pdf", pdfs.rules()))]
    path = f"/tenders/{tenders[0]['id']}/documents"
    first, again = (account.post(path, files=files, headers=headers) for _ in range(2))
    assert again.json()["data"] == first.json()["data"] and again.headers["Idempotent-Replayed"] == "true"
    refused = account.post(f"/tenders/{tenders[1]['id']}/documents", files=files, headers=headers)
    assert refused.status_code == 409 and code(refused) == "idempotency_key_reused"
    document = account.upload(("seul.txt", b"seul"))
    headers = key()
    answers = [account.post(path, json={"document_ids": [document["id"]]}, headers=headers) for _ in range(2)]
    assert [a.status_code for a in answers] == [200, 200] and "Idempotent-Replayed" in answers[1].headers


def test_a_request_that_failed_may_be_sent_again(account):
    headers = key()
    refused = account.post(f"/tenders/{account.organization_id}/documents", files=[("file", ("a.txt", b"a"))], headers=headers)
    assert refused.status_code == 404
    assert account.post("/tenders", json={"deadline": "nonsense"}, headers=headers).status_code == 400
    assert account.post("/tenders", json={}, headers=headers).status_code == 201


def test_a_key_is_its_users_own(account, other):
    headers = key()
    first = account.post("/tenders", json={"title": "a"}, headers=headers)
    second = other.post("/tenders", json={"title": "a"}, headers=headers)
    assert second.status_code == 201 and second.json()["data"]["id"] != first.json()["data"]["id"]
    assert "Idempotent-Replayed" not in second.headers


def test_twins_at_the_same_instant_make_one(account):
    headers = key()
    ask = lambda _: account.post("/tenders", json={"title": "jumeaux"}, headers=headers)
    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(ask, range(36)))
    assert {a.status_code for a in answers} <= {201, 409}
    for a in answers:
        if a.status_code == 409:
            assert code(a) == "request_in_progress" and int(a.headers["Retry-After"]) >= 1
    made = [a for a in answers if a.status_code == 201]
    assert len({a.json()["data"]["id"] for a in made}) == 1
    assert len([a for a in made if "Idempotent-Replayed" not in a.headers]) == 1
    assert account.get("/tenders").json()["meta"]["total"] == 1


def test_a_twin_that_is_being_served_is_told(account, stack):
    """The lock of a request in hand, held from outside."""
    headers = key()
    name = f"{account.organization_id} {account.user['id']} POST /api/v1/tenders {headers['Idempotency-Key']}"
    lock = "select pg_advisory_lock(hashtextextended(%s, 0))"
    stack.sql(lock, name)
    try:
        busy = account.post("/tenders", json={}, headers=headers)
        assert busy.status_code == 409 and code(busy) == "request_in_progress" and busy.headers["Retry-After"] == "1"
    finally:
        stack.sql(lock.replace("lock(", "unlock(", 1), name)
    assert account.post("/tenders", json={}, headers=headers).status_code == 201


def test_after_a_day_a_key_is_forgotten(account, stack):
    headers = key()
    first = account.post("/tenders", json={}, headers=headers)
    stack.sql("update scorpius.idempotency_key set created_at = now() - interval '24 hours 1 second' where key = %s",
              headers["Idempotency-Key"])
    second = account.post("/tenders", json={}, headers=headers)
    assert second.status_code == 201 and second.json()["data"]["id"] != first.json()["data"]["id"]


@pytest.mark.parametrize("bad", ["", "a b", "é", "x" * 201])
def test_a_malformed_key_is_refused(account, bad):
    answer = account.post("/tenders", json={}, headers={"Idempotency-Key": bad.encode()})
    assert answer.status_code == 400 and code(answer) == "invalid_idempotency_key"
    assert account.post("/tenders", json={}, headers={"Idempotency-Key": "x" * 200}).status_code == 201


def test_an_invitation_and_a_profile_are_made_once(account):
    account.confirm()
    for path, body in (("/users/invitations", {"email": f"{fresh('qui')}@essai.example"}),
                       ("/company-profile", {"company_name": "Exemple SARL", "siret": "73282932000074"})):
        headers = key()
        first, again = (account.post(path, json=body, headers=headers) for _ in range(2))
        assert first.status_code == again.status_code == 201 and again.json()["data"] == first.json()["data"]
        assert again.headers["Idempotent-Replayed"] == "true"


def test_where_nothing_is_made_a_key_changes_nothing(account):
    headers = key()
    assert [account.post("/auth/logout", headers=headers).status_code for _ in range(2)] == [204, 401]
