"""Large bodies: nginx asks who sends one before it takes it in, and who may not send it hears so at once."""

import base64
import contextlib
import json
import os
import pathlib
import signal
import socket
import time

import httpx
import pytest

import prometheus
from client import code, fresh, raw
from stack import wait_until
from test_limits import signed

LARGE = 4_000_000
BEGUN = 300_000  # more than nginx keeps in memory, so that a body which is taken in is seen in its folder
PLACES = ["POST /api/v1/documents", "POST /api/v1/tenders/0199a3f2-5c1e-7a44-9d0b-3f6a1c2b4d5e/documents",
          "PATCH /api/v1/uploads/0199a3f2-5c1e-7a44-9d0b-3f6a1c2b4d5e"]


def bodies(stack):
    return [name for _, _, names in os.walk(pathlib.Path(stack.env["NGINX_TEMP_PATH"]) / "body") for name in names]


def head(place, token=None, length=LARGE, **more):
    """The headers of a large request; length None: chunked."""
    headers = {"Host": "x", "X-Request-Id": fresh("grand"), "Content-Type": "multipart/form-data; boundary=limite-essai",
               **({"Transfer-Encoding": "chunked"} if length is None else {"Content-Length": length}),
               **({"Authorization": f"Bearer {token}"} if token else {}), **more}
    if place.startswith("PATCH"):
        headers.update({"Content-Type": "application/offset+octet-stream", "Upload-Offset": 0, "Tus-Resumable": "1.0.0"})
    return headers, f"{place} HTTP/1.1\r\n" + "".join(f"{k}: {v}\r\n" for k, v in headers.items()) + "\r\n"


@contextlib.contextmanager
def begun(stack, text, sent):
    """A request whose body has begun and doesn't go on."""
    with socket.create_connection(("127.0.0.1", stack.port), timeout=20) as s:
        s.sendall(text.encode() + sent)
        yield s


def answer_of(s):
    """(status, headers, body) of what comes while the request waits; fails when nothing does."""
    got = b""
    while b"\r\n\r\n" not in got or len(got.partition(b"\r\n\r\n")[2]) < int(httpx.Headers(
            [tuple(line.split(": ", 1)) for line in got.partition(b"\r\n\r\n")[0].decode().split("\r\n")[1:]])["Content-Length"]):
        piece = s.recv(65536)
        assert piece, f"closed after {got!r}"
        got += piece
    first, _, body = got.partition(b"\r\n\r\n")
    lines = first.decode().split("\r\n")
    return int(lines[0].split()[1]), httpx.Headers([tuple(line.split(": ", 1)) for line in lines[1:]]), body


def refused(stack, contract, place, token=None, length=LARGE, **more):
    """The code by which a large request that has only begun is refused, with nothing of it kept."""
    before = bodies(stack)
    headers, text = head(place, token, length, **more)
    sent = b"z" * BEGUN if length is not None else b"%x\r\n%s\r\n" % (BEGUN, b"z" * BEGUN)
    with begun(stack, text, sent) as s:
        status, got, body = answer_of(s)
        assert bodies(stack) == before
    contract.check(*place.split(), httpx.Headers({k: str(v) for k, v in headers.items()}), status, got, body)
    assert status == 401, body
    return json.loads(body)["errors"][0], got


@pytest.fixture
def tokens(account, api, stack, secrets):
    """{code: a token that is refused with it}"""
    gone = api.account()
    assert gone.post("/auth/logout").status_code == 204
    part = account.token.split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    old = signed({**claims, "iat": int(time.time()) - 7200, "exp": int(time.time()) - 3600}, stack.env["JWT_SECRET_KEY"])
    secrets[old] = "an expired token"
    return {"missing_token": [None], "expired_token": [old], "invalid_token": ["faux", gone.token]}


@pytest.mark.parametrize("length", [LARGE, None], ids=["long", "chunked"])
@pytest.mark.parametrize("place", PLACES)
def test_who_may_not_send_it_hears_so_before_it_is_sent(stack, contract, tokens, place, length):
    for expected, some in tokens.items():
        for token in some:
            assert refused(stack, contract, place, token, length)[0]["code"] == expected


@pytest.mark.parametrize("place", PLACES)
def test_the_answer_is_the_one_that_a_small_request_gets(stack, contract, api, tokens, place):
    method, path = place.split()
    for language in ("en", "fr"):
        for token in (t for some in tokens.values() for t in some):
            more = {"Accept-Language": language, "Origin": "https://app.essai.example"}
            large, headers = refused(stack, contract, place, token, **more)
            small = api.request(method, path, headers={**more, **({"Authorization": f"Bearer {token}"} if token else {})}, content=b"z")
            assert small.status_code == 401 and small.json()["errors"] == [large]
            for name in ("WWW-Authenticate", "Access-Control-Allow-Origin", "Access-Control-Allow-Credentials", "Cache-Control", "Content-Type", "Vary",
                         "Tus-Resumable"):
                assert headers.get_list(name) == small.headers.get_list(name), name


def test_who_asks_whether_to_send_is_not_told_to(stack):
    for token in (None, "faux"):
        status, headers, _ = raw(stack, head(PLACES[0], token, Expect="100-continue")[1].encode())
        assert status == 401 and "WWW-Authenticate" in headers


def test_a_good_token_is_asked_to_go_on(stack, account):
    with begun(stack, head(PLACES[0], account.token, Expect="100-continue")[1], b"") as s:
        assert s.recv(1000).startswith(b"HTTP/1.1 100 ")


