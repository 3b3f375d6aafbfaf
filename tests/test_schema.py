"""The schema: that it can be deployed, verified and reverted; that its catalogue keeps the rules of isolation; and that
the two program roles, tried directly, cannot cross from one organisation into another."""

import re
import threading
import time
import uuid

import psycopg2
import pytest
from psycopg2 import errors

from postgres_fixture import cluster  # noqa: F401  (a fixture)

DATABASE = "schema_test"
ROLES = ("scorpius_api", "scorpius_jobs")

# What is not a tenant table by its key, each with its reason in the schema.
NO_TENANT_KEY = {"organization", "account", "session", "session_spent"}
# Indexes that do not begin with organization_id: the organisation is not known yet, or all are looked at.
FREE_INDEXES = {"organization_pkey", "account_pkey", "account_email_key", "session_pkey", "session_refresh_hash_key",
                "session_previous_hash_key", "session_spent_pkey", "session_spent_id_idx", "account_token_hash_key", "invitation_hash_key", "job_open_idx", "job_mail_failed_idx",
                "tender_purge_idx", "document_purge_idx", "upload_clean_idx", "tender_retention_idx", "document_retention_idx"}
DEFINERS = {
    "admin.organization_count", "admin.organization_list", "admin.user_change", "admin.user_show",
    "auth.accept_invitation", "auth.ask_confirmation", "auth.assert_session", "auth.change_password", "auth.change_user",
    "auth.confirm_email", "auth.end_session", "auth.forgot_password", "auth.invitation_lookup", "auth.login_failed",
    "auth.login_lookup", "auth.me", "auth.open_session", "auth.password_of", "auth.register", "auth.rehash_password", "auth.remove_account",
    "auth.remove_session", "auth.rename_me", "auth.reset_lookup", "auth.reset_password", "auth.rotate_session",
    "auth.session_list", "auth.delete_organization", "auth.restore_organization", "admin.restore_organization",
    "queue.depths", "queue.erase_organization", "queue.lease_job", "queue.purge_expired", "queue.purge_due", "queue.purge_deleted", "queue.purge_uploads", "queue.purge_blobs", "queue.purge_files_removed", "queue.drop_exports", "queue.retention_due", "queue.scan_result", "queue.mail_troubled", "queue.stored", "queue.waiting_seconds", "scorpius.account_token_replaces",
    "scorpius.document_quarantined",
}
# Whoever may call them: health asks how long work has waited, and whether mail leaves.
CALLERS = {"queue.waiting_seconds": {"scorpius_api", "scorpius_jobs"}, "queue.mail_troubled": {"scorpius_api"},
           "queue.depths": {"scorpius_api"}, "queue.stored": {"scorpius_api"},
           "scorpius.idempotency_open": {"scorpius_api"}, "scorpius.oldest_program": {"scorpius_api", "scorpius_jobs"}}
CONDITION = " SELECT (NULLIF(current_setting('scorpius.organization_id'::text, true), ''::text))::uuid AS "


@pytest.fixture(scope="module")
def database(cluster):  # noqa: F811
    connect(cluster, "operator", "postgres").cursor().execute(f"create database {DATABASE}")
    cluster.sqitch("deploy", DATABASE)
    cluster.sqitch("verify", DATABASE)
    cluster.sqitch("revert", DATABASE)
    c = connect(cluster, "operator")
    left = rows(c, "select nspname from pg_namespace where nspname in ('scorpius', 'auth', 'queue', 'admin')")
    assert left == [], "revert left schemas behind"
    cluster.sqitch("deploy", DATABASE)
    cluster.sqitch("verify", DATABASE)
    return cluster


def connect(cl, user, name=DATABASE):
    c = psycopg2.connect(cl.dsn(user, name))
    c.autocommit = True
    return c


def rows(c, sql, args=None):
    cur = c.cursor()
    cur.execute(sql, args)
    return cur.fetchall()


@pytest.fixture(scope="module")
def operator(database):
    c = connect(database, "operator")
    yield c
    c.close()


# --- the catalogue ------------------------------------------------------------------------------------------------

