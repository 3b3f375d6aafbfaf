"""scorpius-rotate without a server behind it: what stands in the files at each step, whoever is killed wherever. (With servers and
under load: e2e/test_rotation.py.)"""

import pathlib
import re
import stat
import subprocess

import pytest

from stack import free_port, wait_until

ROOT = pathlib.Path(__file__).resolve().parent.parent
OLD = {"jwt": "a1" * 32, "master": "b2" * 32}
NAMES = {"jwt": "JWT_SECRET_KEY", "master": "SECRET_KEY"}


class Machine:
    """Files of settings, and programs that only note that they were called, one of which may kill all of it."""

    def __init__(self, top):
        self.top, self.conf, self.bin = top, top / "conf", top / "bin"
        self.conf.mkdir()
        self.bin.mkdir()
        self.write("scorpius.env", f"# Réglages\nAPP_ENV=production\nJWT_SECRET_KEY={OLD['jwt']}\n\nSECRET_KEY='{OLD['master']}'\nREDIS_URL=redis://127.0.0.1:6379/0\nAPI_WORKERS=4")
        self.write("api.env", "DATABASE_API_URL=postgresql://scorpius_api:old-api@127.0.0.1:5432/scorpius\n")
        self.write("jobs.env", "DATABASE_JOBS_URL=postgresql://scorpius_jobs:old-jobs@127.0.0.1:5432/scorpius?sslmode=require\nSMTP_PASSWORD=x y\n")
        self.write("operator.env", "DATABASE_URL=postgresql://scorpius_operator:old-op@127.0.0.1:5432/scorpius\nDATABASE_API_PASSWORD=old-api\nDATABASE_JOBS_PASSWORD=old-jobs\n")
        self.script = self.bin / "scorpius-rotate"
        self.script.write_text((ROOT / "etc/systemd/scorpius-rotate.in").read_text().replace("@confdir@", str(self.conf)))
        self.script.chmod(0o755)
        for name in ("systemctl", "scorpius-admin", "systemd-run"):
            self.tool(name)
        self.tool("scorpius-admin", f"case $* in *-stdin) cat >{top}/given ;; esac")

    def tool(self, name, then=""):
        (self.bin / name).write_text(f'#!/bin/sh\necho "{name} $*" >>{self.top}/calls\n[ "$(wc -l <{self.top}/calls)" != "$(cat {self.top}/fatal 2>/dev/null)" ] || kill -9 0\n{then}\n')
        (self.bin / name).chmod(0o755)

    def write(self, name, text):
        (self.conf / name).write_text(text)
        (self.conf / name).chmod(0o600)

    def settings(self, name):
        return {k: v.strip("'") for k, v in re.findall(r"^([A-Z0-9_]+)=(.*)$", (self.conf / name).read_text(), re.M)}

    def rotate(self, *arguments, killed_at=None, given=""):
        """(status, output); a new count of calls begins. `given` is its standard input."""
        (self.top / "calls").write_text("")
        (self.top / "fatal").write_text(str(killed_at or ""))
        done = subprocess.run([self.script, *arguments], env={"PATH": f"{self.bin}:/usr/bin:/bin"}, input=given, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=60, start_new_session=True)
        return done.returncode, done.stdout

    def calls(self):
        return (self.top / "calls").read_text().splitlines()

    def over(self):
        """The time for which the former key is accepted."""
        path = self.conf / ".rotate-jwt"
        path.write_text(re.sub(r"UNTIL=\d+", "UNTIL=1", path.read_text()))


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


RESTARTS = [f"systemctl try-restart scorpius-api@{half}.service" for half in ("api-a", "api-b", "bulk-a", "bulk-b")]
JOBS = ["systemctl try-restart scorpius-jobs.service"]


