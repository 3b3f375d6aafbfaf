"""Passwords that are changed, forgotten and set anew; addresses that are confirmed."""

import concurrent.futures
import time

import pytest

from client import code, codes, fresh


def mails(stack, purpose, account_id):
    return stack.sql("select count(*) n from scorpius.job where kind = 'mail' and payload = jsonb_build_object('purpose', %s::text, "
                     "'account_id', %s::text)", purpose, account_id)[0]["n"]


# --- changed

def test_a_changed_password_ends_all_other_sessions(account, api, stack):
    second = api.login(account.email, account.password).json()["data"]
    password = api.new_password()
    answer = account.post("/auth/password", json={"current_password": account.password, "password": password})
    assert answer.status_code == 204
    assert account.get("/auth/me").status_code == 200  # this one goes on
    assert account.get("/auth/me", headers={"Authorization": f"Bearer {second['access_token']}"}).status_code == 401
    assert api.login(account.email, account.password).status_code == 401
    assert api.login(account.email, password).status_code == 200
    assert mails(stack, "password_changed", account.user["id"]) == 1


def test_a_changed_password_makes_links_worthless(account, api):
    link = api.link("password_reset", account.user["id"])
    account.post("/auth/password", json={"current_password": account.password, "password": api.new_password()})
    answer = api.post("/auth/password/reset", json={"token": link, "password": api.new_password()})
    assert answer.status_code == 400 and codes(answer) == {("link_invalid", "token")}


@pytest.mark.parametrize("body, expected", [
    ({"current_password": "faux"}, {("wrong_password", "current_password")}),
    ({"current_password": None}, {("missing_field", "current_password")}),
    ({"current_password": ""}, {("missing_field", "current_password")}),
    ({"current_password": 5}, {("invalid_type", "current_password")}),
    ({"current_password": "x" * 10000}, {("too_long", "current_password")}),
    ({"password": "court"}, {("too_short", "password")}),
    ({"password": "x" * 10000}, {("too_long", "password")}),
    ({"password": "Azerty123!"}, {("common_password", "password")}),
    ({"password": None}, {("missing_field", "password")}),
    ({"password": ["x"]}, {("invalid_type", "password")}),
    ({"passwort": "x"}, {("unknown_field", "passwort")}),
])
def test_a_password_is_not_changed(account, api, body, expected):
    answer = account.post("/auth/password", json={"current_password": account.password, "password": api.new_password(), **body})
    assert answer.status_code == 400 and codes(answer) == expected, answer.text
    assert api.login(account.email, account.password).status_code == 200


# --- forgotten

def test_forgotten_says_the_same_to_everybody(account, api, stack):
    known = api.post("/auth/password/forgot", json={"email": account.email.upper() + " "})
    answers = [known] + [api.post("/auth/password/forgot", json={"email": e})
                         for e in (f"{fresh('nul')}@essai.example", "pas une adresse", "é" * 400, "x" * 900)]
    for answer in answers:
        assert answer.status_code == 202 and answer.json()["data"] == known.json()["data"]
    assert mails(stack, "password_reset", account.user["id"]) == 1


def test_forgotten_takes_the_same_time_for_everybody(account, api):
    def seconds(email):
        begun = time.perf_counter()
        assert api.post("/auth/password/forgot", json={"email": email}).status_code == 202
        return time.perf_counter() - begun

    # A busy machine makes some of them late, never early; a difference of ours is in the quickest, too.
    known, unknown = [], []
    while len(known) < 5 or abs(min(known) - min(unknown)) >= 0.02:
        assert len(known) < 60, (sorted(known)[:5], sorted(unknown)[:5])
        known.append(seconds(account.email))
        unknown.append(seconds(f"{fresh('nul')}@essai.example"))
    assert min(known + unknown) >= 0.1


def test_forgotten_often_is_one_mail_that_waits(account, api, stack, frozen_jobs):
    for _ in range(3):
        api.post("/auth/password/forgot", json={"email": account.email})
    waiting = stack.sql("select count(*) n from scorpius.job where kind = 'mail' and state in ('queued', 'leased') and "
                        "payload ->> 'purpose' = 'password_reset' and payload ->> 'account_id' = %s", account.user["id"])
    assert waiting == [{"n": 1}]


