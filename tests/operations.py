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


PROFILE = {"company_name": "Exemple SARL", "siret": "73282932000074"}


def name(operation):
    return operation.id


def arguments(operation, password="x"):
    """Keyword arguments for the client: a body that the operation takes."""
    return {
        "register": lambda: {"json": {"email": f"{fresh('op')}@essai.example", "password": fresh("Passe") + "-Ok7", "full_name": "Op"}},
        "login": lambda: {"json": {"email": "personne@essai.example", "password": password}},
        "refresh": lambda: {"json": {"refresh_token": "A" * 43}},
        "changeMe": lambda: {"json": {"full_name": "Op"}},
        "removeMe": lambda: {"json": {"password": "x"}},
        "changePassword": lambda: {"json": {"current_password": "x", "password": fresh("Passe") + "-Ok7"}},
        "forgotPassword": lambda: {"json": {"email": "personne@essai.example"}},
        "resetPassword": lambda: {"json": {"token": "A" * 43, "password": fresh("Passe") + "-Ok7"}},
        "confirmEmail": lambda: {"json": {"token": "A" * 43}},
        "acceptInvitation": lambda: {"json": {"token": "A" * 43, "password": fresh("Passe") + "-Ok7", "full_name": "Op"}},
        "changeOrganization": lambda: {"json": {}},
        "removeOrganization": lambda: {"json": {"password": "x"}},
        "restoreOrganization": lambda: {"json": {"email": "personne@essai.example", "password": "x"}},
        "changeUser": lambda: {"json": {}},
        "invite": lambda: {"json": {"email": f"{fresh('op')}@essai.example"}},
        "changeUserAsOperator": lambda: {"json": {}},
        "uploadDocuments": lambda: {"files": [("file", ("a.txt", b"un fichier\n", "text/plain"))]},
        "beginUpload": lambda: {"headers": {"Upload-Length": "11", "Upload-Metadata": "filename YS50eHQ="}},  # a.txt
        "appendUpload": lambda: {"content": b"un fichier\n", "headers": {"Content-Type": "application/offset+octet-stream", "Upload-Offset": "0"}},
        "createTender": lambda: {"json": {}},
        "changeTender": lambda: {"json": {"description": "Note"}},
        "setTenderStatus": lambda: {"json": {"status": "ready"}},
        "setLegalHold": lambda: {"json": {"held": True, "reason": "Référé précontractuel"}},
        "createCompanyProfile": lambda: {"json": PROFILE},
        "replaceCompanyProfile": lambda: {"json": PROFILE},
        "changeCompanyProfile": lambda: {"json": {"team_size": 12}},
        "decideFact": lambda: {"json": {"action": "confirmed"}},
        "addTenderDocuments": lambda: {"files": [("file", ("b.txt", b"un autre fichier\n", "text/plain"))]},
    }.get(operation.id, dict)()


NOBODYS = "0199a3f2-5c1e-7a44-9d0b-3f6a1c2b4d5e"


IDS = ("document_id", "tender_id", "session_id", "export_id", "user_id", "invitation_id", "organization_id", "upload_id")


def address(template, **ids):
    return template.format(**{**dict.fromkeys(IDS, NOBODYS), "number": 1, "key": "buyer", **ids})


# Who may call what: the rest is for members.
OPERATORS = [o for o in ALL if o.template.startswith("/api/v1/admin/")]
OWN = [o for o in PRIVATE if o.template.startswith("/api/v1/auth/")]  # one's own account: whoever has one
MEMBERS_OWN = ("removeMe", "resendConfirmation")  # not the operator's


def query(operation):
    """What must be asked."""
    return {"search": "?q=haies"}.get(operation.id, "")


class Things:
    """What an organisation has: a processed document in an analysed tender, a profile, a colleague, an invitation; and the operator."""

    def __init__(self, member):
        self.member = member
        self.tender, documents = member.tender_with(("RC.pdf", pdfs.rules()))
        self.document = documents[0]
        self.colleague = member.colleague()
        self.invitation, _ = member.invite()
        self.operator = member.operator()
        self.profile = member.data("POST", "/company-profile", 201, json=PROFILE)
        self.export = member.export()
        self.upload = member.data("POST", "/uploads", 201, **arguments(CONTRACT.by_id("beginUpload")))

    def path(self, operation):
        return address(operation.template, document_id=self.document["id"], tender_id=self.tender["id"], user_id=self.colleague.user["id"], export_id=self.export["id"],
                       invitation_id=self.invitation["id"], upload_id=self.upload["id"], organization_id=self.member.organization_id)

    def caller(self, operation):
        """Whoever may call it."""
        return self.operator if operation in OPERATORS else self.member


def path_of_nobody(operation):
    return address(operation.template)