def check_catalogue(c):
    """All breaches of the rules, as sentences."""
    faults = []
    tables = rows(c, """select c.oid, relname, relrowsecurity, relforcerowsecurity, obj_description(c.oid, 'pg_class'),
        exists (select from pg_attribute a where a.attrelid = c.oid and attname = 'organization_id')
        from pg_class c where relnamespace = 'scorpius'::regnamespace and relkind in ('r', 'p') order by relname""")
    for oid, name, secured, forced, comment, tenant in tables:
        if not comment:
            faults.append(f"table {name} has no comment")
        for (column,) in rows(c, """select attname from pg_attribute where attrelid = %s and attnum > 0 and not attisdropped
                and col_description(attrelid, attnum) is null""", (oid,)):
            faults.append(f"column {name}.{column} has no comment")
        if not tenant and name != "organization":
            faults.append(f"table {name} has no organization_id")
        if not secured:
            faults.append(f"table {name}: row level security is off")
        if forced:
            faults.append(f"table {name}: row level security is forced")
        key = "id" if name == "organization" else "organization_id"
        wanted = f"({key} = ({CONDITION}"
        policies = rows(c, """select pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid), polcmd,
            polpermissive, array(select rolname::text from pg_roles where oid = any (polroles) order by 1)
            from pg_policy where polrelid = %s""", (oid,))
        if len(policies) != 1:
            faults.append(f"table {name} has {len(policies)} policies")
        for using, check, command, _, roles in policies:
            for what, text in (("using", using), ("with check", check)):
                if not (text or "").startswith(wanted) or " OR " in text or " AND " in text:
                    faults.append(f"table {name}: {what} is {text}")
            if command != "*" or roles != sorted(ROLES):
                faults.append(f"table {name}: the policy is for {command} of {roles}")
        (primary,) = rows(c, """select array(select attname::text from unnest(conkey) with ordinality k(n, i)
            join pg_attribute a on a.attrelid = conrelid and a.attnum = k.n order by i)
            from pg_constraint where conrelid = %s and contype = 'p'""", (oid,)) or [([],)]
        if name not in NO_TENANT_KEY and (len(primary[0]) < 2 or primary[0][0] != "organization_id"):
            faults.append(f"table {name}: primary key is {primary[0]}")
    names = {name for _, name, _, _, _, tenant in tables if tenant}
    keys = rows(c, """select conname, conrelid::regclass::text, confrelid::regclass::text,
        array(select attname::text from unnest(conkey) with ordinality k(n, i)
            join pg_attribute a on a.attrelid = conrelid and a.attnum = k.n order by i),
        array(select attname::text from unnest(confkey) with ordinality k(n, i)
            join pg_attribute a on a.attrelid = confrelid and a.attnum = k.n order by i)
        from pg_constraint where contype = 'f' and connamespace = 'scorpius'::regnamespace""")
    keys = [(n, t.split(".")[-1], r.split(".")[-1], own, other) for n, t, r, own, other in keys]
    composite = {(t, r, tuple(own)) for _, t, r, own, _ in keys}
    for name, table, target, own, other in keys:
        if table in names and target in names and (own[0], other[0]) != ("organization_id", "organization_id"):
            # A plain key beside the composite one adds nothing that could cross.
            if (table, target, ("organization_id", *own)) not in composite:
                faults.append(f"foreign key {name} of {table} does not begin with organization_id")
    for name, table, first in rows(c, """select i.relname, t.relname, a.attname from pg_index x
            join pg_class i on i.oid = x.indexrelid join pg_class t on t.oid = x.indrelid
            left join pg_attribute a on a.attrelid = t.oid and a.attnum = x.indkey[0]
            where t.relnamespace = 'scorpius'::regnamespace and t.relkind in ('r', 'p')"""):
        if first != "organization_id" and name not in FREE_INDEXES:
            faults.append(f"index {name} of {table} does not begin with organization_id")
    for schema, name, definer, config, args in rows(c, """select n.nspname, p.proname, prosecdef, proconfig, p.oid::regprocedure::text
            from pg_proc p join pg_namespace n on n.oid = p.pronamespace
            where n.nspname in ('scorpius', 'auth', 'queue', 'admin', 'public')"""):
        full = f"{schema}.{name}"
        if definer != (full in DEFINERS):
            faults.append(f"function {full}: security definer is {definer}")
        if not any(s == "search_path=scorpius, pg_temp" for s in config or []):
            faults.append(f"function {full} has no fixed search_path")
        allowed = {r for r in ROLES + ("public",) if rows(c, "select has_function_privilege(%s, %s, 'execute')",
                                                          (r, args))[0][0]}
        wanted = CALLERS.get(full) or {"auth": {"scorpius_api"}, "admin": {"scorpius_api"}, "queue": {"scorpius_jobs"}}.get(schema, set())
        if allowed != wanted:
            faults.append(f"function {full} may be called by {sorted(allowed)}")
    for table, role in rows(c, """select c.relname, r.rolname from pg_class c, pg_roles r where r.rolname like 'scorpius%%'
            and c.relnamespace = 'scorpius'::regnamespace and c.relkind = 'r'
            and (has_table_privilege(r.oid, c.oid, 'truncate') or has_table_privilege(r.oid, c.oid, 'delete')
                or has_table_privilege(r.oid, c.oid, 'references') or c.relowner = r.oid)
            and r.rolname <> 'scorpius_owner'""", ()):
        faults.append(f"{role} holds too much on {table}")
    return faults


