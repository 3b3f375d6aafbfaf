"""nginx's site on a server: what may stand in it, what it answers by itself with its pools away, TLS as it is judged from outside."""

import json
import os
import re
import signal
import subprocess

import httpx
import pytest

from ports import free_port
from server_fixture import BUILD, NAME, Site, run
from stack import gone, parsed, wait_until


@pytest.fixture
def site(tree, authority, folder):
    """Neither rendered nor started."""
    s = Site(tree, folder, authority.certificate, authority.key, authority.ca)
    yield s
    s.stop()


@pytest.fixture
def served(site):
    """The site as it is served, its pools being away."""
    done = site.render(CORS_ORIGINS='["https://app.example.org"]', TRUSTED_PROXIES="10.0.0.0/8,::1")
    assert (done.returncode, done.stdout) == (0, "")
    site.proof("proof", "it is me")
    site.start()
    return site


@pytest.mark.parametrize("name, value", [
    ("SERVER_NAME", "a;b"), ("SERVER_NAME", ""), ("TLS_CERTIFICATE", '/x"; evil'), ("TLS_STAPLING", "maybe"), ("CORS_ORIGINS", "https://a.example;"),
    ("TRUSTED_PROXIES", "10.0.0.1; deny all"), ("MAX_REQUEST_SIZE", "much"), ("RATE_LIMIT_ADDRESS", "1.5"), ("METRICS_ADDRESS", "0.0.0.0; allow all"), ("API_SERVERS", "10.0.0.2"),
    ("API_SERVERS", "10.0.0.2:9000 backup"), ("BULK_SERVERS", "local;10.0.0.2:9000"), ("BULK_SERVERS", "unix:/tmp/x.sock")])
def test_what_cannot_stand_in_a_configuration_is_refused(site, name, value):
    done = site.render(**{name: value})
    assert done.returncode == 78 and name in done.stdout


def test_a_name_without_a_value_is_noticed(site):
    (site.templates() / "tls/extra.conf.template").write_text("# @FORGOTTEN@\n")
    done = site.render()
    assert done.returncode == 78 and "@FORGOTTEN@" in done.stdout


# --- nginx accepts what is rendered

def test_nginx_accepts_the_private_site(site):
    (site.folder / "spool").mkdir()
    (site.folder / "tmp").mkdir()
    done = site.render("plain", SOCKETS=str(site.folder))
    assert (done.returncode, done.stdout) == (0, "")
    check = run("nginx", "-t", "-e", site.folder / "error.log", "-c", site.folder / "site/nginx.conf")
    assert check.returncode == 0, check.stdout


@pytest.mark.parametrize("settings", [{}, {"TLS_STAPLING": "on"}, {"METRICS_PORT": "0"}, {"API_SERVERS": "10.0.0.2:9001,10.0.0.3:9001", "BULK_SERVERS": "local, 10.0.0.2:9002"},
                                      {"CORS_ORIGINS": "https://a.example,https://b.example:8443", "MAX_REQUEST_SIZE": "2 GiB"}])
def test_nginx_accepts_the_site_with_tls(site, settings):
    done = site.render(**settings)
    assert (done.returncode, done.stdout) == (0, "")
    status, words = site.check()
    # An authority without a responder is no fault, but it is told.
    assert status == 0 and ("ssl_stapling" in words) == (settings.get("TLS_STAPLING") == "on"), words


def test_nginx_refuses_a_line_of_ones_own_that_is_wrong(site):
    site.render()
    (site.folder / "site/site.d").mkdir()
    (site.folder / "site/site.d/own.conf").write_text("no_such_directive on;\n")
    status, words = site.check()
    assert status != 0 and "no_such_directive" in words


@pytest.mark.parametrize("value", ["on", "off"])
def test_stapling_is_a_setting(site, value):
    site.render(TLS_STAPLING=value)
    listen = (site.folder / "site/listen.conf").read_text()
    assert f"\nssl_stapling {value};\nssl_stapling_verify {value};\n" in listen


# --- what it answers

def test_plain_http_leads_to_tls(served):
    with httpx.Client(base_url=f"http://127.0.0.1:{served.plain}", trust_env=False) as client:
        answer = client.get("/api/v1/tenders?q=x", headers={"Host": "evil.example"})
        assert (answer.status_code, answer.headers["location"]) == (301, f"https://{NAME}/api/v1/tenders?q=x")
        assert client.get("/.well-known/acme-challenge/proof").text == "it is me"
        assert client.get("/.well-known/acme-challenge/other").status_code == 404


