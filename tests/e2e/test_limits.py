"""Limits of how often, on a stack where they are low: by the workers with Redis, by nginx without, and what an attacker can
not do with them. nginx trusts this machine as a proxy here, so that a test chooses where its clients come from."""

import base64
import concurrent.futures
import fcntl
import hashlib
import hmac
import itertools
import json
import os
import struct
import time

import httpx
import pytest

import prometheus
from client import Api, code, fresh
from stack import Stack, wait_until

PREVIOUS_KEY = "5f0c" * 8 + "a clef d'avant"
LOW = {
    "RATE_LIMIT_AUTH": "5", "RATE_LIMIT_AUTH_ADDRESS": "8", "RATE_LIMIT_UPLOAD": "3", "RATE_LIMIT_UPLOAD_BYTES": "1M",
    "RATE_LIMIT_OTHER": "12", "RATE_LIMIT_ADDRESS": "600", "LOGIN_FREE_FAILURES": "2", "LOGIN_DELAY_MAX": "64", "HASH_WAIT": "1",
    "TRUSTED_PROXIES": "127.0.0.1", "SCRYPT_LOG_N": "11", "JWT_SECRET_KEY_PREVIOUS": PREVIOUS_KEY,
    "SCORPIUS_API_WORKERS": "2", "SCORPIUS_BULK_WORKERS": "2", "JOB_WORKERS": "1",
}


@pytest.fixture(scope="module")
def low():
    s = Stack(settings=LOW)
    yield s
    s.start_stopped()
    s.end()


numbers = itertools.count(1)


def address():
    """One that no other test has."""
    n = next(numbers)
    return f"10.7.{n // 250}.{n % 250 + 1}"


class Client(Api):
    """Somebody at an address."""

    def at(self, place, token=None):
        other = Client(self.stack, self.contract, self.secrets, token or self.token)
        other.place = place
        return other

    def request(self, method, path, headers=None, **more):
        return super().request(method, path, headers={"X-Forwarded-For": getattr(self, "place", None), **(headers or {})}, **more)

    def someone(self):
        """A fresh organisation's, with its own address, which is known to its account (and took one from the strangers' allowance)."""
        here = self.at(address())
        member = here.account()
        here.token, here.email, here.password, here.user = member.token, member.email, member.password, member.user
        return here

    def try_login(self, email=None, password="mauvais-mot-de-passe"):
        return self.post("/auth/login", json={"email": email or f"{fresh('nul')}@essai.example", "password": password})


@pytest.fixture
def world(low, contract, secrets):
    return Client(low, contract, secrets)


def too_many(answer, by="the workers"):
    assert answer.status_code == 429 and code(answer) == "too_many_requests", answer.text
    assert 1 <= int(answer.headers["Retry-After"]) <= 3600
    assert by is None or ("RateLimit-Limit" in answer.headers) == (by == "the workers")
    return answer


def deactivate(stack, member):
    """Past the trigger by which an organisation keeps an owner: these members are alone in theirs."""
    stack.sql("set session_replication_role = replica; update scorpius.account set active = false where id = %s; "
              "reset session_replication_role", member.user["id"])


# --- logins and the like

def test_an_address_has_so_many_logins_a_minute(world):
    here = world.at(address())
    for i in range(8):
        answer = here.try_login()
        assert answer.status_code == 401
        # The account's own allowance may be nearer to its end.
        assert int(answer.headers["RateLimit-Remaining"]) <= 7 - i + 1
    answer = too_many(here.try_login())
    assert (answer.headers["RateLimit-Limit"], answer.headers["RateLimit-Remaining"]) == ("8", "0")
    assert 1 <= int(answer.headers["RateLimit-Reset"]) <= 60
    too_many(here.post("/auth/refresh", json={"refresh_token": "A" * 43}), by=None)
    assert world.at(address()).try_login().status_code == 401


def test_the_message_is_in_the_readers_language(world):
    here = world.at(address())
    for _ in range(8):
        here.try_login()
    answer = too_many(here.post("/auth/login", headers={"Accept-Language": "fr"}, json={"email": "a@b.example", "password": "x"}))
    assert answer.json()["errors"][0]["message"] == "trop de requêtes\u00a0; réessayez plus tard"


def test_many_addresses_do_not_help_against_one_account_and_do_not_lock_its_owner_out(world):
    owner = world.someone()
    for _ in range(4):
        assert world.at(address()).try_login(owner.email).status_code == 401
    too_many(world.at(address()).try_login(owner.email))
    # Not even the right password is looked at now, from a place that nobody knows ...
    too_many(world.at(address()).try_login(owner.email, owner.password))
    # ... but the owner comes from where he came before.
    assert owner.login(owner.email, owner.password).status_code == 200
    assert owner.get("/auth/me").status_code == 200