def test_the_operator_gets_no_mail(operator, api, stack):
    assert api.post("/auth/password/forgot", json={"email": operator.email}).status_code == 202
    assert mails(stack, "password_reset", operator.user["id"]) == 0


@pytest.mark.parametrize("body, expected", [
    ({}, ("missing_field", "email")), ({"email": None}, ("missing_field", "email")), ({"email": 3}, ("invalid_type", "email")),
    ({"email": " "}, ("missing_field", "email")), ({"email": "x" * 10000}, ("too_long", "email")),
])
def test_forgotten_wants_an_address(api, body, expected):
    answer = api.post("/auth/password/forgot", json=body)
    assert answer.status_code == 400 and codes(answer) == {expected}


# --- set anew

def test_a_link_sets_a_password_once_and_ends_every_session(account, api, stack):
    older, link = api.link("password_reset", account.user["id"]), api.link("password_reset", account.user["id"])
    password = api.new_password()
    assert api.post("/auth/password/reset", json={"token": link, "password": password}).status_code == 204
    assert account.get("/auth/me").status_code == 401
    assert api.post("/auth/refresh", json={"refresh_token": account.tokens["refresh_token"]}).status_code == 401
    assert api.login(account.email, account.password).status_code == 401
    back = api.member(account.user, account.email, password)
    assert back.data("GET", "/auth/me")["email_confirmed"] is True  # whoever has the link reads the mail
    for used in (link, older):
        answer = api.post("/auth/password/reset", json={"token": used, "password": api.new_password()})
        assert answer.status_code == 400 and codes(answer) == {("link_invalid", "token")}
    assert mails(stack, "password_changed", account.user["id"]) == 1
    stored = stack.sql("select count(*) n from scorpius.account_token where position(convert_to(%s, 'UTF8') in token_hash) > 0", link)
    assert stored == [{"n": 0}]


def test_a_link_used_by_two_at_once_serves_one(account, api):
    link = api.link("password_reset", account.user["id"])
    passwords = [api.new_password() for _ in range(4)]
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda p: api.post("/auth/password/reset", json={"token": link, "password": p}), passwords))
    assert sorted(a.status_code for a in answers) == [204, 400, 400, 400]
    winner = passwords[[a.status_code for a in answers].index(204)]
    assert api.login(account.email, winner).status_code == 200


def test_a_refused_password_does_not_use_the_link_up(account, api):
    link = api.link("password_reset", account.user["id"])
    for password, expected in (("Azerty123!", "common_password"), ("court", "too_short"), ("x" * 200, "too_long")):
        answer = api.post("/auth/password/reset", json={"token": link, "password": password})
        assert answer.status_code == 400 and codes(answer) == {(expected, "password")}, answer.text
    assert api.post("/auth/password/reset", json={"token": link, "password": api.new_password()}).status_code == 204


def test_an_expired_link_is_told_as_such(account, api):
    for purpose, path, more in (("password_reset", "/auth/password/reset", {"password": api.new_password()}),
                                ("email_confirm", "/auth/email/confirm", {})):
        answer = api.post(path, json={"token": api.link(purpose, account.user["id"], seconds=-1), **more})
        assert answer.status_code == 400 and codes(answer) == {("link_expired", "token")}
    assert api.login(account.email, account.password).status_code == 200


def test_a_link_serves_its_purpose_only(account, api):
    confirm, reset = api.link("email_confirm", account.user["id"]), api.link("password_reset", account.user["id"])
    answer = api.post("/auth/password/reset", json={"token": confirm, "password": api.new_password()})
    assert answer.status_code == 400 and codes(answer) == {("link_invalid", "token")}
    answer = api.post("/auth/email/confirm", json={"token": reset})
    assert answer.status_code == 400 and codes(answer) == {("link_invalid", "token")}


