"""The dossiers that the project ships: built from their sources, and read as a careful reader reads them. expected.json of each
is written by hand from its sources: every fact they state, with all the places that state it; what is not in it must not be
found. Nothing here needs LibreOffice; `./dev sample` builds again what is stale."""

import importlib.util
import json
import os
import pathlib
import re
import subprocess

import pytest

from test_dossiers import words

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = pathlib.Path(os.environ.get("SCORPIUS_BUILD", ROOT / "build"))
spec = importlib.util.spec_from_file_location("sample", ROOT / "dev.d/sample.py")
sample = importlib.util.module_from_spec(spec)
spec.loader.exec_module(sample)

DOCUMENTS = [(d, n) for d in sample.DOSSIERS for n in sorted(sample.built(d))]
# Texts of which a fact may hold more than what is expected: what was asked for must be in them.
LOOSE = {"buyer_address", "buyer_contact", "required_references", "required_certifications", "penalties", "penalties_cap"}


# --- what is shipped is what the sources say

def test_every_document_is_built_from_its_source():
    kept = json.loads(sample.MANIFEST.read_text())
    want = {}
    for dossier in sample.DOSSIERS:
        files = sample.built(dossier)
        outputs = set()
        for path in sample.sources(dossier):
            settings, text, name = sample.flat(path)
            outputs.add(settings["output"])
            want[f"{dossier}/{settings['output']}"] = {"source": sample.stamp(text, name), "built": sample.digest(files[settings["output"]])}
        assert outputs == set(files), "a source for each document, a document for each source"
    assert want == kept, "stale: run ./dev sample"


def test_a_changed_source_would_be_seen(tmp_path):
    path = sample.sources("telephonie-points")[0]
    changed = tmp_path / path.name
    changed.write_text(path.read_text().replace("85 000 €", "86 000 €"))
    assert sample.stamp(*sample.flat(path)[1:]) != sample.stamp(*sample.flat(changed)[1:])


@pytest.mark.parametrize("dossier,name", DOCUMENTS, ids=lambda x: pathlib.PurePath(x).stem)
def test_the_text_of_a_document_is_the_kept_one(dossier, name, tmp_path):
    built = tmp_path / pathlib.PurePath(name).name
    built.write_bytes(sample.built(dossier)[name])
    assert sample.read(BUILD / "app/reader/scorpius-reader", built) == sample.text_path(dossier, name).read_text()


def test_names_on_the_network_are_reserved_ones_and_numbers_have_their_check_digit():
    def odd(text):
        hosts = re.findall(r"(?:https?://|\w@)([\w.-]+\w)", text)
        numbers = [re.sub(r"\D", "", n) for n in re.findall(r"\b\d{3} \d{3} \d{3} \d{5}\b", text)]
        doubled = {n: sum(sum(divmod(int(c) * (2 if i % 2 else 1), 10)) for i, c in enumerate(reversed(n))) for n in numbers}
        return [h for h in hosts if not h.endswith(".example")] + [n for n in numbers if doubled[n] % 10]
    for dossier in sample.DOSSIERS:
        for path in sample.sources(dossier):
            assert odd(path.read_text()) == [], path
    assert odd("https://ville.fr 299 140 012 00021") == ["ville.fr", "29914001200021"]


def test_the_whole_is_small():
    assert sum(p.stat().st_size for p in sample.SAMPLES.rglob("*") if p.suffix in (".pdf", ".docx", ".xlsx", ".zip")) < 1_500_000


# --- what is found is what they state

def place(e):
    name = pathlib.PurePath(e["file"]).name
    if "page" in e:
        return f"{name} p. {e['page']}"
    if "sheet" in e:
        return f"{name} ! {e['sheet']}"
    return f"{name} § {e['section']}" if e.get("section") else name


def plain(text):
    return text.replace("\u2019", "'").replace("\u00a0", " ")


def same_criteria(got, want):
    return len(got) == len(want) and all(
        words(g["name"]) == words(w["name"]) and g["weight"] == w["weight"] and same_criteria(g["sub"], w.get("sub", []))
        for g, w in zip(got, want))


def same(key, got, want):
    if key == "criteria":
        return same_criteria(got, want)
    if key in ("mandatory_candidature", "mandatory_offer", "dce_documents"):
        return [(plain(p["name"]), p["piece"], p["format"]) for p in got] == [tuple(p) for p in want]
    if key == "lots_list":
        return len(got) == len(want) and all(
            (g["number"], words(g["title"])) == (w["number"], words(w["title"])) and
            {k: g.get("facts", {}).get(k, {}).get("value") for k in w["facts"]} == w["facts"] for g, w in zip(got, want))
    if key == "buyer_siret":
        return "".join(words(got)) == "".join(words(want))
    if isinstance(want, list):
        return len(got) == len(want) and all(same(key, g, w) for g, w in zip(got, want))
    if isinstance(want, str):
        return set(words(want)) <= set(words(got)) if key in LOOSE else words(got) == words(want)
    return type(got) in (int, float) and got == want if not isinstance(want, bool) else got is want


