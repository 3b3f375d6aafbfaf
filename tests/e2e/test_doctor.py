"""`scorpius doctor`: a whole installation is found whole; what is wrong with one is named, with what mends it."""

import contextlib
import http.server
import json
import os
import pathlib
import pwd
import re
import shutil
import socket
import subprocess
import tempfile
import threading
import time

import psycopg2
import pytest

from ports import free_port
from relay import OlderServer

BUILD = pathlib.Path(os.environ["SCORPIUS_BUILD"])
LOGGED = r"password authentication failed|no password supplied|terminating connection|does not exist|incomplete startup packet|SECRET_KEY"


def command(stack, *arguments, wrapper=(), **settings):
    # PUBLIC_URL: the stack itself, which its letters do not name.
    env = {**stack.env, "PATH": os.environ["PATH"], "LANG": "C.UTF-8", "PUBLIC_URL": stack.base, **settings}
    done = subprocess.run([*wrapper, BUILD / "app/cli/scorpius", "doctor", *arguments], env={k: v for k, v in env.items() if v is not None},
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, cwd="/")
    for secret in stack.secrets():
        assert secret not in done.stdout + done.stderr
    assert done.stderr == ""
    return done


def doctor(stack, *arguments, wrapper=(), **settings):
    """{id: check}; its exit status agrees with what it says."""
    done = command(stack, "--json", *arguments, wrapper=wrapper, **settings)
    told = json.loads(done.stdout)
    worst = max((c["level"] for c in told["checks"]), key=["ok", "warning", "error"].index)
    assert told["level"] == worst and done.returncode == (1 if worst == "error" else 0)
    return {c["id"]: c for c in told["checks"]}


def words(check):
    return " | ".join(f"{f['message']} → {f['remedy']}" for f in check["findings"])


def assert_told(check, level, pattern):
    assert check["level"] == level and re.search(pattern, words(check)), words(check)


