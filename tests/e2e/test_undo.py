"""What is deleted comes back while it can; then its rows and bytes are gone."""

import io
import threading
import zipfile

import psycopg2
import pytest

import pdfs
from client import code
from stack import wait_until


def due(stack, table, id):
    stack.sql(f"update scorpius.{table} set purge_after = now() - interval '1 second' where id = %s", id)


def gone(stack, table, id):
    wait_until(lambda: not stack.sql(f"select 1 from scorpius.{table} where id = %s", id), 60, f"the {table} to go")


def settled(stack, account):
    wait_until(lambda: not stack.sql("select 1 from scorpius.blob_purge where organization_id = %s", account.organization_id), 60,
               "the files to go")


def objects(stack, account):
    return [f for f in stack.files() if f.startswith(str(stack.files_path)) and account.organization_id in f]


def blobs(stack, account):
    return stack.sql("select count(*) n from scorpius.blob where organization_id = %s", account.organization_id)[0]["n"]


def connect(stack, role, account):
    c = psycopg2.connect(stack.env["DATABASE_URL"], connect_timeout=5)
    with c.cursor() as cursor:
        cursor.execute(f"set role {role}; set search_path = scorpius; set lock_timeout = '10s'")
        cursor.execute("select set_config('scorpius.organization_id', %s, false)", (account.organization_id,))
    c.commit()
    return c


def run(connection, query, *params):
    with connection.cursor() as cursor:
        cursor.execute(query, params or None)
        return cursor.fetchall() if cursor.description else None


FIND = "select (select id::text from blob where sha256 = %s for key share)"


# --- back

def test_a_document_comes_back(account):
    document = account.upload(("a.txt", b"revient\n"), query="?process=false")
    path = f"/documents/{document['id']}"
    assert account.request("DELETE", path).status_code == 204
    assert account.get(path).status_code == 404
    for _ in range(2):  # done again, it changes nothing
        answer = account.post(f"{path}/restore")
        assert answer.status_code == 200 and answer.json()["data"]["id"] == document["id"]
    assert answer.json()["data"]["status"] == "uploaded"
    assert account.get(f"{path}/content").content == b"revient\n"


def test_a_document_comes_back_into_its_dossier(account):
    tender, documents = account.tender_with(("RC.pdf", pdfs.rules()), ("note.txt", b"une note\n"))
    path = f"/tenders/{tender['id']}"
    assert account.request("DELETE", f"/documents/{documents[1]['id']}").status_code == 204
    before = account.analyzed(tender["id"])
    assert before["document_count"] == 1
    assert account.post(f"/documents/{documents[1]['id']}/restore").json()["data"]["tender_id"] == tender["id"]
    after = account.analyzed(tender["id"])
    assert (after["document_count"], after["dossier_version"]) == (2, before["dossier_version"] + 1)
    assert account.data("GET", f"{path}/analysis")["dossier_version"] == after["dossier_version"]


def test_a_tender_comes_back_with_what_went_with_it(account):
    tender, documents = account.tender_with(("RC.pdf", pdfs.rules()), ("note.txt", b"une note\n"))
    earlier, later = f"/documents/{documents[1]['id']}", f"/documents/{documents[0]['id']}"
    account.request("DELETE", earlier)
    account.analyzed(tender["id"])
    assert account.request("DELETE", f"/tenders/{tender['id']}").status_code == 204
    refused = account.post(f"{later}/restore")
    assert refused.status_code == 409 and code(refused) == "bad_state"
    assert account.post(f"/tenders/{tender['id']}/restore").json()["data"]["id"] == tender["id"]
    assert account.analyzed(tender["id"])["document_count"] == 1
    assert account.get(later).status_code == 200 and account.get(earlier).status_code == 404
    assert account.post(f"{earlier}/restore").status_code == 200