def test_jwt_is_accepted_then_used_then_the_former_is_forgotten(machine):
    status, said = machine.rotate("jwt")
    assert status == 0 and "accepted until" in said
    calls = machine.calls()
    assert calls[:8] == RESTARTS * 2 and calls[8].startswith("systemd-run ") and calls[8].endswith("scorpius-rotate jwt --end")
    now = machine.settings("scorpius.env")
    assert now["JWT_SECRET_KEY_PREVIOUS"] == OLD["jwt"] != now["JWT_SECRET_KEY"] and re.fullmatch(r"[0-9a-f]{64}", now["JWT_SECRET_KEY"])
    # Before its time it is not forgotten.
    assert machine.rotate("jwt")[0] == 0 and machine.settings("scorpius.env") == now
    machine.over()
    assert machine.rotate("jwt")[0] == 0 and machine.calls() == RESTARTS
    assert machine.settings("scorpius.env") == {k: v for k, v in now.items() if k != "JWT_SECRET_KEY_PREVIOUS"}
    assert not (machine.conf / ".rotate-jwt").exists()


def test_a_stolen_key_is_not_accepted_for_longer_than_it_takes(machine):
    assert machine.rotate("jwt", "--stolen")[0] == 0 and machine.calls() == RESTARTS * 3
    now = machine.settings("scorpius.env")
    assert "JWT_SECRET_KEY_PREVIOUS" not in now and now["JWT_SECRET_KEY"] != OLD["jwt"]


def test_a_key_that_is_stolen_while_a_former_one_is_still_accepted_goes_too(machine):
    """The present key is the stolen one: forgetting the one before it would not do."""
    assert machine.rotate("jwt")[0] == 0
    present = machine.settings("scorpius.env")["JWT_SECRET_KEY"]
    assert machine.rotate("jwt", "--stolen")[0] == 0
    now = machine.settings("scorpius.env")
    assert "JWT_SECRET_KEY_PREVIOUS" not in now and now["JWT_SECRET_KEY"] not in (present, OLD["jwt"])
    assert not (machine.conf / ".rotate-jwt").exists()


def test_the_timer_only_ends_what_still_waits(machine):
    assert machine.rotate("jwt")[0] == 0
    timer = machine.calls()[8].rsplit("scorpius-rotate ", 1)[1].split()
    assert machine.rotate("jwt", "--stolen")[0] == 0
    before = machine.settings("scorpius.env")
    assert machine.rotate(*timer)[0] == 0 and machine.calls() == [] and machine.settings("scorpius.env") == before
    assert machine.rotate("jwt")[0] == 0
    machine.over()
    assert machine.rotate(*timer)[0] == 0 and "JWT_SECRET_KEY_PREVIOUS" not in machine.settings("scorpius.env")


def test_master_wraps_the_files_keys_before_the_former_is_forgotten(machine):
    status, said = machine.rotate("master")
    assert status == 0 and "apart from the backups" in said
    assert machine.calls() == (RESTARTS + JOBS) * 2 + ["scorpius-admin storage rotate-key"] + RESTARTS + JOBS
    assert "SECRET_KEY_PREVIOUS" not in machine.settings("scorpius.env") and machine.settings("former-keys")["SECRET_KEY"] == OLD["master"]
    assert stat.S_IMODE((machine.conf / "former-keys").stat().st_mode) == 0o600


def test_a_change_of_the_master_key_that_was_begun_by_hand_is_ended_first(machine):
    with (machine.conf / "scorpius.env").open("a") as f:
        f.write("\nSECRET_KEY_PREVIOUS=" + "c3" * 32 + "\n")
    assert machine.rotate("master")[0] == 0 and machine.calls()[0] == "scorpius-admin storage rotate-key"


def test_database_is_known_to_the_programs_before_the_server_gets_it(machine):
    assert machine.rotate("database")[0] == 0
    assert machine.calls() == RESTARTS + JOBS + ["scorpius-admin passwords"] + RESTARTS + JOBS
    api, jobs, operator = (machine.settings(f"{n}.env") for n in ("api", "jobs", "operator"))
    password = re.fullmatch(r"postgresql://scorpius_api:([0-9a-f]{48})@127\.0\.0\.1:5432/scorpius", api["DATABASE_API_URL"]).group(1)
    assert api == {"DATABASE_API_URL": api["DATABASE_API_URL"]} and operator["DATABASE_API_PASSWORD"] == password
    assert jobs == {"DATABASE_JOBS_URL": f"postgresql://scorpius_jobs:{operator['DATABASE_JOBS_PASSWORD']}@127.0.0.1:5432/scorpius?sslmode=require", "SMTP_PASSWORD": "x y"}
    assert re.fullmatch(r"postgresql://scorpius_operator:[0-9a-f]{48}@127\.0\.0\.1:5432/scorpius", operator["DATABASE_URL"]) and "DATABASE_URL_PREVIOUS" not in operator


