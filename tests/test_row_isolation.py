"""The two program roles against the database, directly: for every table of the catalogue and every function that runs
past the row policies, with one organisation set and another one's input. New tables and functions take part by
themselves: one that has no rows or no calls here is a failure."""

import uuid

import psycopg2
import psycopg2.extras
import pytest
from psycopg2 import errors

from postgres_fixture import Cluster
from test_schema import DATABASE, ROLES, Organisation, as_role, digest, operator, rows, two  # noqa: F401  (fixtures)


@pytest.fixture(scope="module")
def database():
    """One's own: the tests of the schema keep theirs."""
    c = Cluster()
    c.run_sql(f"create database {DATABASE}")
    c.sqitch("deploy", DATABASE)
    yield c
    c.remove()


@pytest.fixture(scope="module")
def pair(two, operator):  # noqa: F811
    """Two organisations with, besides one of each thing, rows that use the other foreign keys."""
    for org in two:
        run = operator.cursor().execute
        run("insert into scorpius.analysis (organization_id, id, dossier_version_id, reader_version, rules_version, result) "
            "values (%s, gen_random_uuid(), %s, 1, 1, '{}')", (org.id, org.version))
        run("insert into scorpius.job (organization_id, id, kind, tender_id, dossier_version_id, state) "
            "values (%s, gen_random_uuid(), 'analyze', %s, %s, 'done')", (org.id, org.tender, org.version))
    return two


class Table:
    def __init__(self, c, oid, name):
        self.name = name
        self.key = "id" if name == "organization" else "organization_id"
        self.columns = [r[0] for r in rows(c, "select attname::text from pg_attribute where attrelid = %s and attnum > 0 "
                                              "and not attisdropped and attgenerated = '' order by attnum", (oid,))]
        self.may = {(role, right): [n for n in self.columns if rows(c, "select has_column_privilege(%s, %s::oid, %s, %s)",
                                                                    (role, oid, n, right)) == [(True,)]]
                    for role in ROLES for right in ("select", "insert", "update")}
        self.keys = rows(c, """select array(select attname::text from unnest(conkey) with ordinality k(n, i)
                join pg_attribute a on a.attrelid = conrelid and a.attnum = k.n order by i), confrelid::regclass::text,
                array(select attname::text from unnest(confkey) with ordinality k(n, i)
                join pg_attribute a on a.attrelid = confrelid and a.attnum = k.n order by i)
            from pg_constraint where conrelid = %s and contype = 'f'""", (oid,))
        self.unique = rows(c, """select i.indexrelid::regclass::text, k.conname::text, i.indisprimary from pg_index i
            left join pg_constraint k on k.conindid = i.indexrelid and k.contype in ('p', 'u')
            where i.indrelid = %s and i.indisunique order by i.indisprimary""", (oid,))
        self.named = "id" in self.columns and not any("id" in own for own, _, _ in self.keys)

    def bases(self, c, org):
        return [r[0] for r in rows(c, f"select to_jsonb(t) from scorpius.{self.name} t where {self.key} = %s", (org.id,))]


@pytest.fixture(scope="module")
def catalogue(operator, pair):  # noqa: F811
    found = rows(operator, "select oid, relname::text from pg_class where relnamespace = 'scorpius'::regnamespace "
                           "and relkind in ('r', 'p') order by relname")
    assert len(found) >= 15
    return [Table(operator, *f) for f in found]


def test_every_table_has_rows_of_both(catalogue, operator, pair):  # noqa: F811
    empty = [t.name for t in catalogue if not all(t.bases(operator, org) for org in pair)]
    assert empty == [], "Organisation (tests/test_schema.py) makes none of these"


