"""Workers and the whole stack are killed in the middle of uploads: what was acknowledged is there and intact, and no row
lacks its file. A stack of its own, since everything in it dies."""

import base64
import hashlib
import os
import random
import re
import shutil
import subprocess
import threading

import httpx
import pytest

from client import Api, code, fresh
from stack import ROOT, Stack, wait_until
from test_storage import BUILD, storage

FAILING = BUILD / "app/api/scorpius-api-failing"
# Every point that stands in the sources: a step that gets one is tested without a line here.
POINTS, PART_POINTS = (sorted({name for path in paths for name in re.findall(r'fail_point\("([^"]+)"\)', path.read_text())}) for paths in (
    [p for folder in ("lib/store", "app/api") for p in (ROOT / folder).glob("*.c") if p.name != "resumable.c"],
    [*(ROOT / "lib/store").glob("*.c"), ROOT / "app/api/resumable.c"]))
ROUNDS = 2
# Of so many bytes a second thread writes some; and they are fewer than MAX_UPLOAD_SIZE of the stack.
LARGE = 1_500_000


@pytest.fixture(scope="module")
def victim(request):
    s = Stack()
    yield s
    s.end()
    if not request.session.testsfailed:
        s.remove()


@pytest.fixture(scope="module")
def failing(victim):
    """The pool for uploads runs the program with fail points: its file, into which a point's name is written."""
    point, socket = victim.run / "fail-point", victim.run / "bulk.sock"
    victim.stop("bulk", 15)
    socket.unlink(missing_ok=True)
    program = victim.state / "app/usr/scorpius-api-failing"
    shutil.copy(FAILING, program)
    program.chmod(0o755)
    settings = dict(line.split("=", 1) for line in (victim.state / "conf/api.env").read_text().splitlines())
    victim.spawn("bulk", ["spawn-fcgi", "-n", "-s", str(socket), "-M", "0660", "--", "/usr/bin/multiwatch", "-f", "2", "-r", "1000000",
                          "-t", "1000", "--", str(program)], victim.run.stat().st_uid, FAIL_POINT_FILE=str(point),
                 **{k: v.strip("'") for k, v in settings.items()})
    wait_until(socket.exists, 10, "the pool with fail points")
    return point


@pytest.fixture
def member(victim, contract, secrets):
    return Api(victim, contract, secrets).account()


def whole(victim):
    """Every row has its file, and each file the bytes that its row tells."""
    done = storage(victim, "verify")
    assert done.returncode == 0, done.stdout


