"""Mail: `scorpius mail test` and the job `mail` against a real mail server on loopback."""

import hashlib
import json
import os
import subprocess
import uuid

import pytest

import smtp
from test_db import BUILD
from test_jobs import Stack

SCORPIUS = BUILD / "app" / "cli" / "scorpius"
NAME, ORGANISATION = "Zoé d’Étréchy", "Société Générale d’Électricité & Fils"


def send(settings, to="jeanne.martin@exemple.fr", **more):
    env = {"PATH": os.environ["PATH"], **settings, **more}
    return subprocess.run([SCORPIUS, "mail", "test", to], env={k: v for k, v in env.items() if v is not None}, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60)


@pytest.fixture(scope="module")
def authority():
    a = smtp.Authority()
    yield a
    a.remove()


@pytest.fixture
def serve(authority):
    started = []

    def start(*args, **kw):
        if args[:1] != ("none",) and kw.get("security") != "none":
            kw.setdefault("authority", authority)
        started.append(smtp.Server(*args, **kw))
        return started[-1]
    yield start
    for s in started:
        s.stop()


# --- the way to the server ----------------------------------------------------------------------------------------

@pytest.mark.parametrize("security, auth", [("starttls", True), ("tls", True), ("starttls", False), ("none", False)])
def test_hands_a_message_over(serve, security, auth):
    server = serve(security, auth)
    done = send(server.settings())
    assert done.returncode == 0 and "250" in done.stdout, done.stderr
    (m,) = server.messages
    assert (m.sender, m.recipients) == ("ne-pas-repondre@essai.example", ["jeanne.martin@exemple.fr"])
    assert m.tls == (security != "none") and (m.user == smtp.USER) == auth
    assert m.parsed["Subject"] == "Essai d’envoi" and m.parsed["From"] == "Scorpius <ne-pas-repondre@essai.example>"
    assert m.parsed["Auto-Submitted"] == "auto-generated" and m.parsed["Message-ID"].endswith("@essai.example>")
    assert m.parsed["Date"].datetime.utcoffset().total_seconds() == 0
    assert m.parsed.get_content_type() == "multipart/alternative"
    assert [p.get_content_type() for p in m.parsed.iter_parts()] == ["text/plain", "text/html"]
    assert all(p.get_content_charset() == "utf-8" for p in m.parsed.iter_parts())
    assert "S’il vous parvient" in m.text and "S’il vous parvient" in m.part("html")
    assert all(len(line) <= 998 for line in m.raw.split(b"\r\n")) and m.raw.isascii()
    assert not any(h.lower() in ("x-mailer", "user-agent") for h in m.parsed.keys())


def test_a_certificate_of_nobody_we_know_is_refused(serve):
    server = serve()
    done = send(server.settings(), SMTP_CA_FILE=None)
    assert done.returncode == 75 and "certificate" in done.stderr, done.stderr
    assert server.messages == [] and server.attempts == 0


def test_a_certificate_of_another_name_is_refused(serve):
    other = smtp.Authority("DNS:autre.essai.example")
    try:
        for security in ("starttls", "tls"):
            server = serve(security, authority=other)
            done = send(server.settings())
            assert done.returncode == 75 and "certificate" in done.stderr, done.stderr
            assert server.attempts == 0
    finally:
        other.remove()


def test_nothing_goes_in_clear_when_the_server_offers_no_starttls(serve):
    server = serve("none", False)
    done = send(server.settings(), SMTP_SECURITY="starttls")
    assert done.returncode == 75 and "SSL" in done.stderr, done.stderr
    assert server.attempts == 0


@pytest.mark.parametrize("setting, value", [("SMTP_PASSWORD", "faux"), ("SMTP_USER", "autre@essai.example")])
def test_a_wrong_login_is_told_without_the_password(serve, setting, value):
    server = serve()
    done = send(server.settings(), **{setting: value})
    assert done.returncode == 75 and "535" in done.stderr and smtp.PASSWORD not in done.stderr + done.stdout, done.stderr
    assert server.attempts == 0


def test_what_the_server_answers_is_told_apart(serve):
    server = serve()
    for queue, reply, status in ((server.to_recipients, "550 5.1.1 unknown", 65), (server.to_recipients, "451 4.7.1 later", 75),
                                 (server.to_messages, "554 5.7.1 not here", 65), (server.to_messages, "452 4.3.1 full", 75)):
        queue.append(reply)
        done = send(server.settings())
        assert done.returncode == status and reply in done.stderr, done.stderr
    assert server.messages == []
    assert send(server.settings()).returncode == 0


