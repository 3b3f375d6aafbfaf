"""What an operator does to nginx with TLS while it serves: the maintenance page, a new key and certificate."""

import os
import shutil
import signal
import socket
import ssl
import subprocess
import threading

import httpx
import pytest

from server_fixture import NAME, Site
from smtp import Authority
from stack import ROOT, wait_until


@pytest.fixture(scope="module")
def authorities():
    both = Authority(f"DNS:{NAME}"), Authority(f"DNS:{NAME}")
    yield both
    for a in both:
        a.remove()


@pytest.fixture
def site(tree, authorities, folder):
    """Served; its certificate lies in two files that can be replaced."""
    for what in ("certificate", "key"):
        shutil.copy(getattr(authorities[0], what), folder / f"{what}.pem")
    s = Site(tree, folder, folder / "certificate.pem", folder / "key.pem", authorities[0].ca)
    done = s.render(MAINTENANCE=str(folder / "maintenance"))
    assert (done.returncode, done.stdout) == (0, "")
    s.start()
    yield s
    s.stop()


def maintenance(site, *arguments):
    subprocess.run([ROOT / "etc/nginx/maintenance", *arguments], env={"PATH": os.environ["PATH"], "MAINTENANCE_PATH": str(site.folder / "maintenance")}, check=True,
                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


def test_maintenance_over_http_2_and_certificates_are_renewed_meanwhile(site):
    site.proof("proof", "it is me")
    assert site.curl("/api/v1/openapi.json").startswith("HTTP/2 200")
    maintenance(site, "on", "--until", "tomorrow 18:00")
    answer = site.curl("/api/v1/openapi.json")
    assert answer.startswith("HTTP/2 503") and '"code":"maintenance"' in answer and "retry-after: 300" in answer
    page = site.curl("/", "-H", "Accept: text/html")
    assert page.startswith("HTTP/2 503") and "Maintenance en cours" in page and "strict-transport-security: max-age" in page and " 18\u00a0h" in page
    # Bodies of any size and of any method are answered, not cut off.
    (site.folder / "large").write_bytes(b"x" * (8 << 20))
    for way in (["--data-binary", f"@{site.folder}/large"], ["-T", str(site.folder / "large")], ["--http1.1", "-H", "Expect:", "--data-binary", f"@{site.folder}/large"]):
        got = site.curl("/api/v1/documents", *way)
        assert " 503" in got.splitlines()[0] and '"code":"maintenance"' in got, (way, got[:300])
    with httpx.Client(base_url=f"http://127.0.0.1:{site.plain}", trust_env=False) as client:
        assert client.get("/.well-known/acme-challenge/proof").text == "it is me"
        assert client.get("/").status_code == 301
    maintenance(site, "off")
    assert site.curl("/api/v1/openapi.json").startswith("HTTP/2 200")


def served_certificate(site):
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", site.tls), timeout=10) as plain, context.wrap_socket(plain, server_hostname=NAME) as s:
        return ssl.DER_cert_to_PEM_cert(s.getpeercert(binary_form=True)).split()


def test_a_new_key_and_certificate_are_taken_up_under_load(site, authorities):
    """As scorpius-site does after new files are in place: a reload. Each request comes by a connection of its own, as a client may always lose one
    that it keeps."""
    stop, wrong, n = threading.Event(), [], [0]

    def ask():
        while not stop.is_set():
            try:
                with httpx.Client(verify=False, trust_env=False, timeout=30) as client:
                    answer = client.get(f"https://127.0.0.1:{site.tls}/api/v1/openapi.json", headers={"Host": NAME}, extensions={"sni_hostname": NAME})
                    if answer.status_code != 200 or len(answer.content) < 10000:
                        wrong.append(answer.status_code)
            except httpx.TransportError as e:
                wrong.append(repr(e))
            n[0] += 1
    before = served_certificate(site)
    askers = [threading.Thread(target=ask) for _ in range(3)]
    for t in askers:
        t.start()
    try:
        for a in (authorities[1], authorities[0], authorities[1]):
            for what in ("certificate", "key"):
                shutil.copy(getattr(a, what), site.folder / f"{what}.new")
                os.replace(site.folder / f"{what}.new", site.folder / f"{what}.pem")
            seen = n[0]
            site.server.send_signal(signal.SIGHUP)
            last = (site.folder / "certificate.pem").read_text().split()
            wait_until(lambda: served_certificate(site) == last, 20, "the new certificate")
            wait_until(lambda: n[0] >= seen + 10, 30, "requests")
    finally:
        stop.set()
        for t in askers:
            t.join(60)
    assert wrong == [] and served_certificate(site) != before
