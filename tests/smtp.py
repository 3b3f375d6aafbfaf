"""A mail server on loopback, as an operator has one: STARTTLS or TLS, authentication, a certificate of a private authority.
What it answers can be set, so that it refuses, defers, or says nothing at all."""

import email
import email.policy
import logging
import re
import shutil
import socket
import ssl
import subprocess
import tempfile
import threading
import warnings
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult

from ports import free_port

logging.getLogger("mail.log").setLevel(logging.CRITICAL)  # what it thinks of clients that leave
USER, PASSWORD = "expediteur@essai.example", "Mot2passe-du-relais!"


class Authority:
    """A private authority and a certificate that it signed for `names`; files that everybody may read."""

    def __init__(self, names="DNS:localhost,IP:127.0.0.1"):
        self.folder = Path(tempfile.mkdtemp(prefix="scca", dir="/tmp"))
        self.folder.chmod(0o755)
        self.ca, self.certificate, self.key = (self.folder / n for n in ("ca.pem", "server.pem", "server.key"))
        run = self._openssl
        run("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=Autorité d'essai",
            "-utf8", "-keyout", "ca.key", "-out", "ca.pem")
        run("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=relais", "-keyout", "server.key", "-out", "server.csr")
        (self.folder / "names").write_text(f"subjectAltName={names}\n")
        run("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-extfile", "names",
            "-out", "server.pem")
        self.ca.chmod(0o644)

    def _openssl(self, *args):
        subprocess.run(["openssl", *args], cwd=self.folder, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def context(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key)
        return context

    def remove(self):
        shutil.rmtree(self.folder, ignore_errors=True)


class Message:
    def __init__(self, envelope, tls, user):
        self.sender, self.recipients, self.tls, self.user = envelope.mail_from, envelope.rcpt_tos, tls, user
        self.raw = envelope.original_content
        self.parsed = email.message_from_bytes(self.raw, policy=email.policy.default)

    def part(self, kind):
        return self.parsed.get_body((kind,)).get_content()

    @property
    def text(self):
        return self.part("plain")

    def token(self):
        """Of the link; the same in both parts."""
        (text,) = set(re.findall(r"#token=([A-Za-z0-9_-]{43})\b", self.text))
        assert set(re.findall(r"#token=([A-Za-z0-9_-]{43})\b", self.part("html"))) == {text}
        return text


class _Controller(Controller):
    def __init__(self, server, **kw):
        super().__init__(server, **kw)
        self.server_ = server

    def factory(self):
        s = self.server_
        warnings.filterwarnings("ignore", "Requiring AUTH", UserWarning)  # it does not count TLS from the first byte
        return SMTP(s, hostname="relais.essai.example", enable_SMTPUTF8=False, timeout=30, auth_required=s.auth,
                    authenticator=s.authenticate if s.auth else None, auth_require_tls=s.security == "starttls",
                    tls_context=s.authority.context() if s.security == "starttls" else None, require_starttls=s.security == "starttls")


class Server:
    """Runs from the constructor to stop(). Replies are given to the next so many recipients or messages, then all is taken."""

    def __init__(self, security="starttls", auth=True, authority=None, port=0):
        self.security, self.auth, self.passwords = security, auth, {PASSWORD}
        self.own = authority is None and security != "none"
        self.authority = Authority() if self.own else authority
        self.lock = threading.Condition()
        self.messages, self.to_recipients, self.to_messages = [], [], []
        self.refused = {}  # address: reply, always
        self.attempts = 0  # recipients that were named
        context = {"ssl_context": self.authority.context()} if security == "tls" else {}
        self.port = port or free_port()
        self.controller = _Controller(self, hostname="127.0.0.1", port=self.port, ready_timeout=60, **context)
        self.controller.start()

    def stop(self, keep_authority=False):
        self.controller.stop()
        if self.own and not keep_authority:
            self.authority.remove()

    def settings(self):
        """As an operator sets them."""
        out = {"SMTP_HOST": "127.0.0.1", "SMTP_PORT": str(self.port), "SMTP_SECURITY": self.security, "SMTP_FROM": "ne-pas-repondre@essai.example",
               "PUBLIC_URL": "https://app.essai.example", "SMTP_TIMEOUT": "5"}
        if self.auth:
            out.update(SMTP_USER=USER, SMTP_PASSWORD=PASSWORD)
        if self.authority:
            out["SMTP_CA_FILE"] = str(self.authority.ca)
        return out

    # --- what aiosmtpd calls

    def authenticate(self, server, session, envelope, mechanism, data):
        good = data.login == USER.encode() and data.password.decode() in self.passwords
        return AuthResult(success=good, handled=False, auth_data=data.login.decode() if good else None)

    async def handle_RCPT(self, server, session, envelope, address, options):
        with self.lock:
            self.attempts += 1
            self.lock.notify_all()
            if address in self.refused:
                return self.refused[address]
            if self.to_recipients:
                return self.to_recipients.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server, session, envelope):
        with self.lock:
            if self.to_messages:
                return self.to_messages.pop(0)
            self.messages.append(Message(envelope, server.transport.get_extra_info("sslcontext") is not None, session.auth_data))
            self.lock.notify_all()
        return "250 2.0.0 queued"

    # --- looking

    def to(self, address):
        with self.lock:
            return [m for m in self.messages if address in m.recipients]

    def wait_for(self, address, n=1, seconds=60):
        """The n-th message to an address."""
        with self.lock:
            found = self.lock.wait_for(lambda: len(self.to_unlocked(address)) >= n, seconds)
            assert found, f"{n} messages to {address} in {seconds} s: {[m.recipients for m in self.messages]}"
            return self.to_unlocked(address)[n - 1]

    def to_unlocked(self, address):
        return [m for m in self.messages if address in m.recipients]


class Silent:
    """Accepts connections and never says a word."""

    def __init__(self):
        self.socket = socket.socket()
        self.port = free_port()
        self.socket.bind(("127.0.0.1", self.port))
        self.socket.listen()

    def stop(self):
        self.socket.close()