def test_reads(catalogue, database, operator, pair):  # noqa: F811
    faults = []
    for role in ROLES:
        for org in (*pair, None):
            c = as_role(database, role, org and org.id)
            for t in catalogue:
                seen = t.may[role, "select"]
                if not seen:
                    with pytest.raises(errors.InsufficientPrivilege):
                        rows(c, f"select from scorpius.{t.name}")
                    continue
                ((n,),) = rows(c, f"select count({seen[0]}) from scorpius.{t.name}")
                if t.key in seen:
                    foreign = rows(c, f"select {t.key}::text from scorpius.{t.name} where {t.key}::text is distinct from %s", (org and org.id,))
                    if foreign:
                        faults.append(f"{role} reads {t.name} of another organisation")
                mine = len(t.bases(operator, org)) if org else 0
                if n > mine:
                    faults.append(f"{role} reads {n} rows of {t.name} and has {mine}")
    assert faults == []


def test_updates_and_deletes(catalogue, database, operator, pair):  # noqa: F811
    faults = []
    for role in ROLES:
        for org, other in (pair, pair[::-1], (None, pair[0])):
            for t in catalogue:
                mine = len(t.bases(operator, org)) if org else 0
                for column in t.may[role, "update"]:
                    value = other.id if column == t.key else column if column in t.may[role, "select"] else "null"
                    kind, n = attempt(database, role, org, f"update scorpius.{t.name} set {column} = "
                                      + ("%s" if column == t.key else value), (value,) if column == t.key else None)
                    if column == t.key and kind is None and n:
                        faults.append(f"{role} gives rows of {t.name} away")
                    elif kind is None and n > mine:
                        faults.append(f"{role} changes {t.name}.{column} of another organisation")
                kind, n = attempt(database, role, org, f"delete from scorpius.{t.name}")
                if kind is None and n > mine:
                    faults.append(f"{role} deletes {t.name} of another organisation")
    assert faults == []


def attempt(database, role, org, sql, args=None):  # noqa: F811
    """(None, rows) or (the error's class, 0); nothing stays."""
    c = as_role(database, role, org and org.id)
    c.autocommit = False
    cur = c.cursor()
    try:
        cur.execute(sql, args)
        return None, cur.rowcount
    except psycopg2.Error as e:
        return type(e), 0
    finally:
        c.rollback()
        c.close()


# --- inserts

def insert(operator, role, org, table, row):  # noqa: F811
    """As `attempt`, after taking away what makes rows unique, so that a copy is refused for its organisation only."""
    c = operator
    c.autocommit = False
    cur = c.cursor()
    try:
        for index, constraint, primary in table.unique:
            if primary and table.named:
                continue
            cur.execute("savepoint s")
            try:
                cur.execute(f"alter table scorpius.{table.name} drop constraint {constraint}" if constraint else f"drop index {index}")
            except errors.DependentObjectsStillExist:
                cur.execute("rollback to s")
        columns = [n for n in table.columns if n in table.may[role, "insert"]]
        cur.execute("select set_config('scorpius.organization_id', %s, true)", (org.id if org else "",))
        cur.execute(f"set local role {role}")
        names = ", ".join(f'"{n}"' for n in columns)
        cur.execute(f"insert into scorpius.{table.name} ({names}) select {names} from jsonb_populate_record(null::scorpius.{table.name}, %s)",
                    (psycopg2.extras.Json(row),))
        return None
    except psycopg2.Error as e:
        return type(e)
    finally:
        c.rollback()
        c.autocommit = True


def copy(table, row, **changes):
    return {**row, **({"id": str(uuid.uuid4())} if table.named else {}), **changes}


def test_inserts(catalogue, operator, pair):  # noqa: F811
    faults, tried = [], 0
    for role in ROLES:
        for mine, other in (pair, pair[::-1]):
            for t in catalogue:
                if not t.may[role, "insert"]:
                    continue
                own, theirs = t.bases(operator, mine), t.bases(operator, other)
                for row in own:
                    said = insert(operator, role, mine, t, copy(t, row))
                    if said is not None:
                        faults.append(f"{role}: a copy of its own row of {t.name} is refused, so the rest proves nothing: {said}")
                    if t.key in t.may[role, "insert"] and insert(operator, role, None, t, copy(t, row)) is not errors.InsufficientPrivilege:
                        faults.append(f"{role} without an organisation inserts into {t.name}")
                for row in theirs:
                    if t.key in t.may[role, "insert"] and insert(operator, role, mine, t, copy(t, row)) is not errors.InsufficientPrivilege:
                        faults.append(f"{role} inserts into {t.name} of another organisation")
                faults += foreign_keys(operator, role, mine, other, t, own)
                tried += 1
    assert faults == []
    assert tried > 10