def test_a_server_that_is_down_or_silent(serve):
    server = serve()
    silent = smtp.Silent()
    try:
        for security in ("starttls", "tls", "none"):
            done = send(server.settings(), SMTP_PORT=str(silent.port), SMTP_TIMEOUT="1", SMTP_SECURITY=security)
            assert done.returncode == 75 and "Timeout" in done.stderr, done.stderr
    finally:
        silent.stop()
    done = send(server.settings(), SMTP_PORT=str(silent.port))
    assert done.returncode == 75 and "connect" in done.stderr, done.stderr


@pytest.mark.parametrize("settings, status, told", [
    ({"SMTP_HOST": ""}, 69, "n'envoie pas de courriels"),
    ({"SMTP_HOST": "smtp.example/x"}, 78, "SMTP_HOST"),
    ({"PUBLIC_URL": ""}, 78, "PUBLIC_URL"),
    ({"SMTP_FROM": "a@b.fr\nBcc: c@d.fr"}, 78, "SMTP_FROM"),
    ({"SMTP_CA_FILE": "/nonexistent"}, 78, "SMTP_CA_FILE"),
])
def test_wrong_settings_are_told(serve, settings, status, told):
    done = send({**serve().settings(), **settings})
    assert done.returncode == status and told in done.stderr, done.stderr


def test_an_address_can_carry_nothing_else(serve):
    server = serve()
    for to in ("a@b.fr\r\nRCPT TO:<c@d.fr>", "a@b.fr>\nDATA", "a@b.fr,c@d.fr", "jeanne", "é@b.fr"):
        assert send(server.settings(), to).returncode == 65
    assert server.attempts == 0
    assert subprocess.run([SCORPIUS, "mail"], env={}, stderr=subprocess.PIPE).returncode == 64


# --- the job ------------------------------------------------------------------------------------------------------

@pytest.fixture(scope="module")
def base(tmp_path_factory):
    s = Stack(tmp_path_factory.mktemp("mail"))
    yield s
    s.remove()


@pytest.fixture
def stack(base):
    yield base
    base.stop()
    base.rows("update job set state = 'cancelled', leased_until = null where state in ('queued', 'leased')")
    base.log.write_bytes(b"")


class Person:
    def __init__(self, stack, name=NAME, organisation=ORGANISATION):
        self.stack, self.org, self.id = stack, str(uuid.uuid4()), str(uuid.uuid4())
        self.email = f"{self.id[:8]}.destinataire@exemple.fr"
        stack.rows("insert into organization (id, name) values (%s, %s)", self.org, organisation)
        stack.rows("insert into account (id, organization_id, email, full_name, role, is_owner, password_hash) values (%s, %s, %s, %s, "
                   "'bid_manager', true, 'h')", self.id, self.org, self.email, name)

    def mail(self, purpose, **subject):
        job = str(uuid.uuid4())
        self.stack.rows("insert into job (organization_id, id, kind, payload) values (%s, %s, 'mail', %s)", self.org, job,
                        json.dumps({"purpose": purpose, **(subject or {"account_id": self.id})}))
        return job

    def invite(self, email, role="viewer", days=7):
        invitation = str(uuid.uuid4())
        self.stack.rows("insert into invitation (organization_id, id, email, role, invited_by, expires_at) values "
                        "(%s, %s, %s, %s, %s, now() + make_interval(days => %s))", self.org, invitation, email, role, self.id, days)
        return invitation

    def valid_tokens(self, purpose):
        return [bytes(r[0]) for r in self.stack.rows("select token_hash from account_token where account_id = %s and purpose = %s and "
                                                     "used_at is null and expires_at > now()", self.id, purpose)]


def state(stack, job):
    return stack.one("select state, error_code, attempt from job where id = %s", job)


def wait_state(stack, job, wanted, seconds=20):
    stack.wait(lambda: state(stack, job)[0] == wanted, seconds)
    return state(stack, job)


def hashed(token):
    return hashlib.sha256(token.encode()).digest()


def logged(stack, msg):
    return [line for line in map(json.loads, stack.log.read_text().splitlines()) if line["msg"] == msg]


