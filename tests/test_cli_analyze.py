"""scorpius analyze, as a user calls it: a shipped dossier from end to end, what can't be read, what is said wrongly."""

import json
import os
import pathlib
import subprocess

import pytest

import office

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = pathlib.Path(os.environ.get("SCORPIUS_BUILD", ROOT / "build"))
PROGRAM = BUILD / "app/cli/scorpius"
DOSSIER = ROOT / "samples/guichet-numerique/dossier/DCE 2027-NUM-017.zip"
SUMMARY = ROOT / "samples/guichet-numerique/summary.txt"
SAMPLE = ROOT / "samples/maintenance-contradictoire/dossier/RC.pdf"
NOW = ["--now", "2027-02-15T09:00"]


def scorpius(*args, stdin=None, env=None):
    clean = {k: v for k, v in os.environ.items() if not k.startswith("READER_")}
    return subprocess.run(
        [PROGRAM, *map(str, args)], input=stdin, capture_output=True, text=True, timeout=60, env={**clean, **(env or {})})


def analysis(*args, status=0, **more):
    p = scorpius("analyze", "--json", *args, **more)
    assert p.returncode == status, p.stderr
    return json.loads(p.stdout)


@pytest.fixture(scope="module")
def sample():
    return analysis(DOSSIER)


def test_the_summary_of_the_dossier_is_the_kept_one():
    p = scorpius("analyze", *NOW, DOSSIER)
    assert (p.returncode, p.stderr) == (0, "")
    assert p.stdout == SUMMARY.read_text()


def test_requirements_have_their_section_and_place(tmp_path):
    (tmp_path / "cctp.txt").write_text(
        "CAHIER DES CLAUSES TECHNIQUES PARTICULIERES\n\n2.1 Astreinte\n\nLe titulaire doit répondre en moins de 30 minutes, "
        "sous peine de pénalité.\n\nLa ville compte douze écoles.\n")
    found = analysis(tmp_path / "cctp.txt")["requirements"]
    assert [(r["text"][:26], r["category"], r["priority"], r["section"]) for r in found] == [
        ("Le titulaire doit répondre", "performance", "mandatory", "2.1 Astreinte")]
    assert found[0]["evidence"][0]["file"] == "cctp.txt" and len(found[0]["id"]) == 16


def test_each_fact_has_a_place_in_a_document(sample):
    pages = {d["file"]: d["pages"] for d in sample["documents"]}
    for key, fact in sample["facts"].items():
        assert 0 < fact["confidence"] <= 1 and fact["evidence"], key
        for e in fact["evidence"]:
            assert e["quote"].strip() and (e["file"].endswith(".pdf") == ("page" in e)), key
            assert 1 <= e.get("page", 1) <= pages[e["file"]], key
            for x0, y0, x1, y1 in e.get("boxes", []):
                assert 0 <= x0 < x1 <= 596 and 0 <= y0 < y1 <= 842, key


def test_the_same_summary_from_the_api_s_answer(sample):
    for text in (json.dumps(sample), json.dumps({"data": sample, "meta": {}})):
        p = scorpius("analyze", "--from", "-", *NOW, stdin=text)
        assert (p.returncode, p.stdout) == (0, SUMMARY.read_text())


def test_files_of_one_name_are_told_with_their_folders():
    def said(*files):
        facts = {"buyer": {"value": "X", "confidence": 1, "status": "found", "evidence": [{"file": files[0], "page": 2, "quote": "X"}]}}
        documents = [{"file": f, "kind": "rc", "mime_type": "application/pdf", "pages": 2, "warnings": []} for f in files]
        return scorpius("analyze", "--from", "-", stdin=json.dumps({"documents": documents, "facts": facts})).stdout
    text = said("DCE.zip/Lot 1/RC.pdf", "DCE.zip/Lot 1/AE.pdf")
    assert "X [RC.pdf, p.\u00a02]" in text and "\n  AE.pdf  " in text and "Lot 1" not in text
    text = said("Lot 1/RC.pdf", "Lot 2/RC.pdf")
    assert "X [Lot 1/RC.pdf, p.\u00a02]" in text and "\n  Lot 2/RC.pdf  " in text