def test_a_large_upload_is_one_request(stack, account, settled):
    """One line of log, one count, one of the limits."""
    def counted():
        page = prometheus.read(stack)
        return [page.total("scorpius_http_requests_total", **{"class": c}) for c in ("documents", "system")]
    first = account.post("/documents?process=false", files={"file": ("a.txt", b"a" * 1_500_000)})
    before = counted()
    second = account.post("/documents?process=false", files={"file": ("b.txt", b"b" * 1_500_000)})
    after = counted()
    assert first.status_code == second.status_code == 201
    assert 1_500_000 < int(first.headers["RateLimit-Remaining"]) - int(second.headers["RateLimit-Remaining"]) < 1_501_000, "its bytes, once"
    assert [b - a for a, b in zip(before, after)] == [1, 0]
    lines = wait_until(lambda: stack.requests(second.headers["X-Request-Id"]), 5, "the log line")
    assert [line["route"] for line in lines] == ["/api/v1/documents"]
    assert account.http.get(f"/api/v1/documents/{second.json()['data']['id']}/content",
                            headers={"Authorization": f"Bearer {account.token}"}).content == b"b" * 1_500_000


def test_a_refusal_is_one_request(stack, contract):
    headers = refused(stack, contract, PLACES[0])[1]
    lines = wait_until(lambda: stack.requests(headers["X-Request-Id"]), 5, "the log line")
    assert [(line["route"], line["status"], line["code"]) for line in lines] == [("/token", 401, "missing_token")]


def test_a_small_upload_is_not_asked_about(stack, api):
    answer = api.post("/documents", files={"file": ("a.txt", b"a" * 900_000)})
    assert answer.status_code == 401
    lines = wait_until(lambda: stack.requests(answer.headers["X-Request-Id"]), 5, "the log line")
    assert [(line["method"], line["route"]) for line in lines] == [("POST", "/api/v1/documents")]


def test_a_large_part_of_an_upload_arrives(account):
    made = account.post("/uploads?process=false", headers={"Upload-Length": "1500000", "Upload-Metadata": "filename YS50eHQ="})
    answer = account.request("PATCH", made.headers["Location"], content=b"c" * 1_500_000,
                             headers={"Content-Type": "application/offset+octet-stream", "Upload-Offset": "0", "Tus-Resumable": "1.0.0"})
    assert answer.status_code == 204 and answer.headers["Upload-Offset"] == "1500000"


@pytest.mark.parametrize("place", ["PUT /api/v1/documents", "DELETE /api/v1/documents", "GET /api/v1/documents", "POST /api/v1/%64ocuments",
                                   "POST /api/v1//documents", "POST /x/../api/v1/documents", "POST /api/v1/uploads/x", "PATCH /api/v1/upload%73/x", "POST /nginx-upload",
                                   "POST /nginx-gate", "POST /token"])
def test_by_another_way_nothing_large_is_taken_in(stack, place, expect_log):
    expect_log("client intended to send too large body")
    before = bodies(stack)
    with begun(stack, head(place)[1], b"z" * BEGUN) as s:
        status, _, body = answer_of(s)
        assert bodies(stack) == before
    assert status in (404, 413), body


def test_the_question_is_not_for_clients(stack, account):
    tricks = {"Authorization": f"Bearer {account.token}", "Scorpius-Listener": "internal", "X-Original-URL": "/token"}
    for path in ("/token", "/nginx-gate", "/nginx-upload", "/%74oken", "/x/../nginx-gate", "/api/v1/token"):
        assert account.http.get(path, headers=tricks).status_code == 404
    assert httpx.get(f"http://127.0.0.1:{stack.settings['METRICS_PORT']}/token", headers=tricks).status_code == 404


# --- nobody answers the question

@pytest.fixture
def frozen_pool(stack, expect_log):
    expect_log(r"upstream timed out")
    pids = [stack.pid("api"), *stack.workers("api")]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    yield
    for pid in pids:
        os.kill(pid, signal.SIGCONT)


@pytest.fixture
def absent_pool(stack, expect_log):
    expect_log(r"api\.sock failed")
    socket_path = stack.run / "api.sock"
    aside = socket_path.with_name("aside.sock")
    socket_path.rename(aside)
    yield
    aside.rename(socket_path)


@pytest.mark.parametrize("pool", ["frozen_pool", "absent_pool"])
def test_without_an_answer_it_goes_on_as_it_is(stack, account, api, settled, pool, request):
    request.getfixturevalue(pool)
    begun_at = time.monotonic()
    answer = account.post("/documents?process=false", files={"file": ("a.txt", fresh("a").encode() * 100_000)})
    assert answer.status_code == 201, answer.text
    assert time.monotonic() - begun_at < 30
    answer = api.post("/documents", files={"file": ("a.txt", b"a" * 1_500_000)})
    assert answer.status_code == 401 and code(answer) == "missing_token"


def test_a_service_that_is_away_refuses_nobody(stack, account, expect_log):
    """Whether the session lives can't be asked: the upload itself tells."""
    expect_log("the database system is (starting up|shutting down|not yet accepting connections)|terminating connection")
    stack.stop("postgres", signal.SIGQUIT)
    try:
        answer = account.post("/documents", files={"file": ("a.txt", b"a" * 1_500_000)})
        assert answer.status_code == 503 and code(answer) == "service_unavailable"
    finally:
        stack.start_stopped()
        wait_until(lambda: account.get("/health?detailed=true").json().get("status") == "healthy", 60, "the stack to heal")
        stack.healed()
