"""Registration, sessions, and the tokens that must be refused."""

import base64
import hashlib
import hmac
import json
import time

import pytest

from client import code, codes, fresh


def b64(data):
    if not isinstance(data, bytes):
        data = json.dumps(data).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def claims_of(token):
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def signed(claims, key, algorithm="HS256"):
    head = b64({"alg": algorithm, "typ": "JWT"}) + "." + b64(claims)
    digest = {"HS256": hashlib.sha256, "HS384": hashlib.sha384, "HS512": hashlib.sha512}[algorithm]
    return head + "." + b64(hmac.new(key.encode(), head.encode(), digest).digest())


# --- registration

def test_registration_makes_an_organisation_with_its_owner(api, stack):
    body, answer = api.register(full_name="Zoé Évrard", organization_name="Évrard & Filles")
    user = answer.json()["data"]
    assert answer.status_code == 201
    assert (user["email"], user["full_name"], user["role"], user["is_owner"]) == (body["email"], "Zoé Évrard", "bid_manager", True)
    assert stack.sql("select name from scorpius.organization where id = %s", user["organization_id"]) == [{"name": "Évrard & Filles"}]


def test_organisation_bears_the_persons_name_by_default(api, stack):
    _, answer = api.register(full_name="Inès Seule", organization_name=None, role="bid_manager")
    organization = answer.json()["data"]["organization_id"]
    assert stack.sql("select name from scorpius.organization where id = %s", organization) == [{"name": "Inès Seule"}]


def test_all_faults_are_told_at_once(api):
    answer = api.post("/auth/register", json={"email": "pas une adresse", "password": 12345678, "surname": "x"})
    assert answer.status_code == 400
    assert codes(answer) == {("invalid_email", "email"), ("invalid_type", "password"), ("missing_field", "full_name"),
                             ("unknown_field", "surname")}


@pytest.mark.parametrize("fields, expected", [
    ({"email": None}, ("missing_field", "email")),
    ({"email": "a@b@c.example"}, ("invalid_email", "email")),
    ({"email": ["a@b.example"]}, ("invalid_type", "email")),
    ({"full_name": " "}, ("missing_field", "full_name")),
    ({"full_name": "n" * 201}, ("too_long", "full_name")),
    ({"organization_name": "n" * 201}, ("too_long", "organization_name")),
    ({"password": None}, ("missing_field", "password")),
    ({"password": "Ab1!xyz"}, ("too_short", "password")),
    ({"password": "a1B!" * 33}, ("too_long", "password")),
    ({"password": "Azerty123!"}, ("common_password", "password")),
    ({"password": "Soleil123!"}, ("common_password", "password")),
    ({"password": "Bienvenue2025!"}, ("common_password", "password")),
    ({"password": "Password123!"}, ("common_password", "password")),
    ({"role": "viewer"}, ("invalid_value", "role")),
    ({"role": "emperor"}, ("invalid_value", "role")),
])
def test_registration_refuses(api, stack, fields, expected):
    before = stack.sql("select count(*) n from scorpius.account")
    _, answer = api.register(**fields)
    assert answer.status_code == 400 and codes(answer) == {expected}, answer.text
    assert stack.sql("select count(*) n from scorpius.account") == before


def test_password_may_not_be_the_companys_name_with_a_year(api):
    _, answer = api.register(organization_name="Terrassements Vauclin", password="Vauclin2026")
    assert answer.status_code == 400 and codes(answer) == {("weak_password", "password")}


@pytest.mark.parametrize("password", ["TestPassword123!", "MotDePasseSecurise123!", "quatre chevaux sous la pluie"])
def test_good_passwords_pass(api, password):
    body, answer = api.register(password=password)
    assert answer.status_code == 201, answer.text
    assert api.login(body["email"], password).status_code == 200


def test_nobody_registers_as_operator(api):
    _, answer = api.register(role="admin")
    assert answer.status_code == 403 and codes(answer) == {("role_not_allowed", "role")}


def test_an_address_has_one_account_whatever_its_case(api):
    body, _ = api.register()
    _, answer = api.register(email=body["email"].upper())
    assert answer.status_code == 409 and codes(answer) == {("email_taken", "email")}


# --- sessions

def test_login_gives_tokens(account, api):
    answer = api.login(account.email.upper(), account.password)
    assert answer.status_code == 200
    assert answer.json()["data"]["expires_in"] == 1800
    claims = claims_of(answer.json()["data"]["access_token"])
    assert claims["sub"] == account.user["id"] and claims["org"] == account.organization_id
    assert claims["exp"] - claims["iat"] == 1800


def test_wrong_password_and_unknown_account_look_the_same(account, api):
    wrong = api.login(account.email, account.password + "x")
    unknown = api.login(f"{fresh('nul')}@essai.example", account.password)
    for answer in (wrong, unknown):
        assert answer.status_code == 401 and code(answer) == "invalid_credentials"
    assert wrong.json()["errors"] == unknown.json()["errors"]


