"""The company's profile: what is taken, what is refused and where, versions, who may, and the trace of it."""

import concurrent.futures

import pytest

from client import code, codes

PATH = "/company-profile"
WHO = {"company_name": "Exemple SARL", "siret": "73282932000074"}
FULL = {
    **WHO, "vat_number": "FR44732829320", "legal_form": "SARL", "naf_code": "62.02A", "description": "Maintenance de réseaux",
    "address": "1 rue des Lilas, 75000 Paris", "contact_email": "contact@exemple.fr", "contact_phone": "01 23 45 67 89",
    "founding_year": 1999, "team_size": 12, "annual_revenue": 1250000.5,
    "revenues": [{"year": 2025, "total": 1250000.5, "domain": "Maintenance"}, {"year": 2024, "total": 1000000, "domain": None}],
    "capabilities": [{"name": "Infogérance", "keywords": ["astreinte", "supervision"], "description": "Jour et nuit",
                      "experience_years": 7.5, "team_size": 4}],
    "certifications": [{"name": "ISO 27001", "issuer": "Organisme", "reference": "R-1", "valid_until": "2027-12-31", "scope": "Hébergement"}],
    "references": [{"client": "Commune de Bellerive", "title": "Réseau des écoles", "year": 2024, "amount_ht": 90000,
                    "description": "Trois sites", "keywords": ["réseau"], "contact": "le service informatique"}],
    "insurances": [{"kind": "RC professionnelle", "insurer": "Assureur", "amount": 2000000, "valid_until": "2026-12-31"}],
    "people": [{"role": "Chef de projet", "name": "Camille Essai", "experience_years": 10, "skills": ["ITIL"], "certifications": [],
                "daily_rate_ht": 650}],
    "signatory": {"name": "Camille Essai", "role": "Gérante", "email": "camille@exemple.fr", "phone": "+33 1 23 45 67 89"},
}
EMPTY = {name: [] if isinstance(value, list) else None for name, value in FULL.items()}


def without_frame(profile):
    return {k: v for k, v in profile.items() if k not in ("id", "version", "created_at", "updated_at")}


def refused(answer, status, *expected):
    assert answer.status_code == status, answer.text
    assert codes(answer) == set(expected), answer.text


def audit(stack, account):
    return [(r["action"], r["fields"]) for r in stack.sql(
        "select action, detail->'fields' as fields from scorpius.audit_event where organization_id = %s and action like 'company%%' "
        "and account_id = %s order by at, id", account.organization_id, account.user["id"])]


# --- the five ways

def test_it_is_made_shown_and_made_once(account):
    refused(account.get(PATH), 404, ("not_found", None))
    answer = account.post(PATH, json=FULL)
    assert answer.status_code == 201 and answer.headers["Location"] == "/api/v1/company-profile"
    made = answer.json()["data"]
    assert without_frame(made) == FULL and made["version"] == 1
    assert account.data("GET", PATH) == made
    refused(account.post(PATH, json=WHO), 409, ("profile_exists", None))
    assert account.data("GET", PATH) == made


def test_little_is_enough(account):
    made = account.data("POST", PATH, 201, json=WHO)
    assert without_frame(made) == {**EMPTY, **WHO}


def test_numbers_get_their_one_form(account):
    made = account.data("POST", PATH, 201, json={**WHO, "siret": "732 829 320 00074", "vat_number": "fr 44 732829320", "naf_code": "6202a",
                                                 "contact_email": "Contact@Exemple.FR"})
    assert (made["siret"], made["vat_number"], made["naf_code"], made["contact_email"]) == (
        "73282932000074", "FR44732829320", "62.02A", "contact@exemple.fr")


def test_lists_have_other_names(account):
    made = account.data("POST", PATH, 201, json={**WHO, "capabilities_json": FULL["capabilities"], "certifications_json": FULL["certifications"]})
    assert (made["capabilities"], made["certifications"]) == (FULL["capabilities"], FULL["certifications"])
    refused(account.request("PATCH", PATH, json={"capabilities": [], "capabilities_json": []}), 400, ("duplicate_field", "capabilities_json"))
    refused(account.request("PATCH", PATH, json={"certifications_json": [{}]}), 400, ("missing_field", "certifications_json[0].name"))
    assert account.data("PATCH", PATH, json={"capabilities_json": None})["capabilities"] == []


def test_put_makes_or_replaces(account):
    refused(account.request("PUT", PATH, json={"company_name": "Exemple SARL"}), 404, ("not_found", None))
    refused(account.request("PUT", PATH, json={"siret": WHO["siret"]}), 404, ("not_found", None))
    refused(account.request("PUT", PATH, json={**WHO, "version": 1}), 404, ("not_found", None))
    refused(account.request("PUT", PATH, json=WHO, headers={"If-Match": "*"}), 404, ("not_found", None))
    answer = account.request("PUT", PATH, json=FULL)
    assert answer.status_code == 201 and answer.headers["Location"] == "/api/v1/company-profile"
    answer = account.request("PUT", PATH, json={**WHO, "team_size": 3})
    assert answer.status_code == 200
    assert without_frame(answer.json()["data"]) == {**EMPTY, **WHO, "team_size": 3}
    kept = account.data("PUT", PATH, json={"team_size": 4})
    assert without_frame(kept) == {**EMPTY, **WHO, "team_size": 4} and kept["id"] == answer.json()["data"]["id"]


