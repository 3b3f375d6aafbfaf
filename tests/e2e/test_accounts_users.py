"""The people of an organisation: invited, joined, given roles, removed; its name; the owner that always stays."""

import concurrent.futures

import psycopg2
import pytest

from client import code, codes, fresh
from stack import wait_until


def together(*calls):
    with concurrent.futures.ThreadPoolExecutor(len(calls)) as pool:
        return [f.result() for f in [pool.submit(c) for c in calls]]


def owner_too(account):
    """A second owner of the same organisation."""
    second = account.colleague("bid_manager")
    account.data("PATCH", f"/users/{second.user['id']}", json={"is_owner": True})
    second.token = second.login(second.email, second.password).json()["data"]["access_token"]
    return second


# --- invitations

def test_an_invitation_makes_a_colleague(account, api, stack):
    invitation, token = account.invite("viewer")
    assert (invitation["status"], invitation["role"], invitation["account_id"]) == ("pending", "viewer", None)
    mail = stack.sql("select payload from scorpius.job where kind = 'mail' and payload ->> 'invitation_id' = %s", invitation["id"])
    assert mail == [{"payload": {"purpose": "invitation", "invitation_id": invitation["id"]}}]
    password = api.new_password()
    user = api.data("POST", "/auth/invitations/accept", 201, json={"token": token, "password": password, "full_name": "Louise Petit"})
    assert (user["email"], user["role"], user["is_owner"]) == (invitation["email"], "viewer", False)
    assert user["organization_id"] == account.organization_id
    member = api.member(user, invitation["email"], password)
    assert member.data("GET", "/auth/me")["email_confirmed"] is True
    assert member.post("/tenders", json={}).status_code == 403 and member.get("/tenders").status_code == 200
    (seen,) = account.data("GET", "/users/invitations")
    assert (seen["status"], seen["account_id"]) == ("accepted", user["id"])
    answer = api.post("/auth/invitations/accept", json={"token": token, "password": password, "full_name": "Encore"})
    assert answer.status_code == 400 and codes(answer) == {("link_invalid", "token")}


def test_a_revoked_invitation_is_refused(account, api):
    invitation, token = account.invite()
    assert account.request("DELETE", f"/users/invitations/{invitation['id']}").status_code == 204
    answer = api.post("/auth/invitations/accept", json={"token": token, "password": api.new_password(), "full_name": "X"})
    assert answer.status_code == 400 and codes(answer) == {("link_invalid", "token")}
    answer = account.request("DELETE", f"/users/invitations/{invitation['id']}")
    assert answer.status_code == 409 and code(answer) == "bad_state"
    account.invite(email=invitation["email"])  # the address may be invited anew


def test_an_expired_invitation_is_told_as_such_and_makes_room(account, api, stack):
    invitation, token = account.invite()
    stack.sql("update scorpius.invitation set expires_at = now() - interval '1 second' where id = %s", invitation["id"])
    assert account.data("GET", "/users/invitations")[0]["status"] == "expired"
    answer = api.post("/auth/invitations/accept", json={"token": token, "password": api.new_password(), "full_name": "X"})
    assert answer.status_code == 400 and codes(answer) == {("link_expired", "token")}
    account.invite(email=invitation["email"])


def test_nobody_is_invited_twice_or_who_is_there(account):
    invitation, _ = account.invite()
    answer = account.post("/users/invitations", json={"email": f" {invitation['email'].upper()} "})
    assert answer.status_code == 409 and codes(answer) == {("already_invited", "email")}
    answer = account.post("/users/invitations", json={"email": account.email})
    assert answer.status_code == 409 and codes(answer) == {("email_taken", "email")}


def test_an_address_of_another_organisation_cannot_join(account, other, api):
    _, token = account.invite(email=other.email)
    answer = api.post("/auth/invitations/accept", json={"token": token, "password": api.new_password(), "full_name": "X"})
    assert answer.status_code == 409 and code(answer) == "email_taken"