def foreign_keys(operator, role, mine, other, t, own):  # noqa: F811
    """For each foreign key: a row of one's own that names a row of the other organisation."""
    for columns, target, target_columns in t.keys:
        named = [(a, b) for a, b in zip(columns, target_columns) if a != "organization_id"]
        if not named or not all(a in t.may[role, "insert"] for a, _ in named):
            continue
        picked = rows(operator, f"select {', '.join(b + '::text' for _, b in named)} from {target} where organization_id = %s limit 1", (other.id,))
        changes = {a: v for (a, _), v in zip(named, picked[0])}
        said = [insert(operator, role, mine, t, copy(t, row, **changes)) for row in own]
        # A row whose checks forbid this key at all proves nothing; one of them must get as far as the key.
        if errors.ForeignKeyViolation not in said or not set(said) <= {errors.ForeignKeyViolation, errors.CheckViolation}:
            yield f"{role} names {target} of another organisation by {columns} of {t.name}: {said}"


# --- functions that run past the policies

def calls(mine, other):
    """{function: [(sql, arguments)]}: each with something of the other organisation, or of nobody."""
    nobody, key = str(uuid.uuid4()), digest(str(uuid.uuid4()))
    pairs = [(other.session, mine.account), (mine.session, other.account), (nobody, mine.account), (mine.session, nobody)]
    return {
        "auth.login_lookup": [("select * from auth.login_lookup(%s)", (f"personne-{nobody}@example.org",)),
                              ("select * from auth.login_lookup(%s)", ("%",))],
        "auth.register": [("select * from auth.register(%s, %s, %s, 'h', 'Intrus', 'Intrus')", (nobody, other.id, f"{nobody}@example.org")),
                          ("select * from auth.register(%s, %s, %s, 'h', 'Intrus', 'Intrus')", (other.account, nobody, f"{nobody}@example.org")),
                          ("select * from auth.register(%s, %s, %s, 'h', 'Intrus', 'Intrus')", (str(uuid.uuid4()), nobody, other.email.upper()))],
        "auth.open_session": [("select * from auth.open_session(%s, %s, %s, 60, 'hash')", (str(uuid.uuid4()), nobody, key)),
                              ("select * from auth.open_session(%s, %s, %s, 60, 'hash')", (other.session, mine.account, key))],
        "auth.rotate_session": [("select nullif(outcome, 'unknown') from auth.rotate_session(%s, %s, 60)", (key, digest(nobody)))],
        "auth.assert_session": [("select auth.assert_session(%s, %s, %s)", (*p, o.id)) for p in pairs for o in (mine, other)]
                               + [("select auth.assert_session(%s, %s, %s)", (other.session, other.account, mine.id))],
        "auth.end_session": [("select auth.end_session(%s, %s, false)", p) for p in pairs if p[1] != other.account]
                            + [("select auth.end_session(%s, %s, false)", (mine.session, other.account))],
        "auth.me": [("select * from auth.me(%s, %s)", p) for p in pairs],
        # Whose password was wrong is known by his address; of nobody nothing is noted.
        "auth.login_failed": [("select auth.login_failed(%s, 'x', '192.0.2.1', 'r')", (nobody,))],
        "auth.rename_me": [("select auth.rename_me(%s, %s, 'Intrus', null)", p) for p in pairs],
        "auth.session_list": [("select auth.session_list(%s, %s)", p) for p in pairs],
        "auth.remove_session": [("select auth.remove_session(%s, %s, %s)", (*p, other.session)) for p in pairs]
                               + [("select auth.remove_session(%s, %s, %s)", (mine.session, mine.account, other.session))],
        "auth.password_of": [("select * from auth.password_of(%s, %s)", p) for p in pairs],
        "auth.change_password": [("select auth.change_password(%s, %s, 'hash', 'autre')", p) for p in pairs],
        "auth.ask_confirmation": [("select auth.ask_confirmation(%s, %s)", p) for p in pairs],
        "auth.remove_account": [("select auth.remove_account(%s, %s, %s)", (*p, other.account)) for p in pairs]
                               + [("select auth.remove_account(%s, %s, %s)", (mine.session, mine.account, other.account))],
        "auth.change_user": [("select nullif(outcome, 'absent') from auth.change_user(%s, %s, %s, 'viewer', false, false, null)",
                              (*p, other.account)) for p in [*pairs, (mine.session, mine.account)]],
        "auth.forgot_password": [("select auth.forgot_password(%s, 'r')", (f"personne-{nobody}@example.org",)),
                                 ("select auth.forgot_password('%%', 'r')", ())],
        "auth.reset_lookup": [("select * from auth.reset_lookup(%s)", (key,))],
        "auth.reset_password": [("select * from auth.reset_password(%s, 'h', 'r')", (key,))],
        "auth.confirm_email": [("select nullif(auth.confirm_email(%s, 'r'), 'unknown')", (h,)) for h in (key, digest("reset" + other.id))],
        "auth.invitation_lookup": [("select * from auth.invitation_lookup(%s)", (h,)) for h in (key, digest("reset" + other.id))],
        "auth.accept_invitation": [("select * from auth.accept_invitation(%s, %s, 'h', 'Intrus', 'r')", (h, nobody))
                                   for h in (key, digest("reset" + other.id))],
        "auth.delete_organization": [("select auth.delete_organization(%s, %s, 0, 'r')", p) for p in pairs],
        # Of an organisation that is not deleted nothing comes back.
        "auth.restore_organization": [("select nullif(nullif(auth.restore_organization(%s, 'r'), 'absent'), 'not_deleted')", (a,))
                                      for a in (nobody, other.account)],
        "auth.rehash_password": [("select auth.rehash_password(%s, 'faux', 'intrus')", (other.account,))],
        # An owner is no operator, of his own organisation neither.
        "admin.organization_list": [("select * from admin.organization_list(%s, %s, null, 'infinity', %s, 10, 0)", (*p, nobody))
                                    for p in [*pairs, (mine.session, mine.account)]],
        "admin.organization_count": [("select admin.organization_count(%s, %s, null)", p) for p in [*pairs, (mine.session, mine.account)]],
        "admin.restore_organization": [("select admin.restore_organization(%s, %s, %s, 'r')", (*p, other.id))
                                       for p in [*pairs, (mine.session, mine.account)]],
        "admin.user_show": [("select * from admin.user_show(%s, %s, %s)", (*p, other.account)) for p in [*pairs, (mine.session, mine.account)]],
        "admin.user_change": [("select nullif(outcome, 'absent') from admin.user_change(%s, %s, %s, 'viewer', false, false, null, 'r')",
                               (*p, other.account)) for p in [*pairs, (mine.session, mine.account)]],
    }


