"""An archive goes in, its files come out as documents of their own; what must not come out is told."""

import contextlib
import io
import os
import pathlib
import random
import re
import signal
import struct
import threading
import time
import zipfile

import pdfs
import stack as stack_module
from stack import parsed, wait_until


def zipped(*entries):
    """entries: (name, bytes). Names that are bytes stand in the archive as they are."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        for i, (name, data) in enumerate(entries):
            z.writestr(name if isinstance(name, str) else f"{i:0{len(name)}d}", data)
    raw = out.getvalue()
    for i, (name, _) in enumerate(entries):
        if isinstance(name, bytes):
            raw = raw.replace(f"{i:0{len(name)}d}".encode(), name)
    return raw


def children(account, archive):
    documents = account.data("GET", "/documents?limit=100")
    return {(d["path"], d["original_filename"]): d for d in documents if d["parent_id"] == archive["id"]}


def expanded(account, data, name="DCE.zip", **fields):
    archive = account.upload((name, data), **fields)
    assert archive["kind"] == "archive" and archive["parent_id"] is None
    return account.processed(archive["id"])


def test_files_become_documents_in_their_folders(account):
    inner = zipped(("annexes/plan.txt", b"Plan des lieux\n"))
    archive = expanded(account, zipped(("1 - Pi\u00e8ces/RC.pdf", pdfs.rules()), (b"2/\x85 signer.txt", b"A signer\n"),
                                       ("lots/lot1.zip", inner)))
    assert (archive["status"], archive["error"]) == ("processed", None)
    found = children(account, archive)
    assert set(found) == {("1 - Pièces", "RC.pdf"), ("2", "à signer.txt"), ("lots/lot1.zip/annexes", "plan.txt")}
    for child in found.values():
        assert account.processed(child["id"])["status"] == "processed"
        assert child["kind"] == "file" and child["tender_id"] is None
    events = account.data("GET", f"/documents/{archive['id']}/events")["events"]
    assert [(e["stage"], e["status"]) for e in events] == [
        ("upload", "completed"), ("validation", "completed"), ("expansion", "started"), ("expansion", "completed")]


def test_a_dossier_in_an_archive_is_analysed(account):
    tender = account.data("POST", "/tenders", 201, json={})
    account.upload(("DCE.zip", zipped(("DCE/RC.pdf", pdfs.rules()))), path=f"/tenders/{tender['id']}/documents")
    done = account.analyzed(tender["id"])
    assert done["analysis_status"] == "done" and done["problems"] == []
    assert (done["dossier_version"], done["document_count"]) == (2, 2)
    analysis = account.data("GET", f"/tenders/{tender['id']}/analysis")
    assert [d["file"] for d in analysis["documents"]] == ["DCE/RC.pdf"]
    assert analysis["facts"]["buyer"]["evidence"][0]["file"] == "DCE/RC.pdf"


def test_what_an_archive_did_not_give_is_a_problem_of_the_tender(account):
    tender = account.data("POST", "/tenders", 201, json={})
    archive = account.upload(("DCE.zip", zipped(("RC.pdf", pdfs.rules()), ("../CCTP.pdf", pdfs.clauses("Le titulaire livre.")),
                                                ("plans.7z", b"7z\xbc\xaf\x27\x1c\0\4" + bytes(60)), ("BPU.xlsx", b""))),
                             path=f"/tenders/{tender['id']}/documents")
    problems = account.analyzed(tender["id"])["problems"]
    assert {p["document_id"] for p in problems} == {archive["id"]}
    told = {p["code"]: p["message"] for p in problems}
    assert set(told) == {"entry_refused", "file_type_refused", "empty_file"} and len(problems) == 3
    assert told["entry_refused"] == (
        "«\u00a0DCE.zip\u00a0»\u00a0: le fichier «\u00a0../CCTP.pdf\u00a0» de l'archive a été refusé\u00a0: son chemin sort de "
        "l'archive. S'il compte pour la réponse, déposez-le à part ou demandez-le à l'acheteur.")
    assert "plans.7z" in told["file_type_refused"] and "BPU.xlsx" in told["empty_file"]


def test_litter_of_desktops_is_left_without_a_word(account):
    archive = expanded(account, zipped(("__MACOSX/DCE/._a.txt", b"\0\5\x16\7 litter"), ("DCE/.DS_Store", b"\0\0\0\1Bud1"),
                                       ("Thumbs.db", b"litter\n"), ("DCE/~$RC.docx", b"someone\n"),
                                       ("DCE/a.txt", b"une pi\xc3\xa8ce\n"), ("MACOSX/note.txt", b"une note\n")))
    assert set(children(account, archive)) == {("DCE", "a.txt"), ("MACOSX", "note.txt")}
    events = account.data("GET", f"/documents/{archive['id']}/events")["events"]
    assert [e["message"] for e in events if e["message"]] == []


def test_what_must_not_come_out_is_told(account):
    archive = expanded(account, zipped(("../hors.txt", b"x\n"), ("/racine.txt", b"x\n"), ("vide.txt", b""),
                                       ("virus.exe", b"MZ" + bytes(range(256)) * 40), ("bon.txt", b"lisible\n"),
                                       ("enorme.txt", bytes(101 << 20))))
    assert archive["status"] == "processed"
    assert set(children(account, archive)) == {("", "bon.txt")}
    events = account.data("GET", f"/documents/{archive['id']}/events", headers={"Accept-Language": "fr"})["events"]
    told = sorted(e["message"] for e in events if e["message"])
    assert len(told) == 5, told
    for part in ("hors.txt", "racine.txt", "vide.txt", "virus.exe", "enorme.txt"):
        assert sum(part in message for message in told) == 1, (part, told)
    assert any("est vide" in message for message in told) and any("sort de l'archive" in message for message in told)


def test_a_damaged_entry_is_told_and_the_archive_is_kept(account):
    good = zipped(("a.txt", b"bonjour\n"), ("b.txt", b"deux\n"))
    # The directory's second entry points behind the end of the file.
    at = good.rindex(b"PK\x01\x02")
    broken = good[:at + 42] + struct.pack("<I", 0x7FFFFFFF) + good[at + 46:]
    archive = expanded(account, broken)
    assert archive["status"] == "processed"
    assert set(children(account, archive)) == {("", "a.txt")}
    events = account.data("GET", f"/documents/{archive['id']}/events")["events"]
    assert [e["message"].split("'")[1] for e in events if e["message"]] == ["b.txt"]
    assert account.get(f"/documents/{archive['id']}/content").content == broken


def test_processing_again_doubles_nothing(account):
    archive = expanded(account, zipped(("a.txt", b"un\n"), ("b.txt", b"deux\n")))
    before = children(account, archive)
    for child in before.values():
        account.processed(child["id"])
    assert account.post(f"/documents/{archive['id']}/process").status_code == 202
    assert account.processed(archive["id"])["status"] == "processed"
    assert {k: d["id"] for k, d in children(account, archive).items()} == {k: d["id"] for k, d in before.items()}


def told_to_stop(pid):
    """Whether SIGTERM waits for a process that looks for it between two entries."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"ShdPnd:\s+(\S+)", status).group(1), 16) >> (signal.SIGTERM - 1) & 1