@pytest.mark.parametrize("what", ["documents", "tenders"])
def test_only_ones_own_come_back_and_only_in_time(account, other, stack, what):
    document = account.upload(("a.txt", b"trop tard\n"), query="?process=false")
    one = document if what == "documents" else account.data("POST", "/tenders", 201, json={})
    path = f"/{what}/{one['id']}"
    account.request("DELETE", path)
    assert other.post(f"{path}/restore").status_code == 404
    due(stack, what[:-1], one["id"])
    assert account.post(f"{path}/restore").status_code == 404


# --- gone

def test_bytes_go_with_their_last_document(account, stack):
    first, second = (account.upload((name, pdfs.rules())) for name in ("a.pdf", "b.pdf"))
    for d in (first, second):
        account.processed(d["id"])
        assert account.request("DELETE", f"/documents/{d['id']}").status_code == 204
    due(stack, "document", first["id"])
    gone(stack, "document", first["id"])
    settled(stack, account)
    assert blobs(stack, account) == len(objects(stack, account)) == 2  # the file and its model
    assert account.post(f"/documents/{second['id']}/restore").status_code == 200
    assert account.get(f"/documents/{second['id']}/content").content == pdfs.rules()
    account.request("DELETE", f"/documents/{second['id']}")
    due(stack, "document", second["id"])
    gone(stack, "document", second["id"])
    settled(stack, account)
    assert blobs(stack, account) == 0 and objects(stack, account) == []
    for rows in ("reading where", "page where", "document_event where", "job where kind <> 'mail' and", "analysis where"):
        assert stack.sql(f"select 1 from scorpius.{rows} organization_id = %s", account.organization_id) == []


def test_a_tender_goes_with_all_that_is_its(account, stack):
    tender, documents = account.tender_with(("RC.pdf", pdfs.rules()))
    account.analyzed(tender["id"])
    kept = account.upload(("autre.txt", b"reste\n"), query="?process=false")
    account.data("PUT", f"/tenders/{tender['id']}/facts/buyer", 200, json={"action": "confirmed"})
    account.request("DELETE", f"/tenders/{tender['id']}")
    # One whose documents are not due waits for them.
    due(stack, "tender", tender["id"])
    assert stack.sql("select 1 from scorpius.document where id = %s", documents[0]["id"])
    due(stack, "document", documents[0]["id"])
    gone(stack, "tender", tender["id"])
    settled(stack, account)
    for table in ("dossier_version", "dossier_version_document", "analysis", "fact_decision", "reading"):
        assert stack.sql(f"select 1 from scorpius.{table} where organization_id = %s", account.organization_id) == [], table
    assert account.get(f"/documents/{kept['id']}/content").content == b"reste\n"
    assert len(objects(stack, account)) == 1


