"""Every route of the table, with everybody who might try it: two organisations, an owner, a bid manager, a viewer, the
operator, nobody. What the table allows is answered, all else is 401 or 403; what belongs to the other organisation is 404
(or an empty list) wherever its id is put, and stays as it was. A new route takes part by itself; see tests/routes.py."""

import hashlib
import re

import pytest

import routes
from client import code
from stack import wait_until

CALLERS = ("owner", "bid_manager", "viewer", "admin")
BITS = {"owner": {"owner", "bid_manager"}, "bid_manager": {"bid_manager"}, "viewer": {"viewer"}, "admin": {"admin"}}
PRIVATE = [r for r in routes.table() if not r.public]


def may(route, who):
    return bool(route.who & BITS[who])


def caller_of(world, route, who=None):
    return world.member(who or next(w for w in CALLERS if may(route, w)))


def ask(caller, route, ids, **body):
    return caller.request(route.method, route.url(ids), **route.body(getattr(caller, "password", "x"), **body))


@pytest.fixture(scope="module")
def anonymous(stack, contract, secrets):
    import client
    return client.Api(stack, contract, secrets)


@pytest.fixture(scope="module")
def standing(anonymous):
    """An organisation that nobody may change: who tries is refused."""
    return routes.World(anonymous)


@pytest.fixture(scope="module")
def intruder(anonymous):
    """Another one, from which things are tried."""
    return routes.World(anonymous)


def test_the_table_and_its_description_agree():
    described = {(o.method, o.template) for o in routes.operations.DYNAMIC}
    assert {(r.method, r.path) for r in routes.table()} == described
    for r in routes.table():
        assert r.operation.public == r.public, r


# --- who may

@pytest.mark.parametrize("route", PRIVATE, ids=repr)
def test_others_than_those_of_the_table_are_refused(anonymous, standing, route):
    standing.prepare(route)
    ids = standing.ids(route)
    answer = ask(anonymous, route, ids)
    assert answer.status_code == 401 and code(answer) == "missing_token"
    for who in CALLERS:
        if not may(route, who):
            answer = ask(standing.member(who), route, ids)
            assert answer.status_code == 403 and code(answer) == "forbidden", f"{who}: {answer.text}"


@pytest.mark.parametrize("route", PRIVATE, ids=repr)
def test_those_of_the_table_are_let_in(anonymous, standing, route):
    for who in CALLERS:
        if may(route, who):
            # Each with a world of his own: what is deleted is gone for the next.
            world = (routes.World(anonymous) if route.changes else standing).prepare(route)
            caller = caller_of(world, route, who)
            answer = ask(caller, route, world.ids(route, caller))
            assert answer.status_code < 400 or answer.status_code in (400, 409), f"{who}: {answer.status_code} {answer.text}"
            assert answer.status_code != 400 or code(answer) not in ("unknown_field", "missing_field", "unknown_parameter"), answer.text


# --- what belongs to others

def belongings(stack, organization_id):
    """A digest of every row of an organisation, but for the log of what was tried; of a session, whether it lives."""
    tables = [r["relname"] for r in stack.sql(
        "select relname from pg_class c join pg_attribute a on a.attrelid = c.oid and attname = 'organization_id' "
        "where relnamespace = 'scorpius'::regnamespace and relkind in ('r', 'p') order by 1")]
    assert {"document", "tender", "account", "company_profile"} <= set(tables)
    out = {}
    for table in tables:
        if table != "audit_event":
            row = "jsonb_build_array(id, ended_at)" if table == "session" else "to_jsonb(t)"
            # Letters are sent, or not, whenever.
            but = " and kind <> 'mail'" if table == "job" else ""
            rows = stack.sql(f"select {row}::text as row from scorpius.{table} t where organization_id = %s{but} order by 1", organization_id)
            out[table] = (len(rows), hashlib.sha256("\n".join(r["row"] for r in rows).encode()).hexdigest())
    return out


