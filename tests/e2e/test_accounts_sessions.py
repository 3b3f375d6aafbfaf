"""The sessions of an account: seen, ended one by one or all at once; tokens that are old, cut or of another kind."""

import pytest

from client import Api, code, codes


def again(api, account, agent="essai/2"):
    """A further session of the same account."""
    answer = api.post("/auth/login", json={"email": account.email, "password": account.password}, headers={"User-Agent": agent})
    tokens = answer.json()["data"]
    api.remember(tokens)
    member = Api(api.stack, api.contract, api.secrets, tokens["access_token"])
    member.tokens = tokens
    return member


def test_sessions_are_listed_with_their_device(account, api):
    second = again(api, account, "Navigateur d'essai/7")
    sessions = second.data("GET", "/auth/sessions")
    assert [s["current"] for s in sessions] == [True, False]  # the last used first
    assert sessions[0]["user_agent"] == "Navigateur d'essai/7" and sessions[0]["address"] == "127.0.0.1"
    assert [s["current"] for s in account.data("GET", "/auth/sessions")] == [False, True]


def test_a_hostile_user_agent_is_only_text(account, api):
    for agent in (b"\xff\xfe\xc3", b"a" * 2000, "é".encode() * 400, b"<script>\x7f"):
        answer = api.post("/auth/login", json={"email": account.email, "password": account.password}, headers={"User-Agent": agent})
        assert answer.status_code == 200, answer.text
        api.remember(answer.json()["data"])
    agents = [s["user_agent"] for s in account.data("GET", "/auth/sessions")]
    assert "a" * 300 in agents and "<script>?" in agents and all(len(a.encode()) <= 300 for a in agents)


def test_a_session_is_removed_from_another(account, api):
    second = again(api, account)
    (other,) = [s for s in account.data("GET", "/auth/sessions") if not s["current"]]
    assert account.request("DELETE", f"/auth/sessions/{other['id']}").status_code == 204
    assert second.get("/auth/me").status_code == 401
    assert api.post("/auth/refresh", json={"refresh_token": second.tokens["refresh_token"]}).status_code == 401
    assert len(account.data("GET", "/auth/sessions")) == 1
    assert account.request("DELETE", f"/auth/sessions/{other['id']}").status_code == 404


def test_nobody_removes_a_session_of_somebody_else(account, other):
    (session,) = other.data("GET", "/auth/sessions")
    assert account.request("DELETE", f"/auth/sessions/{session['id']}").status_code == 404
    colleague = account.colleague()
    (session,) = colleague.data("GET", "/auth/sessions")
    assert account.request("DELETE", f"/auth/sessions/{session['id']}").status_code == 404
    assert other.get("/auth/me").status_code == colleague.get("/auth/me").status_code == 200


def test_logout_of_all_sessions_at_once(account, api):
    others = [again(api, account) for _ in range(3)]
    assert account.post("/auth/logout?all=true").status_code == 204
    for member in [account, *others]:
        assert member.get("/auth/me").status_code == 401
        assert api.post("/auth/refresh", json={"refresh_token": member.tokens["refresh_token"]}).status_code == 401


@pytest.mark.parametrize("query", ["all=yes", "all=", "all=1", "all=true&all=true"])
def test_logout_says_clearly_what_it_ends(account, query):
    assert account.post(f"/auth/logout?{query}").status_code == 400
    assert account.get("/auth/me").status_code == 200


def test_however_old_a_refresh_token_is_its_reuse_ends_the_session(account, api):
    first = account.tokens["refresh_token"]
    token = first
    for _ in range(4):
        tokens = api.data("POST", "/auth/refresh", json={"refresh_token": token})
        api.remember(tokens)
        token = tokens["refresh_token"]
    answer = api.post("/auth/refresh", json={"refresh_token": first})
    assert answer.status_code == 401 and code(answer) == "invalid_token"
    assert api.post("/auth/refresh", json={"refresh_token": token}).status_code == 401
    assert account.get("/auth/me").status_code == 401
    reasons = account.stack.sql("select end_reason from scorpius.session where account_id = %s", account.user["id"])
    assert reasons == [{"end_reason": "reuse"}]


def test_tokens_are_not_each_others(account, api):
    """Access for refresh, refresh for access, either for a link; and none that is cut."""
    refresh = account.tokens["refresh_token"]
    assert api.post("/auth/refresh", json={"refresh_token": account.token}).status_code == 401
    assert api.get("/auth/me", headers={"Authorization": f"Bearer {refresh}"}).status_code == 401
    for token in (refresh, account.token):
        for path, more in (("/auth/password/reset", {"password": api.new_password()}), ("/auth/email/confirm", {}),
                           ("/auth/invitations/accept", {"password": api.new_password(), "full_name": "X"})):
            answer = api.post(path, json={"token": token, **more})
            assert answer.status_code == 400 and codes(answer) & {("link_invalid", "token"), ("too_long", "token")}, answer.text
    link = api.link("password_reset", account.user["id"])
    assert api.post("/auth/refresh", json={"refresh_token": link}).status_code == 401
    assert api.get("/auth/me", headers={"Authorization": f"Bearer {link}"}).status_code == 401
    for cut in (refresh[:-1], refresh[1:], refresh + "A", refresh[:20]):
        assert api.post("/auth/refresh", json={"refresh_token": cut}).status_code == 401
    head, body, signature = account.token.split(".")
    for cut in (f"{head}.{body}.{signature[:-1]}", f"{head}.{body}.", f"{head}.{body}", f"{head}.{body[:-4]}.{signature}"):
        assert api.get("/auth/me", headers={"Authorization": f"Bearer {cut}"}).status_code == 401
    assert account.get("/auth/me").status_code == 200  # none of this harmed the session


def test_a_new_device_is_told_by_mail_and_a_known_one_is_not(account, api, stack):
    def mails():
        return stack.sql("select count(*) n from scorpius.job where kind = 'mail' and payload ->> 'purpose' = 'new_sign_in' "
                         "and payload ->> 'account_id' = %s", account.user["id"])[0]["n"]

    assert mails() == 0  # the first login is the person's own
    agent = account.http.headers["User-Agent"]
    again(api, account, agent)
    assert mails() == 0
    again(api, account, "Jamais vu/1")
    assert mails() == 1
    again(api, account, "Jamais vu/1")
    assert mails() == 1
