"""Letters, from the request that asks for one to the link that it carries."""

import re

import pytest

from client import fresh
from stack import children, parsed, wait_until

PAGES = {"invitation": "/auth/invitations/accept", "reset": "/auth/password/reset", "confirm": "/auth/email/confirm"}


@pytest.fixture
def inbox(stack, secrets):
    """inbox(address, n): the n-th letter to an address. Its token must not stand in a log."""
    if stack.mail is None:
        pytest.skip("this stack has no mail server of the tests")

    def get(address, n=1):
        letter = stack.mail.wait_for(address, n)
        secrets.update({t: "the token of a letter" for t in re.findall(r"#token=(\S+)", letter.text)})
        return letter
    return get


@pytest.mark.parametrize("page", PAGES)
def test_the_pages_of_links_are_served(api, stack, page):
    answer = api.http.get(f"/account/{page}")
    assert answer.status_code == 200 and answer.headers["Content-Type"].startswith("text/html")
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy and answer.headers["Referrer-Policy"] == "no-referrer"
    # Without these a browser runs nothing of the page.
    assert all(f"{what}-src 'self'" in policy for what in ("script", "style", "connect")), policy
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\bstyle=|\bon[a-z]+=|javascript:", answer.text)
    assets = re.findall(r'(?:src|href)="([^"#]+)"', answer.text)
    assert len(assets) == 2
    assert all(api.http.get(a).status_code == 200 for a in assets)
    script = api.http.get("/account/account.js").text
    assert f'"/account/{page}"' in script and f'"/api/v1{PAGES[page]}"' in script
    assert api.http.post(f"/account/{page}").status_code == 405


def test_nothing_else_is_served_beside_them(api):
    for path in ("/account", "/account/", "/account/index.html", "/account/../openapi.json", "/account/x"):
        assert api.http.get(path).status_code == 404, path


def test_the_program_that_answers_requests_cannot_send_mail(stack):
    for name in ("api", "bulk"):
        for pid in children(stack.pid(name)):
            environment = open(f"/proc/{pid}/environ").read()
            assert "SMTP_HOST=" in environment and "SMTP_PASSWORD" not in environment and "SMTP_USER" not in environment


def test_a_forgotten_password_is_set_anew_by_the_letter(api, account, inbox, secrets):
    inbox(account.email)  # to confirm the address
    assert api.post("/auth/password/forgot", json={"email": account.email}).status_code == 202
    letter = inbox(account.email, 2)
    assert letter.parsed["Subject"].startswith("Réinitialisation")
    new = fresh("Autre") + "-Mot2passe"
    secrets[new] = "a password"
    answer = api.post("/auth/password/reset", json={"token": letter.token(), "password": new})
    assert answer.status_code in (200, 204), answer.text
    assert api.post("/auth/password/reset", json={"token": letter.token(), "password": new + "x"}).status_code == 400
    assert api.login(account.email, account.password).status_code == 401
    assert api.login(account.email, new).status_code == 200
    assert "a été modifié" in inbox(account.email, 3).parsed["Subject"]


def test_an_unknown_address_gets_nothing_and_the_same_answer(api, stack, inbox):
    nobody = f"{fresh('personne')}@essai.example"
    assert api.post("/auth/password/forgot", json={"email": nobody}).status_code == 202
    known = api.account()
    assert inbox(known.email) and stack.mail.to(nobody) == []


def test_an_address_is_confirmed_by_the_letter(api, account, inbox):
    token = inbox(account.email).token()
    assert api.post("/auth/email/confirm", json={"token": token[:-1] + ("A" if token[-1] != "A" else "E")}).status_code == 400
    assert api.post("/auth/email/confirm", json={"token": token}).status_code in (200, 204)
    assert api.post("/auth/email/confirm", json={"token": token}).status_code == 400


def test_a_colleague_comes_by_the_letter(api, account, inbox, secrets):
    api.post("/auth/email/confirm", json={"token": inbox(account.email).token()})
    colleague, password = f"{fresh('collegue')}@essai.example", fresh("Passe") + "-Ok7"
    secrets[password] = "a password"
    assert account.data("POST", "/users/invitations", 201, json={"email": colleague, "role": "viewer"})["mail"] == "queued"
    letter = inbox(colleague)
    wait_until(lambda: account.data("GET", "/users/invitations")[0]["mail"] == "sent", 20, "the letter to have left")
    assert "en consultation seule" in letter.text and "https://app.essai.example/account/invitation#token=" in letter.text
    body = {"token": letter.token(), "password": password, "full_name": "Collègue Essai"}
    user = api.data("POST", "/auth/invitations/accept", 201, json=body)
    assert (user["email"], user["role"], user["organization_id"]) == (colleague, "viewer", account.organization_id)
    assert api.post("/auth/invitations/accept", json=body).status_code in (400, 409)
    assert api.login(colleague, password).status_code == 200


def test_a_sign_in_from_elsewhere_is_told(api, account, inbox):
    inbox(account.email)
    login = {"email": account.email, "password": account.password}
    assert api.post("/auth/login", json=login, headers={"User-Agent": "Autre appareil/1.0"}).status_code == 200
    letter = inbox(account.email, 2)
    assert "Nouvelle connexion" in letter.parsed["Subject"] and "Autre appareil/1.0" in letter.text


def test_a_refused_invitation_is_told_to_the_owner(api, account, stack, inbox, expect_log):
    expect_log("mail_refused")
    api.post("/auth/email/confirm", json={"token": inbox(account.email).token()})
    colleague = f"{fresh('refuse')}@essai.example"
    stack.mail.refused[colleague] = "550 5.1.1 unknown"
    account.data("POST", "/users/invitations", 201, json={"email": colleague, "role": "viewer"})
    wait_until(lambda: [e for e in account.data("GET", "/audit-log") if e["action"] == "mail.failed"], 20, "the event")
    assert stack.mail.to(colleague) == [] and account.data("GET", "/users/invitations")[0]["mail"] == "failed"
    lines = wait_until(lambda: [line for line in map(parsed, stack.log_lines("jobs")) if line and line.get("code") == "mail_refused"], 5, "the log line")
    assert all(colleague not in str(line) for line in lines)