def test_catalogue_keeps_the_rules(operator):
    assert check_catalogue(operator) == []


@pytest.mark.parametrize("breach, told", [
    ("create table scorpius.x (organization_id uuid, id uuid, primary key (organization_id, id))", "row level security is off"),
    ("alter table scorpius.blob disable row level security", "table blob: row level security is off"),
    ("alter table scorpius.blob force row level security", "table blob: row level security is forced"),
    ("drop policy organization on scorpius.blob", "table blob has 0 policies"),
    ("create policy more on scorpius.blob using (true)", "table blob has 2 policies"),
    ("alter policy organization on scorpius.blob using (true)", "table blob: using is true"),
    ("alter policy organization on scorpius.blob with check "
     "(organization_id = nullif(current_setting('scorpius.organization_id', true), '')::uuid)", "table blob: with check is"),
    ("alter table scorpius.audit_event drop constraint audit_event_pkey, add primary key (id)", "primary key is ['id']"),
    ("alter table scorpius.blob add unique (id); alter table scorpius.page add b uuid references scorpius.blob (id)",
     "foreign key page_b_fkey of page does not begin"),
    ("alter table scorpius.blob add x int", "column blob.x has no comment"),
    ("comment on table scorpius.blob is null", "table blob has no comment"),
    ("create index loose on scorpius.blob (size)", "index loose of blob does not begin"),
    ("create function auth.more() returns int language sql security definer set search_path = scorpius, pg_temp as 'select 1'",
     "function auth.more: security definer is True"),
    ("alter function auth.me(uuid, uuid) reset search_path", "function auth.me has no fixed search_path"),
    ("alter function auth.me(uuid, uuid) set search_path = public", "function auth.me has no fixed search_path"),
    ("grant execute on function auth.me(uuid, uuid) to public", "function auth.me may be called by ['public',"),
    ("grant execute on function queue.lease_job(bigint, bigint, text[]) to scorpius_api", "may be called by ['scorpius_api'"),
    ("grant delete on scorpius.blob to scorpius_api", "scorpius_api holds too much on blob"),
    ("alter table scorpius.blob owner to scorpius_api", "scorpius_api holds too much on blob"),
])
def test_breach_is_told(database, breach, told):
    c = connect(database, "operator")
    c.autocommit = False
    c.cursor().execute(breach)
    faults = check_catalogue(c)
    c.rollback()
    c.close()
    assert any(told in f for f in faults), faults


# --- two organisations, tried directly ------------------------------------------------------------------------------

