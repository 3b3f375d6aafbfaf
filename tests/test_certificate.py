"""Certificates as an operator has them: certbot gets one from an ACME server by the folder that nginx serves, renews it, and nginx takes
it up without losing anybody; the check of every morning warns of one that ends soon."""

import json
import os
import re
import shutil
import ssl
import socket
import subprocess
import threading

import httpx
import pytest

from ports import free_port, listens
from server_fixture import NAME, Site, run
from stack import let_in, wait_until


class Server:
    """A server's nginx, scorpius-site and certbot, with their folders below one of the test's. nginx runs as systemd would have it."""

    def __init__(self, tree, folder, authority):
        self.folder, self.etc, self.letsencrypt = folder, folder / "etc", folder / "letsencrypt"
        self.live = self.letsencrypt / "live" / NAME
        self.nginx = Site(tree, folder, self.live / "fullchain.pem", self.live / "privkey.pem", authority.ca)
        for name in ("etc", "spool", "acme", "bin", "enabled", "letsencrypt/renewal-hooks/deploy"):
            (folder / name).mkdir(parents=True)
        (self.etc / "scorpius.env").write_text(f"PUBLIC_URL=https://{NAME}\nMETRICS_PORT=0\n")
        self.main = self.nginx.main()
        # The distribution's main file includes what is enabled.
        (folder / "nginx.conf").write_text((folder / "nginx.conf").read_text().replace(f'"{folder}/site/site.conf"', f'"{folder}/enabled/*"'))
        moved = {"/etc/scorpius/": f"{self.etc}/", "site=/etc/nginx/scorpius": f"site={folder}/site", "/etc/nginx/scorpius/site.conf": f"{folder}/site/site.conf",
                 "/etc/nginx/sites-enabled": f"{folder}/enabled", "/etc/letsencrypt": str(self.letsencrypt), "/var/lib/scorpius/spool": f"{folder}/spool",
                 "ACME=/var/lib/scorpius/acme": f"ACME={folder}/acme", "/var/log/nginx/scorpius.log": f"{folder}/access.log", "/run/nginx.pid": f"{folder}/nginx.pid",
                 "/usr/libexec/scorpius": f"{tree}/usr/libexec/scorpius", "/usr/share/scorpius/nginx": str(self.nginx.templates()),
                 "/usr/share/scorpius": f"{tree}/usr/share/scorpius", "/usr/sbin/": f"{folder}/bin/"}
        self.program(tree / "usr/sbin/scorpius-site", folder / "bin/scorpius-site", moved)
        self.program(tree / "etc/letsencrypt/renewal-hooks/deploy/scorpius", self.letsencrypt / "renewal-hooks/deploy/scorpius", moved)
        self.script("nginx", f'case " $* " in *" -c "*) exec /usr/sbin/nginx "$@";; *) exec /usr/sbin/nginx -e {folder}/error.log -c {folder}/nginx.conf "$@";; esac')
        self.script("systemctl", f'echo "$*" >>{folder}/systemctl; case "$*" in "-q is-active nginx") test -s {folder}/nginx.pid;; "reload nginx") kill -HUP $(cat {folder}/nginx.pid);; *) exit 1;; esac')
        let_in(folder)

    @staticmethod
    def program(source, target, moved):
        text = source.read_text()
        for there, here in moved.items():
            text = text.replace(there, here)
        target.write_text(text)
        target.chmod(0o755)

    def script(self, name, text):
        (self.folder / "bin" / name).write_text(f"#!/bin/sh\n{text}\n")
        (self.folder / "bin" / name).chmod(0o755)

    def env(self, **more):
        return {**os.environ, "PATH": f"{self.folder}/bin:{os.environ['PATH']}", **more}

    def site(self, *options):
        return run(self.folder / "bin/scorpius-site", *options, env=self.env())

    def start(self):
        self.nginx.server = subprocess.Popen(self.main, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(lambda: listens(self.nginx.plain) and (self.folder / "nginx.pid").exists(), 10, "nginx")

    def reloads(self):
        path = self.folder / "systemctl"
        return path.read_text().splitlines().count("reload nginx") if path.exists() else 0

    def put(self, authority, days=None):
        """A certificate by hand, where certbot has its own."""
        self.live.mkdir(parents=True, exist_ok=True)
        if days is None:
            shutil.copy(authority.certificate, self.live / "fullchain.pem")
            shutil.copy(authority.key, self.live / "privkey.pem")
        else:
            done = run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", str(days), "-subj", f"/CN={NAME}",
                       "-addext", f"subjectAltName=DNS:{NAME}", "-keyout", self.live / "privkey.pem", "-out", self.live / "fullchain.pem")
            assert done.returncode == 0, done.stdout

    def serial(self):
        """Of the certificate that is served."""
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with socket.create_connection(("127.0.0.1", self.nginx.tls), timeout=20) as plain, context.wrap_socket(plain, server_hostname=NAME) as s:
            done = run("openssl", "x509", "-noout", "-serial", stdin=None, input=ssl.DER_cert_to_PEM_cert(s.getpeercert(True)))
            return done.stdout.strip()