@pytest.mark.parametrize("now,said", [
    ("2027-03-07T10:00", "dans 2 jours"), ("2027-03-08T10:00", "c'est demain"), ("2027-03-09T11:59", "c'est aujourd'hui"),
    ("2027-03-09T12:00", "délai dépassé depuis aujourd'hui"), ("2027-03-10T00:00", "délai dépassé depuis hier"),
    ("2027-03-19T00:00", "délai dépassé depuis 10 jours")])
def test_days_left(sample, now, said):
    p = scorpius("analyze", "--from", "-", "--now", now, stdin=json.dumps(sample))
    assert said in p.stdout.splitlines()[[i for i, x in enumerate(p.stdout.splitlines()) if "9 mars 2027" in x][0] + 1]
    assert "attention" not in p.stdout


def test_a_deadline_on_a_day_of_rest_is_told(sample):
    saturday = {**sample, "facts": {**sample["facts"], "deadline": {**sample["facts"]["deadline"], "value": "2027-03-06T11:30"}}}
    assert "attention\u00a0: c'est un samedi" in scorpius("analyze", "--from", "-", *NOW, stdin=json.dumps(saturday)).stdout


def test_the_contract_in_words():
    def said(facts):
        facts = {k: {"value": v, "confidence": 0.9, "status": "found", "evidence": []} for k, v in facts.items()}
        return scorpius("analyze", "--from", "-", stdin=json.dumps({"documents": [], "facts": facts})).stdout.replace("\u00a0", " ")
    text = said({"contract_form": "accord_cadre", "contract_nature": "services", "duration_months": 24, "renewals": 1,
                 "renewal_months": 24, "amount_max_eur_ht": 1250000.5, "amount_max_period": "annuel", "ccag": "tic",
                 "site_visit_mandatory": True, "visit_dates": ["2027-03-11T10:00"]})
    for line in ("Contrat        accord-cadre de services", "Durée          24 mois, reconductible une fois pour 24 mois",
                 "Maximum        1 250 000,50 € HT, annuel", "Visite         obligatoire", "jeudi 11 mars 2027 à 10 h 00",
                 "CCAG           CCAG-TIC"):
        assert line in text
    text = said({"contract_form": "marche", "duration_months": 12, "renewals": 0})
    assert "Contrat        marché\n" in text and "12 mois, non reconductible" in text
    assert "reconductible 3 fois pour 12 mois chaque fois" in said({"renewals": 3, "renewal_months": 12})
    text = said({"buyer": "X"})
    assert not any(word in text for word in ("Contrat ", "Durée", "Maximum", "Visite", "PIÈCES", "CCAG", "Questions"))


def test_what_is_doubtful_or_absent_is_said():
    evidence = [{"file": "a.pdf", "page": 3, "quote": "x"}]
    facts = {"reference": {"value": "R1", "confidence": 0.5, "status": "uncertain", "evidence": evidence},
             "variants_allowed": {"value": True, "confidence": 0.5, "status": "contradicted", "evidence": evidence}}
    both = [{"key": "variants_allowed", "values": [], "message": "Deux pièces ne disent pas la même chose."}]
    text = json.dumps({"documents": [], "facts": facts, "contradictions": both})
    p = scorpius("analyze", "--from", "-", stdin=text)
    assert "R1 — à confirmer [a.pdf, p.\u00a03]" in p.stdout
    assert "autorisées — à confirmer\u00a0: le dossier se contredit [a.pdf, p.\u00a03]" in p.stdout
    assert "Deux pièces ne disent pas la même chose." in p.stdout
    assert "Acheteur       non trouvé" in p.stdout


def test_terminal_commands_in_a_document_are_not_printed():
    facts = {"object": {"value": "A\x1b[31mB\x07", "confidence": 1, "status": "found", "evidence": []}}
    p = scorpius("analyze", "--from", "-", stdin=json.dumps({"documents": [{"file": "a\x1b.pdf"}], "facts": facts}))
    assert p.returncode == 0 and "\x1b" not in p.stdout and "\x07" not in p.stdout


