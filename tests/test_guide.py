"""The guide of deployment, in both languages: its commands are the same, can be understood by a shell, and name what there is. Its
four checks are done, word for word, on the stack. `tests/machine/run` does the whole guide on a Debian machine."""

import json
import os
import pathlib
import re
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests/machine"))

import guide  # noqa: E402

ENGLISH, FRENCH = ROOT / "docs/deploy.md", ROOT / "docs/fr/deploiement.md"
PAGES = [pytest.param(ENGLISH, id="en"), pytest.param(FRENCH, id="fr")]
DOMAIN = "https://votre-domaine.fr"

# What the operators' plan checks a deployment by, as they wrote it.
CHECKS = {
    "health": "curl -X GET https://votre-domaine.fr/health\n",
    "docs": "curl -X GET https://votre-domaine.fr/api/v1/docs\n",
    "register": """curl -X POST https://votre-domaine.fr/api/v1/auth/register \\
  -H "Content-Type: application/json" \\
  -d '{
    "email": "test@example.com",
    "password": "TestPassword123!",
    "full_name": "Utilisateur Test",
    "role": "bid_manager"
  }'
""",
    "login": """curl -X POST https://votre-domaine.fr/api/v1/auth/login \\
  -H "Content-Type: application/json" \\
  -d '{
    "email": "test@example.com",
    "password": "TestPassword123!"
  }'
""",
}


def refused_by_shell(text):
    return subprocess.run(["bash", "-n"], input=text, text=True, capture_output=True, check=False).stderr


@pytest.mark.parametrize("page", PAGES)
def test_a_shell_understands_each_block(page):
    faults = {b.line: refused_by_shell(b.text) for b in guide.blocks(page)}
    assert not [f"{page.name}:{line}: {fault}" for line, fault in faults.items() if fault]
    assert len(faults) > 10
    assert refused_by_shell("if true; then\n")


def test_both_languages_give_the_same_commands():
    english, french = ([(b.mark, b.commands) for b in guide.blocks(p)] for p in (ENGLISH, FRENCH))
    for one, other in zip(english, french):
        assert one == other
    assert len(english) == len(french)


MARKS = {"install", "done-before-boot", "not-here", "elsewhere", "firewall", "upgrade", "rollback", "rollback-schema", "restore", "scaling"}


@pytest.mark.parametrize("page", PAGES)
def test_the_trial_knows_each_mark(page):
    assert {b.mark for b in guide.blocks(page) if "Docker" not in b.chapter} <= MARKS


# --- what is named exists

OURS = re.compile(r"(?<![\w/.@-])scorpius(?:-admin)? +([a-z][a-z-]*)\b([^|;&<>#`\n]*)")


def commands_of_ours(text):
    """(command of `scorpius`, its options) for each that is called."""
    for call in OURS.finditer(text.replace("\\\n", " ")):
        yield call[1], [o for o in re.findall(r"(?<=\s)--[a-z][a-z0-9-]*", call[2]) if o != "--help"]


@pytest.fixture(scope="module")
def helps(stack):
    """{command: its help} of `scorpius`."""
    listed = stack.command("--help")[0]
    names = re.findall(r"^  ([a-z]+) ", listed, re.M)
    assert len(names) > 5, listed
    return {n: stack.command(n, "--help")[0] for n in names}


def faults_of(text, helps):
    for name, options in commands_of_ours(text):
        if name not in helps:
            yield f"scorpius {name}: there is no such command"
        else:
            yield from (f"scorpius {name}: no {o}" for o in options if o not in helps[name])


@pytest.mark.parametrize("page", PAGES)
def test_each_command_of_ours_exists(page, helps):
    called = "\n".join(c for b in guide.blocks(page) for c in b.commands)
    inline = "\n".join(re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", page.read_text(), flags=re.S)))
    text = called + "\n" + inline
    assert list(faults_of(text, helps)) == []
    assert len(list(commands_of_ours(text))) > 3
    for program in set(re.findall(r"(?<![\w/.@-])scorpius-(?:admin|configure|site|pool|certificate)\b(?!\.)", text)):
        assert (ROOT / "etc/systemd" / f"{program}.in").exists(), program
    for unit in set(re.findall(r"scorpius-[a-z]+\.(?:timer|service)", text)):
        assert (ROOT / "etc/systemd" / unit).exists() or (ROOT / "etc/systemd" / f"{unit}.in").exists(), unit


def test_what_does_not_exist_is_noticed(helps):
    assert list(faults_of("scorpius migrate --verify\nscorpius-admin user add x@y.example --role admin --generate", helps)) == []
    assert list(faults_of("scorpius migrate \\\n  --forwards | cat --backwards", helps)) == ["scorpius migrate: no --forwards"]
    assert list(faults_of("scorpius-admin levitate", helps)) == ["scorpius levitate: there is no such command"]


# --- the plan's four checks

@pytest.mark.parametrize("page", PAGES)
def test_the_checks_of_the_plan_stand_there_word_for_word(page):
    text = "".join(b.text for b in guide.blocks(page) if "Docker" not in b.chapter)
    assert [name for name, command in CHECKS.items() if command not in text] == []


def test_the_checks_of_the_plan_work(stack, tmp_path):
    """Only the address is another one; curl is told to take a refusal for a failure."""
    if stack.existing and stack.sql("select 1 from scorpius.account where email = 'test@example.com'"):
        pytest.skip("this stack knows test@example.com already")
    (tmp_path / ".curlrc").write_text("fail-with-body\nsilent\nshow-error\n")

    def check(name):
        done = subprocess.run(["bash", "-eu", "-c", CHECKS[name].replace(DOMAIN, stack.base)], env={"PATH": os.environ["PATH"], "CURL_HOME": str(tmp_path)},
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False)
        return done.returncode, done.stdout, done.stderr

    status, out, complaints = check("login")
    assert status == 22, "nobody is registered yet"
    for name in CHECKS:
        status, out, complaints = check(name)
        assert status == 0, f"{name}: {complaints}{out}"
        if name == "health":
            assert json.loads(out)["status"] in ("healthy", "degraded")
        elif name == "docs":
            assert "<html" in out
        elif name == "login":
            assert json.loads(out)["data"]["access_token"]
