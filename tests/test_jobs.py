"""scorpius-jobs on a real PostgreSQL, store and reader, without HTTP: what is asked for is done once, and told."""

import json
import os
import signal
import subprocess
import time
import uuid

import psycopg2
import pytest

from pdfs import pdf
from postgres_fixture import Cluster
from stack import PATIENCE
from test_db import BUILD

DATABASE = "jobs_test"
SECRET_KEY = "s" * 40
RC = """Règlement de la consultation

Pouvoir adjudicateur : Commune de Valmont-les-Bains
Objet du marché : Entretien des espaces verts communaux
Référence : 2031-EV-07
Procédure adaptée ouverte

Date et heure limites de réception des offres : 12 mars 2031 à 12h00

Les variantes ne sont pas autorisées.
"""


class Stack:
    """A cluster with the schema, a store, and scorpius-jobs when started."""

    def __init__(self, folder):
        self.cluster = Cluster()
        self.cluster.run_sql(f"create database {DATABASE}")
        self.cluster.sqitch("deploy", DATABASE)
        self.folder = folder
        self.store = folder / "files"
        self.log = folder / "jobs.log"
        self.process = None
        self.db = psycopg2.connect(self.cluster.dsn("operator", DATABASE))
        self.db.autocommit = True

    def remove(self):
        self.stop()
        self.cluster.remove()

    def start(self, **settings):
        env = {"PATH": os.environ["PATH"], "APP_ENV": "test", "DATABASE_JOBS_URL": self.cluster.url("scorpius_jobs", DATABASE),
               "UPLOAD_PATH": str(self.store), "READER_PATH": str(BUILD / "app/reader/scorpius-reader"), "JOB_WORKERS": "2",
               "JWT_SECRET_KEY": "k" * 40, "SECRET_KEY": SECRET_KEY, "LOG_LEVEL": "DEBUG", "METRICS_PATH": str(self.folder / "metrics"), **settings}
        for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS"):
            if name in os.environ:
                env[name] = os.environ[name]
        self.process = subprocess.Popen([BUILD / "app/jobs/scorpius-jobs"], env=env, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=open(self.log, "ab"))

    def stop(self):
        """Gives the exit status."""
        if self.process is None:
            return None
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(30)
        finally:
            self.process.kill()
            self.process.wait()
            self.process = None

    def children(self):
        with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children") as f:
            return [int(pid) for pid in f.read().split()]

    def rows(self, sql, *args):
        cur = self.db.cursor()
        cur.execute("set search_path = scorpius")
        cur.execute(sql, args)
        return cur.fetchall() if cur.description else []

    def one(self, sql, *args):
        (row,) = self.rows(sql, *args)
        return row

    def wait(self, condition, seconds=20):
        end = time.monotonic() + seconds * PATIENCE
        while not condition():
            assert time.monotonic() < end, self.log.read_text()[-4000:]
            assert self.process is None or self.process.poll() is None, self.log.read_text()[-4000:]
            time.sleep(0.02)

    def organisation(self):
        org, account = str(uuid.uuid4()), str(uuid.uuid4())
        self.rows("insert into organization (id, name) values (%s, 'Essai')", org)
        self.rows("insert into account (id, organization_id, email, full_name, role, password_hash) values "
                  "(%s, %s, %s, 'Jeanne Martin', 'bid_manager', 'h')", account, org, f"{account}@example.org")
        return org

    def tender(self, org, **fields):
        tender = str(uuid.uuid4())
        self.rows("insert into tender (organization_id, id) values (%s, %s)", org, tender)
        for name, value in fields.items():
            self.rows(f"update tender set {name} = %s, {name}_source = 'person' where id = %s", value, tender)
        return tender

    def upload(self, org, content, mime="text/plain", tender=None, name="RC.txt", enqueue=True, store=True, kind="file"):
        """As the API leaves it: an object, its rows, and the job."""
        blob, document = str(uuid.uuid4()), str(uuid.uuid4())
        stored = subprocess.run([BUILD / "app/jobs/jobs_put", self.store if store else self.folder / "elsewhere", org, blob],
                                input=content, stdout=subprocess.PIPE, check=True, env={**os.environ, "SECRET_KEY": SECRET_KEY}).stdout.decode().split()
        digest, wrapped_key, key_id = stored
        known = self.rows("select id from blob where organization_id = %s and sha256 = decode(%s, 'hex')", org, digest)
        if known:
            blob = known[0][0]
        else:
            self.rows("insert into blob (organization_id, id, sha256, size, mime_type, wrapped_key, key_id) "
                      "values (%s, %s, decode(%s, 'hex'), %s, %s, decode(%s, 'hex'), %s)",
                      org, blob, digest, len(content), mime, wrapped_key, key_id)
        self.rows("insert into document (organization_id, id, blob_id, tender_id, name, kind, status) values (%s, %s, %s, %s, %s, %s, %s)",
                  org, document, blob, tender, name, kind, "processing" if enqueue else "uploaded")
        if enqueue:
            self.enqueue(org, document)
        return document

    def enqueue(self, org, document, **columns):
        job = str(uuid.uuid4())
        self.rows("update document set status = 'processing', processing_started_at = now() where id = %s and status = 'uploaded'", document)
        self.rows("insert into job (organization_id, id, kind, document_id) values (%s, %s, 'read', %s)", org, job, document)
        for name, value in columns.items():
            self.rows(f"update job set {name} = %s where id = %s", value, job)
        return job

    def version(self, org, tender, *documents):
        version = str(uuid.uuid4())
        self.rows("insert into dossier_version (organization_id, id, tender_id, number, cause) select %s, %s, %s, "
                  "coalesce(max(number), 0) + 1, 'documents_added' from dossier_version where tender_id = %s", org, version, tender, tender)
        for d in documents:
            self.rows("insert into dossier_version_document values (%s, %s, %s)", org, version, d)
        return version

    def status(self, document):
        return self.one("select status from document where id = %s", document)[0]

    def ended(self, document):
        return lambda: self.status(document) in ("processed", "failed")

    def idle(self):
        return self.rows("select id from job where state in ('queued', 'leased')") == []


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    s = Stack(tmp_path_factory.mktemp("jobs"))
    yield s
    s.remove()


