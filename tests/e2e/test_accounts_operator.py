"""The operator: accounts of the command line, and routes that show organisations and accounts and nothing else."""

import pytest

from client import Api, code, codes, fresh


def admin_address():
    return f"{fresh('exploitant')}@essai.example"


# --- the command line

def test_add_list_and_log_in(api, stack):
    email, password = admin_address(), api.new_password()
    stack.command("user", "add", email.upper(), "--role", "admin", "--name", "Équipe", "--password-stdin", stdin=password + "\n")
    assert api.login(email, password).status_code == 200
    out, _ = stack.command("user", "list", "--role", "admin")
    line = next(x for x in out.splitlines() if x.startswith(email))
    assert "admin" in line and "actif" in line and "Équipe" in line and all("admin" in x for x in out.splitlines())


def test_a_generated_password_is_shown_once(api, stack):
    email = admin_address()
    out, _ = stack.command("user", "add", email, "--role", "admin", "--generate")
    password = out.strip()
    stack_secret(api, password)
    assert len(password) == 20 and api.login(email, password).status_code == 200
    assert password not in stack.command("user", "list")[0]


def stack_secret(api, password):
    api.secrets[password] = "a password"


@pytest.mark.parametrize("args, stdin, status", [
    (("user",), "", 64), (("user", "add"), "", 64), (("user", "grow", "a@b.example"), "", 64),
    (("user", "add", "a@b.example"), "Un-mot-bien-long-7\n", 64),  # the role is said, never implied
    (("user", "add", "a@b.example", "--role", "viewer", "--password-stdin"), "Un-mot-bien-long-7\n", 64),
    (("user", "add", "a@b.example", "--role", "admin", "--password", "Un-mot-bien-long-7"), "", 64),
    (("user", "add", "a@b.example", "--role", "admin", "--password-stdin", "--generate"), "", 64),
    (("user", "add", "a@b.example", "--role", "admin"), "", 64),  # no terminal to ask at
    (("user", "add", "a@b.example", "--role", "admin", "--password-stdin"), "", 64),
    (("user", "add", "a@b.example", "--role", "admin", "--password-stdin"), "x" * 500 + "\n", 64),
    (("user", "add", "a@b.example", "--role", "admin", "--password-stdin"), "Azerty123!\n", 65),
    (("user", "add", "pas une adresse", "--role", "admin", "--password-stdin"), "Un-mot-bien-long-7\n", 65),
    (("user", "deactivate", "personne@essai.example"), "", 66), (("user", "reset-password", "personne@essai.example", "--generate"), "", 66),
    (("user", "list", "a@b.example"), "", 64),
])
def test_commands_that_are_wrong(stack, args, stdin, status):
    out, err = stack.command(*args, stdin=stdin, status=status)
    assert out == "" and err and "Un-mot-bien-long-7" not in err
    assert stack.sql("select count(*) n from scorpius.account where email = 'a@b.example'") == [{"n": 0}]


def test_an_address_that_is_taken(account, stack, expect_log):
    _, err = stack.command("user", "add", account.email, "--role", "admin", "--generate", status=65)
    assert "existe déjà" in err


def test_deactivate_ends_sessions_at_once(account, api, stack):
    viewer = account.colleague()
    stack.command("user", "deactivate", viewer.email)
    assert viewer.get("/auth/me").status_code == 401 and api.login(viewer.email, viewer.password).status_code == 401
    stack.command("user", "activate", viewer.email)
    assert api.login(viewer.email, viewer.password).status_code == 200
    events = account.data("GET", "/audit-log?action=operator.user_changed")
    assert [e["detail"] for e in events] == [{"active": True}, {"active": False}] and events[0]["account_id"] is None
    _, err = stack.command("user", "deactivate", account.email, status=65)
    assert "propriétaire" in err