class Organisation:
    """An organisation with one of each thing, made past the policies."""

    def __init__(self, c, name):
        self.id, self.account, self.blob, self.tender, self.document = (str(uuid.uuid4()) for _ in range(5))
        self.version, self.reading, self.session, self.profile = (str(uuid.uuid4()) for _ in range(4))
        self.email = f"{name}-{self.id}@example.org"
        run = c.cursor().execute
        run("select auth.register(%s, %s, %s, 'hash', 'Jeanne Martin', %s)", (self.account, self.id, self.email, name))
        run("select auth.open_session(%s, %s, %s, 60, 'hash')", (self.session, self.account, digest(self.session)))
        run("select set_config('scorpius.organization_id', %s, false)", (self.id,))
        run("set search_path = scorpius")
        run("insert into blob (id, sha256, size, mime_type, wrapped_key, key_id) "
            "values (%s, %s, 1, 'text/plain', decode(repeat('00', 72), 'hex'), repeat('0', 16))", (self.blob, digest(name)))
        run("insert into tender (id, title, title_source) values (%s, 'essai', 'person')", (self.tender,))
        run("insert into document (id, tender_id, blob_id, name) values (%s, %s, %s, 'rc.txt')",
            (self.document, self.tender, self.blob))
        run("insert into document_event (id, document_id, stage, state, progress) values (%s, %s, 'upload', 'completed', 100)",
            (str(uuid.uuid4()), self.document))
        run("insert into reading (id, blob_id, reader_version, model_blob_id, page_count) values (%s, %s, 1, %s, 1)",
            (self.reading, self.blob, self.blob))
        run("insert into page (reading_id, number, text) values (%s, 1, 'texte')", (self.reading,))
        run("insert into dossier_version (id, tender_id, number, cause) values (%s, %s, 1, 'documents_added')",
            (self.version, self.tender))
        run("insert into dossier_version_document (dossier_version_id, document_id) values (%s, %s)",
            (self.version, self.document))
        run("insert into analysis (id, document_id, reader_version, rules_version, result) values (%s, %s, 1, 1, '{}')",
            (str(uuid.uuid4()), self.document))
        run("insert into fact_decision (id, tender_id, key, action, value, created_by) values (%s, %s, 'buyer', 'corrected', '1', %s)",
            (str(uuid.uuid4()), self.tender, self.account))
        run("insert into company_profile (id, company_name, siret, created_by, updated_by) values (%s, 'Essai', '73282932000074', %s, %s)",
            (self.profile, self.account, self.account))
        run("insert into company_profile_version (number, profile_id, action, changed, content, created_by) values (1, %s, 'created', "
            "'[]', '{}', %s)", (self.profile, self.account))
        run("insert into audit_event (id, action) values (%s, 'document.upload')", (str(uuid.uuid4()),))
        run("insert into job (id, kind, document_id, state) values (%s, 'read', %s, 'done')", (str(uuid.uuid4()), self.document))
        run("insert into account_token (id, account_id, purpose, token_hash, expires_at) values (%s, %s, 'password_reset', %s, now() + "
            "interval '1 hour')", (str(uuid.uuid4()), self.account, digest("reset" + self.id)))
        self.invitation = str(uuid.uuid4())
        run("insert into invitation (id, email, role, invited_by, expires_at) values (%s, %s, 'viewer', %s, now() + interval '1 day')",
            (self.invitation, f"invite-{self.id}@example.org", self.account))
        run("insert into organization_export (id, created_by, blob_id, finished_at, expires_at) values (%s, %s, %s, now(), now())",
            (str(uuid.uuid4()), self.account, self.blob))
        run("insert into session_spent (token_hash, organization_id, session_id) values (%s, %s, %s)",
            (digest("spent" + self.id), self.id, self.session))
        run("insert into idempotency_key (account_id, route, key, fingerprint) values (%s, 'POST /x', %s, %s)",
            (self.account, self.id, digest("asked" + self.id)))
        upload = str(uuid.uuid4())
        run("insert into upload (id, created_by, name, length, received, metadata, process, expires_at, clean_at) "
            "values (%s, %s, 'cctp.pdf', 2, 1, 'filename Y2N0cC5wZGY=', true, now() + interval '1 day', now() + interval '1 day')",
            (upload, self.account))
        run("insert into upload_part (upload_id, start, size, blob_id) values (%s, 0, 1, %s)", (upload, self.blob))
        run("insert into retention_notice (id) values (%s)", (str(uuid.uuid4()),))
        run("insert into blob_purge (id, row_gone) values (%s, true)", (str(uuid.uuid4()),))
        run("reset search_path")
        run("select set_config('scorpius.organization_id', '', false)")


def add_owner(c, org):
    """A second owner: the first one may go then."""
    account = str(uuid.uuid4())
    c.cursor().execute("insert into scorpius.account (id, organization_id, email, full_name, role, is_owner, password_hash) "
                       "values (%s, %s, %s, 'Louise Petit', 'bid_manager', true, 'h')", (account, org.id, f"{account}@example.org"))
    return account


def digest(text):
    import hashlib
    return hashlib.sha256(text.encode()).digest()


@pytest.fixture(scope="module")
def two(database, operator):
    return Organisation(operator, "un"), Organisation(operator, "deux")


@pytest.fixture(params=ROLES)
def role(request):
    return request.param


def as_role(database, role, organization_id):
    c = connect(database, role)
    c.cursor().execute("select set_config('scorpius.organization_id', %s, false)", (organization_id or "",))
    return c


TABLES = ["organization", "account", "session", "audit_event", "blob", "tender", "document", "document_event", "reading",
          "page", "dossier_version", "dossier_version_document", "analysis", "fact_decision", "job", "account_token", "invitation", "session_spent",
          "company_profile", "company_profile_version", "organization_export", "upload", "upload_part", "retention_notice"]


def visible(c, role, table):
    """Organisations whose rows a role sees; None where it may not look at all."""
    key = "id" if table == "organization" else "organization_id"
    try:
        return {str(r[0]) for r in rows(c, f"select distinct {key} from {table}")}
    except errors.InsufficientPrivilege:
        return None


@pytest.mark.parametrize("table", TABLES)
def test_reads_stay_inside(database, operator, two, role, table):
    every = {str(r[0]) for r in rows(operator, f"select distinct {'id' if table == 'organization' else 'organization_id'} "
                                               f"from scorpius.{table}")}
    assert {two[0].id, two[1].id} <= every
    for mine in two:
        assert visible(as_role(database, role, mine.id), role, table) in ({mine.id}, None)
    assert visible(as_role(database, role, None), role, table) in (set(), None)