@pytest.mark.parametrize("token", ["A" * 43, "court", "A" * 44, "é" * 20, "x" * 499])
def test_what_is_no_link(api, token):
    for path, more in (("/auth/password/reset", {"password": api.new_password()}), ("/auth/email/confirm", {}),
                       ("/auth/invitations/accept", {"password": api.new_password(), "full_name": "Op"})):
        answer = api.post(path, json={"token": token, **more})
        assert answer.status_code == 400 and codes(answer) == {("link_invalid", "token")}, path


@pytest.mark.parametrize("body, expected", [
    ({"token": None}, ("missing_field", "token")), ({"token": ""}, ("missing_field", "token")), ({"token": 7}, ("invalid_type", "token")),
    ({"token": "x" * 10000}, ("too_long", "token")), ({"other": 1}, ("unknown_field", "other")),
])
def test_bodies_with_a_link(api, body, expected):
    for path, more in (("/auth/password/reset", {"password": api.new_password()}), ("/auth/email/confirm", {}),
                       ("/auth/invitations/accept", {"password": api.new_password(), "full_name": "Op"})):
        answer = api.post(path, json={"token": "A" * 43, **more, **body})
        assert answer.status_code == 400 and codes(answer) == {expected}, path


def test_a_closed_account_gets_no_new_password(account, api):
    colleague = account.colleague()
    link = api.link("password_reset", colleague.user["id"])
    account.data("PATCH", f"/users/{colleague.user['id']}", json={"active": False})
    answer = api.post("/auth/password/reset", json={"token": link, "password": api.new_password()})
    assert answer.status_code == 400 and codes(answer) == {("link_invalid", "token")}


# --- the address

def test_registration_asks_for_the_address_and_a_link_confirms_it_once(account, api, stack):
    assert mails(stack, "email_confirm", account.user["id"]) == 1
    assert account.data("GET", "/auth/me")["email_confirmed"] is False
    link = api.link("email_confirm", account.user["id"])
    assert api.post("/auth/email/confirm", json={"token": link}).status_code == 204
    assert account.data("GET", "/auth/me")["email_confirmed"] is True
    answer = api.post("/auth/email/confirm", json={"token": link})
    assert answer.status_code == 400 and codes(answer) == {("link_invalid", "token")}
    answer = account.post("/auth/email/resend")
    assert answer.status_code == 409 and code(answer) == "bad_state"


def test_the_link_is_sent_again(account, stack, frozen_jobs):
    stack.sql("update scorpius.job set state = 'cancelled' where kind = 'mail' and payload ->> 'account_id' = %s", account.user["id"])
    for _ in range(2):
        assert account.post("/auth/email/resend").status_code == 202
    assert mails(stack, "email_confirm", account.user["id"]) == 2  # the one of registration, and one that waits


def test_who_is_not_confirmed_works_but_does_not_invite(account):
    assert account.post("/tenders", json={}).status_code == 201
    answer = account.post("/users/invitations", json={"email": f"{fresh('i')}@essai.example"})
    assert answer.status_code == 403 and code(answer) == "email_unconfirmed"


def test_who_is_not_confirmed_invites_where_the_operator_says_so(account, stack):
    if stack.existing:
        pytest.skip("the settings of this stack are its developer's")
    before, invite = dict(stack.settings), {"email": f"{fresh('i')}@essai.example"}

    def settings(**new):
        stack.settings = {**before, **new}
        stack.dev("up", seconds=600)
        stack.read_env()
    settings(REQUIRE_CONFIRMED_EMAIL="false")
    try:
        assert account.get("/auth/me").json()["data"]["email_confirmed"] is False
        assert account.post("/users/invitations", json=invite).status_code == 201
    finally:
        settings()
    answer = account.post("/users/invitations", json={"email": f"{fresh('j')}@essai.example"})
    assert answer.status_code == 403 and code(answer) == "email_unconfirmed"


# --- mails are asked for with the effect, or not at all

def test_a_mail_job_holds_no_address_and_no_token(account, stack):
    for row in stack.sql("select payload::text p from scorpius.job where kind = 'mail' and organization_id = %s", account.organization_id):
        assert account.email not in row["p"] and "token" not in row["p"]