def known(machine, what):
    """Which secrets a program that starts now accepts, and which one it uses."""
    if what in NAMES:
        s = machine.settings("scorpius.env")
        return s[NAMES[what]], {s[NAMES[what]], s.get(NAMES[what] + "_PREVIOUS")}
    s = machine.settings("api.env")
    return s["DATABASE_API_URL"], {s["DATABASE_API_URL"], s.get("DATABASE_API_URL_PREVIOUS")}


@pytest.mark.parametrize("what", ["jwt", "master", "database"])
def test_killed_at_any_step_it_goes_on(machine, what):
    """And whatever is used at a moment is accepted by all who start at that moment or started before."""
    first, _ = known(machine, what)
    accepted_before, used = {first}, first
    for step in range(1, 200):
        status, _ = machine.rotate(what, killed_at=step)
        used, accepted = known(machine, what)
        if what != "database":
            assert used in accepted_before, "a secret is used that some who run do not know"
        accepted_before = accepted
        state = machine.conf / ".rotate-jwt"
        if status == 0 and what == "jwt" and state.exists():
            machine.over()
        elif status == 0:
            break
        assert status in (0, -9)
    assert step > 6 and used != first and known(machine, what)[1] == {used, None}
    assert sorted(p.name for p in machine.conf.iterdir() if p.name != "former-keys") == ["api.env", "jobs.env", "operator.env", "scorpius.env"]


def test_what_else_stands_in_the_files_stays(machine):
    machine.rotate("jwt", "--stolen")
    text = (machine.conf / "scorpius.env").read_text()
    assert text.startswith("# Réglages\nAPP_ENV=production\nJWT_SECRET_KEY=") and text.endswith("REDIS_URL=redis://127.0.0.1:6379/0\nAPI_WORKERS=4\n")
    assert {stat.S_IMODE(p.stat().st_mode) for p in machine.conf.iterdir()} == {0o600}


def test_a_failure_stops_before_anything_is_forgotten(machine):
    (machine.bin / "scorpius-admin").write_text("#!/bin/sh\nexit 74\n")
    assert machine.rotate("master")[0] == 74
    assert machine.settings("scorpius.env")["SECRET_KEY_PREVIOUS"] == OLD["master"]
    assert machine.rotate("database")[0] == 74
    assert "old-api" in machine.settings("api.env")["DATABASE_API_URL_PREVIOUS"]


@pytest.mark.parametrize("arguments", [[], ["tls"], ["jwt", "x"], ["master", "--stolen"], ["jwt", "--stolen", "x"], ["smtp"], ["s3", ""], ["smtp", "--stolen"],
                                       ["s3", "-", "-"], ["redis", "-"]])
def test_what_is_not_understood_changes_nothing(machine, arguments):
    before = (machine.conf / "scorpius.env").read_text()
    status, said = machine.rotate(*arguments)
    assert status == 64 and said.startswith("usage:") and machine.calls() == [] and (machine.conf / "scorpius.env").read_text() == before


def test_what_it_cannot_change_is_said(machine):
    machine.write("scorpius.env", "REDIS_URL=redis://scorpius@127.0.0.1:6379/0\n")
    status, said = machine.rotate("redis")
    assert status == 78 and "REDIS_URL" in said
    machine.write("api.env", "DATABASE_API_URL=host=/run/postgresql user=scorpius_api\n")
    status, said = machine.rotate("database")
    assert status == 78 and "DATABASE_API_URL" in said and machine.calls() == []


def test_no_secret_is_said_or_stands_on_a_command_line(machine):
    told = "".join(machine.rotate(*what)[1] + "".join(machine.calls()) for what in (["jwt", "--stolen"], ["master"], ["database"]))
    values = {v for name in ("scorpius.env", "api.env", "jobs.env", "operator.env") for v in machine.settings(name).values()} | set(OLD.values())
    assert not [v for v in values if len(v) > 30 and v in told] and not re.search(r"[0-9a-f]{40}", told)


# --- what others give us

