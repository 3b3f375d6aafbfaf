"""The checker must catch broken answers; the description itself, its JSON form and the list of errors must be whole."""

import copy
import json
import pathlib
import re
import subprocess
import sys

import httpx
import jsonschema
import pytest

import contract
import errors_md
import openapi_json

ID = "0199a3f2-5c1e-7a44-9d0b-3f6a1c2b4d5e"
RID = "essai-01"
USER = {"data": {"id": ID, "email": "a@b.example", "full_name": "A", "role": "bid_manager", "is_owner": True,
                 "organization_id": ID, "created_at": "2026-03-20T09:00:00Z", "email_confirmed": False, "organization_name": "A", "version": 1},
        "meta": {"version": "0.1.0", "processing_time": 3, "request_id": RID}}
REFUSED = {"errors": [{"code": "missing_token", "message": "an access token is required", "field": None}], "meta": USER["meta"]}


def check(status=200, body=USER, path="/api/v1/auth/me", method="GET", sent=RID, seen=None, **headers):
    given = {"Content-Type": "application/json", "X-Request-Id": RID, "ETag": 'W/"1"'}
    given.update({k.replace("_", "-"): v for k, v in headers.items()})
    c = seen or contract.Contract()
    c.check(method, path, httpx.Headers({"X-Request-Id": sent} if sent else {}), status,
            httpx.Headers({k: v for k, v in given.items() if v is not None}),
            body if isinstance(body, bytes) else json.dumps(body).encode())
    return c


def changed(**what):
    body = copy.deepcopy(USER)
    body["data"].update(what)
    return body


def test_accepts_a_right_answer():
    assert check().seen == {("me", 200)}


def test_accepts_a_right_error():
    check(401, REFUSED, WWW_Authenticate="Bearer")


def test_accepts_not_modified():
    check(304, b"", Content_Type=None)


# --- the broken answers

def test_catches_an_undeclared_status():
    with pytest.raises(contract.ContractError, match="status 202 is not declared"):
        check(202)


def test_catches_an_extra_field():
    with pytest.raises(contract.ContractError, match="shoe_size"):
        check(body=changed(shoe_size=42))


def test_catches_a_missing_field():
    body = changed()
    del body["data"]["is_owner"]
    with pytest.raises(contract.ContractError, match="'is_owner' is a required property"):
        check(body=body)


@pytest.mark.parametrize("body, headers, said", [
    (changed(is_owner="yes"), {}, "is not of type 'boolean'"),
    (changed(created_at="2026-03-20 09:00"), {}, "does not match"),
    (USER, {"Content_Type": "text/html"}, "content type text/html is not declared"),
    (USER, {"Content_Type": None}, "no Content-Type"),
    (b"{", {}, "is not JSON"),
    (b'{"data":1,"data":2}', {}, "is given twice"),
])
def test_catches_a_wrong_type(body, headers, said):
    with pytest.raises(contract.ContractError, match=said):
        check(body=body, **headers)


@pytest.mark.parametrize("headers, said", [
    ({"X_Request_Id": None}, "no X-Request-Id"),
    ({"X_Request_Id": "another-1"}, "'essai-01' was sent"),
    ({"X_Request_Id": "bad one"}, "malformed"),
])
def test_catches_a_wrong_request_id(headers, said):
    with pytest.raises(contract.ContractError, match=said):
        check(**headers)


def test_catches_an_echoed_malformed_request_id():
    with pytest.raises(contract.ContractError, match="malformed"):
        check(sent="bad one", X_Request_Id="bad one")


def test_catches_another_id_in_meta():
    body = copy.deepcopy(USER)
    body["meta"]["request_id"] = "autre"
    with pytest.raises(contract.ContractError, match="meta.request_id"):
        check(body=body)


@pytest.mark.parametrize("status, body, headers, said", [
    (200, USER, {"ETag": None}, "no ETag"),
    (200, USER, {"ETag": '"strong"'}, "ETag: .*does not match"),
    (401, REFUSED, {}, "no WWW-Authenticate"),
])
def test_catches_a_missing_header(status, body, headers, said):
    with pytest.raises(contract.ContractError, match=said):
        check(status, body, **headers)


def test_catches_a_code_of_another_status():
    body = copy.deepcopy(REFUSED)
    body["errors"][0]["code"] = "not_found"
    with pytest.raises(contract.ContractError, match="not_found"):
        check(401, body, WWW_Authenticate="Bearer")


def test_catches_a_body_with_304():
    with pytest.raises(contract.ContractError, match="a body where none is declared"):
        check(304, USER)


