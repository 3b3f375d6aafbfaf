"""Several at once: whoever comes second is told, and nothing is done twice or lost."""

import concurrent.futures
import os
import pathlib
import signal

import pdfs
from client import code, fresh
from stack import children, wait_until


def together(*calls):
    with concurrent.futures.ThreadPoolExecutor(len(calls)) as pool:
        return [f.result() for f in [pool.submit(c) for c in calls]]


def test_one_address_registered_twice_at_once(api):
    email = f"{fresh('course')}@essai.example"
    answers = together(*[lambda: api.register(email=email)[1]] * 4)
    assert sorted(a.status_code for a in answers) == [201, 409, 409, 409]


def test_one_refresh_token_used_twice_at_once(account, api):
    """One wins; the other is a reuse, which ends the session of both."""
    token = account.tokens["refresh_token"]
    answers = together(*[lambda: api.post("/auth/refresh", json={"refresh_token": token})] * 2)
    assert sorted(a.status_code for a in answers) == [200, 401]
    won = next(a for a in answers if a.status_code == 200).json()["data"]
    api.remember(won)
    assert account.get("/auth/me", headers={"Authorization": f"Bearer {won['access_token']}"}).status_code == 401


def test_the_same_bytes_uploaded_at_once(account, stack):
    data = fresh("contenu").encode() * 50
    documents = together(*[lambda n=n: account.upload((f"{n}.txt", data), query="?process=false") for n in range(4)])
    assert len({d["id"] for d in documents}) == 4
    blobs = stack.sql("select id::text from scorpius.blob where organization_id = %s", account.organization_id)
    files = [f.rpartition("/")[2] for f in stack.files() if account.organization_id in f]
    assert len(blobs) == 1 and files == [blobs[0]["id"]]
    for d in documents:
        assert account.get(f"/documents/{d['id']}/content").content == data


def test_pieces_added_to_one_tender_at_once(account):
    tender = account.data("POST", "/tenders", 201, json={})
    path = f"/tenders/{tender['id']}"
    together(*[lambda n=n: account.upload((f"{n}.txt", b"piece %d\n" % n), path=f"{path}/documents") for n in range(4)])
    now = account.data("GET", path)
    assert (now["document_count"], now["dossier_version"]) == (4, 4)
    data = account.poll(f"{path}", lambda t: t["analysis_status"] == "done", 60, "the analysis")
    assert data["dossier_version"] == 4
    assert account.data("GET", f"{path}/analysis")["dossier_version"] == 4


def leased(stack, document):
    rows = stack.sql("select attempt from scorpius.job where document_id = %s and kind = 'read' and state = 'leased'", document["id"])
    return rows[0]["attempt"] if rows else None


def test_a_worker_that_dies_over_its_job_is_succeeded(account, stack, settled, expect_log):
    expect_log("a worker died|connection to client lost")
    document = account.upload(("gonfle.pdf", pdfs.inflating(300)))
    wait_until(lambda: leased(stack, document) == 1, 20, "the job to be taken")
    victims = children(stack.pid("jobs"))
    readers = [r for v in victims for r in children(v)]
    for pid in victims:
        os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not any(alive(r) for r in readers), 10, "the readers to go with them")
    done = account.processed(document["id"], seconds=90)
    assert done["status"] in ("processed", "failed") and done["error"] is None or done["error"]["code"] != "internal_error"
    attempts = stack.sql("select attempt, state from scorpius.job where document_id = %s and kind = 'read'", document["id"])
    assert len(attempts) == 1 and attempts[0]["attempt"] >= 2 and attempts[0]["state"] in ("done", "failed")


def alive(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_worker_that_slept_past_its_lease_changes_nothing(account, stack, settled):
    """It wakes up when another has done the job: its attempt is over, and what it writes is refused."""
    pids = wait_until(lambda: (lambda c: c if len(c) == 2 else None)(children(stack.pid("jobs"))), 30, "two workers")
    document = account.upload(("gonfle.pdf", pdfs.inflating(200)))
    sleepers = wait_until(lambda: [p for p in pids if children(p)], 20, "a reader to be at work")
    for pid in sleepers:
        os.kill(pid, signal.SIGSTOP)
    try:
        assert len(sleepers) < len(pids), "another worker is awake"
        done = account.processed(document["id"], seconds=90)
        before = account.data("GET", f"/documents/{document['id']}/events")
        analyses = stack.sql("select count(*) n from scorpius.analysis where organization_id = %s", account.organization_id)
    finally:
        for pid in sleepers:
            os.kill(pid, signal.SIGCONT)
    # Whoever slept does the next job, so that its last word on the old one has been said.
    for name in ("a", "b", "c", "d"):
        account.processed(account.upload((f"{name}.txt", b"suite " + name.encode()))["id"])
    wait_until(lambda: not any(children(p) for p in sleepers), 60, "the sleepers to end their reading")
    assert account.data("GET", f"/documents/{document['id']}/events") == before
    assert account.data("GET", f"/documents/{document['id']}")["status"] == done["status"]
    own = stack.sql("select count(*) n from scorpius.analysis where organization_id = %s and document_id = %s",
                    account.organization_id, document["id"])
    assert own[0]["n"] <= 1 and analyses[0]["n"] <= 1
    assert stack.sql("select count(*) n from scorpius.reading r join scorpius.document d using (organization_id, blob_id) where d.id = %s",
                     document["id"])[0]["n"] <= 1


def test_an_analysis_asked_for_twice_at_once(account, stack):
    tender, _ = account.tender_with(("RC.pdf", pdfs.rules()))
    answers = together(*[lambda: account.post(f"/tenders/{tender['id']}/analyze")] * 3)
    assert [a.status_code for a in answers] == [202] * 3
    account.analyzed(tender["id"])
    assert account.data("GET", f"/tenders/{tender['id']}/analysis")["dossier_version"] == 1


def test_processing_asked_for_twice_at_once(account):
    document = account.upload(("RC.pdf", pdfs.rules()), query="?process=false")
    answers = together(*[lambda: account.post(f"/documents/{document['id']}/process")] * 3)
    statuses = sorted(a.status_code for a in answers)
    assert statuses[0] == 202 and set(statuses[1:]) <= {202, 409}
    assert all(code(a) == "already_processing" for a in answers if a.status_code == 409)
    assert account.processed(document["id"])["status"] == "processed"