HARD = "l'été \"coûte\" 5\\6 `$` #!"
GIVEN = {"smtp": ("jobs.env", "SMTP_USER", "SMTP_PASSWORD", ["scorpius-admin mail try --account-stdin", *JOBS]),
         "s3": ("scorpius.env", "S3_ACCESS_KEY_ID", "S3_SECRET_ACCESS_KEY", ["scorpius-admin storage try --account-stdin", *RESTARTS, *JOBS])}


def read_by_shell(machine, file, name):
    """A value whose quotes are those of the shell, as systemd's are."""
    return subprocess.run(["bash", "-c", f". {machine.conf / file}; printf %s \"${name}\""], stdout=subprocess.PIPE, text=True, check=True).stdout


@pytest.mark.parametrize("what", GIVEN)
@pytest.mark.parametrize("lines", [["nouveau-secret-2026"], ["compte@essai.example", HARD], ["AKIA+/=", "a b"]])
def test_a_secret_of_others_is_tried_then_used(machine, what, lines, tmp_path):
    file, account, secret, calls = GIVEN[what]
    machine.write(file, f"# Réglages\n{account}=ancien\n{secret}=ancien-secret\nAUTRE=1\n")
    if file != "scorpius.env":
        machine.write("scorpius.env", "APP_ENV=production\n")
    path = tmp_path / "nouveau"
    for source, given in ((path, ""), ("-", "\n".join(lines))):
        path.write_text("\n".join(lines) + "\n")
        status, said = machine.rotate(what, str(source), given=given)
        assert status == 0, said
        assert machine.calls() == calls and (machine.top / "given").read_text() == "\n".join(lines) + "\n"
        assert read_by_shell(machine, file, secret) == lines[-1] and read_by_shell(machine, file, account) == (lines[0] if len(lines) == 2 else "ancien")
        assert (machine.conf / file).read_text().startswith("# Réglages\n") and read_by_shell(machine, file, "AUTRE") == "1"
        assert not [v for v in lines if v in said]


@pytest.mark.parametrize("what", GIVEN)
def test_one_that_is_refused_changes_nothing(machine, what):
    machine.tool("scorpius-admin", "exit 69")
    before = {path.name: path.read_text() for path in machine.conf.iterdir()}
    status, said = machine.rotate(what, "-", given="faux-secret\n")
    assert status == 69 and "nothing is changed" in said and machine.calls() == GIVEN[what][3][:1]
    assert {path.name: path.read_text() for path in machine.conf.iterdir()} == before


@pytest.mark.parametrize("given, status", [("", 65), ("\n", 65), ("a\n\n", 65), ("a\nb\nc\n", 65), ("a\tb\n", 65), ("${SECRET_KEY}\n", 65), (None, 66)])
def test_what_is_no_secret_is_not_even_tried(machine, tmp_path, given, status):
    path = tmp_path / "nouveau"
    if given is not None:
        path.write_text(given)
    assert machine.rotate("smtp", str(path))[0] == status and machine.calls() == []


@pytest.mark.parametrize("what", GIVEN)
def test_killed_anywhere_the_same_command_ends_it(machine, what):
    file, _, secret, calls = GIVEN[what]
    for step in range(1, len(calls) + 1):
        machine.write(file, f"{secret}=ancien-secret\n")
        assert machine.rotate(what, "-", given="nouveau\n", killed_at=step)[0] == -9
        assert machine.settings(file)[secret] == ("ancien-secret" if step == 1 else "nouveau")
        assert machine.rotate(what, "-", given="nouveau\n")[0] == 0 and machine.calls() == calls
        assert machine.settings(file)[secret] == "nouveau"


# --- a Redis that has no password

RIGHTS = "~* &* +@all -@admin -@dangerous +info +config|get"