def test_api_sees_its_own(database, two):
    c = as_role(database, "scorpius_api", two[0].id)
    unseen = [t for t in TABLES if visible(c, "scorpius_api", t) is None]
    assert unseen == ["session", "account_token", "session_spent", "retention_notice"]
    with pytest.raises(errors.InsufficientPrivilege):
        rows(c, "select password_hash from account")


def test_what_may_go_is_seen_inside_only(database, operator, two):
    """The view goes by the policies of who asks, not of its owner."""
    cur = operator.cursor()
    ids = [o.tender for o in two]
    cur.execute("update scorpius.tender set status = 'archived' where id = any (%s::uuid[])", (ids,))
    try:
        for mine in two:
            assert rows(as_role(database, "scorpius_jobs", mine.id), "select organization_id::text, id::text from retained") == [(mine.id, mine.tender)]
        assert rows(as_role(database, "scorpius_jobs", None), "select id from retained") == []
        with pytest.raises(errors.InsufficientPrivilege):
            rows(as_role(database, "scorpius_api", two[0].id), "select id from retained")
    finally:
        cur.execute("update scorpius.tender set status = 'draft' where id = any (%s::uuid[])", (ids,))


def test_updates_stay_inside(database, operator, two, role):
    mine, other = two
    c = as_role(database, role, mine.id)
    cur = c.cursor()
    cur.execute("update document set name = 'autre.txt' where id = %s", (other.document,))
    assert cur.rowcount == 0
    with pytest.raises(errors.InsufficientPrivilege):  # the policy's check: a row may not be given away
        cur.execute("update document set organization_id = %s where id = %s", (other.id, mine.document))
    cur.execute("update document set name = 'rc.txt' where id = %s", (mine.document,))
    assert cur.rowcount == 1


INSERTS = {
    "blob": ("insert into blob (organization_id, id, sha256, size, mime_type, wrapped_key, key_id) values (%(org)s, gen_random_uuid(), "
             "sha256(gen_random_uuid()::text::bytea), 1, 'text/plain', decode(repeat('00', 72), 'hex'), repeat('0', 16))"),
    "document, blob": "insert into document (organization_id, id, blob_id, name) values (%(org)s, gen_random_uuid(), %(blob)s, 'x')",
    "document, tender": ("insert into document (organization_id, id, blob_id, tender_id, name) values (%(org)s, gen_random_uuid(), "
                         "%(own_blob)s, %(tender)s, 'x')"),
    "document, parent": ("insert into document (organization_id, id, blob_id, parent_id, name) values (%(org)s, gen_random_uuid(), "
                         "%(own_blob)s, %(document)s, 'x')"),
    "document_event": ("insert into document_event (organization_id, id, document_id, stage, state, progress) values "
                       "(%(org)s, gen_random_uuid(), %(document)s, 'reading', 'started', 0)"),
    "job, document": "insert into job (organization_id, id, kind, document_id) values (%(org)s, gen_random_uuid(), 'read', %(document)s)",
    "job, dossier": ("insert into job (organization_id, id, kind, tender_id, dossier_version_id) values (%(org)s, "
                     "gen_random_uuid(), 'analyze', %(tender)s, %(version)s)"),
}


def values(org, blob, own_blob, things):
    return dict(org=org, blob=blob, own_blob=own_blob, tender=things.tender, document=things.document,
                version=things.version)


@pytest.mark.parametrize("what", INSERTS)
def test_inserts_stay_inside(database, operator, two, role, what):
    mine, other = two
    c = as_role(database, role, mine.id)
    cur = c.cursor()
    # into the other organisation: the policy refuses
    with pytest.raises(errors.InsufficientPrivilege):
        cur.execute(INSERTS[what], values(other.id, other.blob, other.blob, other))
    # into one's own, with a key of the other: there is no such row
    if what != "blob":
        with pytest.raises(errors.ForeignKeyViolation):
            cur.execute(INSERTS[what], values(mine.id, other.blob, mine.blob, other))
    # the same with one's own rows is accepted
    c.autocommit = False
    cur.execute(INSERTS[what], values(mine.id, mine.blob, mine.blob, mine))
    assert cur.rowcount == 1
    c.rollback()
    # and without an organisation nothing is
    c = as_role(database, role, None)
    with pytest.raises((errors.InsufficientPrivilege, errors.NotNullViolation)):
        c.cursor().execute(INSERTS[what], values(mine.id, mine.blob, mine.blob, mine))