@pytest.fixture
def server(tree, authority, folder):
    s = Server(tree, folder, authority)
    yield s
    s.nginx.stop()


class Acme:
    """An ACME server that looks for its proofs at a port of this machine."""

    def __init__(self, folder, authority, http_port):
        self.port, dns, self.authority, self.folder = free_port(), free_port(), authority, folder
        (folder / "pebble.json").write_text(json.dumps({"pebble": {
            "listenAddress": f"127.0.0.1:{self.port}", "managementListenAddress": f"127.0.0.1:{free_port()}", "certificate": str(authority.certificate),
            "privateKey": str(authority.key), "httpPort": http_port, "tlsPort": 1, "ocspResponderURL": "", "externalAccountBindingRequired": False}}))
        self.log = open(folder / "pebble.log", "w", encoding="utf-8")

        def spawn(*command):
            return subprocess.Popen([str(c) for c in command], stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log, env={**os.environ, "PEBBLE_VA_NOSLEEP": "1", "PEBBLE_WFE_NONCEREJECT": "0"})
        self.processes = [spawn("pebble-challtestsrv", "-defaultIPv4", "127.0.0.1", "-defaultIPv6", "", "-dns01", f"127.0.0.1:{dns}", "-http01", "", "-https01", "", "-tlsalpn01", "",
                                "-management", f"127.0.0.1:{free_port()}"),
                          spawn("pebble", "-config", folder / "pebble.json", "-dnsserver", f"127.0.0.1:{dns}")]
        wait_until(lambda: listens(self.port), 20, "pebble", self.words)

    def words(self):
        return (self.folder / "pebble.log").read_text()[-3000:]

    def certbot(self, server, *options):
        base = ["--config-dir", server.letsencrypt, "--work-dir", self.folder / "work", "--logs-dir", self.folder / "logs", "--server", f"https://localhost:{self.port}/dir",
                "--non-interactive"]
        return run("certbot", *options, *base, env=server.env(REQUESTS_CA_BUNDLE=str(self.authority.ca)))

    def stop(self):
        for p in self.processes:
            p.terminate()
        for p in self.processes:
            p.wait(20)
        self.log.close()


@pytest.fixture
def acme(server, authority, tmp_path):
    a = Acme(tmp_path, authority, server.nginx.plain)
    yield a
    a.stop()


class Visitors(threading.Thread):
    """Asks all the time, each time by a new connection; what was not answered stands in `lost`."""

    def __init__(self, server):
        super().__init__()
        self.server, self.enough, self.count, self.lost = server, threading.Event(), 0, []

    def run(self):
        while not self.enough.is_set():
            answer = httpx.Client(verify=False, trust_env=False)
            try:
                with answer as client:
                    got = client.get(f"https://127.0.0.1:{self.server.nginx.tls}/api/v1/openapi.json", headers={"Host": NAME}, timeout=30)
                if got.status_code != 200:
                    self.lost.append(got.status_code)
            except httpx.HTTPError as e:
                self.lost.append(repr(e))
            self.count += 1


