"""Rules that hold for every operation, and for what nginx answers by itself."""

import json
import re
import uuid

import pytest

import operations
from client import code, fresh, raw

@pytest.fixture(scope="module")
def things(stack, contract, secrets):
    import client
    anonymous = client.Api(stack, contract, secrets)
    return operations.Things(anonymous.account())


# --- who may call

@pytest.mark.parametrize("op", operations.PRIVATE, ids=operations.name)
def test_a_token_is_needed(api, things, op):
    answer = api.request(op.method, things.path(op), **operations.arguments(op))
    assert answer.status_code == 401 and code(answer) == "missing_token"


@pytest.mark.parametrize("op", [o for o in operations.PRIVATE if o.method != "GET" and o not in operations.OWN], ids=operations.name)
def test_a_viewer_changes_nothing(things, op):
    answer = things.colleague.request(op.method, operations.path_of_nobody(op), **operations.arguments(op))
    assert answer.status_code == 403 and code(answer) == "forbidden"


def test_a_viewer_reads(things):
    assert things.colleague.get("/documents").status_code == 200
    assert things.colleague.get("/auth/me").json()["data"]["role"] == "viewer"


@pytest.mark.parametrize("op", [o for o in operations.PRIVATE if o not in operations.OPERATORS
                                and (o not in operations.OWN or o.id in operations.MEMBERS_OWN)], ids=operations.name)
def test_the_operator_sees_no_tender_and_no_document(things, op):
    answer = things.operator.request(op.method, operations.path_of_nobody(op), **operations.arguments(op))
    assert answer.status_code == 403 and code(answer) == "forbidden"
    assert things.operator.get("/auth/me").json()["data"]["organization_id"] is None


@pytest.mark.parametrize("op", operations.OPERATORS, ids=operations.name)
def test_only_the_operator_manages_accounts(things, op):
    for member in (things.member, things.colleague):
        answer = member.request(op.method, things.path(op), **operations.arguments(op))
        assert answer.status_code == 403 and code(answer) == "forbidden"
    # 409: what is there can't be brought back
    assert things.operator.request(op.method, things.path(op), **operations.arguments(op)).status_code in (200, 409)


# --- two organisations

@pytest.mark.parametrize("op", [o for o in operations.WITH_ID if o not in operations.OPERATORS], ids=operations.name)
def test_what_another_organisation_has_does_not_exist(account, things, op):
    foreign = account.request(op.method, things.path(op), **operations.arguments(op))
    nobodys = account.request(op.method, operations.path_of_nobody(op), **operations.arguments(op))
    assert foreign.status_code == nobodys.status_code == 404
    assert foreign.json()["errors"] == nobodys.json()["errors"]


def test_lists_show_ones_own_only(account, other, things):
    assert account.data("GET", "/documents") == [] and account.data("GET", "/tenders") == []
    assert account.data("GET", f"/documents?tender_id={things.tender['id']}") == []


def test_what_another_organisation_has_cannot_be_taken(account, things):
    tender = account.data("POST", "/tenders", 201, json={})
    answer = account.post(f"/tenders/{tender['id']}/documents", json={"document_ids": [things.document["id"]]})
    assert answer.status_code == 404
    account.upload(("a.txt", b"un intrus\n"), tender_id=things.tender["id"], status=404)
    assert things.member.data("GET", f"/tenders/{things.tender['id']}")["document_count"] == 1


def test_the_same_bytes_in_two_organisations(account, other):
    """What one has stored tells another nothing."""
    a, b = (m.upload(("a.txt", b"un contenu en commun\n")) for m in (account, other))
    assert a["sha256"] == b["sha256"] and a["id"] != b["id"]
    assert a.keys() == b.keys() and a["status"] == b["status"]


# --- requests that are wrong in ways which concern no operation