def expanded(account, *names, path="/documents"):
    """An archive in a dossier of its own or in none, and its entries."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as z:
        for name in names:
            z.writestr(name, f"dans {name}\n")
    archive = account.upload(("DCE.zip", out.getvalue()), path=path)
    account.processed(archive["id"])
    entries = {d["original_filename"]: d for d in account.data("GET", "/documents?limit=100") if d["parent_id"] == archive["id"]}
    for name in names:
        account.processed(entries[name]["id"])
    return archive, [entries[name] for name in names]


def test_what_left_an_archive_outlives_its_tender(account, stack):
    """Detached, or moved into a dossier that is kept for a dispute."""
    tender, elsewhere = (account.data("POST", "/tenders", 201, json={}) for _ in range(2))
    path = f"/tenders/{tender['id']}/documents"
    archive, (alone, moved, stays) = expanded(account, "seul.txt", "ailleurs.txt", "reste.txt", path=path)
    for entry in (alone, moved):
        assert account.request("DELETE", f"{path}/{entry['id']}").status_code == 204
    account.data("POST", f"/tenders/{elsewhere['id']}/documents", json={"document_ids": [moved["id"]]})
    account.data("PUT", f"/tenders/{elsewhere['id']}/legal-hold", json={"held": True, "reason": "Référé"})
    assert account.data("GET", f"/documents/{moved['id']}")["parent_id"] == archive["id"]
    assert account.request("DELETE", f"/tenders/{tender['id']}").status_code == 204
    stack.sql("update scorpius.document set purge_after = now() - interval '1 second' where tender_id = %s", tender["id"])
    due(stack, "tender", tender["id"])
    gone(stack, "tender", tender["id"])
    settled(stack, account)
    for entry in (archive, stays):
        assert not stack.sql("select 1 from scorpius.document where id = %s", entry["id"])
    for entry, place in ((alone, None), (moved, elsewhere["id"])):
        shown = account.data("GET", f"/documents/{entry['id']}")
        assert (shown["parent_id"], shown["tender_id"]) == (None, place)
        assert account.get(f"/documents/{entry['id']}/content").text == f"dans {entry['original_filename']}\n"
    account.data("PUT", f"/tenders/{elsewhere['id']}/legal-hold", json={"held": False, "reason": "Désistement"})


@pytest.fixture
def came_back(account):
    """An archive that is deleted, and its entry in a dossier that was, too, and came back."""
    tender = account.data("POST", "/tenders", 201, json={})
    archive, (entry,) = expanded(account, "pièce.txt")
    account.data("POST", f"/tenders/{tender['id']}/documents", json={"document_ids": [entry["id"]]})
    account.analyzed(tender["id"])
    account.request("DELETE", f"/tenders/{tender['id']}")
    account.request("DELETE", f"/documents/{archive['id']}")
    account.data("POST", f"/tenders/{tender['id']}/restore")
    return tender, archive, entry


def test_an_archive_goes_in_time_though_its_entry_lives(account, stack, came_back):
    tender, archive, entry = came_back
    due(stack, "document", archive["id"])
    gone(stack, "document", archive["id"])
    settled(stack, account)
    shown = account.data("GET", f"/documents/{entry['id']}")
    assert (shown["parent_id"], shown["tender_id"]) == (None, tender["id"])
    assert account.get(f"/documents/{entry['id']}/content").text == "dans pièce.txt\n"
    assert stack.sql("select 1 from scorpius.blob where organization_id = %s and sha256 = %s", account.organization_id,
                     bytes.fromhex(archive["sha256"])) == []


def removed_meanwhile(stack, removal, other, *last):
    """How many a removal takes that meets what another transaction holds, and goes on when that one has said its last word."""
    removed = []
    thread = threading.Thread(target=lambda: removed.extend(run(removal, "select queue.purge_deleted(10)")))
    thread.start()
    wait_until(lambda: stack.sql("select 1 from pg_stat_activity where wait_event_type = 'Lock' and query like %s", "%purge_deleted(10)%"), 20,
               "the removal to wait")
    run(other, *last)
    other.commit()
    thread.join(30)
    removal.commit()
    return removed[0][0]


def test_what_comes_back_at_the_last_moment_outlives_its_archive(account, stack, came_back):
    """The dossier of the entry, deleted as well, is being brought back when the removal of the archive begins."""
    tender, archive, entry = came_back
    account.request("DELETE", f"/tenders/{tender['id']}")
    restoration, removal = connect(stack, "scorpius_api", account), connect(stack, "scorpius_jobs", account)
    try:
        # The lock keeps the job itself away.
        run(removal, "select pg_advisory_xact_lock(hashtextextended('scorpius purge ' || %s, 0))", account.organization_id)
        for id in (archive["id"], entry["id"]):
            due(stack, "document", id)
        run(restoration, "update document set deleted_at = null, purge_after = null where id = %s", entry["id"])
        assert removed_meanwhile(stack, removal, restoration, "update tender set deleted_at = null, purge_after = null where id = %s", tender["id"]) == 1
    finally:
        restoration.close()
        removal.close()
    assert not stack.sql("select 1 from scorpius.document where id = %s", archive["id"])
    shown = account.data("GET", f"/documents/{entry['id']}")
    assert (shown["parent_id"], shown["tender_id"]) == (None, tender["id"])
    settled(stack, account)
    assert account.get(f"/documents/{entry['id']}/content").text == "dans pièce.txt\n"


def test_a_hold_at_the_last_moment_stops_nothing_else(account, stack, came_back):
    tender, archive, entry = came_back
    account.request("DELETE", f"/tenders/{tender['id']}")
    other = account.upload(("a.txt", b"autre\n"), query="?process=false")
    account.request("DELETE", f"/documents/{other['id']}")
    holder, removal = connect(stack, "scorpius_owner", account), connect(stack, "scorpius_jobs", account)
    try:
        # The lock keeps the job itself away.
        run(removal, "select pg_advisory_xact_lock(hashtextextended('scorpius purge ' || %s, 0))", account.organization_id)
        for id in (archive["id"], entry["id"], other["id"]):
            due(stack, "document", id)
        run(holder, "select from document where id = %s for update", entry["id"])
        assert removed_meanwhile(stack, removal, holder, "update tender set held_at = now(), held_by = %s, hold_reason = 'x' where id = %s",
                                 account.user["id"], tender["id"]) == 1
        assert not stack.sql("select 1 from scorpius.document where id = %s", other["id"])
        assert stack.sql("select purge_after > now() as later from scorpius.document where id = %s", archive["id"]) == [{"later": True}]
        assert account.data("POST", f"/tenders/{tender['id']}/restore")["legal_hold"]
        assert account.get(f"/documents/{entry['id']}/content").status_code == 200
    finally:
        holder.close()
        removal.close()
    account.data("PUT", f"/tenders/{tender['id']}/legal-hold", json={"held": False, "reason": "Désistement"})


def test_an_upload_that_counts_on_bytes_keeps_them(account, stack):
    """The upload looked first: the removal passes over what it has locked."""
    document = account.upload(("a.txt", b"disputes\n"), query="?process=false")
    upload, removal = connect(stack, "scorpius_api", account), connect(stack, "scorpius_jobs", account)
    try:
        sha256 = bytes.fromhex(document["sha256"])
        assert run(upload, FIND, sha256)[0][0]
        account.request("DELETE", f"/documents/{document['id']}")
        due(stack, "document", document["id"])
        gone(stack, "document", document["id"])
        assert run(removal, "select queue.purge_blobs(10)") == [(0,)]
        removal.commit()
        assert blobs(stack, account) == 1 and len(objects(stack, account)) == 1
        upload.rollback()
        settled(stack, account)
        assert blobs(stack, account) == 0 and objects(stack, account) == []
    finally:
        upload.close()
        removal.close()


def test_an_upload_after_the_removal_brings_its_own_bytes(account, stack):
    """The removal came first, and is not over: the upload waits for it, and stores the bytes anew."""
    data = b"encore disputes\n"
    document = account.upload(("a.txt", data), query="?process=false")
    removal = connect(stack, "scorpius_jobs", account)
    try:
        account.request("DELETE", f"/documents/{document['id']}")
        blob = stack.sql("select id::text from scorpius.blob where organization_id = %s", account.organization_id)[0]["id"]
        # What the job does, held before its commit; the lock keeps the job itself away.
        run(removal, "select pg_advisory_xact_lock(hashtextextended('scorpius purge ' || %s, 0))", account.organization_id)
        due(stack, "document", document["id"])
        assert run(removal, "select queue.purge_deleted(10)") == [(1,)]
        assert run(removal, "select queue.purge_blobs(10)") == [(1,)]
        answers = []
        thread = threading.Thread(target=lambda: answers.append(account.upload(("b.txt", data), query="?process=false")))
        thread.start()
        wait_until(lambda: stack.sql("select 1 from pg_stat_activity where usename = 'scorpius_api' and wait_event_type = 'Lock'"), 20,
                   "the upload to wait")
        removal.commit()
        thread.join(30)
        settled(stack, account)
        again = stack.sql("select id::text from scorpius.blob where organization_id = %s", account.organization_id)
        assert len(again) == 1 and again[0]["id"] != blob and len(objects(stack, account)) == 1
        assert account.get(f"/documents/{answers[0]['id']}/content").content == data
    finally:
        removal.close()


@pytest.fixture
def last_word(stack):
    """last_word(kind): no job of that kind can end before .go(); .waiting() tells whether one wants to. Then it has seen how things
    are, and somebody changes them."""
    number = 7301
    held = psycopg2.connect(stack.env["DATABASE_URL"], connect_timeout=5)
    run(held, "select pg_advisory_lock(%s)", number)
    held.commit()

    class LastWord:
        def __call__(self, kind):
            stack.sql(f"create function public.wait_for_test() returns trigger language plpgsql as $$ begin perform pg_advisory_xact_lock_shared({number}); "
                      "return new; end $$")
            stack.sql("grant execute on function public.wait_for_test() to public")
            stack.sql(f"create trigger zz_wait_for_test before update on scorpius.job for each row when (new.state = 'done' and new.kind = '{kind}') "
                      "execute function public.wait_for_test()")
            return self

        def waiting(self):
            return stack.sql("select 1 from pg_locks where locktype = 'advisory' and objid = %s and not granted", number)

        def go(self):
            if not held.closed:
                held.close()

    word = LastWord()
    yield word
    word.go()
    wait_until(lambda: not word.waiting(), 10, "the job to go on")
    stack.sql("drop trigger if exists zz_wait_for_test on scorpius.job")
    stack.sql("drop function if exists public.wait_for_test()")


def restored_meanwhile(account, stack, path, word):
    """Brings back what a job found deleted that is about to end."""
    wait_until(word.waiting, 30, "the job to be about to end")
    answers = []
    thread = threading.Thread(target=lambda: answers.append(account.post(f"{path}/restore").status_code))
    thread.start()
    # Either it is done at once, or it waits for the job.
    wait_until(lambda: answers or stack.sql("select 1 from pg_stat_activity where usename = 'scorpius_api' and wait_event_type = 'Lock'"), 20, "the restoration")
    word.go()
    thread.join(60)
    assert answers == [200]


def queue(stack, account, **columns):
    """A job of the account's organisation, as one that was queued before the deletion and is taken up after it."""
    stack.sql(f"insert into scorpius.job (organization_id, id, {', '.join(columns)}) values (%s, gen_random_uuid(), {', '.join(['%s'] * len(columns))})",
              account.organization_id, *columns.values())