DECISION = ("insert into fact_decision (organization_id, id, tender_id, key, action, created_by) values (%(org)s, "
            "gen_random_uuid(), %(tender)s, 'buyer', 'rejected', %(account)s)")


def test_decisions_stay_inside(database, two):
    """Made by the API alone: jobs decide nothing."""
    mine, other = two
    c = as_role(database, "scorpius_api", mine.id)
    cur = c.cursor()
    for org, tender, account, refused in [
        (other.id, other.tender, other.account, errors.InsufficientPrivilege),
        (mine.id, other.tender, mine.account, errors.ForeignKeyViolation),
        (mine.id, mine.tender, other.account, errors.ForeignKeyViolation),
    ]:
        with pytest.raises(refused):
            cur.execute(DECISION, dict(org=org, tender=tender, account=account))
    c.autocommit = False
    cur.execute(DECISION, dict(org=mine.id, tender=mine.tender, account=mine.account))
    assert cur.rowcount == 1
    c.rollback()


@pytest.mark.parametrize("who, sql", [
    ("scorpius_api", "insert into analysis (id, document_id, reader_version, rules_version, result) values (%s, %s, 9, 9, '{}')"),
    ("scorpius_api", "insert into job (id, kind, document_id, attempt) values (%s, 'read', %s, 0)"),
    ("scorpius_api", "update job set state = 'done' where id = %s or document_id = %s"),
    ("scorpius_api", "update fact_decision set action = 'rejected' where id = %s or tender_id = %s"),
    ("scorpius_jobs", "insert into fact_decision (id, tender_id, key, action) values (%s, %s, 'buyer', 'rejected')"),
    ("scorpius_jobs", "update analysis set result = '{}' where id = %s or document_id = %s"),
    ("scorpius_jobs", "delete from document where id = %s or id = %s"),
    ("scorpius_jobs", "update audit_event set action = 'a.b' where id = %s or id = %s"),
    ("scorpius_jobs", "select auth.me(%s, %s)"),
    ("scorpius_api", "select queue.lease_job(60, 3), %s, %s"),
])
def test_roles_are_minimal(database, two, who, sql):
    c = as_role(database, who, two[0].id)
    with pytest.raises(errors.InsufficientPrivilege):
        c.cursor().execute(sql, (str(uuid.uuid4()), two[0].document))


# --- accounts ---------------------------------------------------------------------------------------------------------

def test_an_address_has_one_account(database, two):
    c = as_role(database, "scorpius_api", None)
    with pytest.raises(errors.UniqueViolation) as caught:
        rows(c, "select auth.register(%s, %s, %s, 'h', 'Paul Durand', 'Autre')",
             (str(uuid.uuid4()), str(uuid.uuid4()), two[0].email.upper()))
    assert caught.value.diag.constraint_name == "account_email_key"
    assert len(rows(c, "select * from auth.login_lookup(%s)", (two[0].email.upper(),))) == 1
    assert rows(c, "select * from auth.login_lookup('%%')") == []


def test_session_lives_rotates_and_dies_of_reuse(database, operator):
    org = Organisation(operator, "session")
    c = as_role(database, "scorpius_api", None)
    first, second, third = digest(org.session), digest("second" + org.id), digest("third" + org.id)

    def rotate(old, new):
        return rows(c, "select outcome, sid::text from auth.rotate_session(%s, %s, 60)", (old, new))

    def alive():
        try:
            rows(c, "select auth.assert_session(%s, %s, %s)", (org.session, org.account, org.id))
            return True
        except psycopg2.Error as e:
            assert e.pgcode == "SC001"
            return False

    assert alive()
    assert rotate(first, second) == [("rotated", org.session)]
    assert alive()
    assert rotate(first, third) == [("reused", org.session)]
    assert not alive()
    assert rotate(second, third) == [("ended", org.session)]
    assert rotate(digest("never given"), third) == [("unknown", None)]
    assert rows(c, "select * from auth.me(%s, %s)", (org.session, org.account)) == []