@pytest.fixture
def stack(base):
    yield base
    base.stop()
    base.rows("update job set state = 'cancelled', leased_until = null where state in ('queued', 'leased')")


def events(stack, document):
    return stack.rows("select stage, state, message_code from document_event where document_id = %s order by at, id", document)


def test_reads_a_document_and_analyses_it_alone(stack):
    org = stack.organisation()
    stack.start()
    document = stack.upload(org, RC.encode())
    stack.wait(stack.ended(document))
    status, pages, kind, source, started, completed, warnings = stack.one(
        "select status, page_count, document_type, document_type_source, processing_started_at, processing_completed_at, "
        "warnings from document where id = %s", document)
    assert (status, pages, kind, source, warnings) == ("processed", 1, "rc", "read", [])
    assert started <= completed
    ((text,),) = stack.rows("select p.text from page p join reading r on r.id = p.reading_id join document d on d.blob_id = r.blob_id "
                            "where d.id = %s", document)
    assert "2031-EV-07" in text
    (result,) = stack.one("select result from analysis where document_id = %s", document)
    assert result["facts"]["deadline"]["value"] == "2031-03-12T12:00"
    assert result["documents"][0]["document_id"] == document
    assert events(stack, document) == [("reading", "started", None), ("reading", "completed", None), ("analysis", "completed", None)]
    assert stack.one("select state, attempt, error_code from job where document_id = %s", document) == ("done", 1, None)


def test_a_connection_that_the_other_side_closed_ends_no_worker(stack):
    org = stack.organisation()
    stack.start()
    document = stack.upload(org, RC.encode())
    stack.wait(stack.ended(document))
    workers = stack.children()
    for pid in (stack.process.pid, *workers):
        os.kill(pid, signal.SIGPIPE)
    document = stack.upload(org, RC.encode() + b"2")
    stack.wait(stack.ended(document))
    assert stack.children() == workers and stack.status(document) == "processed"