# Those that belong to the machine, not to an organisation: what they tell was decided when they were made.
OF_THE_MACHINE = {"queue.lease_job": "the jobs' own: leases any organisation's next job",
                  "queue.erase_organization": "the jobs' own: the organisation that is set; see test_nothing_is_erased_before_its_time",
                  "queue.purge_files_removed": "the jobs' own: files of the organisation that is set, that are gone",
                  "queue.scan_result": "the jobs' own: what a virus scanner found in bytes of the organisation that is set",
                  "queue.drop_exports": "the jobs' own: exports of the organisation that is set",
                  "queue.purge_due": "the jobs' own: whose turn it is, of all organisations",
                  "queue.retention_due": "the jobs' own: whose retention ends, of all organisations",
                  "queue.purge_deleted": "the jobs' own: what the organisation that is set has deleted, when its time is over",
                  "queue.purge_uploads": "the jobs' own: uploads in parts of the organisation that is set, whose time is over",
                  "queue.purge_blobs": "the jobs' own: bytes of the organisation that is set that nothing refers to",
                  "queue.purge_expired": "the jobs' own: what has had its time, of all organisations",
                  "queue.mail_troubled": "whether mail goes out, for the health of the whole",
                  "queue.depths": "numbers for the operator's metrics",
                  "queue.stored": "numbers for the operator's metrics",
                  "queue.waiting_seconds": "a number for the health of the whole"}