def failed_often(stack, client):
    """As after seven failures: the next one brings a wait of half a minute, which is over before no other try, however slow the machine."""
    pair = stack.redis("keys", f"login:pair:*:{client.place}")
    assert stack.redis("hget", pair, "n") == "2", "two are free, and were counted"
    stack.redis("hset", pair, "n", 7)
    return pair


def test_wrong_passwords_make_the_next_try_wait(world, low):
    owner, guesser = world.someone(), world.at(address())
    for _ in range(2):
        assert guesser.try_login(owner.email).status_code == 401
    pair = failed_often(low, guesser)
    assert guesser.try_login(owner.email).status_code == 401
    answer = too_many(guesser.try_login(owner.email, owner.password))
    assert int(answer.headers["Retry-After"]) <= 32
    assert owner.login(owner.email, owner.password).status_code == 200, "others do not wait for him"
    low.redis("hset", pair, "until", 0)  # the wait is over
    assert guesser.login(owner.email, owner.password).status_code == 200
    assert low.redis("exists", pair) == "0", "the right password forgives"


def test_an_unknown_account_is_guarded_like_a_known_one(world, low):
    for email in (world.someone().email, f"{fresh('personne')}@essai.example"):
        guesser = world.at(address())
        seen = [guesser.try_login(email) for _ in range(2)]
        failed_often(low, guesser)
        seen += [guesser.try_login(email) for _ in range(2)]
        assert [(a.status_code, code(a)) for a in seen] == [(401, "invalid_credentials")] * 3 + [(429, "too_many_requests")]


def test_redis_holds_no_address_of_a_person(world, low):
    owner = world.someone()
    world.at(address()).try_login(owner.email)
    kept = low.redis("keys", "*")
    assert "login:" in kept and owner.email not in kept


# --- uploads

def test_an_organisation_has_so_many_uploads_a_minute(world):
    member = world.someone()
    for i in range(3):
        assert member.upload(("a.txt", f"{i}\n".encode()), query="?process=false")
    answer = too_many(member.upload(("a.txt", b"encore\n"), status=429))
    assert answer.headers["RateLimit-Limit"] == "3"
    too_many(member.at(address()).upload(("a.txt", b"ailleurs\n"), status=429))
    assert member.get("/documents").status_code == 200, "other requests have their own limit"
    assert world.someone().upload(("a.txt", b"un autre\n"), query="?process=false")


def test_parts_are_uploads(world):
    member = world.someone()
    path = member.post("/uploads", headers={"Upload-Length": "1", "Upload-Metadata": "filename YS50eHQ="}).headers["Location"]
    for _ in range(3):
        assert member.request("PATCH", path, headers={"Content-Type": "application/offset+octet-stream", "Upload-Offset": "0"}).status_code == 204
    too_many(member.upload(("a.txt", b"encore\n"), status=429))
    assert member.request("HEAD", path).status_code == 200, "asking where it is has another limit"


def test_an_organisation_has_so_many_bytes_an_hour(world, low):
    member = world.someone()
    files = low.files()
    member.upload(("a.txt", b"a" * 700_000), query="?process=false")
    answer = too_many(member.upload(("b.txt", b"b" * 700_000), status=429))
    assert answer.headers["RateLimit-Limit"] == str(1 << 20) and int(answer.headers["Retry-After"]) > 60
    member.upload(("c.txt", b"c" * 1000), query="?process=false")
    wait_until(lambda: len(low.files()) == len(files) + 2, 10, "the refused file to be nowhere")


# --- all else

def test_an_account_has_so_many_requests_a_minute(world):
    member, other = world.someone(), world.someone()
    left = [int(member.get("/auth/me").headers["RateLimit-Remaining"]) for _ in range(12)]
    assert left == list(range(11, -1, -1))
    answer = too_many(member.get("/auth/me"))
    assert answer.headers["RateLimit-Limit"] == "12"
    too_many(member.at(address()).get("/documents"))
    assert other.get("/auth/me").status_code == 200
    for path in ("/live", "/ready", "/health", "/api/v1/health"):
        assert "RateLimit-Limit" not in member.get(path).headers


def test_who_is_nobody_is_counted_by_address(world):
    here = world.at(address())
    for _ in range(12):
        assert here.get("/").status_code == 200
    too_many(here.get("/"))
    assert world.at(address()).get("/").status_code == 200


# --- whose address it is

def test_what_a_client_says_about_its_address_counts_for_nothing(world):
    """Behind a trusted proxy the last address that it did not write itself counts; past it, none."""
    place = address()
    for i in range(8):
        assert world.at(f"198.51.100.{i}, {place}").try_login().status_code == 401
    too_many(world.at(f"198.51.100.99, {place}").try_login())