def test_analyses_a_tender_when_its_last_document_is_read(stack):
    org = stack.organisation()
    tender = stack.tender(org, title="Nom donné par une personne")
    documents = [stack.upload(org, RC.encode(), tender=tender),
                 stack.upload(org, pdf(["Cahier des clauses techniques particulieres (CCTP)"]), "application/pdf", tender, "CCTP.pdf"),
                 stack.upload(org, b"PK\x03\x04 no text", "application/vnd.openxmlformats-officedocument.presentationml.presentation",
                              tender, "planning.pptx")]
    version = stack.version(org, tender, *documents)
    stack.rows("update tender set analysis_status = 'queued' where id = %s", tender)
    stack.start()
    stack.wait(lambda: stack.one("select analysis_status from tender where id = %s", tender)[0] in ("done", "failed"))
    row = stack.one("select analysis_status, status, reference, reference_source, title, title_source, buyer, deadline_local, "
                    "to_char(deadline_utc at time zone 'UTC', 'YYYY-MM-DD HH24:MI'), problems from tender where id = %s", tender)
    assert row[:6] == ("done", "ready", "2031-EV-07", "read", "Nom donné par une personne", "person")
    assert "Valmont-les-Bains" in row[6]
    assert row[7:9] == ("2031-03-12T12:00", "2031-03-12 11:00")
    assert row[9] == [{"code": "unread_format", "document_id": documents[2], "file": "planning.pptx"}]
    assert stack.one("select warnings from document where id = %s", documents[2]) == (["unread_format"],)
    (result,) = stack.one("select result from analysis where dossier_version_id = %s", version)
    assert {d["document_id"] for d in result["documents"]} == set(documents)
    assert stack.rows("select count(*) from analysis where document_id = any(%s::uuid[])", documents) == [(0,)]
    # One analysis, however the readings ended.
    assert stack.one("select count(*) from job where tender_id = %s", tender) == (1,)


def test_an_analysis_asked_for_early_waits_for_the_readings(stack):
    org = stack.organisation()
    tender = stack.tender(org)
    document = stack.upload(org, RC.encode(), tender=tender, enqueue=False)
    version = stack.version(org, tender, document)
    stack.rows("insert into job (organization_id, id, kind, tender_id, dossier_version_id) values (%s, %s, 'analyze', %s, %s)",
               org, str(uuid.uuid4()), tender, version)
    stack.start()
    stack.wait(lambda: stack.one("select analysis_status from tender where id = %s", tender)[0] == "done")
    assert stack.status(document) == "processed"
    assert stack.rows("select state from job where tender_id = %s", tender) == [("done",), ("done",)]


def test_an_older_version_gives_way_to_the_newest(stack):
    org = stack.organisation()
    tender = stack.tender(org)
    document = stack.upload(org, RC.encode(), tender=tender)
    old, new = stack.version(org, tender), stack.version(org, tender, document)
    stack.rows("insert into job (organization_id, id, kind, tender_id, dossier_version_id) values (%s, %s, 'analyze', %s, %s)",
               org, str(uuid.uuid4()), tender, old)
    stack.start()
    stack.wait(lambda: stack.one("select analysis_status from tender where id = %s", tender)[0] == "done" and stack.idle())
    assert stack.rows("select dossier_version_id::text from analysis where dossier_version_id in (%s, %s)", old, new) == [(new,)]


@pytest.fixture
def held(stack):
    """Analyses of a tender's first version stop in the middle until the test lets them go on."""
    stack.rows("""create function held() returns trigger language plpgsql security definer set search_path = scorpius as $$ begin
        if old.kind = 'analyze' and old.leased_until < new.leased_until and exists
            (select from dossier_version v where v.id = old.dossier_version_id and v.number = 1)
        then perform pg_advisory_xact_lock(7); end if; return new; end $$""")
    stack.rows("create trigger held before update on job for each row execute function held()")
    holder = psycopg2.connect(stack.cluster.dsn("operator", DATABASE))
    holder.autocommit = True
    holder.cursor().execute("select pg_advisory_lock(7)")
    yield holder.close
    holder.close()
    stack.rows("drop trigger held on job")
    stack.rows("drop function held()")


def analysed(stack, tender):
    return lambda: stack.one("select analysis_status from tender where id = %s", tender) == ("done",) and stack.idle()


def running(stack, org, content):
    """A tender whose first version is being analysed."""
    tender = stack.tender(org)
    document = stack.upload(org, content, tender=tender)
    stack.version(org, tender, document)
    stack.start()
    stack.wait(lambda: stack.rows("select pid from pg_locks where locktype = 'advisory' and not granted"))
    return tender, document


def test_a_version_made_while_the_older_one_is_analysed_is_not_forgotten(stack, held):
    org = stack.organisation()
    tender, first = running(stack, org, RC.encode() + b"kept\n")
    # As by ?process=false: nobody enqueues anything for it.
    second = stack.upload(org, b"Une annexe de la consultation\n", tender=tender, name="annexe.txt", enqueue=False)
    new = stack.version(org, tender, first, second)
    held()
    stack.wait(analysed(stack, tender))
    assert stack.rows("select id from analysis where dossier_version_id = %s", new)