def note(size):
    line = (fresh("ligne") + "\n").encode()
    return (line * (size // len(line) + 1))[:size]


def test_each_step_of_an_upload_has_a_fail_point():
    assert {"temporary file made", "bytes written", "batch written", "before fsync", "after fsync", "renamed", "folders synced", "before commit",
            "after commit"} <= set(POINTS)


@pytest.mark.parametrize("point", POINTS)
def test_a_worker_is_killed(victim, failing, member, point):
    name, content = f"{fresh()}.txt", note(LARGE)
    failing.write_text(point)
    lines = len(victim.log_lines("bulk"))
    answer = member.post("/documents?process=false", files={"file": (name, content)})
    assert answer.status_code == 503 and code(answer) == "service_unavailable"
    assert not failing.exists()
    assert any('"msg":"fail point"' in line and f'"name":"{point}"' in line for line in victim.log_lines("bulk")[lines:])
    whole(victim)
    # What was not acknowledged may be there, but then it is whole; before the commit it can't be.
    found = [d["original_filename"] for d in member.data("GET", "/documents")]
    assert found == ([name] if point == "after commit" else [])
    again = member.upload((name, content), query="?process=false")
    assert member.get(f"/documents/{again['id']}/content").content == content
    whole(victim)


def part(content, at):
    return {"content": content, "headers": {"Content-Type": "application/offset+octet-stream", "Upload-Offset": str(at)}}


def begun(member, content, name="a.txt"):
    given = {"Upload-Length": str(len(content)), "Upload-Metadata": "filename " + base64.b64encode(name.encode()).decode()}
    return member.post("/uploads?process=false", headers=given).headers["Location"]


def at(member, path):
    return int(member.request("HEAD", path).headers["Upload-Offset"])


@pytest.mark.parametrize("point", PART_POINTS)
def test_a_worker_is_killed_while_it_takes_a_part(victim, failing, member, point):
    """What was acknowledged before stays; what was not may be there only as a whole part."""
    content, first = note(LARGE + 200_000), 100_000
    second = first + LARGE
    path = begun(member, content)
    assert member.request("PATCH", path, **part(content[:first], 0)).status_code == 204
    failing.write_text(point)
    answer = member.request("PATCH", path, **part(content[first:second], first))
    assert answer.status_code == 503 and code(answer) == "service_unavailable" and not failing.exists()
    whole(victim)
    now = at(member, path)
    assert now == (second if point == "after commit of a part" else first)
    while now < len(content):
        answer = member.request("PATCH", path, **part(content[now:second if now == first else None], now))
        assert answer.status_code == 204
        now = int(answer.headers["Upload-Offset"])
    assert member.get(f"/documents/{answer.headers['Scorpius-Document-Id']}/content").content == content
    whole(victim)


@pytest.mark.parametrize("point", POINTS)
def test_a_worker_is_killed_while_it_takes_the_last_part(victim, failing, member, point):
    """The document is there with the upload's end, or neither is."""
    content, size = note(LARGE), 100_000
    path = begun(member, content)
    assert member.request("PATCH", path, **part(content[:size], 0)).status_code == 204
    failing.write_text(point)
    answer = member.request("PATCH", path, **part(content[size:], size))
    assert answer.status_code == 503 and not failing.exists()
    whole(victim)
    documents, head = member.data("GET", "/documents"), member.request("HEAD", path).headers
    if point == "after commit":
        assert [d["id"] for d in documents] == [head["Scorpius-Document-Id"]] and int(head["Upload-Offset"]) == len(content)
    else:
        assert documents == [] and "Scorpius-Document-Id" not in head and int(head["Upload-Offset"]) == size
        answer = member.request("PATCH", path, **part(content[size:], size))
        assert answer.status_code == 204
        head = answer.headers
    assert member.get(f"/documents/{head['Scorpius-Document-Id']}/content").content == content
    whole(victim)


def test_uploads_in_parts_go_on_after_the_whole_stack_was_killed(victim, member):
    """Parts are sent by several clients when everything dies: each is where it was last told, or one part further."""
    size, uploads = 70_000, []
    for _ in range(4):
        content = note(20 * size)
        uploads.append({"content": content, "path": begun(member, content), "told": 0})

    def send(u):
        with httpx.Client(base_url=victim.base, timeout=30, trust_env=False, headers={"Authorization": f"Bearer {member.token}"}) as http:
            while u["told"] + 2 * size < len(u["content"]):  # something is left to send, however late it is killed
                try:
                    answer = http.patch(u["path"], **part(u["content"][u["told"]:u["told"] + size], u["told"]))
                except httpx.TransportError:
                    return
                if answer.status_code != 204:
                    return
                u["told"] = int(answer.headers["Upload-Offset"])

    senders = [threading.Thread(target=send, args=(u,), daemon=True) for u in uploads]
    for s in senders:
        s.start()
    wait_until(lambda: sum(u["told"] for u in uploads) >= 12 * size, 60, "some parts")
    victim.kill_all()
    for s in senders:
        s.join(40)
        assert not s.is_alive()
    victim.dev("up")
    whole(victim)
    assert any(u["told"] + size < len(u["content"]) for u in uploads), "nothing was under way"
    for u in uploads:
        now = at(member, u["path"])
        assert now in (u["told"], u["told"] + size)
        answer = member.request("PATCH", u["path"], **part(u["content"][now:], now))
        assert answer.status_code == 204
        assert member.get(f"/documents/{answer.headers['Scorpius-Document-Id']}/content").content == u["content"]
    whole(victim)


@pytest.mark.parametrize("environment, status", [("production", 78), ("test", None)])
def test_a_program_with_fail_points_is_not_for_production(victim, environment, status):
    """It refuses to start; told that it is for tests it goes on to its real work, and finds no socket."""
    settings = {**victim.env, "PATH": os.environ["PATH"], "APP_ENV": environment}
    done = subprocess.run([FAILING], env=settings, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                          text=True, timeout=30)
    assert ("fail points is not for production" in done.stderr) == (environment == "production")
    assert done.returncode == (status or 71)


def test_a_program_that_is_installed_has_no_fail_points(victim):
    installed = (victim.state / "app/usr/bin/scorpius-api").read_bytes()
    assert b"FAIL_POINT_FILE" in FAILING.read_bytes() and b"FAIL_POINT_FILE" not in installed


class Uploader(threading.Thread):
    """Uploads one file after the other until the server is gone; `acknowledged`: id → digest."""

    def __init__(self, victim, member):
        super().__init__(daemon=True)
        self.victim, self.member = victim, member
        self.acknowledged, self.tried = {}, 0

    def run(self):
        with httpx.Client(base_url=self.victim.base, timeout=30, trust_env=False,
                          headers={"Authorization": f"Bearer {self.member.token}"}) as http:
            while True:
                content = note(random.choice([100, 3_000, 70_000, 300_000, LARGE]))
                self.tried += 1
                try:
                    answer = http.post("/api/v1/documents?process=false", files={"file": ("essai.txt", content)})
                    if answer.status_code != 201:
                        return
                    self.acknowledged[answer.json()["data"]["id"]] = hashlib.sha256(content).hexdigest()
                except httpx.TransportError:
                    return


def test_the_whole_stack_is_killed(victim, member):
    acknowledged, tried = {}, 0
    for _ in range(ROUNDS):
        moment = random.randint(40, 150)
        uploaders = [Uploader(victim, member) for _ in range(4)]
        for u in uploaders:
            u.start()
        wait_until(lambda: sum(len(u.acknowledged) for u in uploaders) >= moment or not any(u.is_alive() for u in uploaders), 60,
                   f"{moment} uploads")
        victim.kill_all()
        for u in uploaders:
            u.join(40)
            assert not u.is_alive()
            acknowledged.update(u.acknowledged)
            tried += u.tried
        victim.dev("up")
        whole(victim)
        left = [f for f in victim.files() if not f.startswith(str(victim.files_path))]
        assert not left, "what nginx kept in clear outlives it"
        rows = {r["id"]: r["sha256"] for r in victim.sql(
            "select d.id::text, encode(b.sha256, 'hex') sha256 from scorpius.document d join scorpius.blob b on b.id = d.blob_id")}
        lost = {i for i, digest in acknowledged.items() if rows.get(i) != digest}
        assert not lost, f"{len(lost)} of {len(acknowledged)} acknowledged uploads are lost"
    assert len(acknowledged) >= 40 * ROUNDS and tried > len(acknowledged), "no upload was under way"
    for i in random.sample(sorted(acknowledged), 10):
        assert hashlib.sha256(member.get(f"/documents/{i}/content").content).hexdigest() == acknowledged[i]