def test_an_invitation_accepted_by_two_at_once_serves_one(account, api):
    _, token = account.invite()
    answers = together(*[lambda: api.post("/auth/invitations/accept", json={"token": token, "password": api.new_password(),
                                                                            "full_name": "Louise"})] * 4)
    assert sorted(a.status_code for a in answers) in ([201, 400, 400, 400], [201, 400, 400, 409], [201, 400, 409, 409], [201, 409, 409, 409])
    assert len(account.data("GET", "/users")) == 2


def test_invitations_of_one_address_at_once(account):
    account.confirm()
    email = f"{fresh('i')}@essai.example"
    answers = together(*[lambda: account.post("/users/invitations", json={"email": email})] * 4)
    assert sorted(a.status_code for a in answers) == [201, 409, 409, 409]


@pytest.mark.parametrize("body, expected", [
    ({"email": None}, ("missing_field", "email")), ({"email": " "}, ("missing_field", "email")), ({"email": 4}, ("invalid_type", "email")),
    ({"email": "pas une adresse"}, ("invalid_email", "email")), ({"email": "kim\u212a@essai.example"}, ("invalid_email", "email")),
    ({"email": "p\u0430ul@essai.example"}, ("invalid_email", "email")), ({"email": "x" * 10000}, ("too_long", "email")),
    ({"role": "admin"}, ("invalid_value", "role")), ({"role": 1}, ("invalid_type", "role")), ({"rôle": "viewer"}, ("unknown_field", "rôle")),
])
def test_an_invitation_that_is_wrong(account, body, expected):
    answer = account.post("/users/invitations", json={"email": f"{fresh('i')}@essai.example", **body})
    assert answer.status_code == 400 and codes(answer) == {expected}, answer.text


@pytest.mark.parametrize("body, expected", [
    ({"full_name": None}, ("missing_field", "full_name")), ({"full_name": "  "}, ("missing_field", "full_name")),
    ({"full_name": "n" * 10000}, ("too_long", "full_name")), ({"full_name": {}}, ("invalid_type", "full_name")),
    ({"password": None}, ("missing_field", "password")), ({"password": "Azerty123!"}, ("common_password", "password")),
    ({"password": 3}, ("invalid_type", "password")), ({"email": "a@b.example"}, ("unknown_field", "email")),
])
def test_an_acceptance_that_is_wrong_does_not_use_it_up(account, api, body, expected):
    _, token = account.invite()
    good = {"token": token, "password": api.new_password(), "full_name": "Louise Petit"}
    answer = api.post("/auth/invitations/accept", json={**good, **body})
    assert answer.status_code == 400 and codes(answer) == {expected}, answer.text
    assert api.post("/auth/invitations/accept", json=good).status_code == 201


# --- roles

def test_colleagues_are_listed(account, api):
    viewer = account.colleague()
    for member in (account, viewer):
        users = member.data("GET", "/users")
        assert [(u["id"], u["role"], u["is_owner"], u["active"]) for u in users] == [
            (account.user["id"], "bid_manager", True, True), (viewer.user["id"], "viewer", False, True)]
    first = account.get("/users?cursor=&limit=1").json()
    second = account.get(f"/users?limit=1&cursor={first['meta']['next_cursor']}").json()
    assert [first["data"][0]["id"], second["data"][0]["id"]] == [account.user["id"], viewer.user["id"]]
    assert second["meta"]["next_cursor"] is None


def test_who_may_do_less_is_stopped_at_once(account, api):
    manager = account.colleague("bid_manager")
    assert manager.post("/tenders", json={}).status_code == 201
    changed = account.data("PATCH", f"/users/{manager.user['id']}", json={"role": "viewer"})
    assert changed["role"] == "viewer"
    assert manager.get("/auth/me").status_code == 401
    again = api.member(manager.user, manager.email, manager.password)
    assert again.post("/tenders", json={}).status_code == 403


