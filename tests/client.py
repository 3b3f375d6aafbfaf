"""The client that tests use: every answer goes through the contract's checker before a test sees it."""

import base64
import hashlib
import os
import socket
import urllib.parse
import uuid

import httpx

from stack import wait_until


def fresh(prefix="t"):
    return f"{prefix}-{uuid.uuid4().hex[:16]}"


def digest(token):
    return hashlib.sha256(token.encode()).digest()


class Api:
    """One caller. `token` None: anonymous. Paths are relative to /api/v1 unless they begin with /api, or are / or /health."""

    def __init__(self, stack, contract, secrets, token=None):
        self.stack = stack
        self.contract = contract
        self.secrets = secrets
        self.token = token
        self.http = stack.http

    def request(self, method, path, headers=None, **more):
        if not path.startswith("/api/") and path not in ("/", "/health") and not path.startswith(("/?", "/health?")):
            path = "/api/v1" + path
        given = {"X-Request-Id": fresh("e2e"), **(headers or {})}
        if self.token and "Authorization" not in given:
            given["Authorization"] = f"Bearer {self.token}"
        given = {k: v for k, v in given.items() if v is not None}
        answer = self.http.request(method, path, headers=given, **more)
        assert not answer.cookies, "the API sets no cookies"
        self.contract.check(method, urllib.parse.unquote(answer.request.url.raw_path.decode().split("?")[0]),
                            httpx.Headers(given), answer.status_code, answer.headers, answer.content)
        return answer

    def get(self, path, **more):
        return self.request("GET", path, **more)

    def post(self, path, **more):
        return self.request("POST", path, **more)

    def data(self, method, path, status=200, **more):
        """The `data` of an answer that must have this status."""
        answer = self.request(method, path, **more)
        assert answer.status_code == status, answer.text
        return answer.json()["data"]

    # --- accounts

    def register(self, **fields):
        body = {"email": f"{fresh('qui')}@essai.example", "password": fresh("Passe") + "-Ok7", "full_name": "Camille Essai",
                "organization_name": "Société d'essai", **fields}
        body = {k: v for k, v in body.items() if v is not None}
        if len(body.get("password", "")) >= 8:
            self.secrets[body["password"]] = "a password"
        return body, self.post("/auth/register", json=body)

    def login(self, email, password):
        answer = self.post("/auth/login", json={"email": email, "password": password})
        if answer.status_code == 200:
            self.remember(answer.json()["data"])
        return answer

    def remember(self, tokens):
        self.secrets[tokens["access_token"]] = "an access token"
        self.secrets[tokens["refresh_token"]] = "a refresh token"

    def account(self):
        """A new organisation, logged in: another Api."""
        body, answer = self.register()
        assert answer.status_code == 201, answer.text
        user = answer.json()["data"]
        return self.member(user, body["email"], body["password"])

    def member(self, user, email, password):
        """Somebody who has an account, logged in: another Api."""
        tokens = self.login(email, password).json()["data"]
        member = Api(self.stack, self.contract, self.secrets, tokens["access_token"])
        member.user, member.email, member.password, member.tokens = user, email, password, tokens
        member.organization_id = user["organization_id"]
        return member

    def new_password(self):
        password = fresh("Passe") + "-Ok7"
        self.secrets[password] = "a password"
        return password

    def letter_left(self, subject, purpose):
        """Waits until no letter of this purpose is on its way to an account or about an invitation: it would bring a newer link."""
        wait_until(lambda: self.stack.sql("select count(*) n from scorpius.job where kind = 'mail' and state in ('queued', 'leased') and payload ->> "
                                          "'purpose' = %s and %s in (payload ->> 'account_id', payload ->> 'invitation_id')", purpose, subject)[0]["n"] == 0,
                   20, f"the letter {purpose} to leave")

    def link(self, purpose, account_id, seconds=3600):
        """A token as the job that sends mails makes it: only its hash is stored."""
        self.letter_left(account_id, purpose)
        token = base64.urlsafe_b64encode(os.urandom(32)).rstrip(b"=").decode()
        self.secrets[token] = "the token of a link"
        self.stack.sql("insert into scorpius.account_token (organization_id, id, account_id, purpose, token_hash, created_at, expires_at) "
                       "select organization_id, gen_random_uuid(), id, %s, %s, now() - interval '1 day', now() + make_interval(secs => %s) "
                       "from scorpius.account where id = %s", purpose, digest(token), seconds, account_id)
        return token

    def confirm(self):
        """My address is confirmed, so that I may invite."""
        assert Api(self.stack, self.contract, self.secrets).post("/auth/email/confirm",
                                                                 json={"token": self.link("email_confirm", self.user["id"])}).status_code == 204

    def invite(self, role="viewer", email=None):
        """(invitation, token): invites somebody, and gives the link that the mail would carry."""
        self.confirm()
        invitation = self.data("POST", "/users/invitations", 201, json={"email": email or f"{fresh('invite')}@essai.example", "role": role})
        self.letter_left(invitation["id"], "invitation")
        token = base64.urlsafe_b64encode(os.urandom(32)).rstrip(b"=").decode()
        self.secrets[token] = "the token of a link"
        self.stack.sql("update scorpius.invitation set token_hash = %s where id = %s", digest(token), invitation["id"])
        return invitation, token

    def colleague(self, role="viewer"):
        """Somebody who accepted my invitation, logged in: another Api."""
        invitation, token = self.invite(role)
        anonymous = Api(self.stack, self.contract, self.secrets)
        password = self.new_password()
        user = anonymous.data("POST", "/auth/invitations/accept", 201, json={"token": token, "password": password, "full_name": "Louise Essai"})
        return anonymous.member(user, invitation["email"], password)

    def export(self):
        """Everything of my organisation, when its archive is made."""
        asked = self.data("POST", "/organization/export", 202)
        return wait_until(lambda: next((x for x in [self.data("GET", f"/organization/exports/{asked['id']}")] if x["status"] in ("done", "failed")),
                                       None), 60, "the export")

    def operator(self):
        """An account of the operator, as the command line makes it, logged in: another Api."""
        email, password = f"{fresh('exploitant')}@essai.example", self.new_password()
        self.stack.command("user", "add", email, "--role", "admin", "--name", "Exploitation", "--password-stdin", stdin=password + "\n")
        id = self.stack.sql("select id::text from scorpius.account where email = %s", email)[0]["id"]
        return self.member({"id": id, "organization_id": None}, email, password)

    # --- documents and tenders

    def upload(self, *files, path="/documents", query="", status=201, **fields):
        """files: (name, bytes) or (name, bytes, type)."""
        parts = [("file", (f[0], f[1], f[2] if len(f) > 2 else "application/octet-stream")) for f in files]
        answer = self.post(path + query, files=parts, data=fields)
        assert answer.status_code == status, answer.text
        return answer.json()["data"] if status == 201 else answer

    def poll(self, path, done, seconds, what):
        """Polls with If-None-Match until done(data); the data."""
        state = {"etag": None, "data": None}

        def look():
            answer = self.get(path, headers={"If-None-Match": state["etag"]})
            if answer.status_code == 304:
                return None
            assert answer.status_code == 200, answer.text
            state["etag"], state["data"] = answer.headers["ETag"], answer.json()["data"]
            return state["data"] if done(state["data"]) else None

        try:
            return wait_until(look, seconds, what)
        except AssertionError as e:
            raise AssertionError(f"{e}; last seen: {state['data']}\n{self.stack.log_tails()}") from None

    def processed(self, document_id, seconds=60):
        """Waits until a document is processed or failed."""
        return self.poll(f"/documents/{document_id}", lambda d: d["status"] in ("processed", "failed", "quarantined"),
                         seconds, "the document to be processed")

    def analyzed(self, tender_id, seconds=60):
        return self.poll(f"/tenders/{tender_id}", lambda t: t["analysis_status"] in ("done", "failed"), seconds,
                         "the tender to be analysed")

    def tender_with(self, *files, **fields):
        """A tender with these files, analysed: (tender, documents)."""
        tender = self.data("POST", "/tenders", 201, json=fields)
        documents = self.upload(*files, path=f"/tenders/{tender['id']}/documents")
        documents = documents if isinstance(documents, list) else [documents]
        for d in documents:
            self.processed(d["id"])
        assert self.post(f"/tenders/{tender['id']}/analyze").status_code == 202
        return self.analyzed(tender["id"]), documents