@pytest.mark.parametrize("op", operations.DYNAMIC, ids=operations.name)
def test_unknown_parameters_are_refused(things, op):
    answer = things.caller(op).request(op.method, things.path(op) + "?nope=1", **operations.arguments(op))
    assert answer.status_code == 400 and code(answer) == "unknown_parameter"
    assert answer.json()["errors"][0]["field"] == "nope"


@pytest.mark.parametrize("op", operations.ALL, ids=operations.name)
def test_an_address_may_be_too_long(things, op):
    answer = things.member.request(op.method, things.path(op) + "?x=" + "y" * 20000)
    assert answer.status_code == 414 and code(answer) == "uri_too_long"


@pytest.mark.parametrize("op", [o for o in operations.ALL if o.id in operations.STATIC], ids=operations.name)
def test_files_and_a_broken_request(stack, contract, op):
    status, headers, body = raw(stack, f"{op.method} {op.template} HTTP/1.1\r\nHost: a b\r\n\r\n".encode())
    contract.check(op.method, op.template, {}, status, headers, body)
    assert status == 400


@pytest.mark.parametrize("op", [o for o in operations.ALL if o.method != "GET"], ids=operations.name)
def test_a_body_may_be_too_large(things, contract, stack, op, expect_log):
    expect_log("client intended to send too large body")
    path = things.path(op)
    status, headers, body = raw(stack, f"{op.method} {path} HTTP/1.1\r\nHost: x\r\nX-Request-Id: trop-grand\r\nAuthorization: Bearer {things.caller(op).token}\r\n"
                                f"Content-Type: application/json\r\nContent-Length: 99999999999\r\n\r\n".encode())
    contract.check(op.method, path, {"X-Request-Id": "trop-grand"}, status, headers, body)
    assert status == 413 and json.loads(body)["errors"][0]["code"] == "body_too_large"
    assert headers["X-Request-Id"] == "trop-grand"


@pytest.mark.parametrize("op", operations.WITH_BODY, ids=operations.name)
def test_a_body_may_be_of_a_wrong_type(things, op):
    answer = things.caller(op).request(op.method, things.path(op), content=b"<xml/>", headers={"Content-Type": "application/xml"})
    assert answer.status_code == 415 and code(answer) == "unsupported_media_type"


@pytest.mark.parametrize("method, path", [
    (m, p) for m in ("PUT", "PATCH", "DELETE", "TRACE", "PROPFIND") for p in sorted({o.template for o in operations.ALL})
    if (m, p) not in {(o.method, o.template) for o in operations.ALL}])
def test_other_methods(things, path, method):
    address = operations.address(path, document_id=things.document["id"], tender_id=things.tender["id"])
    answer = things.member.request(method, address)
    assert answer.status_code == 405 and code(answer) == "method_not_allowed"


@pytest.mark.parametrize("path", ["/api/v1/nowhere", "/api/v2/documents", "/api/v1/documents/", "/api/v1//documents", "/favicon.ico",
                                  "/api/v1/auth", "/API/v1/live", "/nginx-error/500", "/api/v1/tenders/x/y/z"])
def test_addresses_that_are_none(api, path):
    answer = api.http.get(path, headers={"X-Request-Id": "nulle-part"})
    api.contract.check("GET", path, {"X-Request-Id": "nulle-part"}, answer.status_code, answer.headers, answer.content)
    assert answer.status_code == 404 and code(answer) == "route_not_found"


@pytest.mark.parametrize("request_text", [
    "NONSENSE\r\n\r\n", "GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", "GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: x\r\nX-Long: " + "y" * 40000 + "\r\n\r\n",
    "POST /api/v1/tenders HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
    "POST /api/v1/tenders HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
])
def test_broken_requests_get_the_envelope_too(stack, contract, request_text):
    status, headers, body = raw(stack, request_text.encode())
    contract.check("GET", "/nowhere", {}, status, headers, body)
    assert status == 400 and json.loads(body)["errors"][0]["code"] == "malformed_request"


# --- languages