def test_who_may_do_more_has_it_with_the_next_refresh(account, api):
    viewer = account.colleague()
    account.data("PATCH", f"/users/{viewer.user['id']}", json={"role": "bid_manager"})
    assert viewer.get("/auth/me").status_code == 200
    tokens = api.data("POST", "/auth/refresh", json={"refresh_token": viewer.tokens["refresh_token"]})
    api.remember(tokens)
    viewer.token = tokens["access_token"]
    assert viewer.post("/tenders", json={}).status_code == 201


def test_a_deactivated_user_is_out_and_may_come_back(account, api):
    viewer = account.colleague()
    assert account.data("PATCH", f"/users/{viewer.user['id']}", json={"active": False})["active"] is False
    assert viewer.get("/auth/me").status_code == 401
    assert api.post("/auth/refresh", json={"refresh_token": viewer.tokens["refresh_token"]}).status_code == 401
    assert api.login(viewer.email, viewer.password).status_code == 401
    account.data("PATCH", f"/users/{viewer.user['id']}", json={"active": True})
    assert viewer.get("/auth/me").status_code == 401  # the old session stays ended
    assert api.login(viewer.email, viewer.password).status_code == 200


def test_a_change_from_an_old_state_is_refused(account):
    viewer = account.colleague()
    path = f"/users/{viewer.user['id']}"
    first = account.request("PATCH", path, json={"is_owner": True, "version": 1})
    assert first.status_code == 200 and first.json()["data"]["version"] == 2
    for more in ({"json": {"role": "bid_manager", "version": 1}}, {"json": {"role": "bid_manager"}, "headers": {"If-Match": 'W/"1"'}}):
        answer = account.request("PATCH", path, **more)
        assert answer.status_code == 409 and code(answer) == "version_conflict"
    answer = account.request("PATCH", path, json={"role": "bid_manager"}, headers={"If-Match": first.headers["ETag"]})
    assert answer.status_code == 200


@pytest.mark.parametrize("body, expected", [
    ({"role": "admin"}, ("invalid_value", "role")), ({"role": "owner"}, ("invalid_value", "role")), ({"role": 1}, ("invalid_type", "role")),
    ({"is_owner": "yes"}, ("invalid_type", "is_owner")), ({"active": 1}, ("invalid_type", "active")),
    ({"version": 0}, ("out_of_range", "version")), ({"email": "a@b.example"}, ("unknown_field", "email")),
    ({"organization_id": "x"}, ("unknown_field", "organization_id")),
])
def test_a_change_that_is_wrong(account, body, expected):
    answer = account.request("PATCH", f"/users/{account.user['id']}", json=body)
    assert answer.status_code == 400 and codes(answer) == {expected}


# --- removal

def test_a_removed_user_is_a_pseudonym(account, api, stack):
    viewer = account.colleague()
    stack.sql("update scorpius.account set role = 'bid_manager' where id = %s", viewer.user["id"])
    viewer.token = api.login(viewer.email, viewer.password).json()["data"]["access_token"]
    assert viewer.post("/tenders", json={}).status_code == 201
    assert account.request("DELETE", f"/users/{viewer.user['id']}").status_code == 204
    assert viewer.get("/auth/me").status_code == 401
    assert api.login(viewer.email, viewer.password).status_code == 401
    assert [u["id"] for u in account.data("GET", "/users")] == [account.user["id"]]
    events = account.data("GET", f"/audit-log?account_id={viewer.user['id']}")
    assert {"tender.created", "user.joined", "auth.login"} <= {e["action"] for e in events}
    kept = str(events) + str(stack.sql("select * from scorpius.account where id = %s", viewer.user["id"])) \
        + str(stack.sql("select * from scorpius.session where account_id = %s", viewer.user["id"]))
    assert viewer.email not in kept and "Louise" not in kept and "127.0.0.1" not in kept
    assert account.request("DELETE", f"/users/{viewer.user['id']}").status_code == 404
    assert api.register(email=viewer.email)[1].status_code == 201  # the address is free