def test_session_is_bound_to_account_organisation_and_activity(database, operator):
    a, b = Organisation(operator, "a"), Organisation(operator, "b")
    c = as_role(database, "scorpius_api", None)
    rows(c, "select auth.assert_session(%s, %s, %s)", (a.session, a.account, a.id))
    for args in ((a.session, a.account, b.id), (a.session, b.account, a.id), (b.session, a.account, a.id),
                 (a.session, a.account, None)):
        with pytest.raises(psycopg2.Error) as caught:
            rows(c, "select auth.assert_session(%s, %s, %s)", args)
        assert caught.value.pgcode == "SC001"
    add_owner(operator, a)
    operator.cursor().execute("update scorpius.account set active = false where id = %s", (a.account,))
    with pytest.raises(psycopg2.Error) as caught:
        rows(c, "select auth.assert_session(%s, %s, %s)", (a.session, a.account, a.id))
    assert caught.value.pgcode == "SC001"
    assert rows(c, "select auth.end_session(%s, %s, false)", (b.session, a.account)) == [(0,)]
    assert rows(c, "select auth.end_session(%s, %s, false)", (b.session, b.account)) == [(1,)]


def test_the_comment_names_all_that_jobs_carry(operator):
    """Each change that adds to it writes the whole anew."""
    ((comment, checks),) = rows(operator, """select col_description(a.attrelid, a.attnum), (select string_agg(pg_get_constraintdef(c.oid), ' ')
        from pg_constraint c where c.conrelid = a.attrelid and a.attnum = any (c.conkey))
        from pg_attribute a where a.attrelid = 'scorpius.job'::regclass and a.attname = 'payload'""")
    keys = set(re.findall(r"'(\w+_id)'", checks))
    assert len(keys) > 3 and {k for k in keys if k not in comment} == set()


def test_mail_jobs_name_their_subject_and_nothing_else(database, two):
    c = as_role(database, "scorpius_api", two[0].id)
    c.autocommit = False
    sql = "insert into job (id, kind, payload) values (gen_random_uuid(), 'mail', %s)"
    for payload in (f'{{"purpose": "password_reset", "account_id": "{two[0].account}"}}',
                    f'{{"purpose": "invitation", "invitation_id": "{two[0].invitation}"}}'):
        c.cursor().execute(sql, (payload,))
        c.rollback()
        c.cursor().execute("select set_config('scorpius.organization_id', %s, false)", (two[0].id,))
    for payload in ('{}', '{"purpose": "password_reset"}', '{"purpose": "other", "account_id": "1"}', None,
                    '{"purpose": "password_reset", "account_id": "1", "token": "secret"}',
                    '{"purpose": "invitation", "account_id": "1"}'):
        with pytest.raises(errors.CheckViolation):
            c.cursor().execute(sql, (payload,))
        c.rollback()
        c.cursor().execute("select set_config('scorpius.organization_id', %s, false)", (two[0].id,))


# --- owners -----------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("sql", ["update scorpius.account set is_owner = false where id = %s",
                                 "update scorpius.account set active = false where id = %s"])
def test_the_last_owner_stays(database, operator, sql):
    org = Organisation(operator, "maitre")
    with pytest.raises(psycopg2.Error) as caught:
        operator.cursor().execute(sql, (org.account,))
    assert caught.value.pgcode == "SC002"
    add_owner(operator, org)
    operator.cursor().execute(sql, (org.account,))


def test_two_owners_do_not_leave_at_once(database, operator):
    org = Organisation(operator, "duo")
    second = add_owner(operator, org)
    one, another = connect(database, "operator"), connect(database, "operator")
    one.autocommit = another.autocommit = False
    leave = "update scorpius.account set is_owner = false where id = %s"
    one.cursor().execute(leave, (org.account,))
    told = []

    def go():
        try:
            another.cursor().execute(leave, (second,))
        except psycopg2.Error as e:
            told.append(e.pgcode)

    thread = threading.Thread(target=go)
    thread.start()
    waits = "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
    end = time.monotonic() + 60
    while rows(operator, waits) == [(0,)] and time.monotonic() < end and thread.is_alive():
        pass
    one.commit()
    thread.join()
    assert told == ["SC002"]


# --- deadlines --------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("local, zone, utc", [
    ("2026-03-20T10:00", "Europe/Paris", "2026-03-20 09:00:00+00"),
    ("2026-07-01T12:00", "Europe/Paris", "2026-07-01 10:00:00+00"),
    ("2026-07-01T12:00", "Indian/Reunion", "2026-07-01 08:00:00+00"),
    ("2026-07-01", "Europe/Paris", "2026-07-01 21:59:00+00"),
    (None, "Europe/Paris", None),
])
def test_deadline_in_utc(database, two, local, zone, utc):
    c = as_role(database, "scorpius_api", two[0].id)
    assert rows(c, "select (%s::timestamptz)::text", (utc,)) == rows(c, """insert into tender (id, deadline_local,
        deadline_source, timezone) values (%s, %s, %s, %s) returning deadline_utc::text""",
        (str(uuid.uuid4()), local, local and "read", zone))


