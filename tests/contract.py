"""Checks every answer that the tests see against docs/openapi.yaml, strictly, and remembers what was seen.

An answer is in order when its operation declares the status and the content type, the body fits the (closed) schema,
every required header is there and well-formed, and the request id is the one that was sent. At the end of a whole run
each operation must have been called and each declared status seen, but for the list UNSEEN below."""

import functools
import json
import pathlib
import re

import jsonschema
import yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent
METHODS = ("get", "put", "post", "delete", "options", "head", "patch")
REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")

# What a whole run need not see, with the reason. "*" stands for every operation.
UNSEEN = {
    ("*", 500): "a fault of ours: the run fails when one occurs",
    ("*", 507): "a full disk is not made on the machine of a developer",
    ("*", 429): "limits of the suite's stack are high; a stack of its own has low ones and shows some of each kind",
    ("*", 408): "nginx waits a minute for a slow client, and then mostly closes the connection without a word",
    ("changePassword", 409): "another change of the password while this one hashes: nobody can time that through nginx",
    ("restoreTender", 409): "a deadlock of two changes of one tender: nobody can time that through nginx",
}


class ContractError(AssertionError):
    pass


@functools.cache
def load():
    with open(ROOT / "docs" / "openapi.yaml", encoding="utf-8") as f:
        return yaml.load(f, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


class Operation:
    def __init__(self, method, template, shared, spec):
        self.method = method.upper()
        self.template = template
        self.id = spec["operationId"]
        self.spec = spec
        self.parameters = shared + spec.get("parameters", [])
        self.public = spec.get("security") == []
        pattern = re.sub(r"\\{[a-z_]+\\}", "[^/]+", re.escape(template))
        self.pattern = re.compile(pattern)
        self.literal = template.count("{")

    def __repr__(self):
        return f"{self.method} {self.template}"


class Contract:
    def __init__(self, spec=None):
        self.spec = spec or load()
        self.resolver = jsonschema.RefResolver.from_schema(self.spec)
        self.operations = []
        self.seen = set()
        self.count = 0
        for template, item in self.spec["paths"].items():
            shared = item.get("parameters", [])
            for method in METHODS:
                if method in item:
                    self.operations.append(Operation(method, template, shared, item[method]))
        # A literal path wins over one with parameters.
        self.operations.sort(key=lambda o: o.literal)

    def resolve(self, node):
        while isinstance(node, dict) and "$ref" in node:
            node = self.resolver.resolve(node["$ref"])[1]
        return node

    def at(self, path):
        found = [o for o in self.operations if o.pattern.fullmatch(path)]
        return [o for o in found if o.literal == min(f.literal for f in found)]

    def operation(self, method, path):
        wanted = "GET" if method == "HEAD" else method
        return next((o for o in self.at(path) if o.method == wanted), None)

    def by_id(self, operation_id):
        return next(o for o in self.operations if o.id == operation_id)

    # --- one answer

    def check(self, method, path, request_headers, status, headers, body):
        """Raises ContractError with all that is wrong. `headers`: any mapping with case-insensitive get()."""
        self.count += 1
        op = self.operation(method, path)
        responses = (op.spec if op else self.spec["x-unrouted"])["responses"]
        wrong = []
        if method == "OPTIONS" and op is None and status == 204:
            response = self.resolve(self.spec["x-unrouted"]["preflight"])
        elif str(status) in responses:
            response = self.resolve(responses[str(status)])
        else:
            response = None
            wrong.append(f"status {status} is not declared")
        # nginx refuses an address that is too long before it reads any header.
        wrong += self._request_id(request_headers if status != 414 else {}, headers)
        if response is not None:
            wrong += self._headers(response, headers)
            wrong += self._body(method, response, headers, body)
        # nginx refuses TRACE before it knows the address, and names every method there is.
        if op is None and status == 405 and method != "TRACE":
            wrong += self._allow(path, headers)
        if op is not None and status == 405:
            wrong.append("405 for a method that is declared")
        if wrong:
            text = body[:600].decode("utf-8", "replace") if isinstance(body, bytes) else repr(body)
            raise ContractError(f"{method} {path} -> {status}: " + "; ".join(wrong) + f"\nbody: {text}")
        if op is not None and method != "HEAD":
            self.seen.add((op.id, status))

    def _request_id(self, request_headers, headers):
        wrong = []
        got = headers.get("X-Request-Id")
        sent = request_headers.get("X-Request-Id")
        if got is None:
            return ["no X-Request-Id"]
        if not REQUEST_ID.fullmatch(got):
            wrong.append(f"X-Request-Id is malformed: {got!r}")
        if sent is not None:
            if REQUEST_ID.fullmatch(sent) and got != sent:
                wrong.append(f"X-Request-Id is {got!r}, {sent!r} was sent")
            if not REQUEST_ID.fullmatch(sent) and got == sent:
                wrong.append("a malformed X-Request-Id was echoed")
        return wrong

    def _headers(self, response, headers):
        wrong = []
        for name, header in response.get("headers", {}).items():
            header = self.resolve(header)
            value = headers.get(name)
            if value is None:
                if header.get("required"):
                    wrong.append(f"no {name}")
                continue
            wrong += [f"{name}: {e.message}" for e in self._validator(header["schema"]).iter_errors(value)]
        return wrong

    def _allow(self, path, headers):
        declared = {o.method for o in self.at(path)}
        allowed = set(re.split(r", *", headers.get("Allow", "")))
        if declared and not declared <= allowed <= declared | {"HEAD", "OPTIONS"}:
            return [f"Allow is {sorted(allowed)}, declared are {sorted(declared)}"]
        return []

    def _body(self, method, response, headers, body):
        content = response.get("content")
        given = headers.get("Content-Type")
        if content is None:
            return ["a body where none is declared"] if body else []
        if given is None:
            return ["no Content-Type"]
        media = given.split(";")[0].strip().lower()
        if media not in content:
            return [f"content type {media} is not declared"]
        if method == "HEAD":
            return ["HEAD was answered with a body"] if body else []
        schema = content[media].get("schema", {})
        if media != "application/json":
            return []
        try:
            value = json.loads(body.decode("utf-8"), parse_constant=lambda c: 1 / 0, object_pairs_hook=self._no_twins)
        except (ValueError, ZeroDivisionError) as e:
            return [f"the body is not JSON: {e}"]
        wrong = []
        for e in self._validator(schema).iter_errors(value):
            deepest = jsonschema.exceptions.best_match([e])
            where = "/".join(map(str, deepest.absolute_path)) or "the body"
            wrong.append(f"{where}: {deepest.message[:300]}")
        meta = value.get("meta") if isinstance(value, dict) else None
        if isinstance(meta, dict) and meta.get("request_id") != headers.get("X-Request-Id"):
            wrong.append("meta.request_id is not X-Request-Id")
        return wrong

    @staticmethod
    def _no_twins(pairs):
        names = [k for k, _ in pairs]
        if len(names) != len(set(names)):
            raise ValueError("a member is given twice")
        return dict(pairs)

    def _validator(self, schema):
        return jsonschema.Draft202012Validator(schema, resolver=self.resolver)

    # --- the whole run

    def missing(self):
        """What was declared and never seen, but for UNSEEN."""
        out = []
        for op in self.operations:
            called = any(i == op.id for i, _ in self.seen)
            if not called:
                out.append(f"{op} was never called")
                continue
            for status in op.spec["responses"]:
                key = (op.id, int(status))
                if key not in self.seen and key not in UNSEEN and ("*", key[1]) not in UNSEEN:
                    out.append(f"{op} never answered {status}")
        return out

    def stale(self):
        """Entries of UNSEEN that this run saw: they have to go."""
        return [f"{k[0]} {k[1]} stands in UNSEEN and was seen" for k in UNSEEN if k in self.seen]


# --- rules that the description itself must obey

def open_objects(spec):
    """Places of object schemas that are not closed, or whose properties have neither `required` nor a reason.

    A body that people send may have only optional fields; an answer's object may do so where absence means something."""
    all_optional = {"TenderDraft", "TenderChange", "Facts", "MeChange", "OrganizationChange", "MemberChange", "CompanyProfileChange"}
    out = []
    for name, schema in spec["components"]["schemas"].items():
        stack = [(name, schema)]
        while stack:
            where, node = stack.pop()
            if isinstance(node, list):
                stack += [(f"{where}/{i}", v) for i, v in enumerate(node)]
            if not isinstance(node, dict):
                continue
            if node.get("type") == "object":
                if node.get("additionalProperties") is not False:
                    out.append(f"{where} is open")
                if not node.get("required") and where not in all_optional:
                    out.append(f"{where} requires nothing")
                for needed in node.get("required", []):
                    if needed not in node.get("properties", {}):
                        out.append(f"{where} requires {needed}, which it does not have")
            elif "properties" in node and "allOf" not in node and not where.rsplit("/", 1)[-1].startswith(("errors", "items")):
                out.append(f"{where} has properties and is no object")
            stack += [(f"{where}/{k}", v) for k, v in node.items() if k not in ("examples", "enum", "const", "required")]
    return out