def test_one_leaves_with_ones_password(account, api):
    viewer = account.colleague()
    for body, status, expected in (({"password": "faux"}, 400, "wrong_password"), ({}, 400, "missing_field"),
                                   ({"password": 1}, 400, "invalid_type"), ({"password": "x" * 10000}, 400, "too_long"),
                                   ({"password": "x", "sure": True}, 400, "unknown_field")):
        answer = viewer.request("DELETE", "/auth/me", json=body)
        assert answer.status_code == status and code(answer) == expected
    assert viewer.request("DELETE", "/auth/me", json={"password": viewer.password}).status_code == 204
    assert viewer.get("/auth/me").status_code == 401
    assert api.login(viewer.email, viewer.password).status_code == 401
    answer = account.request("DELETE", f"/users/{account.user['id']}")
    assert answer.status_code == 409 and code(answer) == "own_account"


def test_the_last_owner_stays(account):
    account.colleague("bid_manager")
    for method, path, body in (("PATCH", f"/users/{account.user['id']}", {"is_owner": False}),
                               ("PATCH", f"/users/{account.user['id']}", {"active": False}),
                               ("DELETE", "/auth/me", {"password": account.password})):
        answer = account.request(method, path, json=body)
        assert answer.status_code == 409 and code(answer) == "last_owner", answer.text
    assert account.get("/auth/me").json()["data"]["is_owner"] is True
    owner_too(account)
    assert account.request("DELETE", "/auth/me", json={"password": account.password}).status_code == 204


def test_of_two_owners_that_leave_at_once_one_stays(account, stack):
    for _ in range(3):
        second = owner_too(account)
        answers = together(lambda: account.request("PATCH", f"/users/{account.user['id']}", json={"is_owner": False}),
                           lambda: second.request("PATCH", f"/users/{second.user['id']}", json={"is_owner": False}))
        assert sorted(a.status_code for a in answers) == [200, 409]
        assert stack.sql("select count(*) n from scorpius.account where organization_id = %s and is_owner and active",
                         account.organization_id) == [{"n": 1}]
        if answers[0].status_code == 200:
            account = second


def test_two_owners_that_remove_each_other(account, stack, expect_log):
    expect_log("deadlock detected")  # each has noted what he does, and waits for the other: PostgreSQL chooses, and the API answers 409
    second = owner_too(account)
    answers = together(lambda: account.request("DELETE", f"/users/{second.user['id']}"),
                       lambda: second.request("DELETE", f"/users/{account.user['id']}"))
    statuses = sorted(a.status_code for a in answers)
    assert statuses[0] == 204 and statuses[1] in (401, 404, 409), statuses
    assert stack.sql("select count(*) n from scorpius.account where organization_id = %s and is_owner and active",
                     account.organization_id) == [{"n": 1}]


# --- names

def test_one_changes_ones_name(account):
    me = account.request("PATCH", "/auth/me", json={"full_name": " Zoé Évrard "})
    assert me.status_code == 200 and me.json()["data"]["full_name"] == "Zoé Évrard"
    assert me.headers["ETag"] == account.get("/auth/me").headers["ETag"]
    answer = account.request("PATCH", "/auth/me", json={"full_name": "Autre"}, headers={"If-Match": 'W/"1"'})
    assert answer.status_code == 409 and code(answer) == "version_conflict"
    for body, expected in (({"full_name": "n" * 10000}, "too_long"), ({"full_name": 1}, "invalid_type"), ({"full_name": ""}, "too_short"),
                           ({"email": "a@b.example"}, "unknown_field"), ({"role": "admin"}, "unknown_field"),
                           ({"is_owner": True}, "unknown_field")):
        answer = account.request("PATCH", "/auth/me", json=body)
        assert answer.status_code == 400 and code(answer) == expected, answer.text