def test_login_refuses_a_bad_body(api):
    answer = api.post("/auth/login", json={"email": 3, "passwort": "x"})
    assert answer.status_code == 400
    assert codes(answer) == {("invalid_type", "email"), ("missing_field", "password"), ("unknown_field", "passwort")}


def test_refresh_rotates(account, api):
    answer = api.post("/auth/refresh", json={"refresh_token": account.tokens["refresh_token"]})
    assert answer.status_code == 200
    tokens = answer.json()["data"]
    api.remember(tokens)
    assert tokens["refresh_token"] != account.tokens["refresh_token"]
    api.token = tokens["access_token"]
    assert api.get("/auth/me").status_code == 200


def test_reuse_of_a_refresh_token_ends_the_session(account, api):
    old = account.tokens["refresh_token"]
    tokens = api.data("POST", "/auth/refresh", json={"refresh_token": old})
    api.remember(tokens)
    answer = api.post("/auth/refresh", json={"refresh_token": old})
    assert answer.status_code == 401 and code(answer) == "invalid_token"
    assert api.post("/auth/refresh", json={"refresh_token": tokens["refresh_token"]}).status_code == 401
    for token in (tokens["access_token"], account.token):
        api.token = token
        assert api.get("/auth/me").status_code == 401


@pytest.mark.parametrize("body, status, expected", [
    ({}, 400, ("missing_field", "refresh_token")),
    ({"refresh_token": None}, 400, ("missing_field", "refresh_token")),
    ({"refresh_token": 5}, 400, ("invalid_type", "refresh_token")),
    ({"refresh_token": "inconnu-" * 5}, 401, ("invalid_token", None)),
    ({"refresh_token": "A" * 43}, 401, ("invalid_token", None)),
    ({"refresh_token": ""}, 400, ("missing_field", "refresh_token")),
])
def test_refresh_refuses(api, body, status, expected):
    answer = api.post("/auth/refresh", json=body)
    found = codes(answer)
    assert answer.status_code == status
    assert found == {expected} or (status == 401 and {c for c, _ in found} == {expected[0]})


def test_access_token_does_not_refresh(account, api):
    assert api.post("/auth/refresh", json={"refresh_token": account.token}).status_code == 401


def test_logout_ends_this_session_at_once_and_no_other(account, api):
    second = api.login(account.email, account.password).json()["data"]
    assert account.post("/auth/logout").status_code == 204
    answer = account.get("/auth/me")
    assert answer.status_code == 401 and code(answer) == "invalid_token"
    assert api.post("/auth/refresh", json={"refresh_token": account.tokens["refresh_token"]}).status_code == 401
    api.token = second["access_token"]
    assert api.get("/auth/me").status_code == 200


def test_logout_twice(account):
    account.post("/auth/logout")
    assert account.post("/auth/logout").status_code == 401


def test_me(account):
    answer = account.get("/auth/me")
    assert answer.json()["data"] == {**account.user, "email_confirmed": False, "organization_name": "Société d'essai", "version": 1}
    assert account.get("/auth/me", headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304


# --- tokens that are none

def refused(api, header, expected):
    answer = api.get("/auth/me", headers={"Authorization": header})
    assert answer.status_code == 401 and code(answer) == expected, answer.text
    return answer


def test_no_token(api):
    assert refused(api, None, "missing_token").headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("header", ["Bearer", "Basic dXNlcjpwYXNz", "bearer: x"])
def test_no_bearer(api, header):
    answer = api.get("/auth/me", headers={"Authorization": header})
    assert answer.status_code == 401 and code(answer) in ("missing_token", "invalid_token")


@pytest.mark.parametrize("token", ["x", "a.b.c", "a.b", "....", "~!@", "a" * 5000])
def test_no_jwt(api, token):
    refused(api, f"Bearer {token}", "invalid_token")


def test_forged_signature(account, api):
    head, body, signature = account.token.split(".")
    flipped = ("A" if signature[0] != "A" else "B") + signature[1:]
    refused(api, f"Bearer {head}.{body}.{flipped}", "invalid_token")


def test_changed_claims(account, other, api):
    head, body, signature = account.token.split(".")
    claims = claims_of(account.token)
    claims["org"] = other.organization_id
    refused(api, f"Bearer {head}.{b64(claims)}.{signature}", "invalid_token")


def test_no_algorithm(account, api):
    claims = claims_of(account.token)
    for algorithm in ("none", "None", "NONE"):
        for signature in ("", account.token.split(".")[2]):
            refused(api, f"Bearer {b64({'alg': algorithm, 'typ': 'JWT'})}.{b64(claims)}.{signature}", "invalid_token")


def test_other_key(account, api):
    refused(api, f"Bearer {signed(claims_of(account.token), 'k' * 64)}", "invalid_token")


def test_other_algorithm_with_the_right_key(account, api, stack):
    for algorithm in ("HS384", "HS512"):
        refused(api, f"Bearer {signed(claims_of(account.token), stack.env['JWT_SECRET_KEY'], algorithm)}", "invalid_token")


def test_the_right_key_makes_a_right_token(account, api, stack):
    """Else the refusals around this test would prove nothing."""
    token = signed(claims_of(account.token), stack.env["JWT_SECRET_KEY"])
    assert api.get("/auth/me", headers={"Authorization": f"Bearer {token}"}).status_code == 200


def test_expired(account, api, stack):
    claims = claims_of(account.token)
    claims.update(iat=int(time.time()) - 3600, exp=int(time.time()) - 1800)
    answer = refused(api, f"Bearer {signed(claims, stack.env['JWT_SECRET_KEY'])}", "expired_token")
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]