class Redis:
    """As Debian sets it up: on the machine only, without a password."""

    def __init__(self, folder):
        self.folder, self.port = folder, free_port()
        (folder / "redis.conf").write_text(f'bind 127.0.0.1\nport {self.port}\ndir "{folder}"\nsave ""\n')
        self.start()

    def start(self):
        self.process = subprocess.Popen(["redis-server", self.folder / "redis.conf"], stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        wait_until(lambda: "PONG" in self.ask("default", "x") or "WRONGPASS" in self.ask("default", "x"), 20, "Redis")

    def stop(self):
        self.process.kill()
        self.process.wait()

    def ask(self, account, password, *command):
        """As a program that shows this account: what it prints."""
        command = command or ("ping",)
        login = ["--user", account] if account else []
        return subprocess.run(["redis-cli", "--no-auth-warning", "-p", str(self.port), *login, *command], env={"PATH": "/usr/bin:/bin", **({"REDISCLI_AUTH": password} if password else {})},
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True).stdout.strip()


@pytest.fixture
def open_redis(machine, tmp_path):
    server = Redis(tmp_path)
    machine.write("scorpius.env", f"APP_ENV=production\nREDIS_URL=redis://127.0.0.1:{server.port}/0\n")
    machine.tool("redis-cli", 'exec /usr/bin/redis-cli "$@"')
    yield server
    server.stop()


def lets_in(server, machine):
    """What REDIS_URL says is let in at this moment."""
    url = machine.settings("scorpius.env")["REDIS_URL"]
    account, password = re.fullmatch(r"redis://(?:([a-z]*):([0-9a-f]+)@)?127\.0\.0\.1:\d+/0", url).groups()
    return server.ask(account or "", password or "") == "PONG"


def closed(server, machine):
    """Programs have an account with their rights, who administers it another, nobody else is let in; a start changes nothing."""
    account, password = re.search(r"//(\w+):([0-9a-f]{48})@", machine.settings("scorpius.env")["REDIS_URL"]).groups()
    admin = machine.settings("operator.env")["REDIS_ADMIN_PASSWORD"]
    assert account == "scorpius" and admin != password
    for again in (False, True):
        if again:
            server.stop()
            server.start()
        assert server.ask(account, password) == "PONG" and server.ask("default", admin) == "PONG"
        assert "NOAUTH" in server.ask("", "") and "NOPERM" in server.ask(account, password, "flushall")
        (line,) = [line for line in server.ask("default", admin, "acl", "list").splitlines() if " scorpius " in line]
        assert line.count("#") == 1
    return password, admin


def test_a_redis_without_a_password_is_closed_and_then_changes_as_any_other(machine, open_redis):
    status, said = machine.rotate("redis")
    assert status == 0, said
    assert [c for c in machine.calls() if c.startswith("systemctl")] == RESTARTS + JOBS
    first = closed(open_redis, machine)
    assert machine.rotate("redis")[0] == 0
    second = closed(open_redis, machine)
    assert not set(first) & set(second)
    for account, password in zip(("scorpius", "default"), first):
        assert "WRONGPASS" in open_redis.ask(account, password)
    assert stat.S_IMODE((machine.conf / "operator.env").stat().st_mode) == 0o600 and not (machine.conf / ".rotate-redis").exists()


def test_settings_of_another_machine_get_a_redis_of_their_own(machine, open_redis):
    """As when a backup is restored onto an empty machine: its Redis never heard of the account."""
    url = f"redis://scorpius:{'ab' * 24}@127.0.0.1:{open_redis.port}/0"
    machine.write("scorpius.env", f"REDIS_URL={url}\n")
    assert not lets_in(open_redis, machine)
    assert machine.rotate("redis")[0] == 0
    closed(open_redis, machine)


def test_who_administers_redis_is_named_when_he_is_not_known(machine, open_redis):
    assert machine.rotate("redis")[0] == 0
    admin = machine.settings("operator.env")["REDIS_ADMIN_PASSWORD"]
    machine.write("operator.env", "DATABASE_URL=postgresql://scorpius_operator:old-op@127.0.0.1:5432/scorpius\n")
    status, said = machine.rotate("redis")
    assert status == 69 and "REDIS_ADMIN_PASSWORD" in said and lets_in(open_redis, machine)
    machine.write("operator.env", f"REDIS_ADMIN_PASSWORD={admin}\n")
    assert machine.rotate("redis")[0] == 0
    open_redis.ask("default", machine.settings("operator.env")["REDIS_ADMIN_PASSWORD"])
    closed(open_redis, machine)


def test_killed_at_any_step_redis_lets_the_programs_in(machine, open_redis):
    for step in range(1, 100):
        status, _ = machine.rotate("redis", killed_at=step)
        assert lets_in(open_redis, machine)
        if status == 0:
            break
        assert status == -9
    assert step > 8
    closed(open_redis, machine)


def test_a_redis_that_others_use_or_that_forgets_is_left_alone(machine, open_redis):
    before = (machine.conf / "scorpius.env").read_text()
    open_redis.ask("", "", "-n", "3", "set", "a", "1")
    status, said = machine.rotate("redis")
    assert status == 78 and "db3" in said
    open_redis.ask("", "", "flushall")
    open_redis.stop()
    status, said = machine.rotate("redis")
    assert status == 69 and "does not answer" in said
    assert (machine.conf / "scorpius.env").read_text() == before and not (machine.conf / ".rotate-redis").exists()


# --- the chapter of emergencies

def commands(page, title):
    chapter = re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", (ROOT / "docs" / page).read_text(), re.S | re.M).group(1)
    return re.findall(r"^```sh\n(.*?)\n```$", chapter, re.S | re.M)


def test_both_languages_give_the_same_commands_one_at_a_time():
    english, french = commands("operate.md", "Emergency"), commands("fr/exploitation.md", "Urgences")
    assert english == french and len(english) > 5 and not [c for c in english if "\n" in c]
    for command in english:
        assert subprocess.run(["bash", "-n"], input=command, text=True).returncode == 0, command


def test_the_settings_of_containers_go_through_three_steps(tmp_path):
    """The commands of the guide on .env.prod, on a file as it is made from the example."""
    path = tmp_path / ".env.prod"
    secrets = {name: f"{n:x}" * 48 for n, name in enumerate(("DB_PASSWORD", "DATABASE_API_PASSWORD", "DATABASE_JOBS_PASSWORD", "REDIS_PASSWORD", "JWT_SECRET_KEY", "SECRET_KEY"), 1)}
    path.write_text("".join(f"{k}={secrets.get(k, v)}\n" for k, v in re.findall(r"^([A-Z_0-9]+)=(.*)$", (ROOT / "docker/.env.prod.example").read_text(), re.M)))
    chapter = re.search(r"^### Emergencies\n(.*?)(?=^##)", (ROOT / "docs/deploy.md").read_text(), re.S | re.M).group(1)
    steps = []
    for command in "\n".join(re.findall(r"^```sh\n(.*?)\n```$", chapter, re.S | re.M)).split("\n"):
        if ".env.prod" in command:
            subprocess.run(["bash", "-ec", command], cwd=tmp_path, check=True)
            steps.append(dict(re.findall(r"^([A-Z_0-9]+)=(.*)$", path.read_text(), re.M)))
    offered, used, forgotten, _, _, passwords, alone, redis = steps
    old = secrets["JWT_SECRET_KEY"]
    assert offered["JWT_SECRET_KEY"] == old != offered["JWT_SECRET_KEY_PREVIOUS"]
    assert (used["JWT_SECRET_KEY"], used["JWT_SECRET_KEY_PREVIOUS"]) == (offered["JWT_SECRET_KEY_PREVIOUS"], old)
    assert forgotten["JWT_SECRET_KEY"] == used["JWT_SECRET_KEY"] and "JWT_SECRET_KEY_PREVIOUS" not in forgotten
    assert forgotten["SECRET_KEY"] == secrets["SECRET_KEY"]
    for role in ("api", "jobs"):
        assert passwords[f"DATABASE_{role.upper()}_URL_PREVIOUS"] == f"postgresql://scorpius_{role}:{secrets[f'DATABASE_{role.upper()}_PASSWORD']}@postgres:5432/scorpius_prod"
    assert passwords["DATABASE_URL_PREVIOUS"] == f"postgresql://scorpius:{secrets['DB_PASSWORD']}@postgres:5432/scorpius_prod"
    assert all(re.fullmatch(r"[0-9a-f]{48}", passwords[n]) and passwords[n] != secrets[n] for n in ("DB_PASSWORD", "DATABASE_API_PASSWORD", "DATABASE_JOBS_PASSWORD"))
    assert not [n for n in alone if n.endswith("URL_PREVIOUS")] and redis["REDIS_PASSWORD"] != secrets["REDIS_PASSWORD"]