def test_an_owner_names_the_organisation(account, other):
    changed = account.request("PATCH", "/organization", json={"name": "Évrard & Filles", "version": 1})
    assert changed.status_code == 200 and changed.json()["data"] | {"version": 2, "name": "Évrard & Filles"} == changed.json()["data"]
    assert account.get("/organization", headers={"If-None-Match": changed.headers["ETag"]}).status_code == 304
    answer = account.request("PATCH", "/organization", json={"name": "Autre", "version": 1})
    assert answer.status_code == 409 and code(answer) == "version_conflict"
    assert account.data("GET", "/auth/me")["organization_name"] == "Évrard & Filles"
    assert other.data("GET", "/organization")["name"] == "Société d'essai"
    for body, expected in (({"name": "n" * 10000}, "too_long"), ({"name": []}, "invalid_type"), ({"name": ""}, "too_short"),
                           ({"id": "x"}, "unknown_field")):
        answer = account.request("PATCH", "/organization", json=body)
        assert answer.status_code == 400 and code(answer) == expected


def test_fifty_register_one_address_at_once(api):
    email, password = f"{fresh('course')}@essai.example", api.new_password()
    answers = together(*[lambda: api.register(email=email, password=password)[1]] * 50)
    statuses = sorted(a.status_code for a in answers)
    assert statuses == [201] + [409] * 49, statuses
    assert api.login(email, password).status_code == 200


@pytest.mark.parametrize("email", ["kim\u212a@essai.example", "p\u0430ul@essai.example", "paul@\u0435ssai.example", "paul\u200b@essai.example",
                                   "ﬁn@essai.example", "paul@essai.example\u202e", "pa ul@essai.example", "x" * 10000, "@essai.example",
                                   "paul@essai", "paul@essai..example", "\"paul\"@essai.example"])
def test_addresses_that_look_like_others(api, email):
    _, answer = api.register(email=email)
    assert answer.status_code == 400 and {c for c, _ in codes(answer)} <= {"invalid_email", "too_long"}
    answer = api.post("/auth/login", json={"email": email, "password": "x"})
    assert answer.status_code in (400, 401)


# --- at the same instant

def test_a_login_that_is_overtaken_by_a_new_password_gets_no_session(account, stack):
    """The password was checked, then changed, and only then the session would be opened."""
    opening = "select * from auth.open_session(gen_random_uuid(), %s, sha256(%s::bytea), 60, %s)"
    hash_of = "select password_hash from scorpius.account where id = %s"
    before = stack.sql(hash_of, account.user["id"])[0]["password_hash"]
    assert len(stack.sql(opening, account.user["id"], fresh(), before)) == 1
    assert account.post("/auth/password", json={"current_password": account.password, "password": account.new_password()}).status_code == 204
    assert stack.sql(opening, account.user["id"], fresh(), before) == []


def opened_while(stack, account, change, *args):
    """Opens a session while a transaction that takes access away is not committed yet: what lives afterwards."""
    other = psycopg2.connect(stack.env["DATABASE_URL"])
    cursor = other.cursor()
    cursor.execute(change, args)
    password_hash = stack.sql("select password_hash from scorpius.account where id = %s", account.user["id"])[0]["password_hash"]

    def open_one():
        c = psycopg2.connect(stack.env["DATABASE_URL"])
        try:
            c.autocommit = True
            with c.cursor() as cur:
                cur.execute("select * from auth.open_session(gen_random_uuid(), %s, sha256(%s::bytea), 60, %s)",
                            (account.user["id"], fresh(), password_hash))
        except psycopg2.Error as e:
            assert e.pgcode == "SC003"
        finally:
            c.close()

    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        opening = pool.submit(open_one)
        wait_until(lambda: opening.done() or stack.sql("select count(*) n from pg_stat_activity where wait_event_type = 'Lock' "
                                                       "and query like 'select * from auth.open_session(%'")[0]["n"], 20, "the opening to wait or end")
        other.commit()
        opening.result()
    other.close()
    return stack.sql("select count(*) n from scorpius.session where account_id = %s and ended_at is null", account.user["id"])[0]["n"]