@pytest.fixture
def opened():
    """A folder that the services' user can reach."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="scdr", dir="/tmp"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def owned_by_services(path):
    if os.geteuid() == 0:
        user = pwd.getpwnam("scorpius")
        os.chown(path, user.pw_uid, user.pw_gid)


@pytest.fixture
def backups(opened):
    folder = opened / "backups"
    folder.mkdir(mode=0o700)
    owned_by_services(folder)
    return folder


# --- what is whole

def test_a_whole_installation_has_no_error(stack, account):
    account.upload(("a.txt", b"pour une cle\n"), query="?process=false")
    checks = doctor(stack)
    assert {name: words(c) for name, c in checks.items() if c["level"] == "error"} == {}
    assert all(f["remedy"] for c in checks.values() for f in c["findings"] if f["level"] == "error")
    assert "15." in words(checks["postgresql"]) and "compte accepté" in words(checks["mail"]) and "version" in words(checks["site"])
    assert len(checks) == 31


def test_what_people_read(stack):
    done = command(stack)
    lines = done.stdout.splitlines()
    assert done.returncode == 0 and re.fullmatch(r"31 contrôles\u00a0: \d+ sans défaut, \d+ avec avertissement, 0 en erreur", lines[-1])
    assert all(re.match(r"(ok|avertissement|erreur) +\S.*\u00a0: |  +→ ", line) for line in lines[:-1])
    assert not re.search(r"[^\u00a0] [:;?!»]", re.sub(r"«\u00a0.*?\u00a0»", "", done.stdout)) and "« " not in done.stdout


@pytest.mark.parametrize("arguments", [("--sideways",), ("--settings",), ("tout",)])
def test_wrong_arguments(stack, arguments):
    env = {**stack.env, "PATH": os.environ["PATH"]}
    assert subprocess.run([BUILD / "app/cli/scorpius", "doctor", *arguments], env=env, capture_output=True, check=False).returncode == 64


# --- settings

STRONG = "9f2c7e51d08b4a63c1e7f0a92b5d8c34e6071f2a3b4c5d6e7f8091a2b3c4d5e6"


@pytest.mark.parametrize("settings, check, level, told", [
    ({"JWT_SECRET_KEY": ""}, "secrets", "error", "JWT_SECRET_KEY manque.*openssl rand"),
    ({"SECRET_KEY": "changeme-changeme-changeme-changeme-changeme"}, "secrets", "warning", "SECRET_KEY est faible"),
    ({"APP_ENV": "production", "JWT_SECRET_KEY": "abcabcabcabcabcabcabcabcabcabcabcabc"}, "secrets", "error", "JWT_SECRET_KEY est faible.*openssl rand"),
    ({"APP_ENV": "production", "JWT_SECRET_KEY": "court"}, "settings", "error", "JWT_SECRET_KEY.*trop faible"),
    ({"APP_ENV": "production", "JWT_SECRET_KEY": STRONG, "SECRET_KEY": STRONG}, "secrets", "error", "égales"),
    ({"DATABASE_API_PASSWORD": "court"}, "secrets", "warning", "moins de 16"),
    ({"JOB_WORKERS": "beaucoup"}, "settings", "error", "JOB_WORKERS.*pas un nombre"),
    ({"SMTP_FROM": "personne"}, "settings", "error", "SMTP_FROM.*adresse électronique"),
    ({"STORAGE_BACKEND": "s3"}, "settings", "error", "S3_ENDPOINT.*obligatoire"),
    ({"PUBLIC_URL": ""}, "public_url", "warning", "PUBLIC_URL manque"),
    ({"APP_ENV": "production", "PUBLIC_URL": "http://app.essai.example"}, "public_url", "error", "pas en https"),
    ({"PUBLIC_URL": "https://"}, "public_url", "error", "n'est pas une adresse"),
    ({"SMPT_HOST": "relais.essai.example"}, "setting_names", "warning", "SMPT_HOST est inconnu.*écrivez SMTP_HOST"),
    ({"JWT_SECRETKEY": "x"}, "setting_names", "warning", "écrivez JWT_SECRET_KEY"),
    ({"DATABASE_POOL_SIZE": "20"}, "unused_settings", "ok", "DATABASE_POOL_SIZE ne sert pas ici.*API_WORKERS"),
])
def test_settings(stack, settings, check, level, told):
    assert_told(doctor(stack, **settings)[check], level, told)


def test_files_of_settings(stack, opened):
    folder = opened / "conf"
    folder.mkdir()
    (folder / "scorpius.env").write_text("APP_ENV=test\n# SMPT_USER=x\nSMPT_HOST=relais.essai.example\nCOULEUR='bleu'\nAPI_WORKERS=4\n")
    (folder / "scorpius.env").chmod(0o600)
    checks = doctor(stack, "--settings", str(folder))
    assert_told(checks["setting_files"], "ok", "1 fichiers")
    assert_told(checks["setting_names"], "warning", "SMPT_HOST est inconnu.*écrivez SMTP_HOST.*COULEUR n'est pas un réglage")
    assert "SMPT_USER" not in words(checks["setting_names"]) and "API_WORKERS" not in words(checks["setting_names"])
    (folder / "scorpius.env").chmod(0o644)
    assert_told(doctor(stack, "--settings", str(folder))["setting_files"], "error", "0644.*chmod 600")
    if os.geteuid() == 0:
        (folder / "scorpius.env").chmod(0o600)
        os.chown(folder / "scorpius.env", 12345, 0)
        assert_told(doctor(stack, "--settings", str(folder))["setting_files"], "error", "compte numéro 12345.*chown root")


def test_root_has_the_settings_of_the_services(stack, opened):
    """Started by hand, doctor reads the files that systemd would; what the environment has goes before."""
    ours = ("DATABASE_URL", "DATABASE_API_URL", "DATABASE_JOBS_URL", "SECRET_KEY")
    folder = opened / "conf"
    folder.mkdir()
    (folder / "operator.env").write_text(f"DATABASE_URL={stack.env['DATABASE_URL']}\nREDIS_URL=redis://127.0.0.1:1\n")
    (folder / "scorpius.env").write_text(f"SECRET_KEY='{stack.env['SECRET_KEY']}'\n")
    checks = doctor(stack, "--settings", str(folder), **dict.fromkeys(ours))
    assert checks["postgresql"]["level"] == "ok" and checks["redis"]["level"] == "ok" and "empreinte" in words(checks["master_key"])


# --- PostgreSQL

@pytest.mark.parametrize("settings, check, told", [
    ({"DATABASE_URL": "postgresql://scorpius@/scorpius?host=/nonexistent"}, "postgresql", "injoignable.*systemctl status postgresql"),
    ({"DATABASE_URL": "postgresql://["}, "postgresql", "DATABASE_URL"),
])
def test_a_wrong_database(stack, expect_log, settings, check, told):
    expect_log(LOGGED)
    assert_told(doctor(stack, **settings)[check], "error", told)


def test_wrong_accounts(stack, expect_log):
    expect_log(LOGGED)
    wrong = stack.env["DATABASE_API_URL"].replace(stack.env["DATABASE_API_PASSWORD"], "faux")
    assert_told(doctor(stack, DATABASE_API_URL=wrong)["accounts"], "error", "scorpius_api ne peut pas se connecter.*scorpius-admin migrate")
    strong = doctor(stack, DATABASE_JOBS_URL=stack.env["DATABASE_URL"])["accounts"]
    assert_told(strong, "error", "passer outre l'isolation.*nosuperuser")


def test_a_schema_of_another_version(stack):
    """None, that of an older program, that of a newer one, in a database that has sqitch's registry only."""
    name = "essai_doctor"
    url = stack.env["DATABASE_URL"].replace("/scorpius?", f"/{name}?")
    changes = [r["change"] for r in stack.sql("select change from sqitch.changes order by committed_at, planned_at")]
    stack.sql(f"create database {name}")
    try:
        assert_told(doctor(stack, DATABASE_URL=url)["schema"], "error", "pas déployé.*migrate")
        with contextlib.closing(psycopg2.connect(url)) as db, db.cursor() as cursor:
            cursor.execute("create schema sqitch create table changes(change text, change_id text, committed_at timestamptz default now(), planned_at timestamptz default now())")
            cursor.executemany("insert into sqitch.changes values (%s, %s)", [(c, c) for c in changes[:-1]])
            db.commit()
            assert_told(doctor(stack, DATABASE_URL=url)["schema"], "error", f"plus ancien que le programme.*1 changement.*{changes[-1]}.*migrate")
            cursor.executemany("insert into sqitch.changes values (%s, %s)", [(c, c) for c in (changes[-1], "colonnes_de_demain")])
            db.commit()
        newer = doctor(stack, DATABASE_URL=url)["schema"]
        assert newer["level"] != "ok" and re.search("plus récent que le programme.*colonnes_de_demain", words(newer))
    finally:
        stack.sql(f"drop database {name} with (force)")