def test_an_older_version_that_ends_last_changes_nothing(stack, held):
    org = stack.organisation()
    tender, first = running(stack, org, RC.encode() + b"late\n")
    second = stack.upload(org, RC.replace("2031-EV-07", "2031-EV-08").encode(), tender=tender, name="RC v2.txt", enqueue=False)
    stack.rows("update document set deleted_at = now(), purge_after = now() + interval '1 day' where id = %s", first)
    new = stack.version(org, tender, second)
    stack.rows("update tender set analysis_status = 'queued' where id = %s", tender)
    stack.rows("update document set status = 'processing' where id = %s", second)
    stack.enqueue(org, second)
    stack.wait(lambda: stack.rows("select id from analysis where dossier_version_id = %s", new))
    held()
    stack.wait(stack.idle)
    assert stack.one("select analysis_status, reference from tender where id = %s", tender) == ("done", "2031-EV-08")


def test_what_is_read_while_its_version_is_analysed_is_analysed_again(stack, held):
    org = stack.organisation()
    tender, first = running(stack, org, RC.encode() + b"again\n")
    stack.rows("update document set status = 'processing' where id = %s", first)
    stack.enqueue(org, first)
    stack.wait(stack.ended(first))
    held()
    stack.wait(analysed(stack, tender))
    assert stack.one("select count(*) from job where tender_id = %s and state = 'done'", tender) == (2,)
    assert stack.one("select count(*) from analysis a join dossier_version v on v.id = a.dossier_version_id where v.tender_id = %s",
                     tender) == (1,), "the same result is kept once"


def test_a_document_read_at_last_changes_the_analysis(stack):
    org = stack.organisation()
    tender = stack.tender(org)
    other = stack.upload(org, b"Une annexe qui se lit\n", tender=tender, name="annexe.txt")
    document = stack.upload(org, RC.encode() + b"restored\n", tender=tender, store=False)
    version = stack.version(org, tender, other, document)
    stack.start(JOB_MAX_ATTEMPTS="1")
    stack.wait(analysed(stack, tender))
    assert stack.status(document) == "failed"
    (lost,) = (stack.folder / "elsewhere" / "objects" / org).rglob("*-*-*")
    place = stack.store / "objects" / org / lost.parent.name
    place.mkdir(exist_ok=True)
    lost.rename(place / lost.name)
    stack.rows("update document set status = 'processing', error_code = null where id = %s", document)
    stack.enqueue(org, document)
    stack.wait(stack.ended(document))
    stack.wait(analysed(stack, tender))
    results = stack.rows("select result -> 'documents' from analysis where dossier_version_id = %s order by created_at, id", version)
    assert ["damaged_data" in json.dumps(r) for r in results] == [True, False]


def test_the_same_bytes_are_read_once(stack):
    org = stack.organisation()
    stack.start()
    first = stack.upload(org, RC.encode() + b"twice\n")
    stack.wait(stack.ended(first))
    second = stack.upload(org, RC.encode() + b"twice\n", name="copie.txt")
    stack.wait(stack.ended(second))
    assert stack.one("select count(*) from reading where organization_id = %s", org) == (1,)
    assert stack.one("select page_count from document where id = %s", second) == (1,)
    stack.enqueue(org, first)  # and again on request, without another analysis
    stack.wait(stack.idle)
    assert stack.one("select count(*) from analysis where document_id = %s", first) == (1,)


@pytest.mark.parametrize("content, code", [(b"%PDF-1.7\nnothing of a PDF\n", "document_unreadable")])
def test_a_file_that_cannot_be_read_says_why(stack, content, code):
    org = stack.organisation()
    tender = stack.tender(org)
    document = stack.upload(org, content, "application/pdf", tender, "RC.pdf")
    stack.version(org, tender, document)
    stack.start()
    stack.wait(lambda: stack.one("select analysis_status from tender where id = %s", tender)[0] == "failed")
    status, error, args = stack.one("select status, error_code, error_args from document where id = %s", document)
    assert (status, error) == ("failed", code) and isinstance(args, dict)
    assert ("reading", "failed", code) in events(stack, document)
    reason, problems = stack.one("select analysis_reason, problems from tender where id = %s", tender)
    assert reason == "no_documents" and [(p["code"], p["document_id"]) for p in problems] == [(code, document)]