def test_a_login_while_the_role_is_taken_away_gets_no_token_of_the_old_one(account, stack):
    colleague = account.colleague("bid_manager")
    sid = stack.sql("select id::text from scorpius.session where account_id = %s and ended_at is null", account.user["id"])[0]["id"]
    stack.sql("delete from scorpius.session where account_id = %s", colleague.user["id"])
    lives = opened_while(stack, colleague, "select auth.change_user(%s, %s, %s, 'viewer', null, false, version) from scorpius.account where id = %s",
                         sid, account.user["id"], colleague.user["id"], colleague.user["id"])
    assert lives == 0
    # He who comes back later does not bring such a session back to life.
    account.data("PATCH", f"/users/{colleague.user['id']}", json={"active": True})
    assert stack.sql("select count(*) n from scorpius.session where account_id = %s and ended_at is null", colleague.user["id"])[0]["n"] == 0


def test_a_login_while_the_organisation_is_deleted_leaves_no_session(account, stack, expect_log):
    expect_log("the organisation is deleted")
    sid = stack.sql("select id::text from scorpius.session where account_id = %s and ended_at is null", account.user["id"])[0]["id"]
    assert opened_while(stack, account, "select auth.delete_organization(%s, %s, 30, 'r')", sid, account.user["id"]) == 0


# --- doors left open

@pytest.mark.parametrize("body", [{"is_owner": False}, {"active": False}])
def test_who_is_no_owner_any_more_has_no_open_invitations(account, api, body):
    second = owner_too(account)
    _, token = second.invite("bid_manager")
    mine, my_token = account.invite()
    account.data("PATCH", f"/users/{second.user['id']}", json=body)
    refused = api.post("/auth/invitations/accept", json={"token": token, "password": api.new_password(), "full_name": "Louise"})
    assert refused.status_code == 400 and code(refused) == "link_invalid"
    assert {i["status"] for i in account.data("GET", "/users/invitations") if i["id"] == mine["id"]} == {"pending"}
    assert api.post("/auth/invitations/accept", json={"token": my_token, "password": api.new_password(), "full_name": "Louise"}).status_code == 201


def test_a_removed_users_address_is_nowhere(account, stack):
    first, _ = account.invite()
    assert account.request("DELETE", f"/users/invitations/{first['id']}").status_code == 204
    _, token = account.invite(email=first["email"])
    answer = account.post("/auth/invitations/accept", json={"token": token, "password": account.new_password(), "full_name": "Louise"})
    assert account.request("DELETE", f"/users/{answer.json()['data']['id']}").status_code == 204
    left = stack.sql("select count(*) n from scorpius.invitation where lower(email) = lower(%s)", first["email"])
    assert left == [{"n": 0}]


def test_nobody_joins_an_organisation_that_is_deleted(account, api, stack, expect_log):
    expect_log("the organisation is deleted")
    invitation, token = account.invite()
    assert account.request("DELETE", "/organization", json={"password": account.password}).status_code == 200
    answer = api.post("/auth/invitations/accept", json={"token": token, "password": api.new_password(), "full_name": "Louise"})
    assert answer.status_code == 403 and code(answer) == "organization_deleted"
    assert stack.sql("select count(*) n from scorpius.account where email = %s", invitation["email"]) == [{"n": 0}]


def test_two_refreshes_of_one_token_at_once_end_the_session(account, api):
    for _ in range(3):
        tokens = api.login(account.email, account.password).json()["data"]
        answers = together(*[lambda: api.post("/auth/refresh", json={"refresh_token": tokens["refresh_token"]})] * 2)
        assert sorted(a.status_code for a in answers) == [200, 401]
        (good,) = (a.json()["data"] for a in answers if a.status_code == 200)
        api.remember(good)
        assert api.post("/auth/refresh", json={"refresh_token": good["refresh_token"]}).status_code == 401
        assert api.get("/auth/me", headers={"Authorization": f"Bearer {good['access_token']}"}).status_code == 401