def test_revoked_sessions_are_refused_with_the_next_request(account, other, api, stack):
    viewer = account.colleague()
    assert stack.command("user", "revoke-sessions", viewer.email.upper())[0] == "1 session close\n"
    assert viewer.get("/auth/me").status_code == 401
    assert code(api.post("/auth/refresh", json={"refresh_token": viewer.tokens["refresh_token"]})) == "invalid_token"
    assert account.get("/auth/me").status_code == other.get("/auth/me").status_code == 200
    (event,) = account.data("GET", "/audit-log?action=operator.sessions_revoked")
    assert event["detail"] == {"sessions": 1} and event["account_id"] is None and event["target_id"] == viewer.user["id"]
    # The account is as it was: its password lets him in, and there is nothing more to end.
    assert api.login(viewer.email, viewer.password).status_code == 200
    assert stack.command("user", "revoke-sessions", viewer.email)[0] == "1 session close\n"
    assert stack.command("user", "revoke-sessions", viewer.email)[0] == "0 session close\n"


def test_all_sessions_are_revoked_at_once(account, other, operator, api, stack):
    viewer = account.colleague()
    everybody = (account, other, operator, viewer)
    before = stack.sql("select count(*) n from scorpius.session where ended_at is null")[0]["n"]
    assert before >= 4 and stack.command("user", "revoke-sessions", "--all")[0] == f"{before} sessions closes\n"
    assert [who.get("/auth/me").status_code for who in everybody] == [401] * 4
    refused = [api.post("/auth/refresh", json={"refresh_token": who.tokens["refresh_token"]}).status_code for who in everybody]
    assert refused == [401] * 4 and stack.sql("select count(*) n from scorpius.session where ended_at is null") == [{"n": 0}]
    back = api.member(account.user, account.email, account.password)
    (event,) = back.data("GET", "/audit-log?action=operator.sessions_revoked")
    assert event["detail"] == {"sessions": 2} and event["target_id"] is None  # his own organisation's: two people


@pytest.mark.parametrize("arguments, status", [((), 64), (("--all", "a@b.example"), 64), (("personne@essai.example",), 66), (("pas une adresse",), 65)])
def test_sessions_are_revoked_of_somebody_or_of_all(stack, account, arguments, status):
    stack.command("user", "revoke-sessions", *arguments, status=status)
    stack.command("user", "deactivate", "--all", status=64)
    assert account.get("/auth/me").status_code == 200


def test_reset_password(account, api, stack):
    password = api.new_password()
    stack.command("user", "reset-password", account.email, "--password-stdin", stdin=password + "\n")
    assert account.get("/auth/me").status_code == 401 and api.login(account.email, account.password).status_code == 401
    back = api.member(account.user, account.email, password)
    assert [e["action"] for e in back.data("GET", "/audit-log?action=operator.")] == ["operator.password_reset"]


def test_names_do_not_steer_the_terminal(api, stack):
    body, _ = api.register(full_name="\u001b[2J\u009b31mRouge", organization_name="a\nb\tc")
    out, _ = stack.command("user", "list")
    (line,) = [x for x in out.split("\n") if x.startswith(body["email"])]
    assert "\u001b" not in out and "\u009b" not in out and line.count("\t") == 5 and "Rouge" in line


def test_nobody_but_the_command_line_makes_an_operator(account, api, stack):
    for answer in (api.register(role="admin")[1], account.request("PATCH", f"/users/{account.user['id']}", json={"role": "admin"}),
                   account.post("/users/invitations", json={"email": admin_address(), "role": "admin"})):
        assert answer.status_code in (400, 403)
    account.confirm()
    assert account.post("/users/invitations", json={"email": admin_address(), "role": "admin"}).status_code == 400


# --- the routes

def test_organisations_are_listed_with_their_owners(account, other, operator):
    for member in (account, other):
        mine = operator.data("GET", "/admin/organizations?limit=100&search=essai")
        entry = next(o for o in mine if o["id"] == member.organization_id)
        assert entry["owners"] == [{"id": member.user["id"], "email": member.email, "full_name": "Camille Essai"}]
        assert entry["user_count"] == 1
    first = operator.get("/admin/organizations?cursor=&limit=1").json()
    second = operator.get(f"/admin/organizations?limit=1&cursor={first['meta']['next_cursor']}").json()
    assert first["data"][0]["id"] != second["data"][0]["id"]
    assert operator.data("GET", "/admin/organizations?search=%25nul") == []