def test_tls_speaks_http_2_and_answers_in_the_envelope(served):
    answer = served.curl("/api/v1/tenders?q=hidden")
    assert answer.startswith("HTTP/2 503"), answer
    assert '"code":"service_unavailable"' in answer and '"version":"1.2.3"' in answer
    assert served.curl("/api/v1/openapi.json").startswith("HTTP/2 200")
    assert served.curl("/api/v1/openapi.json", "--http1.1").startswith("HTTP/1.1 200")


def test_the_access_log_is_json_with_the_id_of_the_request_and_without_health(served):
    assert served.curl("/health?verbose=1").startswith("HTTP/2 503")
    answer = served.curl("/api/v1/tenders?q=hidden", "-H", "X-Request-Id: of-this-test-1", "-H", 'User-Agent: a "quoted"\x01one')
    assert '"request_id":"of-this-test-1"' in answer
    for path in ("/health", "/plain"):
        httpx.get(f"http://127.0.0.1:{served.plain}{path}", trust_env=False)
    wait_until(lambda: served.log.exists() and served.log.read_text().count("\n") >= 2, 5, "the log")
    lines = [json.loads(line) for line in served.log.read_text().splitlines()]
    assert [(line["path"], line["status"]) for line in lines] == [("/api/v1/tenders", 503), ("/plain", 301)]
    assert lines[0]["request_id"] == "of-this-test-1" and re.fullmatch("[0-9a-f]{32}", lines[1]["request_id"])
    assert lines[0]["agent"] == 'a "quoted"\x01one' and "hidden" not in served.log.read_text()


def test_browsers_are_told_to_stay_with_tls_and_only_over_tls(served):
    for path in ("/api/v1/openapi.json", "/api/v1/docs", "/account/reset", "/api/v1/tenders", "/nowhere"):
        assert re.search(r"^strict-transport-security: max-age=31536000\r?$", served.curl(path), re.M), path
    assert "strict-transport-security" not in httpx.get(f"http://127.0.0.1:{served.plain}/", trust_env=False).headers


def test_the_pages_of_links_in_mail_are_there(served):
    for path, kind in (("/account/invitation", "text/html"), ("/account/account.js", "javascript"), ("/account/account.css", "text/css")):
        answer = served.curl(path)
        assert answer.startswith("HTTP/2 200") and re.search(f"^content-type: \\S*{kind}", answer, re.M), answer[:500]
    assert served.curl("/account/index.html").startswith("HTTP/2 503")  # an address as any other: the pools'


def test_logins_of_one_address_are_limited_without_the_workers(served):
    """The limit of logins is the site's too; the pools are away, hence 503 until it is reached."""
    got = []
    while len(got) < 100 and "429" not in got:  # a slow machine is let through for longer
        got.append(served.curl("/api/v1/auth/login", "-d", "{}").split()[1])
    assert len(got) > 10 and set(got[:-1]) == {"503"} and got[-1] == "429"
    # The access log has them; nginx's own line would hold the whole address, what people search for included.
    assert "limiting requests" not in (served.folder / "error.log").read_text()


# --- several machines

@pytest.fixture
def machine(tree, tmp_path):
    """machine(): a pool of another application server, by its port. Its database is away, and `live` is answered all the same."""
    started = []
    files = tmp_path / "files"
    files.mkdir()

    def do():
        port = free_port()
        env = {"PATH": os.environ["PATH"], "APP_ENV": "development", "JWT_SECRET_KEY": "k" * 64, "SECRET_KEY": "s" * 64, "UPLOAD_PATH": str(files),
               "READER_PATH": str(BUILD / "app/reader/scorpius-reader"), "HEALTH_PATH": str(tmp_path / "health"), "METRICS_PATH": str(tmp_path / "metrics"),
               "HASH_SLOTS_PATH": str(tmp_path / "slots"), "DATABASE_API_URL": f"postgresql://scorpius_api@127.0.0.1:{free_port()}/none", "DATA_PATH": str(tree / "usr/share/scorpius")}
        with open(tmp_path / f"worker-{port}.log", "w", encoding="utf-8") as log:
            started.append(subprocess.Popen(["spawn-fcgi", "-n", "-a", "127.0.0.1", "-p", str(port), "--", str(BUILD / "app/api/scorpius-api")],
                                            env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log))
        return started[-1], port
    yield do
    for process in started:
        process.send_signal(signal.SIGKILL)
        process.wait(20)


