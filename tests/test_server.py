"""What is installed on a server, looked at without systemd running: units, how much they may do, who sees which secret; nginx's
site with TLS, served by a private nginx."""

import json
import os
import pathlib
import re
import shutil
import socket
import subprocess

import httpx
import pytest

from stack import free_port, let_in, wait_until

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = pathlib.Path(os.environ.get("SCORPIUS_BUILD", ROOT / "build"))
EXPOSURE = 2.5
UNITS = ("scorpius-api@api-a.service", "scorpius-jobs.service", "scorpius-verify.service", "scorpius-verify.timer", "scorpius-backup.service", "scorpius-backup.timer",
         "scorpius.target")


def run(*command, **options):
    return subprocess.run([str(c) for c in command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, timeout=120, **options)


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """`meson install`, as on a server."""
    if not (BUILD / "build.ninja").exists():
        pytest.skip("nothing is built")
    top = tmp_path_factory.mktemp("server")
    let_in(top)
    done = run("meson", "install", "-C", BUILD, "--no-rebuild", env={**os.environ, "DESTDIR": str(top)})
    assert done.returncode == 0, done.stdout
    # What a unit calls besides our own programs.
    (top / "bin").mkdir(exist_ok=True)
    for name in ("kill", "sh"):
        shutil.copy("/bin/true", top / "bin" / name)
    return top


@pytest.fixture(scope="module")
def units(tree):
    return tree / "usr/lib/systemd/system"


@pytest.mark.parametrize("unit", UNITS)
def test_systemd_understands_the_unit(tree, unit):
    done = run("systemd-analyze", "verify", "--man=no", "--recursive-errors=no", f"--root={tree}", unit)
    assert (done.returncode, done.stdout) == (0, "")


def test_a_unit_with_a_fault_is_noticed(tree, units):
    good = (units / "scorpius-jobs.service").read_text()
    bad = units / "scorpius-faulty.service"
    bad.write_text(good.replace("/scorpius-jobs\n", "/scorpius-absent\n"))
    try:
        assert run("systemd-analyze", "verify", "--man=no", "--recursive-errors=no", f"--root={tree}", bad.name).returncode != 0
    finally:
        bad.unlink()


def exposure(tree, name):
    done = run("systemd-analyze", "security", "--offline=true", f"--root={tree}", name)
    assert "Unknown" not in done.stdout and "ignoring" not in done.stdout, done.stdout
    return float(re.search(r"Overall exposure level for \S+: ([0-9.]+)", done.stdout).group(1))


@pytest.mark.parametrize("unit", [u for u in UNITS if u.endswith(".service")])
def test_services_may_do_little(tree, unit):
    assert exposure(tree, unit) < EXPOSURE


def test_without_its_hardening_a_service_is_exposed(tree, units):
    """The measure measures."""
    text = (units / "scorpius-jobs.service").read_text()
    bare = units / "scorpius-bare.service"
    bare.write_text(text[:text.index("InaccessiblePaths")])
    try:
        assert exposure(tree, bare.name) > EXPOSURE
    finally:
        bare.unlink()


def test_each_service_reads_its_own_secrets_only(units):
    def files(name):
        return re.findall(r"^EnvironmentFile=/etc/scorpius/(\S+)$", (units / name).read_text(), re.M)
    assert files("scorpius-api@.service") == ["scorpius.env", "api.env"]
    assert files("scorpius-jobs.service") == ["scorpius.env", "jobs.env"]
    assert files("scorpius-verify.service") == files("scorpius-backup.service") == ["scorpius.env", "operator.env"]


def test_nginx_buffers_where_the_workers_look(tree, units):
    """In memory, or uploads lie on a disk in clear."""
    folder = "/var/lib/scorpius/spool"
    mount = (units / "var-lib-scorpius-spool.mount").read_text()
    assert f"\nWhere={folder}\n" in mount and "\nType=tmpfs\n" in mount
    assert f"\nEnvironment=NGINX_TEMP_PATH={folder}\n" in (units / "scorpius-api@.service").read_text()
    assert f"SPOOL=${{NGINX_TEMP_PATH:-{folder}}}" in (tree / "usr/sbin/scorpius-site").read_text()


# --- the files of settings

@pytest.fixture
def configure(tree, tmp_path):
    """scorpius-configure that writes below tmp_path instead of /etc."""
    if os.geteuid() != 0:
        pytest.skip("only root writes the settings")
    script = tmp_path / "configure"
    script.write_text((tree / "usr/sbin/scorpius-configure").read_text().replace("dir=/etc/scorpius\n", f"dir={tmp_path}/etc\n"))
    return lambda *options: run("sh", script, *options)


def settings(path):
    return dict(line.split("=", 1) for line in path.read_text().splitlines() if line and not line.startswith("#"))


def test_settings_are_made_with_secrets_that_only_root_reads(configure, tmp_path):
    done = configure()
    assert done.returncode == 0, done.stdout
    got = {p.name: settings(p) for p in (tmp_path / "etc").iterdir()}
    assert set(got) == {"scorpius.env", "api.env", "jobs.env", "operator.env"}
    assert {oct(p.stat().st_mode & 0o777) for p in (tmp_path / "etc").iterdir()} == {"0o600"}
    assert got["operator.env"]["DATABASE_API_PASSWORD"] in got["api.env"]["DATABASE_API_URL"]
    assert got["operator.env"]["DATABASE_JOBS_PASSWORD"] in got["jobs.env"]["DATABASE_JOBS_URL"]
    assert len(got["scorpius.env"]["SECRET_KEY"]) == 64 and got["scorpius.env"]["SECRET_KEY"] != got["scorpius.env"]["JWT_SECRET_KEY"]
    assert not any(secret in done.stdout for values in got.values() for name, secret in values.items() if "KEY" in name or "PASSWORD" in name)
    # The programs take them.
    check = run(BUILD / "app/cli/scorpius", "config", "--check", env={"PATH": os.environ["PATH"], **got["scorpius.env"], **got["api.env"]})
    assert check.returncode == 0, check.stdout


def test_settings_that_are_there_stay(configure, tmp_path):
    configure()
    before = {p.name: p.read_text() for p in (tmp_path / "etc").iterdir()}
    (tmp_path / "etc/api.env").unlink()
    assert configure().returncode == 0
    assert {p.name: p.read_text() for p in (tmp_path / "etc").iterdir()} == before  # api.env is made again with the same password


def test_an_unknown_option_is_refused(configure):
    assert configure("--everything").returncode == 64


# --- the supervisor's start

@pytest.fixture
def pool(tree, tmp_path):
    """scorpius-pool that prints what it would run."""
    script = tmp_path / "pool"
    script.write_text((tree / "usr/libexec/scorpius/scorpius-pool").read_text().replace("exec /usr/bin/spawn-fcgi", "echo spawn-fcgi").replace("sleep 1", ":"))
    return lambda *arguments, **env: run("sh", script, *arguments, env={"PATH": os.environ["PATH"], **env})


@pytest.mark.parametrize("instance, total, workers", [("api-a", "4", 2), ("api-b", "4", 2), ("api-a", "5", 3), ("api-b", "5", 2), ("bulk-a", "1", 1), ("bulk-b", "1", 1)])
def test_two_halves_make_the_whole_number_of_workers(pool, instance, total, workers):
    done = pool("run", instance, **{instance[:-2].upper() + "_WORKERS": total})
    assert done.returncode == 0
    assert f" -f {workers} " in done.stdout and f"/{instance}.sock " in done.stdout
    assert " -s /run" in done.stdout and done.stdout.count(" -s ") == 1  # multiwatch's own -s sends another signal than named


@pytest.mark.parametrize("total", ["0", "-1", "many", "1000", "257"])
def test_a_number_of_workers_that_is_none_is_refused(pool, total):
    done = pool("run", "api-a", API_WORKERS=total)
    assert done.returncode == 78 and "API_WORKERS" in done.stdout


@pytest.mark.parametrize("instance", ["api", "api-c", "other-a", "../api-a"])
def test_an_unknown_instance_is_refused(pool, instance):
    assert pool("run", instance).returncode == 64


PLAN = ("DEBUG", "API_HOST", "API_PORT", "DATABASE_POOL_SIZE", "DATABASE_MAX_OVERFLOW", "REDIS_MAX_CONNECTIONS", "TEMP_PATH")


def test_settings_of_other_servers_are_answered_once(pool):
    def answered(instance, **env):
        lines = [json.loads(line) for line in pool("run", instance, **env).stdout.splitlines() if line.startswith("{")]
        assert all(set(line) == {"time", "level", "program", "msg", "name", "instead"} for line in lines)
        return [line["name"] for line in lines]
    assert answered("api-a", **dict.fromkeys(PLAN, "1")) == list(PLAN)
    assert answered("bulk-a", **dict.fromkeys(PLAN, "1")) == []
    assert answered("api-a", REDIS_MAX_CONNECTIONS="", DATABASE_TIMEOUT="5s") == []


def test_every_variable_of_the_container_example_has_a_use():
    names = re.findall(r"^([A-Z_]+)=", (ROOT / "docker/.env.prod.example").read_text(), re.M)
    settings = set(re.findall(r"^\tX\(([A-Z_]+),", (ROOT / "lib/base/settings_list.h").read_text(), re.M))
    compose = set(re.findall(r"\$\{([A-Z_]+)", "".join(p.read_text() for pattern in ("*.yml", "*-container") for p in (ROOT / "docker").glob(pattern))))
    assert len(names) == len(set(names)) and set(PLAN) <= set(names)
    assert not set(names) - settings - compose - set(PLAN) - {"API_WORKERS", "BULK_WORKERS", "COMPOSE_FILE", "COMPOSE_PROJECT_NAME"}


# --- nginx's site

@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    top = tmp_path_factory.mktemp("certificate")
    done = run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=scorpius.example.org",
               "-addext", "subjectAltName=DNS:scorpius.example.org", "-keyout", top / "key.pem", "-out", top / "cert.pem")
    assert done.returncode == 0, done.stdout
    return top


