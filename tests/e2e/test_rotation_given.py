"""scorpius-rotate with secrets that others make, of the mail server and of the S3 service: tried first, then used, while clients work.
No letter and no file is lost."""

import os
import pathlib
import subprocess

import pytest

import smtp
from stack import wait_until
from swift_fixture import Swift
from test_rotation import Client, Work, bare, running

BUILD = pathlib.Path(os.environ["SCORPIUS_BUILD"])


@pytest.fixture(scope="module")
def service():
    s = Swift()
    yield s
    s.remove()


@pytest.fixture(scope="module")
def own(service):
    yield from bare({"STORAGE_BACKEND": "s3", "SMTP_MAX_ATTEMPTS": "10", **service.settings})


@pytest.fixture
def machine(own, folder):
    yield from running(own, folder)


@pytest.fixture
def work(machine, secrets):
    return lambda: Work(machine, secrets)


def new(secrets, name):
    secret = f"Nouveau+{name}_2026/Ok"
    secrets[secret] = f"the new secret of {name}"
    return secret


def files(machine):
    return {path.name: path.read_text() for path in machine.conf.glob("*.env")}


@pytest.mark.parametrize("given", ["", "\n", "a\n\n", "a\nb\nc\n", "a\nb\n\n", "x" * 2000 + "\n", "\udcff\n"])
@pytest.mark.parametrize("command", ["mail", "storage"])
def test_what_is_no_account_is_refused(own, command, given):
    done = subprocess.run([BUILD / "app/cli/scorpius", command, "try", "--account-stdin"], input=given.encode("utf-8", "surrogateescape"), capture_output=True,
                          env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8", **own.env}, cwd="/")
    assert done.returncode == 64 and b"--account-stdin" in done.stderr, done.stderr


def test_the_account_of_the_settings_is_tried_too(own, service):
    assert "accepte" in own.command("mail", "try")[0]
    before = service.names()
    assert "se laisse lire et écrire" in own.command("storage", "try")[0] and service.names() == before
    for wrong in (("mail", "try", "x"), ("storage", "try", "--account-stdin", "x")):
        own.command(*wrong, status=64)


def test_smtp(machine, own, secrets, work, tmp_path):
    password = new(secrets, "smtp")
    own.mail.passwords.add(password)
    clients = [Client(machine, secrets)]
    before = files(machine)
    # A wrong one changes nothing, and letters go on.
    said = machine.rotate("smtp", "-", status=75, given="un-mot-de-passe-faux\n")
    assert "nothing is changed" in said and "535" in said and files(machine) == before
    clients.append(Client(machine, secrets))
    path = tmp_path / "nouveau"
    path.write_text(password + "\n")
    with work() as w:
        said = machine.rotate("smtp", str(path))
        clients.append(Client(machine, secrets))
        w.more()
    assert password not in said and machine.settings("jobs")["SMTP_PASSWORD"] == password
    own.mail.passwords.remove(smtp.PASSWORD)
    clients += [Client(machine, secrets), *w.clients, w.first]
    for c in clients:
        own.mail.wait_for(c.email, seconds=90)
        assert len(own.mail.to(c.email)) == 1


def test_letters_wait_for_a_password_that_was_changed_before(machine, own, secrets):
    """Whoever runs the mail server did not say so in time: what could not leave leaves with the new one."""
    password = new(secrets, "courriel")
    own.mail.passwords.clear()
    own.mail.passwords.add(password)
    clients = [Client(machine, secrets) for _ in range(2)]
    waiting = "select count(*) n from scorpius.job where kind = 'mail' and state = 'queued' and error_code is not null"
    wait_until(lambda: own.sql(waiting)[0]["n"] >= 2, 60, "letters that wait")
    machine.rotate("smtp", "-", given=f"{smtp.USER}\n{password}\n")
    for c in clients:
        own.mail.wait_for(c.email, seconds=120)
        assert len(own.mail.to(c.email)) == 1


def test_s3(machine, own, service, secrets, work, tmp_path):
    account, secret = service.second
    secrets[secret] = "the second secret of the S3 service"
    before = files(machine)
    for wrong in (f"{account}\nfaux\n", f"files:nobody\n{secret}\n", "faux\n"):
        assert "nothing is changed" in machine.rotate("s3", "-", status=74, given=wrong) and files(machine) == before
    with work() as w:
        wait_until(service.names, 60, "files in the bucket")
        path = tmp_path / "nouveau"
        path.write_text(f"{account}\n{secret}\n")
        said = machine.rotate("s3", str(path))
        w.more()
    assert secret not in said and machine.settings("scorpius")["S3_ACCESS_KEY_ID"] == account
    service.forget_first()
    with work() as after:
        after.more()
    # All that was stored before, meanwhile and now lies in the bucket and is read from there.
    wait_until(lambda: not own.sql("select 1 from scorpius.job where state in ('queued', 'leased') and run_after <= now()"), 60, "the jobs to end")
    wait_until(lambda: not [p for p in (own.files_path / "objects").rglob("*") if p.is_file()], 90, "the files to be in the bucket")
    for c in (w.clients[2], after.clients[2]):
        for document, content in c.files.items():
            assert c.ask("GET", f"/documents/{document}/content", 200, headers=c.bearer()).content == content
    assert "0 manquants, 0 abîmés" in machine.admin("storage", "verify").replace("\xa0", " ")
    assert not [name for name in service.names() if name.count("/") < 1]