@pytest.mark.parametrize("accept, french", [
    ("fr", True), ("fr-FR,fr;q=0.9,en;q=0.8", True), ("FR", True), ("en;q=0.5, fr", True), ("fr-CA", True),
    (None, False), ("en", False), ("en-GB,en;q=0.9,fr;q=0.5", False), ("de", False), ("fr;q=0", False), ("*", False),
])
def test_language_of_messages(api, accept, french):
    """The worker's and nginx's words are in the same language."""
    for path, texts in [("/nowhere", ("cette adresse n'existe pas", "there is no such address")),
                        ("/docs/nowhere.js", ("cette adresse n'existe pas", "there is no such address"))]:
        answer = api.get(path, headers={"Accept-Language": accept})
        assert answer.json()["errors"][0]["message"] == texts[0 if french else 1], path


# --- request ids

@pytest.mark.parametrize("sent", ["abcdefgh", "A-b_c.1234567890", "x" * 64, str(uuid.uuid4())])
def test_request_id_is_echoed(api, sent):
    for path in ("/live", "/nowhere", "/docs", "/docs/nowhere.js"):
        assert api.get(path, headers={"X-Request-Id": sent}).headers["X-Request-Id"] == sent


@pytest.mark.parametrize("sent", [None, "", "short", "x" * 65, "with space", "quote\"quote", "semi;colon;"])
def test_other_request_ids_are_replaced(api, sent):
    for path in ("/live", "/nowhere", "/docs"):
        first, second = (api.get(path, headers={"X-Request-Id": sent}).headers["X-Request-Id"] for _ in range(2))
        assert first != second and first != sent


def test_request_id_finds_the_log_line(things, stack):
    from stack import wait_until
    mark = fresh("marque")
    things.member.get("/documents", headers={"X-Request-Id": mark})
    line = wait_until(lambda: stack.requests(mark), 5, "the log line")[0]
    assert (line["method"], line["route"], line["status"]) == ("GET", "/api/v1/documents", 200)
    assert line["duration_us"] > 0


def test_version_is_that_of_the_contract(api, contract):
    for path in ("/nowhere", "/docs/nowhere.js", "/live?x=" + "y" * 20000):
        assert api.get(path).json()["meta"]["version"] == contract.spec["info"]["version"]


# --- HEAD, OPTIONS, CORS

@pytest.mark.parametrize("op", [o for o in operations.ALL if o.method == "GET" and o.id != "getDocumentRequirements"], ids=operations.name)
def test_head_is_get_without_a_body(things, op):
    head, get = (things.caller(op).request(m, things.path(op) + operations.query(op)) for m in ("HEAD", "GET"))
    assert head.status_code == get.status_code == 200 and head.content == b""
    assert head.headers["Content-Type"] == get.headers["Content-Type"]
    assert head.headers.get("ETag") == get.headers.get("ETag")


ORIGIN = "https://app.essai.example"


@pytest.mark.parametrize("path", sorted({o.template for o in operations.DYNAMIC}))
def test_preflight(api, path):
    address = operations.address(path)
    methods = {o.method for o in operations.ALL if o.template == path}
    answer = api.request("OPTIONS", address, headers={"Origin": ORIGIN, "Access-Control-Request-Method": "POST",
                                                      "Access-Control-Request-Headers": "authorization, content-type"})
    assert answer.status_code == 204
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert methods <= set(re.split(", *", answer.headers["Access-Control-Allow-Methods"]))
    allowed = answer.headers["Access-Control-Allow-Headers"].lower()
    assert all(h in allowed for h in ("authorization", "content-type", "if-match", "if-none-match", "x-request-id"))


@pytest.mark.parametrize("path, status", [("/live", 200), ("/documents", 401), ("/nowhere", 404), ("/openapi.json", 200),
                                          ("/docs/nowhere.js", 404)])
def test_cors_on_every_answer(api, path, status):
    answer = api.get(path, headers={"Origin": ORIGIN})
    assert answer.status_code == status
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert "Origin" in answer.headers["Vary"]
    assert "X-Request-Id" in answer.headers["Access-Control-Expose-Headers"]