@pytest.fixture
def render(tree, certificate, tmp_path):
    """render(**settings): the site in tmp_path/site."""
    def do(**settings):
        (tmp_path / "site").mkdir(exist_ok=True)
        (tmp_path / "spool").mkdir(exist_ok=True)
        places = {"PATH": os.environ["PATH"], "SOCKETS": "/nonexistent", "HALF_1": "-a", "HALF_2": "-b", "ACCESS_LOG": str(tmp_path / "access.log"),
                  "DATA_PATH": str(tree / "usr/share/scorpius"), "VERSION": "1.2.3", "SERVER_NAME": "scorpius.example.org", "TLS_STAPLING": "off",
                  "TLS_CERTIFICATE": str(certificate / "cert.pem"), "TLS_CERTIFICATE_KEY": str(certificate / "key.pem"),
                  "SPOOL": str(tmp_path / "spool"), "ACME": str(tmp_path / "acme")}
        return run(tree / "usr/libexec/scorpius/nginx-render", "tls", tree / "usr/share/scorpius/nginx", tmp_path / "site", env={**places, **settings})
    return do


@pytest.mark.parametrize("name, value", [
    ("SERVER_NAME", "a;b"), ("SERVER_NAME", ""), ("TLS_CERTIFICATE", '/x"; evil'), ("TLS_STAPLING", "maybe"), ("CORS_ORIGINS", "https://a.example;"),
    ("TRUSTED_PROXIES", "10.0.0.1; deny all"), ("MAX_REQUEST_SIZE", "much"), ("RATE_LIMIT_ADDRESS", "1.5")])
