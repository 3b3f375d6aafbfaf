"""A server whose operator has set no mail server."""

import pytest

from client import Api, fresh
from stack import Stack, parsed, wait_until


@pytest.fixture(scope="module")
def mute():
    s = Stack(settings={"SMTP_HOST": ""})
    yield s
    s.end()


@pytest.fixture
def api(mute, contract, secrets):
    return Api(mute, contract, secrets)


def test_it_says_so_and_is_healthy(api, mute):
    health = api.get("/health?detailed=true").json()
    assert health["status"] == "healthy" and health["services"]["mail"] == "disabled" and "mail" not in health["components"]
    (line,) = [line for line in map(parsed, mute.log_lines("jobs")) if line and line["msg"] == "started"]
    assert line["mail"] == "disabled: SMTP_HOST is not set"


def test_a_forgotten_password_answers_the_same_and_the_operator_helps(api, mute):
    account = api.account()
    assert api.post("/auth/password/forgot", json={"email": account.email}).status_code == 202
    wait_until(lambda: mute.sql("select count(*) n from scorpius.job where kind = 'mail' and error_code = 'mail_disabled' and payload ->> 'purpose' "
                                "= 'password_reset'")[0]["n"] == 1, 20, "the letter to be dropped")
    token = mute.command("mail", "link", account.email)[0].strip().partition("#token=")[2]
    api.secrets[token] = "the token of a link"
    assert api.post("/auth/password/reset", json={"token": token, "password": api.new_password()}).status_code == 204
    assert mute.sql("select count(*) n from scorpius.job where state in ('failed')") == [{"n": 0}]


def test_an_invitation_says_that_no_mail_goes_and_is_accepted_all_the_same(api, mute):
    account, email = api.account(), f"{fresh('remise')}@essai.example"
    invitation = account.data("POST", "/users/invitations", 201, json={"email": email, "role": "bid_manager"})
    assert invitation["mail"] == "disabled"
    token = mute.command("mail", "link", email)[0].strip().partition("#token=")[2]
    api.secrets[token] = "the token of a link"
    user = api.data("POST", "/auth/invitations/accept", 201, json={"token": token, "password": api.new_password(), "full_name": "Louise Essai"})
    assert user["organization_id"] == account.organization_id
    wait_until(lambda: mute.sql("select count(*) n from scorpius.job where state in ('queued', 'leased')")[0]["n"] == 0, 20, "the jobs to be done")
    assert account.data("GET", "/users/invitations")[0]["mail"] == "disabled"


def test_no_program_complained(mute):
    for name in ("api", "bulk", "jobs"):
        assert not [line for line in map(parsed, mute.log_lines(name)) if line and line.get("level") in ("error",)]