def test_an_account_is_shown_and_changed(account, operator, api):
    viewer = account.colleague()
    path = f"/admin/users/{viewer.user['id']}"
    seen = operator.get(path)
    assert seen.json()["data"]["organization_name"] == "Société d'essai" and seen.json()["data"]["last_seen_at"]
    assert operator.get(path, headers={"If-None-Match": seen.headers["ETag"]}).status_code == 304
    changed = operator.data("PATCH", path, json={"active": False})
    assert changed["active"] is False and viewer.get("/auth/me").status_code == 401
    assert operator.data("PATCH", path, json={"active": True, "role": "bid_manager", "is_owner": True})["is_owner"] is True
    events = account.data("GET", "/audit-log?action=operator.user_changed")
    assert events[0]["detail"] == {"operator": operator.user["id"], "role": "bid_manager", "is_owner": True, "active": True}
    answer = operator.request("PATCH", path, json={"active": False, "version": 1})
    assert answer.status_code == 409 and code(answer) == "version_conflict"
    assert api.login(viewer.email, viewer.password).status_code == 200


def test_the_operator_keeps_an_owner_too(account, operator):
    answer = operator.request("PATCH", f"/admin/users/{account.user['id']}", json={"active": False})
    assert answer.status_code == 409 and code(answer) == "last_owner"


def test_an_operators_account_is_not_changed_here(operator):
    answer = operator.request("PATCH", f"/admin/users/{operator.user['id']}", json={"active": False})
    assert answer.status_code == 409 and code(answer) == "operator_account"


@pytest.mark.parametrize("body, expected", [
    ({"role": "admin"}, ("invalid_value", "role")), ({"active": "no"}, ("invalid_type", "active")), ({"x": 1}, ("unknown_field", "x")),
])
def test_a_change_that_is_wrong(account, operator, body, expected):
    answer = operator.request("PATCH", f"/admin/users/{account.user['id']}", json=body)
    assert answer.status_code == 400 and codes(answer) == {expected}


def test_nobody_is_there(operator):
    path = "/admin/users/0199a3f2-5c1e-7a44-9d0b-3f6a1c2b4d5e"
    assert operator.get(path).status_code == operator.request("PATCH", path, json={}).status_code == 404


def test_an_operator_changes_his_password_and_sees_his_sessions(operator, api):
    password = api.new_password()
    assert operator.post("/auth/password", json={"current_password": operator.password, "password": password}).status_code == 204
    assert len(operator.data("GET", "/auth/sessions")) == 1
    assert api.login(operator.email, password).status_code == 200
    answer = operator.request("DELETE", "/auth/me", json={"password": password})
    assert answer.status_code == 403 and code(answer) == "forbidden"


def test_a_forged_operator_is_refused_by_the_database(account, api, stack):
    """The right key and the right session, but a role that the account does not have."""
    from test_accounts import claims_of, signed
    claims = {k: v for k, v in claims_of(account.token).items() if k != "org"}
    claims.update(role="admin", owner=False)
    token = signed(claims, stack.env["JWT_SECRET_KEY"])
    assert Api(stack, api.contract, api.secrets, token).get("/admin/organizations").status_code == 401


def test_logins_of_the_operator_stand_in_the_log_of_the_program(operator, api, stack):
    """He has no organisation whose audit log could tell."""
    def told(action):
        return [line for line in stack.log_lines("bulk") if '"audit"' in line and f'"{action}"' in line and operator.user["id"] in line]

    assert len(told("auth.login")) == 1 and told("auth.login_failed") == [] and "127.0.0.1" in told("auth.login")[0]
    assert api.login(operator.email, "un-autre-mot").status_code == 401
    assert len(told("auth.login_failed")) == 1 and operator.email not in told("auth.login_failed")[0]