def test_a_forgotten_password(stack, serve):
    server, person = serve(), Person(stack)
    stack.start(**server.settings(), PASSWORD_RESET_EXPIRE_MINUTES="90")
    job = person.mail("password_reset")
    m = server.wait_for(person.email)
    assert m.tls and m.parsed["To"] == person.email and m.parsed["Subject"] == "Réinitialisation de votre mot de passe Scorpius"
    assert f"Bonjour {NAME}," in m.text and "https://app.essai.example/account/reset#token=" in m.text
    token = m.token()
    assert person.valid_tokens("password_reset") == [hashed(token)]
    minutes, told = stack.one("select round(extract(epoch from expires_at - created_at) / 60)::int, "
                              "to_char(expires_at at time zone 'Europe/Paris', 'DD/MM/YYYY \"à\" HH24\"h\"MI') from account_token where account_id = %s", person.id)
    assert minutes == 90 and f"jusqu’au {told} (heure de Paris)" in m.text
    assert wait_state(stack, job, "done") == ("done", None, 1)
    # Another letter takes the sense from the first one; that of another purpose does not.
    person.mail("email_confirm")
    confirm = server.wait_for(person.email, 2).token()
    person.mail("password_reset")
    second = server.wait_for(person.email, 3).token()
    assert len({token, confirm, second}) == 3
    assert person.valid_tokens("password_reset") == [hashed(second)] and person.valid_tokens("email_confirm") == [hashed(confirm)]
    stack.wait(stack.idle)
    # The secrets are in the letters alone.
    log = stack.log.read_text()
    for secret in (token, confirm, second, smtp.PASSWORD, person.email, NAME):
        assert secret not in log
    dump = subprocess.run(["pg_dump", stack.cluster.url("operator", "jobs_test")], stdout=subprocess.PIPE, text=True, check=True).stdout
    assert person.email in dump and all(secret not in dump for secret in (token, confirm, second, smtp.PASSWORD))
    sent = logged(stack, "mail sent")
    assert {(s["purpose"], s["to"]) for s in sent} == {(p, f"{person.email[0]}***@exemple.fr") for p in ("password_reset", "email_confirm")}


def test_an_invitation(stack, serve):
    server, owner = serve("tls"), Person(stack)
    stack.start(**server.settings())
    invitation = owner.invite("nouvelle@exemple.fr")
    owner.mail("invitation", invitation_id=invitation)
    m = server.wait_for("nouvelle@exemple.fr")
    assert m.parsed["Subject"] == f"Invitation à rejoindre {ORGANISATION} sur Scorpius"
    assert f"{NAME} vous invite" in m.text and "en consultation seule" in m.text and "aucun compte ne sera créé" in m.text
    assert ORGANISATION.replace("&", "&amp;") in m.part("html") and ORGANISATION not in m.part("html")
    assert bytes(stack.one("select token_hash from invitation where id = %s", invitation)[0]) == hashed(m.token())
    owner.mail("invitation", invitation_id=invitation)
    again = server.wait_for("nouvelle@exemple.fr", 2)
    assert bytes(stack.one("select token_hash from invitation where id = %s", invitation)[0]) == hashed(again.token()) != hashed(m.token())


def test_letters_that_only_tell(stack, serve):
    server, person = serve(), Person(stack)
    stack.rows("insert into session (id, organization_id, account_id, refresh_hash, expires_at, user_agent, address) values "
               "(gen_random_uuid(), %s, %s, sha256(%s), now() + interval '1 day', 'Firefox/128 <script>', '192.0.2.7')", person.org, person.id,
               person.id.encode())
    stack.start(**server.settings())
    person.mail("new_sign_in")
    m = server.wait_for(person.email)
    assert "Nouvelle connexion" in m.parsed["Subject"] and "Adresse\u00a0: 192.0.2.7" in m.text and "<script>" not in m.part("html") + m.text
    person.mail("password_changed")
    m = server.wait_for(person.email, 2)
    assert "a été modifié" in m.parsed["Subject"] and "Si ce n’était pas vous" in m.text
    assert "token" not in m.text and stack.rows("select id from account_token where account_id = %s", person.id) == []


def test_names_that_want_to_be_more_than_names(stack, serve):
    server = serve()
    owner = Person(stack, "Gagnez\r\nBcc: tous@exemple.fr", "www.piege.example")
    invitation = owner.invite("cible@exemple.fr")
    stack.start(**server.settings())
    owner.mail("invitation", invitation_id=invitation)
    m = server.wait_for("cible@exemple.fr")
    assert m.recipients == ["cible@exemple.fr"] and "Bcc" not in m.parsed and "piege" not in m.raw.decode() and "Gagnez" not in m.text