def test_other_machines_serve_when_this_one_does_not_and_one_of_them_may_fail(site, machine):
    (first, a), (_, b) = machine(), machine()
    done = site.render(API_SERVERS=f"127.0.0.1:{a},127.0.0.1:{b}", BULK_SERVERS=f"local,127.0.0.1:{b}")
    assert (done.returncode, done.stdout) == (0, "")
    site.start()

    def live():
        return site.curl("/api/v1/live").startswith("HTTP/2 200")
    wait_until(live, 20, "the workers", lambda: "".join(p.read_text() for p in site.folder.glob("worker-*.log")))
    assert all(live() for _ in range(4))
    first.send_signal(signal.SIGKILL)
    wait_until(lambda: gone(first.pid), 10, "the first machine to be gone")
    assert all(live() for _ in range(8))
    # Each pool has its own: a login goes to the bulk pool's, which asks the database.
    assert "service_unavailable" in site.curl("/api/v1/auth/login", "-H", "Content-Type: application/json", "-d", '{"email":"a@b.example","password":"x"}')
    # nginx writes its line when the answer is on its way.
    wait_until(lambda: {line["pool"] for line in map(parsed, site.log.read_text().splitlines()) if line} == {"scorpius_api", "scorpius_bulk"}, 5, "the log",
               site.log.read_text)


def test_without_a_word_this_machine_serves_alone(site):
    site.render()
    text = (site.folder / "site/scorpius.conf").read_text()
    assert re.findall(r"^\tserver (.*);$", text, re.M) == [f'"unix:/nonexistent/{pool}{half}.sock" max_fails=0' for pool in ("api", "api", "bulk") for half in ("-a", "-b")]


# --- TLS

# Mozilla's "intermediate" profile, as a server with an ECDSA certificate and without DHE offers it.
CIPHERS = {"ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-ECDSA-CHACHA20-POLY1305",
           "TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"}
WANTED = {"SSLv2": "not offered", "SSLv3": "not offered", "TLS1": "not offered", "TLS1_1": "not offered", "TLS1_2": "offered", "TLS1_3": "offered with final",
          "ALPN_HTTP2": "h2", "PFS": "offered", "PFS_ECDHE_curves": "prime256v1 secp384r1 X25519", "HSTS_subdomains": "only for this domain",
          "banner_server": "nginx", "X-Frame-Options": "DENY", "X-Content-Type-Options": "nosniff", "secure_renego": "supported"}
VULNERABILITIES = {"heartbleed", "CCS", "ticketbleed", "ROBOT", "secure_client_renego", "CRIME_TLS", "BREACH", "POODLE_SSL", "SWEET32", "FREAK", "DROWN", "LOGJAM", "BEAST",
                   "LUCKY13", "RC4", "fallback_SCSV"}


@pytest.fixture
def judged(served):
    """{id: (severity, finding)} of testssl.sh."""
    out = served.folder / "testssl.json"
    done = run("testssl", "--warnings", "batch", "--color", "0", "--quiet", "-p", "-s", "-f", "-h", "-U", "--jsonfile", out, "--ip", "127.0.0.1",
               f"https://{NAME}:{served.tls}/api/v1/openapi.json", env={**os.environ, "HOME": str(served.folder)}, timeout=400)
    assert out.exists(), done.stdout
    return {row["id"]: (row["severity"], row["finding"]) for row in json.loads(out.read_text())}


def test_tls_is_judged_good_from_outside(judged):
    # What it says of itself: it has no GOST.
    assert {i: f for i, f in judged.items() if f[0] not in ("OK", "INFO") and i != "engine_problem"} == {}
    assert {i: judged[i][1] for i in WANTED} == WANTED
    assert set(judged["PFS_ciphers"][1].split()) == CIPHERS
    assert judged["HSTS_time"][1].startswith("365 days")
    assert {i for i in VULNERABILITIES if judged[i][0] == "OK"} == VULNERABILITIES


def handshake(site, *options):
    """The cipher that was agreed on, or nothing."""
    done = run("openssl", "s_client", "-connect", f"127.0.0.1:{site.tls}", "-servername", NAME, *options)
    return re.search(r"Cipher is (\S+)", done.stdout).group(1).replace("(NONE)", "")


@pytest.mark.parametrize("version, accepted", [("-tls1_1", False), ("-tls1_2", True), ("-tls1_3", True)])
def test_only_todays_versions_of_tls(served, version, accepted):
    assert bool(handshake(served, version, "-cipher", "ALL:@SECLEVEL=0")) == accepted


def test_no_other_cipher_is_agreed_on(served):
    others = ":".join(f"!{c}" for c in CIPHERS if c.startswith("ECDHE"))
    assert handshake(served, "-tls1_2", "-cipher", f"ALL:COMPLEMENTOFALL:{others}:@SECLEVEL=0") == ""
    assert handshake(served, "-tls1_2", "-cipher", "ALL:COMPLEMENTOFALL:@SECLEVEL=0") in CIPHERS