def test_a_missing_object_is_tried_again_and_then_told(stack):
    org = stack.organisation()
    stack.start(JOB_MAX_ATTEMPTS="2")
    document = stack.upload(org, RC.encode() + b"lost\n", store=False)
    stack.wait(stack.ended(document))
    assert stack.one("select status, error_code from document where id = %s", document) == ("failed", "damaged_data")
    assert stack.one("select state, attempt, error_code from job where document_id = %s", document) == ("failed", 2, "damaged_data")


def test_jobs_wait_for_a_store_that_cannot_be_used(stack):
    org = stack.organisation()
    first, second, third = (stack.upload(org, RC.encode() + word, enqueue=False) for word in (b"one\n", b"two\n", b"three\n"))
    stack.log.write_text("")
    stack.start(JOB_WORKERS="1", JOB_MAX_ATTEMPTS="2")
    stack.enqueue(org, first)
    stack.wait(stack.ended(first))
    (stack.store / "tmp").rmdir()
    (stack.store / "tmp").write_text("")
    stack.enqueue(org, second)
    stack.wait(lambda: "the store can't be used" in stack.log.read_text())
    stack.enqueue(org, third)
    stack.rows("update job set run_after = now() where document_id = %s", second)
    (stack.store / "tmp").unlink()
    stack.wait(lambda: stack.status(second) == stack.status(third) == "processed")
    assert stack.rows("select attempt from job where document_id in (%s, %s) and kind = 'read' order by attempt", second, third) == [(1,), (2,)]


def test_a_crashing_reader_costs_two_attempts(stack):
    org = stack.organisation()
    stack.start(READER_PATH="/bin/false")
    document = stack.upload(org, RC.encode() + b"crash\n")
    stack.wait(stack.ended(document))
    assert stack.one("select status, error_code from document where id = %s", document) == ("failed", "reader_crashed")
    assert stack.one("select state, attempt from job where document_id = %s", document) == ("done", 2)


def test_a_job_whose_workers_died_is_failed(stack):
    org = stack.organisation()
    document = stack.upload(org, RC.encode() + b"died\n", enqueue=False)
    stack.enqueue(org, document, attempt=3)
    stack.start()
    stack.wait(stack.ended(document))
    assert stack.one("select status, error_code from document where id = %s", document) == ("failed", "internal_error")
    assert stack.one("select state from job where document_id = %s", document) == ("failed",)


def slow_reader(stack):
    """A reader that says that it runs, and then does not end."""
    program, mark = stack.folder / "slow-reader", stack.folder / "slow-mark"
    program.write_text(f"#!/bin/sh\n: >>{mark}\nexec sleep 60\n")
    program.chmod(0o755)
    mark.unlink(missing_ok=True)
    return program, mark


def test_a_killed_worker_is_replaced_and_its_job_given_back(stack):
    org = stack.organisation()
    program, mark = slow_reader(stack)
    document = stack.upload(org, RC.encode() + b"killed\n")
    stack.start(READER_PATH=str(program), JOB_WORKERS="1")
    stack.wait(mark.exists)
    (victim,) = stack.children()
    os.kill(victim, signal.SIGKILL)
    # Long before the lease would end by itself.
    stack.wait(lambda: stack.one("select state, error_code from job where document_id = %s", document) == ("queued", "internal_error"))
    assert victim not in stack.children()


def test_term_lets_a_job_end_or_gives_it_back(stack):
    org = stack.organisation()
    program, mark = slow_reader(stack)
    document = stack.upload(org, RC.encode() + b"drained\n")
    stack.start(READER_PATH=str(program), READER_TIMEOUT="2", JOB_WORKERS="1")
    stack.wait(mark.exists)
    assert stack.stop() == 0
    # The reader's time ran out while the worker was told to stop: the attempt is given back, ready at once.
    state, ready = stack.one("select state, run_after <= now() from job where document_id = %s", document)
    assert (state, ready) == ("queued", True)