def test_a_server_that_says_later_gets_it_later(stack, serve):
    server, person = serve(), Person(stack)
    server.to_recipients.append("451 4.7.1 greylisted, token=abc")
    stack.start(**server.settings())
    job = person.mail("password_reset")
    m = server.wait_for(person.email)
    assert server.attempts == 2
    assert wait_state(stack, job, "done") == ("done", None, 2)
    assert person.valid_tokens("password_reset") == [hashed(m.token())]
    (line,) = logged(stack, "job will be tried again")
    assert line["level"] == "warn" and line["purpose"] == "password_reset" and "451 4.7.1" in line["cause"]
    assert "greylisted" not in stack.log.read_text()


def test_a_refused_recipient_is_told_and_not_tried_again(stack, serve):
    server, owner = serve(), Person(stack)
    invitation = owner.invite("inconnu@exemple.fr")
    server.to_recipients.append("550 5.1.1 <inconnu@exemple.fr>: unknown")
    stack.start(**server.settings())
    job = owner.mail("invitation", invitation_id=invitation)
    assert wait_state(stack, job, "failed") == ("failed", "mail_refused", 1)
    (line,) = logged(stack, "job failed")
    assert line["level"] == "error" and line["code"] == "mail_refused" and "550 5.1.1" in line["cause"] and line["to"] == "i***@exemple.fr"
    assert "inconnu@" not in stack.log.read_text()
    assert stack.one("select target_kind, target_id::text, detail from audit_event where organization_id = %s", owner.org) == (
        "invitation", invitation, {"purpose": "invitation", "reason": "mail_refused"})
    assert server.attempts == 1 and not stack.one("select queue.mail_troubled()")[0]


