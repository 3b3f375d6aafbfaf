"""Full text: words in any form, with or without their accents; one's own only."""

import pytest

import office
import pdfs
from client import codes


def found(account, q, **more):
    return account.data("GET", "/search", params={"q": q, **more})


@pytest.fixture
def shelf(account):
    clauses = pdfs.clauses("Le titulaire remplace les équipements défectueux sous huit jours.", "Les pénalités de retard sont de cent euros par jour.")
    tender, documents = account.tender_with(("RC.pdf", pdfs.rules()), ("CCTP.pdf", clauses))
    free = account.upload(("note.txt", "Une note sur les haies bocagères, les pénalités et la rivière.\n".encode()))
    account.processed(free["id"])
    return account, tender, documents, free


@pytest.mark.parametrize("q", ["equipement défectueux", "ÉQUIPEMENTS", "remplacer équipement", '"équipements défectueux"', "equipement or licorne"])
def test_words_are_found_in_any_form(shelf, q):
    account, tender, documents, _ = shelf
    hits = found(account, q)
    assert [(h["document_id"], h["page"]) for h in hits] == [(documents[1]["id"], 2)]
    assert hits[0]["tender_id"] == tender["id"] and hits[0]["original_filename"] == "CCTP.pdf" and hits[0]["document_type"] == "cctp"
    assert "équipements défectueux" in hits[0]["snippet"] and "\n" not in hits[0]["snippet"]


@pytest.mark.parametrize("q", ["licorne", "equipement licorne", '"défectueux équipements"', "équipement -huit", "de la", "& | !", "''"])
def test_what_is_not_there_is_not_found(shelf, q):
    account = shelf[0]
    assert found(account, q) == []


def test_the_snippet_shows_the_place(account):
    words = " ".join(f"mot{n}" for n in range(400))
    document = account.upload(("long.txt", f"{words} l'œuvre cachée du préfet {words}\n".encode()))
    account.processed(document["id"])
    snippet = found(account, "prefet")[0]["snippet"]
    assert "œuvre cachée du préfet mot0 mot1" in snippet and len(snippet) < 340
    assert snippet.startswith("… mot") and snippet.endswith(" …")
    assert found(account, "mot0")[0]["snippet"].startswith("mot0 mot1 ")


def test_many_words_in_a_long_page(account):
    """A DOCX is one page, whatever its length: it is folded once, and no further than to the place that is shown."""
    words = [f"mot{n}" for n in range(33)]
    body = ["travaux de maçonnerie générale " * 40] * 2500
    document = account.upload(("long.docx", office.docx("Début.", " ".join(words), *body, "La girafe est tout à la fin.")))
    account.processed(document["id"])
    [hit] = found(account, " ".join(words))
    assert hit["document_id"] == document["id"] and "mot0 mot1 mot2" in hit["snippet"]
    [hit] = found(account, "maçonnerie")
    assert "maçonnerie" in hit["snippet"]


def test_the_snippet_shows_the_place_however_far_it_lies(account):
    document = account.upload(("loin.docx", office.docx(*["À côté de l'été, " * 50] * 200, "La girafe naît çà et là.")))
    account.processed(document["id"])
    [hit] = found(account, "girafes")
    assert "La girafe naît çà et là." in hit["snippet"]


def test_filters(shelf):
    account, tender, documents, free = shelf
    assert {h["document_id"] for h in found(account, "pénalité")} == {documents[1]["id"], free["id"]}
    assert [h["document_id"] for h in found(account, "pénalité", tender_id=tender["id"])] == [documents[1]["id"]]
    assert [h["document_id"] for h in found(account, "pénalité", document_type="cctp")] == [documents[1]["id"]]
    assert found(account, "pénalité", document_type="bpu") == []


def test_paging(shelf):
    account = shelf[0]
    whole = found(account, "pénalité")
    answer = account.get("/search", params={"q": "pénalité", "limit": 1, "offset": 1}).json()
    assert answer["data"] == whole[1:] and (answer["meta"]["total"], answer["meta"]["has_more"]) == (2, False)


def test_what_is_gone_or_replaced_is_not_found(shelf):
    account, tender, documents, free = shelf
    assert account.request("DELETE", f"/documents/{free['id']}").status_code == 204
    account.upload(("autre.txt", b"une autre piece\n"), path=f"/tenders/{tender['id']}/documents", query=f"?replaces={documents[1]['id']}")
    assert found(account, "pénalité") == []


def test_others_find_nothing(shelf, other):
    assert found(other, "pénalité") == []
    assert found(other, "pénalité", tender_id=shelf[1]["id"]) == []


@pytest.mark.parametrize("query, expected", [
    ("", ("missing_field", "q")), ("q=a", ("too_short", "q")), ("q=haies&tender_id=x", ("invalid_id", "tender_id")),
    ("q=haies&cursor=", ("unknown_parameter", "cursor")), ("q=haies&offset=10001", ("out_of_range", "offset")),
    ("q=" + "x" * 201, ("too_long", "q")),
])
def test_refusals(account, query, expected):
    answer = account.get(f"/search?{query}")
    assert answer.status_code == 400 and codes(answer) == {expected}, answer.text