def codes(answer):
    """{(code, field)} of an error."""
    return {(e["code"], e["field"]) for e in answer.json()["errors"]}


def code(answer):
    errors = answer.json()["errors"]
    assert len(errors) == 1, errors
    return errors[0]["code"]


def raw(stack, data, half_close=False, seconds=30):
    """Sends bytes as they are over one connection; (status, headers, body) of the answer, status None when there is none."""
    with socket.create_connection(("127.0.0.1", stack.port), timeout=seconds) as s:
        s.sendall(data)
        if half_close:
            s.shutdown(socket.SHUT_WR)
        got = b""
        while True:
            try:
                piece = s.recv(65536)
            except ConnectionResetError:
                break
            if not piece:
                break
            got += piece
            head, found, body = got.partition(b"\r\n\r\n")
            if found:
                length = httpx.Headers([tuple(line.split(": ", 1)) for line in head.decode("latin-1").split("\r\n")[1:]]).get("Content-Length")
                if length is not None and len(body) >= int(length):
                    break
    if not got:
        return None, httpx.Headers(), b""
    head, _, body = got.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    return int(lines[0].split()[1]), httpx.Headers([tuple(line.split(": ", 1)) for line in lines[1:]]), body


def broken_off(stack, data):
    """Sends bytes and closes the connection at once, with a reset: what a client does that dies."""
    s = socket.create_connection(("127.0.0.1", stack.port), timeout=10)
    s.sendall(data)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
    s.close()


def multipart(parts, boundary="limite-essai"):
    """(body, content type); parts: (headers text, bytes)."""
    body = b"".join(b"--%s\r\n%s\r\n\r\n%s\r\n" % (boundary.encode(), h.encode(), d) for h, d in parts)
    return body + b"--%s--\r\n" % boundary.encode(), f"multipart/form-data; boundary={boundary}"