def test_catches_a_wrong_allow():
    body = {"errors": [{"code": "method_not_allowed", "message": "x", "field": None}], "meta": USER["meta"]}
    check(405, body, path="/api/v1/documents", method="PUT", Allow="GET, HEAD, POST, OPTIONS")
    with pytest.raises(contract.ContractError, match="Allow is"):
        check(405, body, path="/api/v1/documents", method="PUT", Allow="GET, HEAD")


def test_catches_a_405_for_a_declared_method():
    body = {"errors": [{"code": "method_not_allowed", "message": "x", "field": None}], "meta": USER["meta"]}
    with pytest.raises(contract.ContractError):
        check(405, body, Allow="GET, HEAD")


def test_catches_what_was_never_seen():
    c = check()
    missing = c.missing()
    assert "POST /api/v1/auth/login was never called" in missing
    assert "GET /api/v1/auth/me never answered 304" in missing
    assert not any("GET /api/v1/auth/me never answered 200" in m or "never answered 500" in m for m in missing)


# --- the description

def test_objects_are_closed():
    assert contract.open_objects(contract.load()) == []


@pytest.mark.parametrize("schema, said", [
    ({"type": "object", "required": ["a"], "properties": {"a": {}}}, "is open"),
    ({"type": "object", "additionalProperties": False, "properties": {"a": {}}}, "requires nothing"),
    ({"type": "object", "additionalProperties": False, "required": ["b"], "properties": {"a": {}}}, "requires b"),
])
def test_open_objects_are_found(schema, said):
    assert any(said in line for line in contract.open_objects({"components": {"schemas": {"X": schema}}}))


def test_description_is_well_formed():
    spec = contract.load()
    assert spec["openapi"].startswith("3.1.")
    ids, tags = [], {t["name"] for t in spec["tags"]}
    for path, item in spec["paths"].items():
        for method, op in ((m, o) for m, o in item.items() if m in contract.METHODS):
            ids.append(op["operationId"])
            assert op["summary"] and set(op["tags"]) <= tags, (path, method)
            named = re.findall(r"{(\w+)}", path)
            resolve = contract.Contract(spec).resolve
            declared = [resolve(p) for p in item.get("parameters", []) + op.get("parameters", [])]
            assert sorted(named) == sorted(p["name"] for p in declared if p["in"] == "path"), path
            for status, answer in op["responses"].items():
                answer = resolve(answer)
                assert answer["description"], (path, status)
                assert "X-Request-Id" in answer.get("headers", {}), (path, method, status)
    assert len(ids) == len(set(ids))
    for name, schema in spec["components"]["schemas"].items():
        jsonschema.Draft202012Validator.check_schema(schema)


def references(node):
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for v in node.values():
            yield from references(v)
    elif isinstance(node, list):
        for v in node:
            yield from references(v)


def test_references_lead_somewhere_and_nothing_is_unused():
    spec = contract.load()
    used = set(references(spec))
    for ref in used:
        node = spec
        for part in ref.removeprefix("#/").split("/"):
            node = node[part]
    for kind in ("parameters", "headers", "responses", "schemas"):
        for name in spec["components"][kind]:
            assert f"#/components/{kind}/{name}" in used, f"{kind}/{name} is never used"


def test_json_form_agrees():
    done = subprocess.run([sys.executable, openapi_json.__file__, "--check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_examples_fit_their_schemas():
    spec = contract.load()
    resolver = jsonschema.RefResolver.from_schema(spec)
    count = 0
    stack = list(spec["components"]["schemas"].values())
    while stack:
        node = stack.pop()
        if isinstance(node, dict):
            if isinstance(node.get("examples"), list):
                for example in node["examples"]:
                    jsonschema.Draft202012Validator(node, resolver=resolver).validate(example)
                    count += 1
            stack += node.values()
        elif isinstance(node, list):
            stack += node
    assert count > 5


# --- errors

def test_codes_are_those_of_the_list():
    """Each code that the description names exists there with that status."""
    statuses = {row.id: row.status for row in errors_md.rows()}
    for name, schema in contract.load()["components"]["schemas"].items():
        found = re.fullmatch(r"Error(\d{3})", name)
        if found:
            rule = schema["properties"]["errors"]["items"]["properties"]["code"]
            for code in rule.get("enum", [rule.get("const")]):
                assert statuses.get(code) == int(found[1]), code


def test_errors_page_agrees():
    page = pathlib.Path(errors_md.PAGE).read_text(encoding="utf-8")
    assert page == errors_md.rendered(), "docs/errors.md is older than the list: run tests/errors_md.py"