def test_a_tender_comes_back_while_the_analysis_that_missed_it_ends(account, stack, last_word):
    tender, _ = account.tender_with(("RC.pdf", pdfs.rules()))
    assert account.request("DELETE", f"/tenders/{tender['id']}").status_code == 204
    stack.sql("update scorpius.tender set analysis_status = 'queued' where id = %s", tender["id"])
    (version,) = stack.sql("select id::text from scorpius.dossier_version where tender_id = %s", tender["id"])
    last_word("analyze")
    queue(stack, account, kind="analyze", tender_id=tender["id"], dossier_version_id=version["id"])
    restored_meanwhile(account, stack, f"/tenders/{tender['id']}", last_word)
    assert account.analyzed(tender["id"])["analysis_status"] == "done"


@pytest.mark.parametrize("where", ["tenders", "documents"])
def test_a_document_comes_back_while_the_reading_that_missed_it_ends(account, stack, last_word, where):
    if where == "tenders":
        tender, (document,) = account.tender_with(("RC.pdf", pdfs.rules()))
        path = f"/tenders/{tender['id']}"
    else:
        document = account.upload(("RC.pdf", pdfs.rules()))
        account.processed(document["id"])
        path = f"/documents/{document['id']}"
    assert account.request("DELETE", path).status_code == 204
    stack.sql("update scorpius.document set status = 'uploaded', processing_completed_at = null where id = %s", document["id"])
    if where == "tenders":
        stack.sql("update scorpius.tender set analysis_status = 'queued' where id = %s", tender["id"])
    last_word("read")
    queue(stack, account, kind="read", document_id=document["id"])
    restored_meanwhile(account, stack, path, last_word)
    assert account.processed(document["id"])["status"] == "processed"
    if where == "tenders":
        assert account.analyzed(tender["id"])["analysis_status"] == "done"
