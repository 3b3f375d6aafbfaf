"""What is installed on a server, looked at without systemd running: units, how much they may do, who sees which secret."""

import json
import os
import re

import pytest

from server_fixture import ROOT, run

EXPOSURE = 2.5
UNITS = ("scorpius-api@api-a.service", "scorpius-jobs.service", "scorpius-verify.service", "scorpius-verify.timer", "scorpius-backup.service", "scorpius-backup.timer",
         "scorpius-certificate.service", "scorpius-certificate.timer", "scorpius.target")


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
    assert files("scorpius-certificate.service") == ["scorpius.env"]
    unset = re.search(r"^UnsetEnvironment=(.*)$", (units / "scorpius-certificate.service").read_text(), re.M).group(1).split()
    # Those of PostgreSQL and of the mail server stand in the other files.
    secret = re.findall(r"^\tX\(([A-Z0-9_]+), .*, true, \"", (ROOT / "lib/base/settings_list.h").read_text(), re.M)
    assert "REDIS_URL" in secret and set(unset) == {name for name in secret if not name.startswith(("DATABASE_", "SMTP_"))}


def test_nginx_buffers_where_the_workers_look(tree, units):
    """In memory, or uploads lie on a disk in clear."""
    folder = "/var/lib/scorpius/spool"
    mount = (units / "var-lib-scorpius-spool.mount").read_text()
    assert f"\nWhere={folder}\n" in mount and "\nType=tmpfs\n" in mount
    assert f"\nEnvironment=NGINX_TEMP_PATH={folder}\n" in (units / "scorpius-api@.service").read_text()
    assert f"SPOOL=${{NGINX_TEMP_PATH:-{folder}}}" in (tree / "usr/sbin/scorpius-site").read_text()


# --- the operator's commands

@pytest.mark.parametrize("lines, more", [
    ("", ""), ("BACKUP_PATH=/var/lib/scorpius/backups\n", " -/var/lib/scorpius/backups"), ("BACKUP_PATH=/old\nBACKUP_PATH='/srv/sauvegardes'\nUPLOAD_PATH=\"/srv/f\"\n", " -/srv/sauvegardes -/srv/f"),
    ("BACKUP_PATH=/srv /etc\n", ""), ("BACKUP_PATH=/%h\n", ""), ("BACKUP_PATH=srv\n", ""), ("#BACKUP_PATH=/srv\n", "")])
def test_the_operator_may_write_where_backups_and_files_are(tree, tmp_path, lines, more):
    (tmp_path / "scorpius.env").write_text(f"APP_ENV=production\n{lines}")
    script = tmp_path / "admin"
    script.write_text((tree / "usr/sbin/scorpius-admin").read_text().replace("/etc/scorpius/", f"{tmp_path}/"))
    for name, text in (("id", "echo 0"), ("systemd-run", 'for a; do echo "$a"; done')):
        (tmp_path / name).write_text(f"#!/bin/sh\n{text}\n")
        (tmp_path / name).chmod(0o755)
    done = run("sh", script, "backup", env={"PATH": f"{tmp_path}:{os.environ['PATH']}"})
    told = done.stdout.splitlines()
    assert done.returncode == 0 and told[-1] == "backup"
    assert [t for t in told if t.startswith("ReadWritePaths=")] == [f"ReadWritePaths=-/var/lib/scorpius/files -/var/lib/scorpius/backups -/run/scorpius{more}"]


# --- a purge

def test_a_purge_keeps_what_cannot_be_made_again(tmp_path):
    """Who closed this machine's Redis and purges the package must still get into it; and drop-ins of setup go, others stay."""
    etc, units = tmp_path / "etc", tmp_path / "units"
    etc.mkdir()
    (etc / "scorpius.env").write_text("SECRET_KEY=abc\n")
    (etc / "operator.env").write_text("DATABASE_URL=postgresql://a:b@c/d\nREDIS_ADMIN_PASSWORD=e5\n")
    for name in ("api.env", ".rotate-jwt", ".restart", "key-kept"):
        (etc / name).write_text("")
    for unit, names in (("scorpius-backup", ["scorpius-setup.conf"]), ("scorpius-jobs", ["scorpius-setup.conf", "override.conf"])):
        (units / f"{unit}.service.d").mkdir(parents=True)
        for name in names:
            (units / f"{unit}.service.d" / name).write_text("")
    script = (ROOT / "debian/postrm").read_text().replace("/etc/scorpius", str(etc)).replace("/etc/systemd/system", str(units)).replace("/run/systemd/system", str(tmp_path / "none"))
    script = script.replace("/etc/nginx/", f"{tmp_path}/nginx/").replace("/run/scorpius", f"{tmp_path}/run").replace("/var/lib/", f"{tmp_path}/lib/").replace("#DEBHELPER#", "")
    (tmp_path / "postrm").write_text(script)
    done = run("sh", tmp_path / "postrm", "purge")
    assert done.returncode == 0 and "holds the key" in done.stdout
    assert sorted(p.name for p in etc.iterdir()) == ["key-kept", "scorpius.env"]
    assert (etc / "scorpius.env").read_text() == 'SECRET_KEY=abc\n# For the account "default" of Redis: REDIS_ADMIN_PASSWORD=e5\n'
    assert [str(p.relative_to(units)) for p in units.rglob("*")] == ["scorpius-jobs.service.d", "scorpius-jobs.service.d/override.conf"]


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


# --- the package

def test_the_package_is_built_with_what_the_list_of_packages_names():
    section = re.search(r"^\[build\]$(.*?)^$", (ROOT / "packages.txt").read_text(), re.M | re.S).group(1).split()
    control = (ROOT / "debian/control").read_text()
    depends = re.search(r"^Build-Depends:(.*?)^$", control, re.M | re.S).group(1)
    names = {re.match(r"\s*([a-z0-9.+-]+)", d).group(1) for d in depends.split(",")}
    assert not set(section) - {"gcc", "libc6-dev", "ninja-build"} - names  # these are essential, or meson's