@pytest.fixture
def untouched(stack, standing):
    """Fails unless the standing organisation has after the test what it had before."""
    def quiet():
        return stack.sql("select count(*) n from scorpius.job where state in ('queued', 'leased') and kind <> 'mail' and run_after < now() + interval '1 day' and organization_id = %s",
                         standing.organization_id) == [{"n": 0}]
    before = []

    def begin():
        wait_until(quiet, 30, "the jobs to be done")
        before.append(belongings(stack, standing.organization_id))
    yield begin
    if before:
        assert belongings(stack, standing.organization_id) == before[0]


def places():
    """(route, where, name) of every id that a request can carry."""
    for r in routes.table():
        for name in r.ids:
            yield r, "path" if name in r.in_path else "query", name
        for kind, name, several in r.body_ids():
            yield r, kind + ("[]" if several else ""), name


@pytest.mark.parametrize("route, where, name", list(places()), ids=lambda v: re.sub(r"[^A-Za-z_{}/\[\] ]", "", str(v)))
def test_ids_of_others_are_ids_of_nobody(standing, intruder, untouched, route, where, name):
    foreign = standing.id(name)
    standing.prepare(route)
    intruder.prepare(route)
    for who in CALLERS:
        if not may(route, who):
            continue
        caller = intruder.member(who)
        ids, body = intruder.ids(route), {}
        if where.endswith("[]"):
            body[name] = [foreign]
        elif where in ("path", "query"):
            ids[name] = foreign
        else:
            body[name] = foreign
        if who != "admin":
            untouched()
        answer = ask(caller, route, ids, **body)
        if who == "admin":
            # The operator looks after the accounts of all organisations; of nothing else.
            assert route.path.startswith("/api/v1/admin/") or answer.status_code == 404, answer.text
        elif where == "query" and answer.status_code == 200:
            # The log tells one's own tries, with the ids that one tried.
            assert answer.json()["data"] == [] or (route.path.endswith("/audit-log") and not shown(standing, answer.text)), answer.text
        else:
            assert answer.status_code == 404 and code(answer) == "not_found", f"{who}: {answer.text}"


def shown(world, text):
    """What only an answer to this organisation may hold."""
    return [m for m in (world.organization_id, *(p.email for p in world.people.values())) if m in text]


@pytest.mark.parametrize("route", [r for r in PRIVATE if r.method == "GET" and r.who != {"admin"}], ids=repr)
def test_nothing_of_others_is_shown(standing, intruder, route):
    """No answer that one organisation gets holds an id of the other, or an address of its people."""
    standing.prepare(route)
    intruder.prepare(route)
    things = [standing.id("tender_id"), standing.id("document_id"), standing.id("user_id")]
    for who in ("owner", "bid_manager", "viewer"):
        if may(route, who):
            caller = intruder.member(who)
            answer = ask(caller, route, intruder.ids(route, caller))
            assert answer.status_code in (200, 409), answer.text  # 409: there is none yet
            assert shown(standing, answer.text) == []
            # An id that one has tried oneself stands among what one did.
            assert route.path.endswith(("/audit-log", "/me/export")) or not [t for t in things if t in answer.text]


# --- what the table itself may not say

def test_a_viewer_changes_his_own_account_only():
    assert [r for r in PRIVATE if "viewer" in r.who and r.changes and not r.path.startswith("/api/v1/auth/")] == []


def test_the_organisation_and_its_people_are_changed_by_the_owner_alone():
    ours = re.compile(r"/api/v1/(organization|users|audit-log)\b")
    assert [r for r in PRIVATE if ours.match(r.path) and (r.changes or "audit" in r.path) and r.who != {"owner"}] == []


def test_the_operator_sees_accounts_only():
    allowed = re.compile(r"/api/v1/(auth|admin)/")
    assert [r for r in PRIVATE if "admin" in r.who and not allowed.match(r.path)] == []