@pytest.mark.parametrize("origin", ["https://evil.example", "https://app.essai.example.evil.example", "http://app.essai.example",
                                    "https://app.essai.example:444", "null", "https://APP.essai.example/"])
def test_other_origins_are_not_let_in(api, origin):
    for path in ("/live", "/nowhere", "/openapi.json", "/docs/nowhere.js"):
        answer = api.get(path, headers={"Origin": origin})
        assert "Access-Control-Allow-Origin" not in answer.headers, path
    answer = api.request("OPTIONS", "/documents", headers={"Origin": origin, "Access-Control-Request-Method": "POST"})
    assert "Access-Control-Allow-Origin" not in answer.headers


# --- what every answer must not be

@pytest.mark.parametrize("op", [o for o in operations.DYNAMIC if o.method == "GET"], ids=operations.name)
def test_answers_are_not_sniffed_and_not_kept_by_strangers(things, op):
    answer = things.caller(op).request("GET", things.path(op))
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] in ("no-store", "private, no-cache")
    assert "Server" not in answer.headers or not re.search(r"\d", answer.headers["Server"])


SECURE = {"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer",
          "Permissions-Policy": "camera=(), geolocation=(), microphone=()"}


@pytest.mark.parametrize("path, status", [
    ("/live", 200), ("/health", 200), ("/documents", 401), ("/nowhere", 404), ("/openapi.json", 200), ("/docs", 200), ("/docs/docs.js", None),
    ("/docs/nowhere.js", 404), pytest.param("/live?x=" + "y" * 20000, 414, id="too-long-414")])
def test_security_headers_on_every_answer(api, path, status):
    """Whoever made it: a worker, nginx from a file, nginx in the place of either. Each header once."""
    answer = api.http.get(path if path == "/health" else "/api/v1" + path)
    assert status in (None, answer.status_code)
    for name, value in SECURE.items():
        assert answer.headers.get_list(name) == [value], name
    policy, = answer.headers.get_list("Content-Security-Policy")
    assert policy.startswith("default-src 'none';") and "frame-ancestors 'none'" in policy and "unsafe" not in policy
    assert ("script-src 'self'" in policy) == (path.startswith("/docs") and answer.status_code == 200)
    assert "Strict-Transport-Security" not in answer.headers, "without TLS it would say nothing true"
    assert "X-Powered-By" not in answer.headers


def test_cors_lets_scripts_read_what_they_need(api):
    answer = api.get("/documents", headers={"Origin": ORIGIN})
    exposed = answer.headers["Access-Control-Expose-Headers"]
    assert answer.headers["Access-Control-Allow-Credentials"] == "true"
    assert all(h in exposed for h in ("Retry-After", "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset", "ETag", "Location"))
    by_nginx = api.get("/docs/nowhere.js", headers={"Origin": ORIGIN})
    assert by_nginx.headers["Access-Control-Expose-Headers"] == exposed
    assert by_nginx.headers["Access-Control-Allow-Credentials"] == "true"
    assert "Access-Control-Allow-Credentials" not in api.get("/documents", headers={"Origin": "https://evil.example"}).headers


# --- one round trip

@pytest.mark.parametrize("op", [o for o in operations.PRIVATE if o.method == "GET"], ids=operations.name)
def test_a_read_is_one_round_trip(things, stack, op):
    from stack import wait_until
    things.caller(op).request("GET", things.path(op) + operations.query(op))  # whatever a worker does once is done
    for query in [operations.query(op)] + (["?cursor=", "?limit=5&offset=0"] if "cursor" in str(op.parameters).lower() else []):
        mark = fresh("tour")
        things.caller(op).request("GET", things.path(op) + query, headers={"X-Request-Id": mark})
        line = wait_until(lambda: stack.requests(mark), 5, "the log line")[0]
        assert line["round_trips"] == 1, line