def test_attempts_given_back_by_stops_do_not_count(stack):
    org = stack.organisation()
    program, mark = slow_reader(stack)
    document = stack.upload(org, RC.encode() + b"stopped often\n")
    for _ in range(3):
        mark.unlink(missing_ok=True)
        stack.start(READER_PATH=str(program), READER_TIMEOUT="2", JOB_WORKERS="1", JOB_MAX_ATTEMPTS="2")
        stack.wait(mark.exists)
        assert stack.stop() == 0
    assert stack.one("select state, attempt, waits from job where document_id = %s", document) == ("queued", 3, 3)
    stack.start(JOB_WORKERS="1", JOB_MAX_ATTEMPTS="2")
    stack.wait(lambda: stack.one("select status from document where id = %s", document) == ("processed",))


def test_an_erasure_that_is_told_to_stop_goes_on_later(stack):
    org = stack.organisation()
    for i in range(3):
        stack.upload(org, b"a effacer %d\n" % i, enqueue=False)
    stack.rows("update organization set deleted_at = now(), erase_after = now() where id = %s", org)
    job = str(uuid.uuid4())
    stack.rows("insert into job (organization_id, id, kind) values (%s, %s, 'erase')", org, job)
    # It waits for the list of its files until it is told to stop.
    holder = psycopg2.connect(stack.cluster.dsn("operator", DATABASE))
    holder.cursor().execute("lock table scorpius.blob in access exclusive mode")
    stack.start(JOB_WORKERS="1")
    stack.wait(lambda: stack.rows("select pid from pg_locks where relation = 'scorpius.blob'::regclass and not granted"))
    stack.process.send_signal(signal.SIGTERM)
    # Only when the child has it, too, may it go on.
    stack.wait(lambda: any(int(line.split()[1], 16) >> (signal.SIGTERM - 1) & 1 for child in stack.children()
                           for line in open(f"/proc/{child}/status") if line.startswith(("SigPnd:", "ShdPnd:"))))
    holder.close()
    assert stack.stop() == 0
    assert stack.one("select state, run_after <= now() from job where id = %s", job) == ("queued", True)
    assert len([p for p in stack.store.rglob("*") if p.is_file() and org in str(p)]) == 3
    stack.start(JOB_WORKERS="1")
    stack.wait(lambda: stack.one("select erased_at from organization where id = %s", org)[0])
    assert [p for p in stack.store.rglob("*") if p.is_file() and org in str(p)] == []


def test_heals_when_the_database_comes_back(stack):
    org = stack.organisation()
    stack.start()
    stack.wait(lambda: stack.one("select count(*) from pg_stat_activity where usename = 'scorpius_jobs'")[0] == 2)
    stack.db.close()
    stack.cluster.stop()
    stack.cluster.start()
    stack.db = psycopg2.connect(stack.cluster.dsn("operator", DATABASE))
    stack.db.autocommit = True
    document = stack.upload(org, RC.encode() + b"healed\n")
    stack.wait(stack.ended(document))
    assert stack.status(document) == "processed"


def test_starts_before_its_database(stack):
    stack.db.close()
    stack.cluster.stop()
    stack.start()
    stack.wait(lambda: stack.log.read_text().count("no job can be leased") > 0)
    stack.cluster.start()
    stack.db = psycopg2.connect(stack.cluster.dsn("operator", DATABASE))
    stack.db.autocommit = True
    document = stack.upload(stack.organisation(), RC.encode() + b"late\n")
    stack.wait(stack.ended(document))


@pytest.mark.parametrize("settings, told", [
    ({"DATABASE_JOBS_URL": "postgresql://["}, "not a PostgreSQL URL"),
    ({"DATABASE_JOBS_URL": ""}, "neither it nor DATABASE_URL is set"),
    ({"JOB_WORKERS": "many"}, "JOB_WORKERS"),
])
def test_wrong_settings_end_it(stack, settings, told):
    at = stack.log.stat().st_size if stack.log.exists() else 0
    stack.start(**settings)
    assert stack.process.wait(20) == 78
    assert told in stack.log.read_text()[at:]


def test_refuses_a_superuser(stack):
    stack.start(DATABASE_JOBS_URL=stack.cluster.url("operator", DATABASE))
    assert stack.process.wait(20) == 78
    assert "passes by row security" in stack.log.read_text()


def test_log_lines_are_json_and_hold_no_text(stack):
    org = stack.organisation()
    stack.start()
    document = stack.upload(org, RC.encode() + b"logged\n")
    stack.wait(stack.ended(document))
    stack.stop()
    lines = [json.loads(line) for line in stack.log.read_text().splitlines()]
    done = [line for line in lines if line["msg"] == "job done" and line.get("organization_id") == org]
    assert done and done[-1]["kind"] == "read" and done[-1]["attempt"] == 1
    assert "Valmont" not in stack.log.read_text()