def test_an_expansion_gives_its_job_back_when_the_programs_stop(account, stack, settled):
    noise = random.Random(7)
    archive = account.upload(("grand.zip", zipped(*((f"{i}.txt", noise.randbytes(1500).hex().encode()) for i in range(1000)))))

    def reader():
        """Stopped in the middle of its work."""
        for child in [c for pid in stack_module.children(stack.pid("jobs")) for c in stack_module.children(pid)]:
            if [f for f in stack.files() if account.organization_id in f][3:]:
                os.kill(child, signal.SIGSTOP)
                return child
        time.sleep(0.002)
        return None
    child = wait_until(reader, 30, "the expansion to have begun")
    parents = stack_module.children(stack.pid("jobs"))
    stopping = threading.Thread(target=stack.stop, args=("jobs", signal.SIGTERM))
    stopping.start()
    try:
        wait_until(lambda: all(told_to_stop(pid) for pid in parents if stack_module.children(pid)), 20, "the word to arrive")
    finally:
        with contextlib.suppress(ProcessLookupError):  # who is told to stop does not wait for it
            os.kill(child, signal.SIGCONT)
        stopping.join(60)
    try:
        (job,) = stack.sql("select id::text, state from scorpius.job where document_id = %s and kind = 'read'", archive["id"])
        assert job["state"] == "queued" and children(account, archive) == {}
        assert [line["msg"] for line in map(parsed, stack.log_lines("jobs")) if line and line.get("job_id") == job["id"]][-1] == "job given back"
        assert account.request("DELETE", f"/documents/{archive['id']}").status_code == 204
    finally:
        stack.start("jobs")
    wait_until(lambda: stack.sql("select 1 from scorpius.job where id = %s and state = 'done'", job["id"]), 30, "the jobs to go on")