def test_a_certificate_is_got_and_renewed_and_nobody_is_lost(server, acme):
    first = server.site()
    assert first.returncode == 0 and "certbot certonly --webroot" in first.stdout, first.stdout
    server.start()
    assert not listens(server.nginx.tls)
    assert httpx.get(f"http://127.0.0.1:{server.nginx.plain}/api/v1/live", trust_env=False).status_code == 503

    got = acme.certbot(server, "certonly", "--webroot", "-w", server.folder / "acme", "-d", NAME, "-m", "ops@example.org", "--agree-tos")
    assert got.returncode == 0, got.stdout + acme.words()
    let_in(server.folder)
    second = server.site()
    assert (second.returncode, second.stdout) == (0, "")
    wait_until(lambda: listens(server.nginx.tls), 10, "TLS")
    before = server.serial()

    # One request is on its way during all of it: its headers arrive before, its body after.
    slow = ssl.create_default_context()
    slow.check_hostname, slow.verify_mode = False, ssl.CERT_NONE
    visitors = [Visitors(server) for _ in range(2)]
    with socket.create_connection(("127.0.0.1", server.nginx.tls), timeout=60) as plain, slow.wrap_socket(plain, server_hostname=NAME) as kept:
        kept.sendall(f"POST /api/v1/documents HTTP/1.1\r\nHost: {NAME}\r\nContent-Length: 10\r\n\r\n12345".encode())
        for v in visitors:
            v.start()
        try:
            renewed = acme.certbot(server, "renew", "--force-renewal", "--no-random-sleep-on-renew")
            assert renewed.returncode == 0 and "error code" not in renewed.stdout, renewed.stdout
            wait_until(lambda: server.serial() != before, 20, "the new certificate to be served")
            seen = sum(v.count for v in visitors)
            wait_until(lambda: sum(v.count for v in visitors) > seen + 10, 60, "visitors after it")
        finally:
            for v in visitors:
                v.enough.set()
            for v in visitors:
                v.join(60)
        kept.sendall(b"67890")
        assert kept.recv(4096).startswith(b"HTTP/1.1 503")  # from nginx, whose pools are away: it has waited for the whole body
    assert [v.lost for v in visitors] == [[], []]
    assert server.reloads() == 2


def test_a_proof_that_is_not_there_gets_no_certificate(server, acme):
    server.site()
    server.start()
    done = acme.certbot(server, "certonly", "--webroot", "-w", server.folder / "elsewhere", "-d", NAME, "-m", "ops@example.org", "--agree-tos")
    assert done.returncode != 0 and not server.live.exists()


# --- scorpius-site and certificates

def test_nginx_is_told_of_another_certificate_once(server, authority):
    server.put(authority, days=30)
    assert server.site().returncode == 0
    server.start()
    before = server.serial()
    assert server.site().returncode == 0 and server.reloads() == 0  # a reload closes the connections that clients keep
    server.put(authority)
    assert server.site("--check").returncode == 0 and server.reloads() == 0
    assert server.site().returncode == 0 and server.site().returncode == 0 and server.reloads() == 1
    wait_until(lambda: server.serial() != before, 10, "the new certificate to be served")


@pytest.mark.parametrize("what", ["killed before", "failed"])
def test_what_nginx_was_not_told_of_is_told_by_the_next_call(server, authority, what):
    """Settings changed, the files are in place, and the reload did not come: nothing would differ any more the next time."""
    server.put(authority)
    assert server.site().returncode == 0
    server.start()
    systemctl = server.folder / "bin/systemctl"
    works = systemctl.read_text()
    server.script("systemctl", 'case "$*" in "-q is-active nginx") ' + ("kill -9 $PPID;;" if what == "killed before" else "exit 0;;") + " *) exit 1;; esac")
    with open(server.etc / "scorpius.env", "a", encoding="utf-8") as f:
        f.write("CORS_ORIGINS=https://app.example.org\n")
    assert server.site().returncode != 0
    systemctl.write_text(works)
    assert server.site().returncode == 0 and server.reloads() == 1
    assert server.site().returncode == 0 and server.reloads() == 1