@pytest.mark.parametrize("change", [
    {"type": "refresh"}, {"sub": None}, {"sub": "nobody"}, {"sid": None}, {"sid": 7}, {"exp": None}, {"exp": "soon"}, {"role": "emperor"},
    {"org": "nowhere"},
])
def test_claims_that_are_missing_or_wrong(account, api, stack, change):
    claims = {k: v for k, v in {**claims_of(account.token), **change}.items() if v is not None}
    refused(api, f"Bearer {signed(claims, stack.env['JWT_SECRET_KEY'])}", "invalid_token")


def test_session_of_another_organisation(account, other, api, stack):
    """Even a token that we signed is refused when its session is not of its organisation."""
    claims = {**claims_of(account.token), "org": other.organization_id}
    refused(api, f"Bearer {signed(claims, stack.env['JWT_SECRET_KEY'])}", "invalid_token")


# --- every field of every body

TEXT = ({"faux": 1}, ["x"], 5, True, "x" * 10000)
BODIES = {  # route: (who asks, {field: whether it is needed})
    ("POST", "/auth/register"): (None, {"email": True, "password": True, "full_name": True, "organization_name": False, "role": False}),
    ("POST", "/auth/login"): (None, {"email": True, "password": True}),
    ("POST", "/auth/refresh"): (None, {"refresh_token": True}),
    ("POST", "/auth/password/forgot"): (None, {"email": True}),
    ("POST", "/auth/password/reset"): (None, {"token": True, "password": True}),
    ("POST", "/auth/email/confirm"): (None, {"token": True}),
    ("POST", "/auth/invitations/accept"): (None, {"token": True, "password": True, "full_name": True}),
    ("POST", "/auth/organization/restore"): (None, {"email": True, "password": True}),
    ("POST", "/auth/password"): ("owner", {"current_password": True, "password": True}),
    ("PATCH", "/auth/me"): ("owner", {"full_name": False}),
    ("DELETE", "/auth/me"): ("owner", {"password": True}),
    ("PATCH", "/organization"): ("owner", {"name": False}),
    ("DELETE", "/organization"): ("owner", {"password": True}),
    ("POST", "/users/invitations"): ("owner", {"email": True, "role": False}),
}


@pytest.mark.parametrize("method, path", BODIES)
def test_every_field_of_every_body(account, api, stack, method, path):
    who, fields = BODIES[method, path]
    caller = account if who else api
    good = {"email": f"{fresh('champ')}@essai.example", "password": api.new_password(), "full_name": "Camille", "organization_name": "Essai",
            "role": "bid_manager", "refresh_token": "A" * 43, "token": "A" * 43, "current_password": account.password, "name": "Essai"}
    if path == "/auth/password/reset":
        good["token"] = api.link("password_reset", account.user["id"])
    elif path == "/auth/invitations/accept":
        good["token"] = account.invite()[1]
    accounts = stack.sql("select count(*) n from scorpius.account")
    for field, needed in fields.items():
        for bad in TEXT + ((None, "", "  ") if needed else ()):
            body = {**{f: good[f] for f in fields}, field: bad}
            answer = caller.request(method, path, json=body)
            # Blanks are characters of a password, and then it is a wrong one.
            right = answer.status_code == 400 or (bad == "  " and "password" in field and answer.status_code in (400, 401))
            assert right and (answer.status_code == 401 or field in {f for _, f in codes(answer)}), (field, str(bad)[:20], answer.text)
        if needed:
            answer = caller.request(method, path, json={f: good[f] for f in fields if f != field})
            assert answer.status_code == 400 and ("missing_field", field) in codes(answer), answer.text
    answer = caller.request(method, path, json={**{f: good[f] for f in fields}, "en_trop": 1})
    assert answer.status_code == 400 and ("unknown_field", "en_trop") in codes(answer)
    for content in (b"[]", b'"x"', b"5", b"null", b"{", b""):
        answer = caller.request(method, path, content=content, headers={"Content-Type": "application/json"})
        assert answer.status_code == 400, (content, answer.text)
    assert stack.sql("select count(*) n from scorpius.account") == accounts
    assert account.get("/auth/me").json()["data"]["full_name"] == "Camille Essai"