def test_without_a_trusted_proxy_the_header_is_not_looked_at(low):
    with httpx.Client(transport=httpx.HTTPTransport(uds=str(low.run / "http.sock")), base_url="http://localhost") as direct:
        seen = [direct.post("/api/v1/auth/login", json={"email": f"{fresh('nul')}@essai.example", "password": "x"},
                            headers={"X-Forwarded-For": f"198.51.100.{i}", "X-Real-IP": f"198.51.100.{i}", "Forwarded": f"for=198.51.100.{i}"}
                            ).status_code for i in range(10)]
    assert seen[:8] == [401] * 8 and 429 in seen[8:]


def test_a_network_counts_as_one_address_in_ipv6(world):
    for i in range(8):
        assert world.at(f"2001:db8:7:1:{i:x}::{i + 1:x}").try_login().status_code == 401
    too_many(world.at("2001:db8:7:1:ffff::1").try_login())
    assert world.at("2001:db8:7:2::1").try_login().status_code == 401


# --- without Redis

@pytest.fixture
def no_redis(low, world):
    low.stop("redis")
    yield
    low.start("redis")
    # Each worker of both pools finds it again, after a pause of its own.
    for ask in (lambda: world.at(address()).get("/"), lambda: world.at(address()).try_login()):
        wait_until(lambda: all("RateLimit-Limit" in ask().headers for _ in range(6)), 30, "the workers to find Redis again")


def test_without_redis_nginx_holds(world, low, no_redis):
    here, begun = world.at(address()), time.monotonic()
    seen = [here.try_login()]
    while seen[-1].status_code == 401:
        seen.append(here.try_login())
    later = (time.monotonic() - begun) * 8 / 60  # so many more are let through meanwhile
    assert 8 <= len(seen) - 1 <= 10 + later and all("RateLimit-Limit" not in a.headers for a in seen)
    too_many(seen[-1], by="nginx")
    assert "fr" not in seen[-1].headers.get("Content-Language", "")
    french = here.post("/auth/login", headers={"Accept-Language": "fr"}, json={"email": "a@b.example", "password": "x"})
    assert too_many(french, by="nginx").json()["errors"][0]["message"] == "trop de requêtes\u00a0; réessayez plus tard"
    assert world.at(address()).try_login().status_code == 401


def test_without_redis_any_request_is_limited_by_nginx(world, no_redis):
    here = world.at(address())
    # Several at once: asked slowly enough, on a busy machine, nothing is too much.
    statuses = []
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        while len(statuses) < 1500 and 429 not in statuses:
            statuses += pool.map(lambda _: here.get("/").status_code, range(150))
    assert statuses.count(200) >= 60 and set(statuses) == {200, 429} and 429 not in statuses[:50]
    assert {here.get("/live").status_code for _ in range(30)} == {200}


def test_without_redis_ended_sessions_and_deactivated_users_are_refused(world, low, no_redis):
    member = world.at(address()).account()
    here = world.at(address(), member.token)
    assert here.get("/auth/me").status_code == 200
    assert here.post("/auth/logout").status_code == 204
    assert here.get("/auth/me").status_code == 401
    second = world.at(address()).account()
    deactivate(low, second)
    assert world.at(address(), second.token).get("/auth/me").status_code == 401


# --- sessions

def line_of(stack, answer):
    return wait_until(lambda: stack.requests(answer.headers["X-Request-Id"]), 5, "the log line")[0]


def test_the_token_of_an_ended_session_soon_costs_no_transaction(world, low):
    member = world.someone()
    assert member.post("/auth/logout").status_code == 204
    first, second = member.get("/auth/me"), member.get("/auth/me")
    assert first.status_code == second.status_code == 401
    assert line_of(low, first)["round_trips"] > 0 and line_of(low, second)["round_trips"] == 0


def test_a_deactivated_user_is_refused_on_the_next_request(world, low):
    member = world.someone()
    deactivate(low, member)
    assert member.get("/auth/me").status_code == 401
    assert member.try_login(member.email, member.password).status_code == 401


def signed(claims, key):
    def b64(data):
        return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
    head = b64(b'{"alg":"HS256","typ":"JWT"}') + "." + b64(json.dumps(claims).encode())
    return head + "." + b64(hmac.new(key.encode(), head.encode(), hashlib.sha256).digest())


def test_the_key_before_this_one_is_still_accepted_and_signs_nothing(world, low):
    member = world.someone()
    part = member.token.split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    old = world.at(member.place, signed(claims, PREVIOUS_KEY))
    assert old.get("/auth/me").status_code == 200
    assert member.token == signed_like(member.token, low.env["JWT_SECRET_KEY"])
    assert world.at(member.place, signed(claims, PREVIOUS_KEY[::-1])).get("/auth/me").status_code == 401


def signed_like(token, key):
    head, body, _ = token.split(".")
    digest = hmac.new(key.encode(), f"{head}.{body}".encode(), hashlib.sha256).digest()
    return f"{head}.{body}." + base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


