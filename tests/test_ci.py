"""The forge's workflow calls nothing but scripts of the project, and each of them exists."""

import os
import pathlib
import re
import shlex
import subprocess

import yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent
TEXT = (ROOT / ".github/workflows/ci.yml").read_text()
WORKFLOW = yaml.safe_load(TEXT)
JOBS = WORKFLOW["jobs"]
# What is there on a runner, or comes from a package.
TOOLS = {"eval", "command", "docker", "dpkg-buildpackage"}


def commands():
    """[(job, [word])] without sudo and settings."""
    out = []
    for name, job in JOBS.items():
        for step in job["steps"]:
            words = [w for w in shlex.split(step["run"]) if w != "sudo"]
            while re.match(r"[A-Z_]+=", words[0]):
                words.pop(0)
            out.append((name, words))
    return out


def test_what_has_to_hold_is_there():
    assert set(JOBS) == {"build", "tests", "image", "package"}
    assert (True in WORKFLOW or "on" in WORKFLOW) and WORKFLOW["permissions"] == {"contents": "read"}
    run = {name: [words for job, words in commands() if job == name] for name in JOBS}
    assert [".ci/run"] in run["tests"] and ["docker/check"] in run["image"]
    assert any(words[0] == "dpkg-buildpackage" for words in run["package"])


def test_every_script_exists():
    usage = subprocess.run([ROOT / "dev", "help"], capture_output=True, text=True, check=True).stdout
    for _, words in commands():
        if "/" in words[0]:
            assert os.access(ROOT / words[0], os.X_OK), words
        else:
            assert words[0] in TOOLS, words
        if words[0] == "./dev":
            assert re.search(rf"^  {words[1]}\b", usage, re.M), words
        if words[:2] == ["./dev", "packages"]:
            assert all(f"\n[{section}]\n" in (ROOT / "packages.txt").read_text() for section in words[2:]), words
        if words[:2] == ["docker", "build"]:
            file, target = words[words.index("-f") + 1], words[words.index("--target") + 1]
            assert re.search(rf"^FROM \S+ AS {target}$", (ROOT / file).read_text(), re.M), words


def test_nothing_of_others_runs():
    """No action: those are programs that somebody else can change."""
    for name, job in JOBS.items():
        assert all(set(step) <= {"run", "env"} for step in job["steps"]), name
        assert 0 < job["timeout-minutes"] <= 90
        container = job.get("container")
        assert container in (None, "debian:bookworm", {"image": "debian:bookworm", "options": "--privileged"}), name
    assert "uses:" not in TEXT


def test_the_fetch_is_a_script_that_a_shell_reads(tmp_path):
    """And its token stands on no command line of git."""
    script = re.sub(r"\$\{\{ [a-z_.]+ \}\}", "x", WORKFLOW["env"]["FETCH"])
    assert subprocess.run(["sh", "-n"], input=script, text=True, check=False).returncode == 0
    assert subprocess.run(["shellcheck", "-s", "sh", "-"], input=script, text=True, check=False).returncode == 0
    origin = tmp_path / "x" / "x"
    origin.parent.mkdir()
    env = {**os.environ, "HOME": str(tmp_path), "TOKEN": "secret", "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b.example", "GIT_COMMITTER_NAME": "a",
           "GIT_COMMITTER_EMAIL": "a@b.example"}
    for command in (["git", "init", "-q", origin], ["git", "-C", origin, "commit", "-q", "--allow-empty", "-m", "first"]):
        subprocess.run(command, env=env, check=True)
    sha = subprocess.run(["git", "-C", origin, "rev-parse", "HEAD"], env=env, check=True, capture_output=True, text=True).stdout.strip()
    place = tmp_path / "place"
    place.mkdir()
    real = WORKFLOW["env"]["FETCH"].replace("${{ github.server_url }}", f"file://{tmp_path}/x").replace("${{ github.repository }}", "x").replace("${{ github.sha }}", sha)
    done = subprocess.run(["sh", "-ec", 'eval "$FETCH"'], env={**env, "FETCH": real}, cwd=place, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert subprocess.run(["git", "-C", place, "rev-parse", "HEAD"], env=env, check=True, capture_output=True, text=True).stdout.strip() == sha
    assert not any("$TOKEN" in line for line in script.splitlines() if line.lstrip().startswith("git"))