def test_patch_changes_what_it_names(account):
    refused(account.request("PATCH", PATH, json={"team_size": 3}), 404, ("not_found", None))
    account.data("POST", PATH, 201, json=FULL)
    changed = account.data("PATCH", PATH, json={"team_size": 13, "signatory": None, "people": None, "capabilities": [{"name": "Réseaux"}]})
    assert without_frame(changed) == {**FULL, "team_size": 13, "signatory": None, "people": [], "capabilities": [
        {"name": "Réseaux", "keywords": [], "description": None, "experience_years": None, "team_size": None}]}
    refused(account.request("PATCH", PATH, json={"siret": None, "company_name": None}), 400, ("missing_field", "siret"),
            ("missing_field", "company_name"))
    assert account.data("PATCH", PATH, json={}) == changed, "nothing to change makes no version"


def test_it_is_deleted_and_made_again(account):
    refused(account.request("DELETE", PATH), 404, ("not_found", None))
    first = account.data("POST", PATH, 201, json=FULL)
    assert account.request("DELETE", PATH).status_code == 204
    refused(account.get(PATH), 404, ("not_found", None))
    second = account.data("POST", PATH, 201, json=WHO)
    assert second["id"] != first["id"] and second["version"] > first["version"] + 1, "an old ETag must not fit"


# --- bad input

@pytest.mark.parametrize("fields, expected", [
    ({"siret": "73282932000075"}, ("invalid_siret", "siret")), ({"siret": "732829320"}, ("invalid_siret", "siret")),
    ({"siret": "35600000049838"}, ("invalid_siret", "siret")), ({"siret": 73282932000074}, ("invalid_type", "siret")),
    ({"siret": "７３２８２９３２００００７４"}, ("too_long", "siret")), ({"siret": ""}, ("missing_field", "siret")),
    ({"siret": None}, ("missing_field", "siret")),
    ({"company_name": "E"}, ("too_short", "company_name")), ({"company_name": "  "}, ("missing_field", "company_name")),
    ({"company_name": "E" * 256}, ("too_long", "company_name")), ({"company_name": "E" * 10000}, ("too_long", "company_name")),
    ({"vat_number": "FR45732829320"}, ("invalid_vat_number", "vat_number")), ({"vat_number": "US123456789"}, ("invalid_vat_number", "vat_number")),
    ({"naf_code": "conseil"}, ("invalid_value", "naf_code")), ({"contact_email": "camille"}, ("invalid_email", "contact_email")),
    ({"contact_email": "camille@еxemple.fr"}, ("invalid_email", "contact_email")), ({"contact_phone": "appelez"}, ("invalid_value", "contact_phone")),
    ({"founding_year": 3025}, ("out_of_range", "founding_year")), ({"founding_year": "1999"}, ("invalid_type", "founding_year")),
    ({"team_size": 1.5}, ("invalid_type", "team_size")), ({"annual_revenue": -1}, ("out_of_range", "annual_revenue")),
    ({"annual_revenue": 0.001}, ("invalid_value", "annual_revenue")), ({"nom": "x"}, ("unknown_field", "nom")),
    ({"version": 1}, ("unknown_field", "version")), ({"id": "x"}, ("unknown_field", "id")), ({"organization_id": "x"}, ("unknown_field", "organization_id")),
    ({"capabilities": "réseau"}, ("invalid_type", "capabilities")), ({"capabilities": {}}, ("invalid_type", "capabilities")),
    ({"capabilities": [{"name": "a"}] * 101}, ("out_of_range", "capabilities")),
    ({"capabilities": [{"name": "a"}, {"name": "b"}, {"name": 3}]}, ("invalid_type", "capabilities[2].name")),
    ({"capabilities": [{"name": "a", "keywords": ["b" * 201]}]}, ("too_long", "capabilities[0].keywords[0]")),
    ({"capabilities": [{"name": "a", "niveau": 1}]}, ("unknown_field", "capabilities[0].niveau")),
    ({"certifications": [{"name": "a", "valid_until": "31/12/2027"}]}, ("invalid_value", "certifications[0].valid_until")),
    ({"references": [{"client": "a", "title": "b", "year": 3025}]}, ("out_of_range", "references[0].year")),
    ({"insurances": [{"kind": "a", "insurer": "b", "amount": "c", "valid_until": "2027-01-01"}]}, ("invalid_type", "insurances[0].amount")),
    ({"revenues": [{"year": 2024, "total": None}]}, ("missing_field", "revenues[0].total")),
    ({"people": [{"role": "a", "experience_years": -1}]}, ("out_of_range", "people[0].experience_years")),
    ({"signatory": []}, ("invalid_type", "signatory")), ({"signatory": {"name": "C", "email": "c"}}, ("invalid_email", "signatory.email")),
])
def test_fields_that_are_refused(account, nothing_written, fields, expected):
    refused(account.post(PATH, json={**WHO, **fields}), 400, expected)