def wrong(key, fact, want):
    """What is wrong about a fact, None when nothing is."""
    if fact is None:
        return "not found"
    places = [plain(place(e)) for e in fact["evidence"]]
    if not same(key, fact["value"], want["value"]):
        return f"value {fact['value']!r}"
    if fact["status"] != want.get("status", "found") or fact.get("computed", False) != want.get("computed", False):
        return f"status {fact['status']}, computed {fact.get('computed')}"
    if "detail" in want and plain(fact.get("detail") or "") != want["detail"]:
        return f"detail {fact.get('detail')!r}"
    return None if places and set(places) <= set(want["at"]) else f"places {places}"


@pytest.fixture(scope="module", params=sample.DOSSIERS)
def read(request):
    """(what is found, what is expected) of a dossier."""
    p = subprocess.run([BUILD / "app/cli/scorpius", "analyze", "--json", *sample.paths(request.param)],
                       capture_output=True, text=True, timeout=120)
    assert p.returncode == 0, p.stderr
    return json.loads(p.stdout), json.loads((sample.SAMPLES / request.param / "expected.json").read_text())


def test_documents_are_told_apart(read):
    found, want = read
    assert {pathlib.PurePath(d["file"]).name: d["kind"] for d in found["documents"]} == want["documents"]
    assert all("error" not in d and d["warnings"] == [] for d in found["documents"])


def test_all_facts_and_no_others(read):
    found, want = read
    faults = {k: wrong(k, found["facts"].get(k), w) for k, w in want["facts"].items()}
    # both lists of pieces as one
    both = [p for k in ("mandatory_candidature", "mandatory_offer") for p in found["facts"][k]["value"]]
    assert found["facts"]["mandatory_documents"]["value"] == both
    others = set(found["facts"]) - set(want["facts"]) - set(want["undecided"]) - {"mandatory_documents"}
    assert others == set(), {k: found["facts"][k]["value"] for k in others}
    assert {k: f for k, f in faults.items() if f and k not in want["not_yet_found"]} == {}
    assert [k for k in want["not_yet_found"] if not faults[k]] == [], "found now: take it from not_yet_found"


def test_contradictions(read):
    found, want = read
    got = {c["key"]: {str(v["value"]): plain(place(v["evidence"][0])) for v in c["values"]} for c in found["contradictions"]}
    assert got == want["contradictions"]


def test_questions(read):
    """One for each contradiction and for what is missing; each holds what it is about."""
    found, want = read
    got = [plain(q["text"]) for q in found["questions"]]
    assert len(got) == len(want["questions"]), got
    assert all(any(all(w in q for w in about) for q in got) for about in want["questions"]), got


def obligations(path):
    """{words of a sentence: (its heading, whether it obliges by its verb)} of technical clauses."""
    out, section = {}, None
    for line in path.read_text().split("\n\n", 1)[1].splitlines():
        if line.startswith("#"):
            section = line.lstrip("# ")
        elif line and line[0] not in "|-@[":
            for sentence in re.split(r"(?<=[.:]) (?=[A-ZÀ-Ý])", line):
                duty = re.search(r"\b(doit|doivent|souhaitable)\b", sentence) and not sentence.endswith(":")  # that announces a table
                out[tuple(words(sentence))] = (section, bool(duty))
    return out


def test_requirements_are_all_the_sentences_that_oblige():
    found = json.loads(subprocess.run([BUILD / "app/cli/scorpius", "analyze", "--json", *sample.paths("guichet-numerique")],
                                      capture_output=True, text=True, check=True, timeout=120).stdout)["requirements"]
    found = {tuple(words(r["text"])): r["section"] for r in found if r["evidence"][0]["file"].endswith("/CCTP.pdf")}
    said = obligations(sample.SAMPLES / "guichet-numerique/sources/CCTP.md")
    oblige = {s: section for s, (section, duty) in said.items() if duty}
    assert len(oblige) >= 100
    assert [" ".join(s) for s in found if s not in said] == [], "no whole sentence of the source"
    assert {" ".join(s): section for s, section in oblige.items() if plain(found.get(s, "")) != section} == {}
    assert len(found) - len(oblige) <= 5, "few that oblige without such a verb"


def test_a_wrong_fact_would_be_seen():
    fact = {"value": 180, "status": "found", "evidence": [{"file": "a/RC.pdf", "page": 5, "quote": "x"}]}
    assert wrong("offer_validity_days", fact, {"value": 180, "at": ["RC.pdf p. 5"]}) is None
    assert wrong("offer_validity_days", None, {"value": 180, "at": ["RC.pdf p. 5"]})
    assert wrong("offer_validity_days", fact, {"value": 120, "at": ["RC.pdf p. 5"]})
    assert wrong("offer_validity_days", fact, {"value": 180, "at": ["RC.pdf p. 4"]})
    assert wrong("offer_validity_days", fact, {"value": 180, "status": "contradicted", "at": ["RC.pdf p. 5"]})
    assert not same("variants_allowed", 0, False) and not same("cpv", ["1"], ["1", "2"]) and not same("buyer", "Ville de A et B", "Ville de A")