# --- what has had its time

def test_what_has_had_its_time_is_deleted_and_nothing_else(stack):
    org = stack.organisation()
    (account,) = stack.one("select id::text from account where organization_id = %s", org)
    stack.rows("update account set is_owner = true where id = %s", account)

    def session(name, ended, expires, created=200):
        stack.rows("insert into session (id, organization_id, account_id, refresh_hash, created_at, expires_at, ended_at, end_reason) values "
                   "(gen_random_uuid(), %s, %s, sha256(%s::bytea), now() - make_interval(days => %s), now() + make_interval(days => %s), "
                   "now() - make_interval(days => %s), %s)", org, account, org + name, created, expires, ended, ended and "logout")
        stack.rows("insert into session_spent (token_hash, organization_id, session_id) select sha256(%s::bytea), organization_id, id from session "
                   "where refresh_hash = sha256(%s::bytea)", org + name + "before", org + name)

    def row(table, columns, values, *args):
        stack.rows(f"insert into {table} (organization_id, {columns}) values (%s, {values})", org, *args)

    for name, ended, expires in (("ended long ago", 91, 1), ("expired long ago", None, -91), ("ended", 89, 1), ("expired", None, -1), ("lives", None, 1)):
        session(name, ended, expires)
    for name, created, expires, used in (("used long ago", 40, -10, 31), ("expired long ago", 60, -31, None), ("used", 30, 1, 29), ("open", 20, 1, None),
                                         ("expired", 30, -1, None)):
        row("account_token", "id, account_id, purpose, token_hash, created_at, expires_at, used_at",
            "gen_random_uuid(), %s, 'password_reset', sha256(%s::bytea), now() - make_interval(days => 30), now() - make_interval(days => 30), null",
            account, org + name)
        stack.rows("update account_token set created_at = now() - make_interval(days => %s), expires_at = now() + make_interval(days => %s), "
                   "used_at = now() - make_interval(days => %s) where token_hash = sha256(%s::bytea)", created, expires, used, org + name)
    for name, expires, revoked in (("revoked-long-ago", 1, 91), ("expired-long-ago", -91, None), ("revoked", 1, 89), ("open", 1, None)):
        row("invitation", "id, email, role, invited_by, expires_at, revoked_at",
            "gen_random_uuid(), %s, 'viewer', %s, now() + make_interval(days => %s), now() - make_interval(days => %s)",
            f"{name}@example.org", account, expires, revoked)
    row("invitation", "id, email, role, invited_by, expires_at, accepted_at, account_id",
        "gen_random_uuid(), 'joined@example.org', 'viewer', %s, now() - interval '2 years', now() - interval '2 years', %s", account, account)
    for days, purpose in ((91, "new_sign_in"), (89, "password_changed")):
        row("job", "id, kind, state, payload, finished_at",
            "gen_random_uuid(), 'mail', 'done', jsonb_build_object('purpose', %s::text, 'account_id', %s::text), now() - make_interval(days => %s)",
            purpose, account, days)
    for hours in (25, 23):
        row("idempotency_key", "account_id, route, key, fingerprint, created_at",
            "%s, 'POST /x', %s, sha256('x'), now() - make_interval(hours => %s)", account, f"{hours} hours", hours)

    def left(query, *args):
        return {r[0] for r in stack.rows(query, *args)}

    keys = "select key from idempotency_key where organization_id = %s"
    stack.start()
    stack.wait(lambda: left(keys, org) == {"23 hours"})
    names = ("ended long ago", "expired long ago", "ended", "expired", "lives")
    assert [n for n in names if left("select 1 from session where refresh_hash = sha256(%s::bytea)", org + n)] == ["ended", "expired", "lives"]
    assert [n for n in names if left("select 1 from session_spent where token_hash = sha256(%s::bytea)", org + n + "before")] == ["expired", "lives"]
    names = ("used long ago", "expired long ago", "used", "expired", "open")
    assert [n for n in names if left("select 1 from account_token where token_hash = sha256(%s::bytea)", org + n)] == ["used", "expired", "open"]
    assert left("select email from invitation where organization_id = %s", org) == {"revoked@example.org", "open@example.org", "joined@example.org"}
    assert left("select payload ->> 'purpose' from job where organization_id = %s", org) == {"password_changed"}