def test_all_faults_at_once(account, nothing_written):
    refused(account.post(PATH, json={"siret": "1", "naf_code": "x", "capabilities": [{}], "people": [{"role": ""}], "nom": 1}), 400,
            ("missing_field", "company_name"), ("invalid_siret", "siret"), ("invalid_value", "naf_code"), ("missing_field", "capabilities[0].name"),
            ("missing_field", "people[0].role"), ("missing_field", "people[0].experience_years"), ("unknown_field", "nom"))


def test_faults_in_french(account):
    answer = account.post(PATH, json={**WHO, "siret": "73282932000075"}, headers={"Accept-Language": "fr"})
    assert answer.json()["errors"][0]["message"] == "«\u00a073282932000075\u00a0» n'est pas un numéro SIRET\u00a0: sa clé de contrôle est fausse"


def test_change_that_is_refused_changes_nothing(account):
    made = account.data("POST", PATH, 201, json=FULL)
    for method in ("PATCH", "PUT"):
        refused(account.request(method, PATH, json={"team_size": 3, "vat_number": "FR"}), 400, ("invalid_vat_number", "vat_number"))
    assert account.data("GET", PATH) == made


# --- versions

def test_a_lost_update_is_refused(account):
    made = account.data("POST", PATH, 201, json=WHO)
    tag = account.get(PATH).headers["ETag"]
    assert account.get(PATH, headers={"If-None-Match": tag}).status_code == 304
    second = account.data("PATCH", PATH, json={"team_size": 2, "version": made["version"]})
    assert second["version"] == made["version"] + 1
    assert account.get(PATH, headers={"If-None-Match": tag}).status_code == 200
    for method in ("PATCH", "PUT"):
        refused(account.request(method, PATH, json={"team_size": 3, "version": made["version"]}), 409, ("version_conflict", "version"))
        refused(account.request(method, PATH, json={"team_size": 3}, headers={"If-Match": tag}), 409, ("version_conflict", None))
    refused(account.request("DELETE", PATH, headers={"If-Match": tag}), 409, ("version_conflict", None))
    assert account.data("GET", PATH) == second
    assert account.request("DELETE", PATH, headers={"If-Match": account.get(PATH).headers["ETag"]}).status_code == 204


def test_two_make_it_at_once(account):
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: account.post(PATH, json=WHO), range(8)))
    assert sorted(a.status_code for a in answers) == [201] + [409] * 7
    assert {code(a) for a in answers if a.status_code == 409} == {"profile_exists"}


def test_who_changed_what(account, stack):
    account.data("POST", PATH, 201, json=WHO)
    account.data("PATCH", PATH, json={"team_size": 3, "people": FULL["people"]})
    account.data("PUT", PATH, json={"team_size": 3})
    account.request("DELETE", PATH)
    assert audit(stack, account) == [
        ("company_profile.created", ["company_name", "siret"]), ("company_profile.updated", ["team_size", "people"]),
        ("company_profile.updated", ["people"]), ("company_profile.deleted", [])]
    kept = stack.sql("select number, action, changed, content, created_by::text from scorpius.company_profile_version "
                     "where organization_id = %s order by number", account.organization_id)
    assert [(k["number"], k["action"]) for k in kept] == [(1, "created"), (2, "changed"), (3, "replaced"), (4, "deleted")]
    assert [k["content"]["team_size"] for k in kept] == [None, 3, 3, 3]
    assert kept[1]["content"]["people"][0]["role"] == "Chef de projet" and "version" not in kept[1]["content"]
    assert {k["created_by"] for k in kept} == {account.user["id"]}


# --- who may

def test_a_viewer_reads_only(account):
    made = account.data("POST", PATH, 201, json=WHO)
    viewer = account.colleague("viewer")
    assert viewer.data("GET", PATH) == made
    for method, body in [("POST", WHO), ("PUT", WHO), ("PATCH", {"team_size": 1})]:
        refused(viewer.request(method, PATH, json=body), 403, ("forbidden", None))
    refused(viewer.request("DELETE", PATH), 403, ("forbidden", None))


def test_each_organisation_has_its_own(account, other):
    mine = account.data("POST", PATH, 201, json={**WHO, "company_name": "La mienne"})
    refused(other.get(PATH), 404, ("not_found", None))
    theirs = other.data("POST", PATH, 201, json=WHO)
    assert theirs["id"] != mine["id"]
    other.request("DELETE", PATH)
    assert account.data("GET", PATH) == mine