def test_own_lines_are_taken_up_once(server, authority):
    server.put(authority)
    server.site()
    server.start()
    own = server.folder / "site/site.d/own.conf"
    own.write_text("location = /own { return 204; }\n")
    assert server.site().returncode == 0 and server.site().returncode == 0 and server.reloads() == 1
    own.unlink()
    assert server.site().returncode == 0 and server.site().returncode == 0 and server.reloads() == 2


def test_a_certificate_whose_key_is_anothers_changes_nothing(server, authority):
    server.put(authority, days=30)
    server.site()
    server.start()
    before = server.serial()
    shutil.copy(authority.certificate, server.live / "fullchain.pem")
    done = server.site()
    assert done.returncode == 78 and "key values mismatch" in done.stdout and server.reloads() == 0
    assert server.serial() == before
    server.put(authority)
    assert server.site().returncode == 0 and server.reloads() == 1


def test_a_site_that_had_a_certificate_is_not_taken_away_for_want_of_it(server, authority):
    server.put(authority)
    server.site()
    shutil.rmtree(server.live)
    done = server.site()
    assert done.returncode == 78 and "fullchain.pem" in done.stdout
    assert (server.folder / "site/listen.conf").exists() and "ssl" in (server.folder / "site/site.conf").read_text() + (server.folder / "site/listen.conf").read_text()


def test_a_certificate_that_was_named_and_is_not_there_is_a_fault(server):
    with open(server.etc / "scorpius.env", "a", encoding="utf-8") as f:
        f.write(f"TLS_CERTIFICATE={server.folder}/none.pem\n")
    done = server.site()
    assert done.returncode == 78 and "none.pem" in done.stdout and not (server.folder / "site/site.conf").exists()


def test_the_hook_does_nothing_where_no_site_is(server):
    hook = server.letsencrypt / "renewal-hooks/deploy/scorpius"
    assert run(hook, env=server.env()).returncode == 0 and server.reloads() == 0


# --- the check of every morning

@pytest.fixture
def check(tree, server):
    """check(**settings): (status, its line of log)."""
    def do(**settings):
        done = run(tree / "usr/libexec/scorpius/scorpius-certificate", f"127.0.0.1:{server.nginx.tls}",
                   env={"PATH": os.environ["PATH"], "PUBLIC_URL": f"https://{NAME}", **settings})
        line = json.loads(done.stdout)
        assert set(line) == {"time", "level", "program", "msg", "name", "ends", "do"} and (line["level"] == "info") == (done.returncode == 0)
        return done.returncode, line
    return do


@pytest.mark.parametrize("days, settings, status", [(30, {}, 0), (20, {}, 75), (30, {"TLS_WARN_DAYS": "60"}, 75), (5, {"TLS_WARN_DAYS": "3"}, 0)])
def test_a_certificate_that_ends_soon_is_told(server, authority, check, days, settings, status):
    server.put(authority, days=days)
    server.site()
    server.start()
    got, line = check(**settings)
    assert got == status and re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", line["ends"])


def test_what_is_served_counts_and_not_what_lies_there(server, authority, check):
    server.put(authority, days=10)
    server.site()
    server.start()
    server.put(authority, days=90)
    assert check()[0] == 75
    assert server.site().returncode == 0
    wait_until(lambda: check()[0] == 0, 10, "the new certificate")


def test_no_certificate_and_another_names_are_faults(server, authority, check):
    assert check()[0] == 69
    server.put(authority, days=90)
    server.site()
    server.start()
    assert check(PUBLIC_URL="https://other.example.org")[0] == 65


@pytest.mark.parametrize("settings", [{"PUBLIC_URL": ""}, {"PUBLIC_URL": "http://a.example"}, {"PUBLIC_URL": "https://a b"}, {"PUBLIC_URL": 'https://a"b'},
                                      {"TLS_WARN_DAYS": "-1"}, {"TLS_WARN_DAYS": "soon"}])
def test_settings_that_are_none_are_refused(check, settings):
    assert check(**settings)[0] == 78