def test_an_old_server(stack):
    relay = OlderServer(stack.run / ".s.PGSQL.5432")
    try:
        check = doctor(stack, DATABASE_URL=relay.url(stack.env["DATABASE_URL"]))["postgresql"]
        assert_told(check, "error", r"PostgreSQL 13\.14 est trop ancien.*15.*installez")
        # The same way, without the lie.
        relay.version = b"15.9"
        assert doctor(stack, DATABASE_URL=relay.url(stack.env["DATABASE_URL"]))["postgresql"]["level"] == "ok"
    finally:
        relay.stop()


def test_more_workers_than_connections(stack):
    assert_told(doctor(stack, **stack.directly(), API_WORKERS="200")["connections"], "error", "max_connections.*alter system")


def test_another_master_key(stack, account):
    account.upload(("a.txt", b"sous une autre cle\n"), query="?process=false")
    assert_told(doctor(stack, SECRET_KEY=STRONG)["master_key"], "error", "illisibles.*SECRET_KEY")
    turned = doctor(stack, SECRET_KEY=STRONG, SECRET_KEY_PREVIOUS=stack.env["SECRET_KEY"])["master_key"]
    assert_told(turned, "warning", "rotate-key")


# --- Redis

def test_a_wrong_redis(stack):
    down = doctor(stack, REDIS_URL="redis://127.0.0.1:1")
    assert_told(down["redis"], "error", "injoignable.*redis-server")
    wrong = doctor(stack, REDIS_URL=f"unix://:faux@{stack.run}/redis.sock?db=0")
    assert_told(wrong["redis"], "error", "WRONGPASS")
    assert stack.env["REDIS_PASSWORD"] not in words(wrong["redis"])