def test_what_cannot_stand_in_a_configuration_is_refused(render, name, value):
    done = render(**{name: value})
    assert done.returncode == 78 and name in done.stdout


def test_a_name_without_a_value_is_noticed(tree, render):
    extra = tree / "usr/share/scorpius/nginx/tls/extra.conf.template"
    extra.write_text("# @FORGOTTEN@\n")
    try:
        done = render()
        assert done.returncode == 78 and "@FORGOTTEN@" in done.stdout
    finally:
        extra.unlink()


@pytest.fixture
def site(render, tmp_path):
    """An nginx that serves the site on other ports, its pools being away: (plain port, TLS port)."""
    done = render(CORS_ORIGINS='["https://app.example.org"]', TRUSTED_PROXIES="10.0.0.0/8,::1")
    assert (done.returncode, done.stdout) == (0, "")
    plain, tls = free_port(), free_port()
    for path in (tmp_path / "site").glob("*.conf"):
        text = path.read_text().replace("listen 443", f"listen 127.0.0.1:{tls}").replace("listen 80;", f"listen 127.0.0.1:{plain};")
        path.write_text("".join(line + "\n" for line in text.splitlines() if "listen [::]" not in line))
    (tmp_path / "acme/.well-known/acme-challenge").mkdir(parents=True)
    (tmp_path / "acme/.well-known/acme-challenge/proof").write_text("it is me")
    let_in(tmp_path)  # nginx's workers are another user
    main = tmp_path / "nginx.conf"
    main.write_text(f'daemon off;\npid {tmp_path}/nginx.pid;\nevents {{}}\nhttp {{\n\tinclude /etc/nginx/mime.types;\n\tproxy_temp_path {tmp_path}/p;\n\tscgi_temp_path {tmp_path}/s;\n\tuwsgi_temp_path {tmp_path}/u;\n'
                    f'\tclient_body_temp_path {tmp_path}/b;\n\tfastcgi_temp_path {tmp_path}/f;\n\tinclude "{tmp_path}/site/site.conf";\n}}\n')
    command = ["nginx", "-e", tmp_path / "error.log", "-c", main]
    check = run(*command, "-t")
    assert check.returncode == 0, check.stdout + (tmp_path / "error.log").read_text()
    server = subprocess.Popen([str(c) for c in command], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: listens(tls) and listens(plain), 10, "nginx")
        yield plain, tls
    finally:
        server.terminate()
        server.wait(20)


