"""What the product is for: a dossier goes in, its facts come out, each with a place that holds."""

import json
import os
import pathlib
import re
import subprocess

import pytest

import pdfs
from stack import ROOT

BUILD = pathlib.Path(os.environ.get("SCORPIUS_BUILD", ROOT / "build"))


def folded(text):
    return re.sub(r"\s+", " ", text).strip()


def check_places(account, analysis):
    """Each quote stands in the text of its page, each box lies on the page, and the words in the boxes are the quote's."""
    pages = {}
    count = 0
    evidence = [(k, e) for k, f in analysis["facts"].items() for e in f["evidence"]]
    evidence += [(c["key"], e) for c in analysis["contradictions"] for v in c["values"] for e in v["evidence"]]
    for key, e in evidence:
        if "page" not in e:
            continue  # documents without pages tell sections or cells
        place = (e["document_id"], e["page"])
        page = pages.get(place) or pages.setdefault(place, account.data("GET", f"/documents/{place[0]}/pages/{place[1]}"))
        assert folded(e["quote"]) in folded(page["text"]), f"{key}: {e['quote']!r} does not stand on page {place[1]}"
        for x0, y0, x1, y1 in e.get("boxes", []):
            assert -1 <= x0 < x1 <= page["width"] + 1 and -1 <= y0 < y1 <= page["height"] + 1, (key, e)
            inside = [w["text"] for w in page["words"] if x0 - 1 <= (w["box"][0] + w["box"][2]) / 2 <= x1 + 1
                      and y0 - 1 <= (w["box"][1] + w["box"][3]) / 2 <= y1 + 1]
            assert any(bare and bare in e["quote"] for bare in (w.strip(".,;:()") for w in inside)), f"{key}: the box of {e['quote']!r} holds {inside}"
        count += 1
    return count


def test_facts_of_a_small_dossier(account):
    tender, documents = account.tender_with(("RC.pdf", pdfs.rules()))
    analysis = account.data("GET", f"/tenders/{tender['id']}/analysis")
    facts = {k: f["value"] for k, f in analysis["facts"].items()}
    assert facts["buyer"] == "Commune de Bellerive-sur-Orme"
    assert facts["object"] == "Entretien des haies du domaine de Bellerive"
    assert facts["reference"] == "2031-TX-07"
    assert facts["deadline"] == "2031-03-12T16:30"
    assert facts["procedure"] == "mapa"
    assert facts["lots"] == 1 and facts["allotted"] is False
    assert facts["offer_validity_days"] == 120 and facts["variants_allowed"] is False
    assert [(c["weight"], c["sub"]) for c in facts["criteria"]] == [(60, []), (40, [])]
    assert analysis["documents"][0]["kind"] == "rc" and analysis["documents"][0]["pages"] == 2
    assert analysis["facts"]["deadline"]["evidence"][0]["document_id"] == documents[0]["id"]
    assert check_places(account, analysis) >= 8
    assert account.data("GET", f"/documents/{documents[0]['id']}")["document_type"] == "rc"
    assert (tender["reference"], tender["buyer"]) == ("2031-TX-07", "Commune de Bellerive-sur-Orme")
    assert tender["title"] == "Entretien des haies du domaine de Bellerive"


def test_a_document_that_says_nothing_gives_no_facts(account):
    tender, _ = account.tender_with(("note.txt", "Compte rendu de la réunion du lundi. Le café était bon.\n".encode()))
    analysis = account.data("GET", f"/tenders/{tender['id']}/analysis")
    assert set(analysis["facts"]) <= {"document_type"} and analysis["contradictions"] == []


def shipped():
    """The dossiers that the project ships: the files of each, an archive or documents."""
    return {p.parent.name: sorted(p.iterdir()) for p in (ROOT / "samples").glob("*/dossier")}


def values(analysis):
    """The values of facts, without the evidence that those of lots have within."""
    def bare(v):
        if isinstance(v, list):
            return [bare(x) for x in v]
        return {k: bare(x) for k, x in v.items() if k != "evidence"} if isinstance(v, dict) else v
    return {k: bare(f["value"]) for k, f in analysis["facts"].items()}


@pytest.mark.parametrize("dossier", sorted(shipped()) or ["none"])
def test_facts_of_the_shipped_dossiers(account, dossier):
    """As by the command line: the tests of the samples say what must be found, this one that the API finds no less."""
    files = shipped()[dossier]
    tender, _ = account.tender_with(*((p.name, p.read_bytes()) for p in files))
    assert tender["analysis_status"] == "done" and tender["problems"] == [], tender
    analysis = account.data("GET", f"/tenders/{tender['id']}/analysis")
    assert check_places(account, analysis) >= 20
    told = subprocess.run([BUILD / "app/cli/scorpius", "analyze", "--json", *files], capture_output=True, text=True, check=True, timeout=60)
    assert values(analysis) == values(json.loads(told.stdout))
    deadline = analysis["facts"]["deadline"]
    assert tender["deadline_local"] == (deadline["value"] if deadline["status"] == "found" else None)


def page(printed):
    """What is printed of a dossier, without the days that are left and what the demo says around it."""
    lines = printed[printed.index("\nQUOI\n"):].split("\n\nEnvoi, lecture et analyse", 1)[0].rstrip().splitlines()
    left = next(i for i, line in enumerate(lines) if line.startswith("  Remise "))
    return lines[:left + 1] + lines[left + 2:]


def test_the_page_that_the_demo_prints(stack):
    """`./dev demo` uploads the first dossier as a user does; what it prints is the kept page."""
    if stack.existing:
        pytest.skip("reloads the stack")
    kept = (ROOT / "samples/guichet-numerique/summary.txt").read_text()
    assert page(stack.dev("demo")) == page(kept)


def test_the_same_dossier_gives_the_same_answer(account, other):
    answers = []
    for member in (account, other):
        tender, _ = member.tender_with(("RC.pdf", pdfs.rules()))
        analysis = member.data("GET", f"/tenders/{tender['id']}/analysis")
        for e in (e for f in analysis["facts"].values() for e in f["evidence"]):
            del e["document_id"]
        answers.append(analysis["facts"])
    assert answers[0] == answers[1]