def test_redis_that_keeps_nothing(stack):
    for name, value in ("appendonly", "no"), ("save", ""), ("maxmemory-policy", "allkeys-lru"):
        before = stack.redis("config", "get", name).partition("\n")[2]
        stack.redis("config", "set", name, value)
        try:
            assert_told(doctor(stack)["redis_durable"], "warning", {"appendonly": "AOF", "save": "RDB", "maxmemory-policy": "allkeys-lru"}[name])
        finally:
            stack.redis("config", "set", name, before)
    assert doctor(stack)["redis_durable"]["level"] == "ok"


@pytest.mark.parametrize("rules, check, level, told", [
    (("~*", "+@all", "-@admin", "-@dangerous"), "redis_durable", "warning", r"AOF et RDB inconnus.*\+info"),
    (("~*", "+@all", "-@admin", "-@dangerous", "+info", "+config|get"), "redis_durable", "ok", "AOF et RDB actifs"),
    (("~*", "+@all", "-@admin", "-@dangerous"), "redis_rights", "ok", "permis"),
    (("~*", "+@all", "-@scripting"), "redis_rights", "error", "NOPERM"),
    (("~other:*", "+@all"), "redis_rights", "error", "NOPERM|keys"),
])
def test_an_account_of_redis(stack, rules, check, level, told):
    stack.redis("acl", "setuser", "essai", "reset", "on", ">motdepasse-essai", *rules)
    try:
        url = f"unix://essai:motdepasse-essai@{stack.run}/redis.sock?db=0"
        assert_told(doctor(stack, REDIS_URL=url)[check], level, told)
    finally:
        stack.redis("acl", "deluser", "essai")


# --- files

def test_a_store_with_wrong_rights(stack, opened):
    folder = opened / "files"
    folder.mkdir(mode=0o700)
    assert_told(doctor(stack, UPLOAD_PATH=f"{opened}/nowhere")["store"], "error", "No such file.*install -d")
    if os.geteuid() == 0:
        assert_told(doctor(stack, UPLOAD_PATH=str(folder))["store"], "error", "ne peut pas lire et écrire.*chown")
    owned_by_services(folder)
    assert doctor(stack, UPLOAD_PATH=str(folder))["store"]["level"] == "ok"
    folder.chmod(0o755)
    assert_told(doctor(stack, UPLOAD_PATH=str(folder))["store"], "warning", "0755.*chmod 700")


def test_a_full_disk(stack, opened):
    assert_told(doctor(stack, STORAGE_MIN_FREE="1024G")["room"], "error", "les dépôts sont refusés.*agrandissez")
    if os.geteuid() != 0:
        pytest.skip("only root can mount a volume")
    folder = opened / "volume"
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=17m,mode=777", "tmpfs", str(folder)], check=False, capture_output=True).returncode != 0:
        pytest.skip("this machine lets nobody mount a volume")
    try:
        os.close(os.open(folder / "filler", os.O_CREAT | os.O_WRONLY))
        with open(folder / "filler", "wb") as f:
            os.posix_fallocate(f.fileno(), 0, 16 << 20)
        checks = doctor(stack, UPLOAD_PATH=str(folder))
        assert_told(checks["store"], "error", "rien ne peut être écrit.*place")
        assert_told(checks["room"], "error", "il reste")
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize("settings, check, level, told", [
    ({"CLAMD_SOCKET": "/nonexistent"}, "scanner", "error", "clamd ne répond pas.*clamav-daemon"),
    ({"NGINX_TEMP_PATH": "/proc"}, "temp_files", "warning", "en clair"),
    ({"APP_ENV": "production", "NGINX_TEMP_PATH": "/proc"}, "temp_files", "error", "en clair.*var-lib-scorpius-spool.mount"),
    ({"STORAGE_BACKEND": "s3", "S3_ENDPOINT": "http://127.0.0.1:1", "S3_BUCKET": "b", "S3_ACCESS_KEY_ID": "k", "S3_SECRET_ACCESS_KEY": "s"},
     "s3", "error", "compartiment b|temps imparti"),
    ({"READER_PATH": "/nonexistent"}, "reader", "error", "No such file.*paquet"),
    ({"READER_PATH": "/bin/true"}, "reader", "error", "ne lit pas un texte d'essai"),
    ({"BACKUP_PATH": "/nonexistent"}, "backup_folder", "error", "No such file"),
    ({"APP_ENV": "production"}, "backup_folder", "error", "aucune sauvegarde"),
])
def test_what_is_needed_besides(stack, settings, check, level, told):
    assert_told(doctor(stack, **settings)[check], level, told)


