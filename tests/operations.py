"""A right request for each operation of the contract, so that a rule which holds for all can be tried on all."""

import pdfs
from contract import Contract
from client import fresh

CONTRACT = Contract()
ALL = CONTRACT.operations
PRIVATE = [o for o in ALL if not o.public]
WITH_ID = [o for o in ALL if "{" in o.template]
STATIC = ("docs", "openapi")  # files that nginx serves by itself
DYNAMIC = [o for o in ALL if o.id not in STATIC]
WITH_BODY = [o for o in ALL if "requestBody" in o.spec]


def name(operation):
    return operation.id


def arguments(operation, password="x"):
    """Keyword arguments for the client: a body that the operation takes."""
    return {
        "register": lambda: {"json": {"email": f"{fresh('op')}@essai.example", "password": fresh("Passe") + "-Ok7", "full_name": "Op"}},
        "login": lambda: {"json": {"email": "personne@essai.example", "password": password}},
        "refresh": lambda: {"json": {"refresh_token": "A" * 43}},
        "uploadDocuments": lambda: {"files": [("file", ("a.txt", b"un fichier\n", "text/plain"))]},
        "createTender": lambda: {"json": {}},
        "changeTender": lambda: {"json": {"description": "Note"}},
        "setTenderStatus": lambda: {"json": {"status": "ready"}},
        "decideFact": lambda: {"json": {"action": "confirmed"}},
        "addTenderDocuments": lambda: {"files": [("file", ("b.txt", b"un autre fichier\n", "text/plain"))]},
    }.get(operation.id, dict)()


NOBODYS = "0199a3f2-5c1e-7a44-9d0b-3f6a1c2b4d5e"


def address(template, document_id=NOBODYS, tender_id=NOBODYS):
    return template.format(document_id=document_id, tender_id=tender_id, number=1, key="buyer")


def query(operation):
    """What must be asked."""
    return {"search": "?q=haies"}.get(operation.id, "")


class Things:
    """What an organisation has: a processed document in an analysed tender."""

    def __init__(self, member):
        self.member = member
        self.tender, documents = member.tender_with(("RC.pdf", pdfs.rules()))
        self.document = documents[0]

    def path(self, operation):
        return address(operation.template, self.document["id"], self.tender["id"])


def path_of_nobody(operation):
    return address(operation.template)