def holdings(operator, catalogue, org):  # noqa: F811
    return {t.name: sorted(map(str, t.bases(operator, org))) for t in catalogue}


def test_functions(catalogue, database, operator, pair):  # noqa: F811
    known = {f"{s}.{n}" for s, n in rows(operator, """select n.nspname, p.proname from pg_proc p join pg_namespace n on n.oid = p.pronamespace
        where prosecdef and prorettype <> 'trigger'::regtype and n.nspname not like 'pg\\_%%' and n.nspname <> 'information_schema'""", ())}
    assert known - set(OF_THE_MACHINE) == set(calls(*pair)), "calls() must have each function with foreign input"
    faults = []
    for mine, other in (pair, pair[::-1]):
        c = as_role(database, "scorpius_api", mine.id)
        before = holdings(operator, catalogue, other)
        for name, tries in calls(mine, other).items():
            for sql, args in tries:
                try:
                    told = rows(c, sql, args)
                except psycopg2.Error as e:
                    # Refused is well; a call that does not fit the function proves nothing.
                    if (e.pgcode or "42").startswith("42") and not isinstance(e, errors.InsufficientPrivilege):
                        faults.append(f"{name}{args} was not tried: {e}")
                    continue
                if any(v not in (None, 0, False, "", []) for row in told for v in row):
                    faults.append(f"{name}{args} told {told}")
        if holdings(operator, catalogue, other) != before:
            faults.append("something of the other organisation has changed")
    assert faults == []


def test_jobs_call_none_of_them(database, operator, pair):  # noqa: F811
    c = as_role(database, "scorpius_jobs", pair[0].id)
    for name, tries in calls(*pair).items():
        for sql, args in tries:
            with pytest.raises(errors.InsufficientPrivilege):
                rows(c, sql, args)


# --- erasing

ERASE = "select queue.erase_organization()"


def test_nothing_is_erased_before_its_time(database, operator, pair):  # noqa: F811
    for org in (*pair, None):
        with pytest.raises(psycopg2.Error) as caught:
            rows(as_role(database, "scorpius_jobs", org and org.id), ERASE)
        assert caught.value.pgcode == "SC004"
    with pytest.raises(errors.InsufficientPrivilege):
        rows(as_role(database, "scorpius_api", pair[0].id), ERASE)


def test_one_is_erased_whole_and_the_other_stays(catalogue, database, operator, pair):  # noqa: F811
    gone, stays = Organisation(operator, "parti"), pair[0]
    before = holdings(operator, catalogue, stays)
    assert all(t.bases(operator, gone) for t in catalogue)
    rows(as_role(database, "scorpius_api", gone.id), "select auth.delete_organization(%s, %s, 0, 'r')", (gone.session, gone.account))
    with pytest.raises(psycopg2.Error) as caught:
        rows(as_role(database, "scorpius_api", gone.id), "select * from auth.open_session(%s, %s, %s, 60, 'hash')",
             (str(uuid.uuid4()), gone.account, digest("late" + gone.id)))
    assert caught.value.pgcode == "SC003"
    assert rows(as_role(database, "scorpius_api", None), "select auth.restore_organization(%s, 'r')", (gone.account,)) == [("not_deleted",)]
    rows(as_role(database, "scorpius_jobs", gone.id), ERASE)
    left = {t.name: t.bases(operator, gone) for t in catalogue if t.bases(operator, gone)}
    assert set(left) == {"organization", "account", "audit_event"}
    assert left["organization"][0]["name"] == "Organisation supprimée"
    assert [(a["full_name"], a["active"], a["password_hash"]) for a in left["account"]] == [("Compte supprimé", False, "!")]
    assert {str(e["detail"]) for e in left["audit_event"]} == {"{}"} and gone.email not in str(left)
    assert holdings(operator, catalogue, stays) == before