def test_backups(stack, account, backups):
    account.upload(("a.txt", b"sauvegarde\n"), query="?process=false")
    settings = {"BACKUP_PATH": str(backups)}
    assert_told(doctor(stack, **settings)["backup_age"], "warning", "pas encore de sauvegarde entière.*scorpius-backup")
    env = {**stack.env, "PATH": os.environ["PATH"], "LANG": "C.UTF-8", **settings}
    as_user = ["setpriv", "--reuid=scorpius", "--regid=scorpius", "--init-groups", "--"] if os.geteuid() == 0 else []
    subprocess.run([*as_user, BUILD / "app/cli/scorpius", "backup"], env=env, check=True, cwd="/", capture_output=True)
    checks = doctor(stack, **settings)
    assert_told(checks["backup_age"], "ok", "entière, il y a 0 h")
    assert_told(checks["backup_key"], "ok", "s'ouvre avec SECRET_KEY")
    assert_told(doctor(stack, SECRET_KEY=STRONG, **settings)["backup_key"], "error", "ne pourrait pas être restaurée")
    (head,) = backups.glob("*/backup.json")
    head.write_text(re.sub(r'"created_at": ?"[^"]*"', '"created_at":"2026-01-01T00:00:00Z"', head.read_text()))
    assert_told(doctor(stack, **settings)["backup_age"], "error", r"a \d+ heures.*scorpius-backup")


# --- mail, certificate, site, ports

@pytest.mark.parametrize("settings, told", [
    ({"SMTP_PORT": "1"}, "ne prend pas nos courriels.*SMTP_PORT"),
    ({"SMTP_PASSWORD": "faux"}, "corrigez SMTP_USER et SMTP_PASSWORD"),
    ({"SMTP_CA_FILE": ""}, "certificate|certificat"),
])
def test_a_wrong_mail_server(stack, settings, told):
    sent = len(stack.mail.messages)
    assert_told(doctor(stack, **settings)["mail"], "error", told)
    assert len(stack.mail.messages) == sent


def make_certificate(folder, days, name):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", str(days), "-subj", f"/CN={name}",
                    "-addext", f"subjectAltName=DNS:{name}", "-keyout", folder / f"{name}-{days}.key", "-out", folder / f"{name}-{days}.pem"],
                   check=True, capture_output=True)
    return {"TLS_CERTIFICATE": f"{folder}/{name}-{days}.pem", "TLS_CERTIFICATE_KEY": f"{folder}/{name}-{days}.key"}


def test_a_certificate(stack, opened):
    name = "app.essai.example"
    good, soon, now, wrong = (make_certificate(opened, *of) for of in ((90, name), (10, name), (2, name), (90, "autre.essai.example")))

    def look(settings):
        return doctor(stack, PUBLIC_URL=f"https://{name}", **settings)["certificate"]

    assert_told(look(good), "warning", r"valable encore (89|90) jours.*signé par lui-même")
    assert_told(look(soon), "warning", r"plus valable que (9|10) jour.*certbot renew")
    assert_told(look(now), "error", r"plus valable que [12] jour")
    assert_told(look(wrong), "error", f"n'est pas pour {name}")
    assert_told(look({**good, "TLS_CERTIFICATE_KEY": soon["TLS_CERTIFICATE_KEY"]}), "error", "n'est pas celle du certificat")
    assert_told(look({**good, "TLS_CERTIFICATE": f"{opened}/nowhere"}), "error", "No such file.*certbot certonly")
    if shutil.which("faketime"):
        late = doctor(stack, wrapper=["faketime", "-f", "+400d"], PUBLIC_URL=f"https://{name}", **good)["certificate"]
        assert_told(late, "error", "périmé")