# --- passwords

def test_no_more_than_half_of_the_cores_hash_and_the_rest_hear_that_it_is_busy(world, low):
    member = world.someone()
    with open(low.run / "hash-slots", "r+b") as f:
        places = max(1, os.cpu_count() // 2)
        # F_OFD_SETLK, which Python does not name everywhere.
        fcntl.fcntl(f, 37, struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, 0, places, 0))
        answer = member.try_login(member.email, member.password)
        assert answer.status_code == 503 and code(answer) == "server_busy"
        assert 1 <= int(answer.headers["Retry-After"]) <= 10
        assert member.get("/auth/me").status_code == 200
    assert member.login(member.email, member.password).status_code == 200


def mcf(password, log_n):
    salt = os.urandom(16)
    digest = hashlib.scrypt(password.encode(), salt=salt, n=1 << log_n, r=8, p=1, dklen=64)
    return f"$s1${log_n:02x}0801${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"


def stored(stack, member):
    return stack.sql("select password_hash from scorpius.account where id = %s", member.user["id"])[0]["password_hash"]


def test_a_raised_cost_is_taken_up_by_the_next_login(world, low):
    member = world.someone()
    assert stored(low, member).startswith("$s1$0b0801$")
    low.sql("update scorpius.account set password_hash = %s where id = %s", mcf(member.password, 10), member.user["id"])
    assert member.try_login(member.email).status_code == 401
    assert stored(low, member).startswith("$s1$0a0801$"), "a wrong password changes nothing"
    assert member.login(member.email, member.password).status_code == 200
    assert stored(low, member).startswith("$s1$0b0801$")
    assert member.login(member.email, member.password).status_code == 200


def test_a_lowered_cost_weakens_no_hash(world, low):
    member = world.someone()
    low.sql("update scorpius.account set password_hash = %s where id = %s", mcf(member.password, 12), member.user["id"])
    assert member.login(member.email, member.password).status_code == 200
    assert stored(low, member).startswith("$s1$0c0801$")


def test_refusing_costs_the_same_work_whether_there_is_such_an_account(world, low):
    """Work, not time: what the workers counted where it was done."""
    cheap, dear, closed = world.someone(), world.someone(), world.someone()
    low.sql("update scorpius.account set password_hash = %s where id = %s", mcf(cheap.password, 10), cheap.user["id"])
    deactivate(low, closed)
    here = world.at(address())
    lines = [line_of(low, here.try_login(email)) for email in (None, cheap.email, dear.email, closed.email)]
    assert {(line["status"], line["hash_work"], line["statements"], line["round_trips"]) for line in lines} == \
        {(401, 2048, lines[0]["statements"], lines[0]["round_trips"])}
    right = line_of(low, dear.try_login(dear.email, dear.password))
    assert right["hash_work"] == 2048


def test_a_refused_login_is_an_event_of_the_accounts_organisation(world, low):
    owner, here = world.someone(), world.at(address())
    before = low.sql("select count(*) n from scorpius.audit_event")[0]["n"]
    answer = here.try_login(owner.email)
    here.try_login()  # of nobody: an event of nobody's
    event, = low.sql("select organization_id::text o, request_id, detail->>'address' address from scorpius.audit_event "
                     "where action = 'auth.login_failed' and account_id = %s", owner.user["id"])
    assert (event["o"], event["request_id"], event["address"]) == \
        (owner.user["organization_id"], answer.headers["X-Request-Id"], here.place)
    assert low.sql("select count(*) n from scorpius.audit_event")[0]["n"] == before + 1


def test_invitations_are_as_rare_as_logins(world):
    """Each is a letter to somebody who did not ask for one."""
    me = world.someone()
    me.confirm()
    answers = [me.post("/users/invitations", json={"email": f"{fresh('invite')}@essai.example"}) for _ in range(6)]
    assert [a.status_code for a in answers[:3]] == [201] * 3
    too_many(answers[5])


def test_a_session_is_no_way_around_the_delays(world, low):
    """Two failures are free here."""
    me = world.someone()

    def change(current):
        return me.post("/auth/password", json={"current_password": current, "password": me.new_password()})

    for n in range(3):
        if n == 2:
            failed_often(low, me)
        answer = change("faux")
        assert answer.status_code == 400 and code(answer) == "wrong_password"
    too_many(change("faux"))


def test_refusals_are_seen_in_the_metrics(low, world):
    me = world.someone()
    before = prometheus.read(low)
    answers = [me.get("/documents").status_code for _ in range(20)]
    assert set(answers) == {200, 429}
    rise = prometheus.read(low).get("scorpius_rate_limited_total", limit="other") - before.get("scorpius_rate_limited_total", limit="other")
    assert rise == answers.count(429)