def operate(stack, *verb, status=0, **settings):
    env = {"DATABASE_URL": stack.cluster.url("operator", "jobs_test"), "PUBLIC_URL": "https://app.essai.example/", **settings}
    done = subprocess.run([SCORPIUS, "mail", *verb], env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert done.returncode == status, done.stderr
    return done.stdout


@pytest.fixture
def trouble(stack):
    yield lambda: stack.one("select queue.mail_troubled()")[0]
    stack.rows("update job set finished_at = now() - interval '2 hours' where kind = 'mail'")


def test_a_server_that_stays_away(stack, serve, trouble):
    """Down, then with a wrong password, then silent: tried again as often as the settings say, then given up, visibly."""
    server, person = serve(), Person(stack)
    silent = smtp.Silent()
    for broken in ({"SMTP_PASSWORD": "faux"}, {"SMTP_PORT": str(silent.port), "SMTP_TIMEOUT": "1"}):
        assert not trouble()
        stack.start(**{**server.settings(), **broken}, SMTP_MAX_ATTEMPTS="2")
        job = person.mail("password_changed")
        stack.wait(lambda: state(stack, job)[1] == "mail_failed")
        assert trouble()
        assert wait_state(stack, job, "failed") == ("failed", "mail_failed", 2)
        assert trouble()
        stack.stop()
        listed = operate(stack, "failed")
        assert ["password_changed", "mail_failed", "2", "essai(s)", person.email] in [line.split()[3:] for line in listed.splitlines()]
        stack.rows("update job set finished_at = now() - interval '2 hours' where id = %s", job)
    silent.stop()
    stack.start(**server.settings(), JOB_MAX_ATTEMPTS="1")  # those are for documents
    server.stop(keep_authority=True)
    job = person.mail("password_changed")
    stack.wait(lambda: state(stack, job)[1] == "mail_failed")
    server.__init__(server.security, server.auth, server.authority, server.port)
    assert server.wait_for(person.email)
    assert wait_state(stack, job, "done")[0] == "done" and not trouble()


def test_the_operator_sends_again_what_was_given_up(stack, serve, trouble):
    server, person = serve(), Person(stack)
    operate(stack, "retry")
    stack.rows("update job set state = 'cancelled', finished_at = now() where kind = 'mail' and state = 'queued'")
    refused, given_up = person.mail("email_confirm"), person.mail("password_reset")
    for job, why in ((refused, "mail_refused"), (given_up, "mail_failed")):
        stack.rows("update job set state = 'failed', attempt = 10, error_code = %s, finished_at = now() where id = %s", why, job)
    assert operate(stack, "retry") == "1 courriel(s) remis en file\n"
    stack.start(**server.settings())
    assert "Réinitialisation" in server.wait_for(person.email).parsed["Subject"]
    stack.wait(stack.idle)
    assert len(server.messages) == 1 and state(stack, refused)[0] == "failed"
    assert "email_confirm" in operate(stack, "failed") and operate(stack, "retry").startswith("0 ")


def test_stops_in_the_middle_of_sending(stack, serve):
    silent, person = smtp.Silent(), Person(stack)
    stack.start(**{**serve().settings(), "SMTP_PORT": str(silent.port), "SMTP_TIMEOUT": "60"})
    job = person.mail("password_changed")
    stack.wait(lambda: state(stack, job)[0] == "leased")
    assert stack.stop() == 0
    silent.stop()
    assert state(stack, job)[0] == "queued"


def test_what_has_lost_its_sense_is_not_sent(stack, serve):
    server, person = serve(), Person(stack)
    second = Person(stack)
    revoked, expired = person.invite("a@exemple.fr"), person.invite("b@exemple.fr", days=0)
    stack.rows("update invitation set revoked_at = now() where id = %s", revoked)
    stack.rows("insert into account (id, organization_id, email, full_name, role, is_owner, password_hash) values (gen_random_uuid(), %s, %s, 'A', "
               "'bid_manager', true, 'h')", second.org, f"{uuid.uuid4()}@exemple.fr")
    stack.rows("update account set active = false where id = %s", second.id)
    jobs = [person.mail("invitation", invitation_id=revoked), person.mail("invitation", invitation_id=expired),
            person.mail("invitation", invitation_id=str(uuid.uuid4())), second.mail("password_reset"),
            person.mail("password_reset", account_id=second.id)]  # another organisation's
    stack.start(**server.settings())
    for job in jobs:
        assert wait_state(stack, job, "cancelled") == ("cancelled", None, 1)
    assert server.attempts == 0 and second.valid_tokens("password_reset") == []


def test_a_payload_that_names_nobody_fails_alone(stack, serve):
    server, person = serve(), Person(stack)
    stack.start(**server.settings())
    job = person.mail("password_reset", account_id="personne")
    assert wait_state(stack, job, "failed") == ("failed", "mail_refused", 1)
    person.mail("password_changed")
    assert server.wait_for(person.email)


def test_without_a_mail_server_all_else_works(stack):
    person = Person(stack)
    stack.start()
    job = person.mail("password_reset")
    assert wait_state(stack, job, "cancelled") == ("cancelled", "mail_disabled", 1)
    assert person.valid_tokens("password_reset") == []
    (started,) = logged(stack, "started")
    assert started["mail"].startswith("disabled")
    assert not [line for line in stack.log.read_text().splitlines() if json.loads(line)["level"] in ("error", "warn")]
    assert not stack.one("select queue.mail_troubled()")[0]


def test_the_operator_hands_a_link_over(stack):
    """Where no mail can leave."""
    person = Person(stack)
    invitation = person.invite("remise@exemple.fr")
    url, _, token = operate(stack, "link", "Remise@exemple.fr").strip().partition("#token=")
    assert url == "https://app.essai.example/account/invitation"
    assert bytes(stack.one("select token_hash from invitation where id = %s", invitation)[0]) == hashed(token)
    first, second = (operate(stack, "link", person.email).strip().partition("#token=") for _ in range(2))
    assert first[0] == "https://app.essai.example/account/reset" and first[2] != second[2]
    assert person.valid_tokens("password_reset") == [hashed(second[2])]
    assert stack.rows("select action, target_kind from audit_event where organization_id = %s order by at, id", person.org) == [
        ("operator.link_made", "invitation"), ("operator.link_made", "account"), ("operator.link_made", "account")]
    stack.rows("update invitation set revoked_at = now() where id = %s", invitation)
    for nobody in ("remise@exemple.fr", "personne@exemple.fr", "' or true --"):
        assert operate(stack, "link", nobody, status=66) == ""
    operate(stack, "link", person.email, status=78, PUBLIC_URL="")


def test_wrong_settings_end_the_jobs(stack, serve):
    settings = serve().settings()
    stack.start(**{**settings, "PUBLIC_URL": ""})
    assert stack.process.wait(10) == 78
    assert "PUBLIC_URL" in stack.log.read_text()