def test_what_can_t_be_read_is_listed_and_the_others_go_on(tmp_path):
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep/b.txt").write_text("Le délai de validité des offres est de 120 jours.\n")
    (tmp_path / "a.docx").write_bytes(b"PK\x03\x04 no archive")
    (tmp_path / "a.pptx").write_bytes(office.pptx())
    (tmp_path / "c.pdf").write_bytes(b"no pdf at all")
    (tmp_path / "d.txt").write_bytes(b"")
    (tmp_path / ".hidden.txt").write_text("x")
    (tmp_path / "link.txt").symlink_to(tmp_path / "deep/b.txt")
    a = analysis(tmp_path, tmp_path / "absent.pdf")
    assert [(d["file"], d.get("error")) for d in a["documents"]] == [
        ("a.docx", "document_unreadable"), ("a.pptx", "unread_format"), ("c.pdf", "document_unreadable"), ("d.txt", "empty_file"), ("deep/b.txt", None),
        ("absent.pdf", "not_found")]
    assert a["facts"]["offer_validity_days"]["value"] == 120
    assert a["facts"]["offer_validity_days"]["evidence"][0]["file"] == "deep/b.txt"


def test_a_truncated_pdf_is_read_as_far_as_it_goes_or_refused(tmp_path):
    whole = SAMPLE.read_bytes()
    (tmp_path / "cut.pdf").write_bytes(whole[: len(whole) // 2])
    p = scorpius("analyze", "--json", tmp_path / "cut.pdf")
    d = json.loads(p.stdout)["documents"][0]
    assert p.returncode == 0 and "truncated" in d["warnings"] or p.returncode == 65 and d["error"] == "document_unreadable"


def test_office_files_give_their_own_places(tmp_path):
    (tmp_path / "RC.docx").write_bytes(office.docx(
        "Règlement de la consultation", (1, "Conditions"), (2, "Validité"), "Le délai de validité des offres est de 120 jours."))
    (tmp_path / "DPGF.xlsx").write_bytes(office.xlsx("Prix", {"B12": "Consultation n° 2031-EV-07"}))
    a = analysis(tmp_path)
    (e,) = a["facts"]["offer_validity_days"]["evidence"]
    assert (e["section"], e["paragraph"]) == ("1.1 Validité", 4) and "page" not in e and "120 jours" in e["quote"]
    (e,) = a["facts"]["reference"]["evidence"]
    assert (e["sheet"], e["cell"]) == ("Prix", "B12") and "page" not in e
    p = scorpius("analyze", tmp_path)
    assert "120 jours [RC.docx, §\u00a01.1]" in p.stdout and "[DPGF.xlsx, feuille Prix, B12]" in p.stdout
    assert "DPGF.xlsx  autre document, 1 feuille\n" in p.stdout
    assert "RC.docx    règlement de la consultation\n" in p.stdout


def test_an_office_file_is_told_by_its_content(tmp_path):
    (tmp_path / "b.bin").write_bytes(office.docx("Le délai de validité des offres est de 90 jours."))
    (d,) = analysis(tmp_path / "b.bin")["documents"]
    assert d["mime_type"] == office.DOCX


def test_an_archive_is_a_dossier(tmp_path):
    inner = office.archive({"CCAP.docx": office.docx("Le délai de validité des offres est de 120 jours.")})
    (tmp_path / "DCE.zip").write_bytes(office.archive({
        "Pièces/RC.txt": "Le délai de validité des offres est de 120 jours.\n", "Lot 1.zip": inner, "../dehors.txt": "x",
        "__MACOSX/Pièces/._RC.txt": "x", "Pièces/.DS_Store": "x", "Pièces/~$RC.docx": "x",
        "vide.txt": ""}))
    a = analysis(tmp_path / "DCE.zip")
    assert [(d["file"], d.get("error")) for d in a["documents"]] == [
        ("DCE.zip/Pièces/RC.txt", None), ("DCE.zip/Lot 1.zip/CCAP.docx", None), ("DCE.zip/../dehors.txt", "document_unreadable"),
        ("DCE.zip/vide.txt", "empty_file")]
    assert a["facts"]["offer_validity_days"]["value"] == 120
    assert list(tmp_path.iterdir()) == [tmp_path / "DCE.zip"] and not (tmp_path.parent / "dehors.txt").exists()


def test_an_archive_that_can_t_be_opened_is_listed(tmp_path):
    (tmp_path / "a.zip").write_bytes(b"PK\x03\x04 no archive")
    (tmp_path / "b.zip").write_bytes(office.archive({}))
    (tmp_path / "c.txt").write_text("Le délai de validité des offres est de 90 jours.\n")
    a = analysis(tmp_path)
    assert [(d["file"], d.get("error")) for d in a["documents"]] == [
        ("a.zip", "document_unreadable"), ("b.zip", "empty_file"), ("c.txt", None)]


def test_nothing_readable_gives_65(tmp_path):
    (tmp_path / "a.rtf").write_bytes(b"{\\rtf1 x}")
    assert analysis(tmp_path / "a.rtf", status=65)["documents"][0]["error"] == "unread_format"
    assert analysis(tmp_path / "absent.pdf", status=65)["documents"][0]["error"] == "not_found"
    p = scorpius("analyze", tmp_path / "a.rtf")
    assert p.returncode == 65 and "ce format n'est pas encore pris en charge" in p.stdout


def test_the_reader_is_the_one_of_the_setting(tmp_path):
    assert analysis(SAMPLE, env={"READER_PATH": str(BUILD / "app/reader/scorpius-reader")})["facts"]
    a = analysis(SAMPLE, status=65, env={"READER_PATH": str(tmp_path / "none")})
    assert a["documents"][0]["error"] and a["facts"] == {}


@pytest.mark.parametrize("args", [
    ["analyze"], ["analyze", "--json"], ["analyze", "--unknown", "x"], ["analyze", "--now", "tomorrow", "x"],
    ["analyze", "--now", "2027-02-30T10:00", "x"], ["analyze", "--from"], ["analyze", "--from", "-", "x"],
    ["analyze", "--json", "--from", "-"], ["unknown"], []])
def test_wrong_usage_gives_64_and_help(args):
    p = scorpius(*args, stdin="")
    assert p.returncode == 64 and "Utilisation" in p.stderr and p.stdout == ""


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"facts": 3}', '{"data": {"facts": []}}'])
def test_an_analysis_that_is_none_is_refused(text):
    p = scorpius("analyze", "--from", "-", stdin=text)
    assert p.returncode == 65 and p.stdout == "" and p.stderr.startswith("scorpius\u00a0: ")


def test_help_and_version():
    assert "analyze" in scorpius("--help").stdout
    p = scorpius("analyze", "--help")
    assert p.returncode == 0 and "--from" in p.stdout and "READER_PATH" in p.stdout
    assert scorpius("--version").stdout.startswith("scorpius ")


def test_what_contradicts_itself_is_told_and_asked(tmp_path):
    (tmp_path / "rc.txt").write_text(
        "RÈGLEMENT DE LA CONSULTATION\n\nAcheteur : Commune de Vaubrune\nSIRET : 732 829 320 00074\n\n"
        "Date limite de réception des offres : 20/04/2027 à 12h00\n\nLe délai de validité des offres est de 180 jours.\n\n"
        "Une visite du site est obligatoire.\n\nUn chiffre d'affaires annuel minimum de 300 000 € est exigé.\n")
    (tmp_path / "ae.txt").write_text("ACTE D'ENGAGEMENT\n\nLe délai de validité des offres est de 6 mois.\n")
    found = analysis(tmp_path)
    assert [c["key"] for c in found["contradictions"]] == ["offer_validity_days"]
    assert [v["value"] for v in found["contradictions"][0]["values"]] == [180, "6 mois"]
    assert found["facts"]["offer_validity_days"]["value"] == 180
    assert found["facts"]["buyer_siret"]["value"] == "73282932000074"
    assert [q["text"] for q in found["questions"]] == [
        "Pendant combien de temps les offres doivent-elles rester valables\u00a0: 180\u00a0jours (rc.txt, page 1) ou 6 mois "
        "(ae.txt, page 1)\u00a0?"]
    assert all(q["reason"] and q["evidence"] for q in found["questions"])
    p = scorpius("analyze", "--now", "2027-04-10T09:00", tmp_path)
    assert "[critique] Il reste 10\u00a0jours avant la remise" in " ".join(p.stdout.split(" "))
    assert "[important] Une visite du site est obligatoire" in p.stdout
    assert "CA minimum     300\u00a0000\u00a0€" in p.stdout


def test_what_agrees_raises_no_question(tmp_path):
    for name, title in ("rc", "RÈGLEMENT DE LA CONSULTATION"), ("ae", "ACTE D'ENGAGEMENT"):
        (tmp_path / f"{name}.txt").write_text(f"{title}\n\nLe délai de validité des offres est de 180 jours.\n")
    found = analysis(tmp_path)
    assert (found["contradictions"], found["questions"]) == ([], [])
    assert found["facts"]["offer_validity_days"]["confidence"] > 0.96