def listens(port):
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) == 0


def curl(tls, path, certificate, *options):
    return run("curl", "-sS", "-i", "--resolve", f"scorpius.example.org:{tls}:127.0.0.1", "--cacert", certificate / "cert.pem", *options, f"https://scorpius.example.org:{tls}{path}")


def test_plain_http_leads_to_tls(site):
    plain, _ = site
    with httpx.Client(base_url=f"http://127.0.0.1:{plain}", trust_env=False) as client:
        answer = client.get("/api/v1/tenders?q=x", headers={"Host": "evil.example"})
        assert (answer.status_code, answer.headers["location"]) == (301, "https://scorpius.example.org/api/v1/tenders?q=x")
        assert client.get("/.well-known/acme-challenge/proof").text == "it is me"
        assert client.get("/.well-known/acme-challenge/other").status_code == 404


def test_tls_speaks_http_2_and_answers_in_the_envelope(site, certificate, tmp_path):
    done = curl(site[1], "/api/v1/tenders?q=hidden", certificate)
    assert done.stdout.startswith("HTTP/2 503"), done.stdout
    assert '"code":"service_unavailable"' in done.stdout and '"version":"1.2.3"' in done.stdout
    assert curl(site[1], "/api/v1/openapi.json", certificate).stdout.startswith("HTTP/2 200")
    log = wait_until(lambda: (text := (tmp_path / "access.log").read_text()).count("\n") >= 2 and text, 5, "the log")
    assert "/api/v1/tenders" in log and "hidden" not in log


def test_browsers_are_told_to_stay_with_tls_and_only_over_tls(site, certificate):
    for path in ("/api/v1/openapi.json", "/api/v1/docs", "/account/reset", "/api/v1/tenders", "/nowhere"):
        assert re.search(r"^strict-transport-security: max-age=31536000; includeSubDomains\r?$", curl(site[1], path, certificate).stdout, re.M), path
    assert "strict-transport-security" not in httpx.get(f"http://127.0.0.1:{site[0]}/", trust_env=False).headers


def test_the_pages_of_links_in_mail_are_there(site, certificate):
    for path, kind in (("/account/invitation", "text/html"), ("/account/account.js", "javascript"), ("/account/account.css", "text/css")):
        answer = curl(site[1], path, certificate).stdout
        assert answer.startswith("HTTP/2 200") and re.search(f"^content-type: \\S*{kind}", answer, re.M), answer[:500]
    assert curl(site[1], "/account/index.html", certificate).stdout.startswith("HTTP/2 503")  # an address as any other: the pools'


def test_logins_of_one_address_are_limited_without_the_workers(site, certificate):
    """The limit of logins is the site's too; the pools are away, hence 503 until it is reached."""
    got = [curl(site[1], "/api/v1/auth/login", certificate, "-d", "{}").stdout.split()[1] for _ in range(12)]
    assert set(got[:10]) == {"503"} and got[-1] == "429"


@pytest.mark.parametrize("option, accepted", [("-tls1_1", False), ("-tls1_2", True), ("-tls1_3", True)])
def test_only_todays_versions_of_tls(site, option, accepted):
    done = run("openssl", "s_client", "-connect", f"127.0.0.1:{site[1]}", "-servername", "scorpius.example.org", "-cipher", "ALL:@SECLEVEL=0", option)
    assert ("Cipher is (NONE)" not in done.stdout and "Verify return code" in done.stdout) == accepted


@pytest.mark.parametrize("cipher, accepted", [("AES128-SHA", False), ("ECDHE-ECDSA-AES128-SHA", False), ("ECDHE-ECDSA-AES256-GCM-SHA384", True)])
def test_only_ciphers_with_forward_secrecy(site, cipher, accepted):
    done = run("openssl", "s_client", "-connect", f"127.0.0.1:{site[1]}", "-servername", "scorpius.example.org", "-tls1_2", "-cipher", f"{cipher}:@SECLEVEL=0")
    assert (f"Cipher is {cipher}" in done.stdout) == accepted


# --- the package

def test_the_package_is_built_with_what_the_list_of_packages_names():
    section = re.search(r"^\[build\]$(.*?)^$", (ROOT / "packages.txt").read_text(), re.M | re.S).group(1).split()
    control = (ROOT / "debian/control").read_text()
    depends = re.search(r"^Build-Depends:(.*?)^$", control, re.M | re.S).group(1)
    names = {re.match(r"\s*([a-z0-9.+-]+)", d).group(1) for d in depends.split(",")}
    assert not set(section) - {"gcc", "libc6-dev", "ninja-build"} - names  # these are essential, or meson's
