"""The route table of the program, and how to fill a route: parameters, body, callers. A route that can't be filled is
told as a failure by the tests that walk the table, so that whoever adds one says here how."""

import functools
import json
import os
import pathlib
import re
import subprocess

import operations
from contract import ROOT

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


class CannotFill(AssertionError):
    pass


@functools.cache
def table():
    build = pathlib.Path(os.environ.get("SCORPIUS_BUILD", ROOT / "build"))
    done = subprocess.run([str(build / "app" / "api" / "scorpius-api"), "--routes"], stdout=subprocess.PIPE, check=True, timeout=30)
    return [Route(r) for r in json.loads(done.stdout)]


class Route:
    def __init__(self, row):
        self.method, self.path, self.who = row["method"], row["path"], set(row["who"])
        self.params = {p["name"]: p for p in row["params"]}
        self.in_path = re.findall(r"{([a-z_]+)}", self.path)
        self.ids = [name for name, p in self.params.items() if p["type"] == "id"]
        self.public = "public" in self.who
        self.changes = not row["read_only"] and self.method != "GET"
        self.operation = operations.CONTRACT.operation(self.method, re.sub(r"{[a-z_]+}", "x", self.path))

    def __repr__(self):
        return f"{self.method} {self.path}"

    # --- the body

    def schemas(self):
        """{content type: schema} of the body."""
        body = self.operation.spec.get("requestBody") if self.operation else None
        return {kind: operations.CONTRACT.resolve(c["schema"]) for kind, c in body["content"].items()} if body else {}

    def body_ids(self):
        """(content type, field, whether it is a list) of every id that a body may name."""
        out = []
        for kind, schema in self.schemas().items():
            for name, field in schema.get("properties", {}).items():
                if is_id(field):
                    out.append((kind, name, False))
                elif is_id(operations.CONTRACT.resolve(field).get("items")):
                    out.append((kind, name, True))
        return out

    def body(self, password, **ids):
        """Keyword arguments for the client; `ids`: {field: value} to put in."""
        given = operations.arguments(self.operation, password)
        if not self.schemas():
            return given
        if not given:
            raise CannotFill(f"{self}: operations.arguments() has no body for {self.operation.id}")
        if not ids:
            return given
        if "files" in given and not any(isinstance(v, list) for v in ids.values()):
            return {**given, "data": ids}
        alone = all(name in operations.CONTRACT.resolve(schema).get("required", []) for schema in self.schemas().values()
                    for name in ids if name in schema.get("properties", {}))
        return {"json": ids if alone else {**given.get("json", {}), **ids}}

    # --- the address

    def url(self, ids):
        """`ids`: {parameter: id} for all of the path, and for those of the query that shall be there."""
        values, query = {}, []
        for name, p in self.params.items():
            if name in self.in_path:
                values[name] = ids[name] if p["type"] == "id" else plain_value(self, p)
            elif name in ids:
                query.append(f"{name}={ids[name]}")
        needed = operations.query(self.operation).lstrip("?") if self.operation else ""
        query += [needed] if needed else []
        return self.path.format(**values) + ("?" + "&".join(query) if query else "")


def is_id(schema):
    """A field that names a thing (or null)."""
    if not isinstance(schema, dict):
        return False
    return schema.get("$ref") == "#/components/schemas/Id" or any(is_id(s) for s in schema.get("oneOf", []))


def plain_value(route, p):
    if p["type"] == "enum":
        return "buyer" if "buyer" in p["choices"] else p["choices"][0]
    if p["type"] == "int":
        return max(p["min"], 1)
    raise CannotFill(f"{route}: no value for {p['name']}")


# --- whom a route is tried with

class World:
    """An organisation with its people, and one of each thing as far as it is asked for."""

    def __init__(self, anonymous):
        self.anonymous = anonymous
        self.stack = anonymous.stack
        self.things = {}
        self.people = {"owner": anonymous.account()}
        self.organization_id = self.people["owner"].organization_id

    def member(self, who):
        """owner, bid_manager, viewer; admin, who belongs to none."""
        if who not in self.people:
            self.people[who] = self.new_member(who)
        return self.people[who]

    def new_member(self, who):
        return self.anonymous.operator() if who == "admin" else self.people["owner"].colleague(who)

    def id(self, name):
        """An id of this organisation for a parameter or field of that name."""
        kind = re.sub(r"_ids?$", "", name)
        if kind not in self.things:
            make = getattr(self, f"make_{kind}", None)
            if make is None:
                raise CannotFill(f"World.make_{kind}() is missing: nobody knows how to make a {kind}")
            self.things[kind] = make()
        return self.things[kind]

    def make_replaces(self):
        return self.id("document_id")

    def make_organization(self):
        return self.organization_id

    def session_of(self, member):
        return self.stack.sql("select id::text from scorpius.session where account_id = %s and ended_at is null "
                              "order by created_at desc limit 1", member.user["id"])[0]["id"]

    def make_tender(self):
        import pdfs
        tender, documents = self.people["owner"].tender_with(("RC.pdf", pdfs.rules()))
        self.things["document"] = documents[0]["id"]
        return tender["id"]

    def make_document(self):
        self.id("tender_id")
        return self.things["document"]

    def make_user(self):
        return self.member("viewer").user["id"]

    def make_account(self):
        return self.people["owner"].user["id"]

    def make_target(self):
        return self.id("tender_id")

    def make_session(self):
        return next(s["id"] for s in self.people["owner"].data("GET", "/auth/sessions") if s["current"])

    def make_invitation(self):
        return self.people["owner"].invite()[0]["id"]

    def make_export(self):
        return self.people["owner"].export()["id"]

    def make_upload(self):
        return self.people["owner"].data("POST", "/uploads", 201, **operations.arguments(operations.CONTRACT.by_id("beginUpload")))["id"]

    def prepare(self, route):
        """What a route needs that no parameter names."""
        if route.path.endswith("/company-profile") and route.method != "POST" and "profile" not in self.things:
            self.things["profile"] = self.people["owner"].data("PUT", "/company-profile", 201, json=operations.PROFILE)["id"]
        if route.path.endswith("/users/invitations") and route.method == "POST":
            self.people["owner"].confirm()
        return self

    def ids(self, route, caller=None):
        """Ids for the path; a session is the caller's own."""
        return {name: self.session_of(caller) if name == "session_id" and caller else self.id(name) for name in route.in_path if name in route.ids}