@pytest.mark.parametrize("local, zone", [("2026-02-30T10:00", "Europe/Paris"), ("20/03/2026", "Europe/Paris"),
                                         ("2026-03-20T10:00", "Europe/Lutece"), ("2026-03-20T25:00", "Europe/Paris")])
def test_deadline_refused(database, two, local, zone):
    c = as_role(database, "scorpius_api", two[0].id)
    with pytest.raises((errors.DataError, errors.IntegrityError)):
        rows(c, "insert into tender (id, deadline_local, deadline_source, timezone) values (%s, %s, 'person', %s) returning id",
             (str(uuid.uuid4()), local, zone))


# --- leases -----------------------------------------------------------------------------------------------------------

@pytest.fixture
def queue(database, operator, two):
    """Empties the queue; gives a function that adds a job for an organisation."""
    operator.cursor().execute("update scorpius.job set state = 'cancelled', leased_until = null where state in ('queued', 'leased')")

    def add(org, size=0, run_after="now()", created="now()"):
        job, document = str(uuid.uuid4()), str(uuid.uuid4())
        run = operator.cursor().execute
        run("insert into scorpius.document (organization_id, id, blob_id, name) values (%s, %s, %s, 'd')", (org.id, document, org.blob))
        run(f"insert into scorpius.job (organization_id, id, kind, document_id, size, run_after, created_at) "
            f"values (%s, %s, 'read', %s, %s, {run_after}, {created})", (org.id, job, document, size))
        return job
    return add


def lease(c, seconds=60, attempts=3):
    return rows(c, "select id::text, attempt, exhausted from queue.lease_job(%s, %s)", (seconds, attempts))


def test_lease_small_first_and_fair(database, two, queue):
    c = as_role(database, "scorpius_jobs", None)
    big, small = queue(two[0], 1000), queue(two[0], 10)
    other = queue(two[1], 5000)
    queue(two[0], 1, run_after="now() + interval '1 hour'")
    assert lease(c) == [(small, 1, False)]
    assert lease(c) == [(other, 1, False)]  # its organisation has nothing running yet
    assert lease(c) == [(big, 1, False)]
    assert lease(c) == []


def test_who_waited_long_goes_first(database, two, queue):
    c = as_role(database, "scorpius_jobs", None)
    old = queue(two[0], 1000, run_after="now() - interval '11 minutes'")
    queue(two[0], 10)
    assert lease(c)[0][0] == old


def test_lease_skips_what_another_takes(database, two, queue):
    one, another = connect(database, "scorpius_jobs"), connect(database, "scorpius_jobs")
    first, second = queue(two[0], 1), queue(two[0], 2)
    one.autocommit = False
    assert lease(one)[0][0] == first
    assert lease(another)[0][0] == second  # does not wait for the other's commit
    assert lease(another) == []
    one.rollback()
    assert lease(another) == [(first, 1, False)]


def test_expired_lease_comes_back_until_exhausted(database, two, queue):
    c = as_role(database, "scorpius_jobs", None)
    job = queue(two[0])
    assert lease(c, seconds=-1) == [(job, 1, False)]
    assert lease(c, seconds=-1) == [(job, 2, False)]
    assert lease(c, seconds=-1, attempts=2) == [(job, 3, True)]


def test_how_long_work_has_waited(database, two, queue):
    queue(two[0], run_after="now() - interval '100 seconds'")
    queue(two[1])
    ((seconds,),) = rows(as_role(database, "scorpius_api", None), "select queue.waiting_seconds()")
    assert 100 <= seconds < 160


def test_insert_notifies(database, two, queue):
    c = connect(database, "scorpius_jobs")
    c.cursor().execute("listen scorpius_jobs")
    queue(two[0])
    import select
    assert select.select([c], [], [], 5)[0]
    c.poll()
    assert [n.channel for n in c.notifies] == ["scorpius_jobs"]


def test_one_live_job_per_document(database, two):
    c = as_role(database, "scorpius_api", two[0].id)
    c.autocommit = False
    sql = "insert into job (id, kind, document_id) values (%s, 'read', %s)"
    c.cursor().execute(sql, (str(uuid.uuid4()), two[0].document))
    with pytest.raises(errors.UniqueViolation):
        c.cursor().execute(sql, (str(uuid.uuid4()), two[0].document))
    c.rollback()


def test_deploys_without_a_superuser(cluster):  # noqa: F811
    """An operator who may only create roles and owns his database can deploy and revert."""
    c = connect(cluster, "operator", "postgres")
    c.cursor().execute("create role modest login createrole")
    c.cursor().execute("create database modest owner modest")
    for command in ("deploy", "verify", "revert"):
        cluster.sqitch(command, "modest", user="modest")