class Web(http.server.BaseHTTPRequestHandler):
    """A site that is not Scorpius, and whose clock is an hour late."""

    def do_GET(self):
        self.send_response_only(200)
        self.send_header("Date", self.date_time_string(time.time() - 3600))
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *args):
        pass


def test_another_site_at_our_address(stack, opened):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Web)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    (opened / "conf").mkdir()
    url = f"http://127.0.0.1:{server.server_port}"
    try:
        checks = doctor(stack, "--settings", str(opened / "conf"), PUBLIC_URL=url)
    finally:
        server.shutdown()
    assert_told(checks["site"], "error", "ce n'est pas Scorpius")
    assert_told(checks["clock"], "error", "s'écarte de celle du site de -3[56]")
    assert_told(checks["ports"], "error", rf"port {server.server_port} est pris par \S+ \(processus {os.getpid()}\).*nginx")


def test_the_port_of_nginx_and_one_that_nobody_has(stack, opened):
    (opened / "conf").mkdir()
    settings = "--settings", str(opened / "conf")
    assert_told(doctor(stack, *settings)["ports"], "ok", "nginx|écouté")
    closed = doctor(stack, *settings, PUBLIC_URL=f"http://127.0.0.1:{free_port()}")
    assert_told(closed["ports"], "error", "personne n'écoute")
    assert_told(closed["site"], "error", "ne répond pas.*nginx")


# --- the machine

@pytest.mark.skipif(not shutil.which("faketime"), reason="faketime is not installed")
@pytest.mark.parametrize("offset, postgresql, clock", [
    ("-1h", r"s'écarte de la nôtre de 3[56]\d\d", "s'écarte de celle du site"),
    ("-300d", "s'écarte de la nôtre", "date impossible"),
])
def test_a_clock_that_is_off(stack, offset, postgresql, clock):
    checks = doctor(stack, wrapper=["faketime", "-f", offset])
    assert_told(checks["postgresql"], "error", postgresql)
    assert_told(checks["clock"], "error", clock)


def test_two_versions(stack):
    # At the server itself: a pooler lends a connection to whoever has a transaction, and with it its name.
    other = psycopg2.connect(stack.directly()["DATABASE_JOBS_URL"], application_name="scorpius-jobs/0.0.9")
    try:
        assert_told(doctor(stack)["versions"], "error", r"deux versions.*scorpius-jobs 0\.0\.9.*systemctl restart")
    finally:
        other.close()


def test_workers_that_do_not_answer(stack, opened):
    """A socket that a dead pool left; nobody listens."""
    run = opened / "run"
    run.mkdir()
    with socket.socket(socket.AF_UNIX) as s:
        s.bind(str(run / "api.sock"))
    assert_told(doctor(stack, HEALTH_PATH=f"{run}/health")["workers"], "error", "aucun ne répond.*scorpius.target")


@contextlib.contextmanager
def deaf():
    """Takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as s:
        yield s.getsockname()[1]


def test_what_hangs_costs_its_time_only(stack):
    """The command ends by itself, before its caller's minute is over."""
    with deaf() as port:
        checks = doctor(stack, DATABASE_URL=f"postgresql://scorpius@127.0.0.1:{port}/scorpius", REDIS_URL=f"redis://127.0.0.1:{port}",
                        SMTP_PORT=str(port), PUBLIC_URL=f"http://127.0.0.1:{port}")
    for name in ("postgresql", "accounts", "redis", "mail", "site"):
        assert checks[name]["level"] == "error"
    assert_told(checks["postgresql"], "error", "temps imparti")
    assert checks["reader"]["level"] == "ok" and checks["workers"]["level"] == "ok"
