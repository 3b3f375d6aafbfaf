"""How long each stage took: told by a document's events, and by the logs."""

import pdfs
from stack import parsed, wait_until
from test_archives import zipped


def durations(account, document):
    events = account.data("GET", f"/documents/{document['id']}/events")["events"]
    return {e["stage"]: e["duration_ms"] for e in events if e["status"] == "completed"}


def logged(stack, id_):
    lines = [line for name in ("api", "bulk", "jobs") for line in map(parsed, stack.log_lines(name)) if line]
    return {line["stage"]: line["ms"] for line in lines if line.get("msg") == "stage" and line.get("id") == id_}


def test_every_stage_of_a_dossier_has_its_time(account, stack):
    tender = account.data("POST", "/tenders", 201, json={})
    archive = account.upload(("DCE.zip", zipped(("RC.pdf", pdfs.rules()))), path=f"/tenders/{tender['id']}/documents")
    assert account.analyzed(tender["id"])["analysis_status"] == "done"
    child = next(d for d in account.data("GET", f"/documents?tender_id={tender['id']}") if d["parent_id"] == archive["id"])
    assert set(durations(account, archive)) == {"upload", "validation", "expansion"}
    assert all(ms is not None for ms in durations(account, archive).values())
    own = durations(account, child)
    assert set(own) == {"expansion", "reading", "analysis"} and own["reading"] is not None and own["analysis"] is not None
    wait_until(lambda: set(logged(stack, archive["id"])) == {"upload", "validation", "expansion"} and "reading" in logged(stack, child["id"])
               and "analysis" in logged(stack, tender["id"]), 5, "the log")


def test_a_document_read_before_tells_its_stages_too(account):
    """The same bytes are not read twice; their second document goes through the same stages."""
    for _ in range(2):
        document = account.upload(("RC.pdf", pdfs.rules()))
        account.processed(document["id"])
        assert set(durations(account, document)) == {"upload", "validation", "reading", "analysis"}
