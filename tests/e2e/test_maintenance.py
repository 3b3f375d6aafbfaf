"""The maintenance page: switched without a reload, nobody is cut off, and what was acknowledged stays."""

import base64
import collections
import email.utils
import hashlib
import os
import pathlib
import re
import subprocess
import threading
import time

import httpx
import pytest

from client import code, fresh
from operations import ALL, arguments
from stack import ROOT, wait_until

PAGE = {"Accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"}
ORIGIN = "https://app.essai.example"


@pytest.fixture
def maintenance(stack):
    """maintenance(*arguments, status=0): what ./dev maintenance prints. Off again at the end."""
    def do(*arguments, status=0):
        done = subprocess.run([ROOT / "dev", "maintenance", *arguments], env={**os.environ, "SCORPIUS_STATE": str(stack.state)}, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=30)
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout + done.stderr
    yield do
    do("off")


def refused(answer):
    return answer.status_code == 503 and code(answer) == "maintenance"


def test_everything_but_health_is_answered_503_in_the_envelope(maintenance, stack, account):
    maintenance("on")
    for op in (o for o in ALL if not o.template.endswith("/health")):
        path = re.sub(r"\{\w+\}", "0199a3f2-5c1e-7a44-9d0b-3f6a1c2b4d5e", op.template)
        answer = account.request(op.method, path, **arguments(op))
        assert refused(answer) and answer.headers["Retry-After"] == "300", (op, answer.text)
    assert account.get("/health").status_code == 200
    # A path is what it is, however it is spelled; the API's health is no monitor's.
    for path in ("/health/", "/health/../api/v1/tenders", "/%68ealth/x", "/account/reset", "/nowhere", "/api/v1/health"):
        assert refused(stack.http.get(path)), path
    french = account.get("/tenders", headers={"Accept-Language": "fr", "Origin": ORIGIN})
    assert french.json()["errors"][0]["message"] == "le service est en maintenance\u00a0; réessayez plus tard"
    assert french.headers["Access-Control-Allow-Origin"] == ORIGIN and french.headers["Cache-Control"] == "no-store"


def test_a_program_in_a_browser_sees_the_answer(maintenance, account):
    maintenance("on")
    asked = account.request("OPTIONS", "/tenders", headers={"Origin": ORIGIN, "Access-Control-Request-Method": "PATCH", "Authorization": None})
    assert asked.status_code == 204 and asked.headers["Access-Control-Allow-Origin"] == ORIGIN


def test_people_get_a_page(maintenance, stack):
    maintenance("on", "--text", "Changement de <disque> & mise à jour")
    for path in ("/", "/api/v1/docs", "/api/v1/docs/", "/account/reset", "/nowhere"):
        answer = stack.http.get(path, headers=PAGE)
        assert (answer.status_code, answer.headers["Content-Type"]) == (503, "text/html; charset=utf-8"), path
        assert "Changement de &lt;disque&gt; &amp; mise à jour" in answer.text and answer.headers["Retry-After"] == "300"
    assert refused(stack.http.get("/api/v1/tenders", headers=PAGE))
    assert stack.http.request("POST", "/account/reset", headers=PAGE, content=b"x").status_code == 503
    assert stack.http.head("/", headers=PAGE).status_code == 503


def test_the_page_is_self_contained_and_keeps_to_its_policy(maintenance, stack):
    maintenance("on", "--until", "tomorrow 18:30")
    answer = stack.http.get("/", headers=PAGE)
    (style,) = re.findall(r"<style>(.*?)</style>", answer.text, re.S)
    hashed = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert answer.headers["Content-Security-Policy"] == (f"default-src 'none'; style-src 'sha256-{hashed}'; base-uri 'none'; form-action 'none'; "
                                                         "frame-ancestors 'none'")
    assert answer.headers["X-Content-Type-Options"] == "nosniff" and answer.headers["Cache-Control"] == "no-store"
    # The link leads to the page that was asked for; nothing else is loaded, nothing is styled outside of the block.
    assert re.findall(r'(?:src|href|style|action)="([^"]*)"', answer.text) == [""]
    assert '<html lang="fr">' in answer.text and "<title>Maintenance en cours" in answer.text and answer.text.count("<h1>") == 1
    assert re.search(r'Retour prévu <time datetime="[^"]+">le \w+ \w+ \S+ à 18\u00a0h\u00a030 \(heure de Paris\)</time>', answer.text)


def test_the_end_that_is_announced_is_told_to_both(maintenance, stack):
    end = int(time.time()) + 7200
    maintenance("on", "--until", f"@{end}")
    assert email.utils.parsedate_to_datetime(stack.http.get("/", headers=PAGE).headers["Retry-After"]).timestamp() == end
    assert stack.http.get("/api/v1/tenders").headers["Retry-After"] == "300"
    # It comes nearer: the same command again.
    end = int(time.time()) + 200
    maintenance("on", "--until", f"@{end}")
    assert end - time.time() - 1 <= int(stack.http.get("/api/v1/tenders").headers["Retry-After"]) <= 200
    maintenance("on")
    assert stack.http.get("/", headers=PAGE).headers["Retry-After"] == "300"


@pytest.mark.parametrize("arguments", [["on", "--until", "yesterday"], ["on", "--until", "soon"], ["on", "--text"], ["on", "--now", "x"], ["off", "x"], ["maybe"], []])
def test_what_is_not_understood_switches_nothing(maintenance, stack, arguments):
    assert "scorpius-maintenance" in maintenance(*arguments, status=64)
    assert maintenance("status", status=3) == "no maintenance\n" and stack.http.get("/").status_code == 200


def test_status_tells_how_it_is(maintenance, stack):
    assert "no maintenance" in maintenance("status", status=3)
    assert maintenance("on").startswith("maintenance since ")
    assert "until" not in maintenance("status")
    maintenance("on", "--until", "tomorrow 18:00")
    assert "18:00" in maintenance("status")
    assert maintenance("off") == maintenance("off") == "no maintenance\n"


def test_it_outlives_a_restart_of_nginx(maintenance, stack):
    maintenance("on")
    stack.stop("nginx", 3)  # SIGQUIT
    stack.stopped.pop("nginx")
    (stack.run / "http.sock").unlink(missing_ok=True)
    (stack.run / "metrics.sock").unlink(missing_ok=True)
    uid = (stack.state / "env").stat().st_uid
    stack.spawn("nginx", ["nginx", "-e", str(stack.state / "log/nginx.log"), "-c", str(stack.state / "conf/nginx.conf")], uid)

    def asked():
        try:
            return httpx.get(stack.base + "/api/v1/tenders", trust_env=False)
        except httpx.TransportError:
            return None
    assert refused(wait_until(asked, 20, "nginx"))


class Load:
    """Clients that read and upload without pause; what each answer was, and what was acknowledged."""

    def __init__(self, stack, account):
        self.stack, self.token = stack, account.token
        self.got, self.kept, self.lock, self.stop = collections.Counter(), {}, threading.Lock(), threading.Event()
        self.threads = [threading.Thread(target=self.work, args=(task,)) for task in (self.read, self.read, self.upload, self.upload, self.page)]

    def read(self, client):
        return "read", client.get("/api/v1/tenders", headers=self.bearer)

    def page(self, client):
        return "page", client.get("/api/v1/docs/", headers=PAGE)

    def upload(self, client):
        content = f"contenu {fresh()}\n".encode() * 20000  # more than a socket buffers
        answer = client.post("/api/v1/documents?process=false", headers=self.bearer, files={"file": ("a.txt", content, "text/plain")})
        if answer.status_code == 201:
            self.kept[answer.json()["data"]["id"]] = content
        return "upload", answer

    def work(self, task):
        self.bearer = {"Authorization": f"Bearer {self.token}"}
        with httpx.Client(base_url=self.stack.base, trust_env=False, timeout=60) as client:
            while not self.stop.is_set():
                try:
                    kind, answer = task(client)
                    told = answer.status_code
                    if told == 503 and kind != "page":
                        told = code(answer)
                except httpx.TransportError as e:
                    kind, told = task.__name__, repr(e)
                with self.lock:
                    self.got[kind, told] += 1

    def until(self, *wanted):
        with self.lock:
            before = {w: self.got[w] for w in wanted}
        wait_until(lambda: all(self.got[w] >= n + 3 for w, n in before.items()), 60, f"answers {wanted}", lambda: dict(self.got))

    def __enter__(self):
        for t in self.threads:
            t.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        for t in self.threads:
            t.join(60)


def test_under_load_each_answer_is_a_right_one_or_the_503(maintenance, stack, account):
    right = {("read", 200), ("upload", 201), ("page", 200)}
    away = {("read", "maintenance"), ("upload", "maintenance"), ("page", 503)}
    with Load(stack, account) as load:
        for _ in range(3):
            load.until(*right)
            maintenance("on", "--until", "tomorrow 9:00")
            load.until(*away)
            maintenance("on", "--text", "Encore un moment")  # while it is on: the page changes under those who read it
            load.until(*away)
            maintenance("off")
        load.until(*right)
    assert set(load.got) == right | away, load.got
    for document, content in load.kept.items():
        assert account.get(f"/documents/{document}/content").content == content
    assert len(load.kept) >= 12


def open_files(pid):
    return [f for f in pathlib.Path(f"/proc/{pid}/fd").iterdir() if f.is_symlink()]


def test_a_request_in_hand_is_answered(maintenance, stack, account):
    """An upload that has begun goes on to its end while nobody else gets in."""
    half, rest = threading.Event(), threading.Event()
    body = b'--x\r\nContent-Disposition: form-data; name="file"; filename="lent.txt"\r\nContent-Type: text/plain\r\n\r\n' + b"ligne\n" * 30000 + b"\r\n--x--\r\n"

    def slowly():
        yield body[:100000]
        half.set()
        assert rest.wait(60)
        yield body[100000:]
    got = []
    headers = {"Authorization": f"Bearer {account.token}", "Content-Type": "multipart/form-data; boundary=x", "Content-Length": str(len(body))}
    sender = threading.Thread(target=lambda: got.append(httpx.post(stack.base + "/api/v1/documents?process=false", headers=headers, content=slowly(),
                                                                    timeout=60, trust_env=False)))
    sender.start()
    assert half.wait(30)
    # nginx has begun to read it: it holds a file of that body open.
    wait_until(lambda: any("/body/" in os.readlink(f) for pid in stack.workers("nginx") for f in open_files(pid)), 20, "the body on its way")
    maintenance("on")
    assert refused(account.get("/tenders"))
    rest.set()
    sender.join(60)
    assert got[0].status_code == 201, got[0].text
    maintenance("off")
    assert account.get(f"/documents/{got[0].json()['data']['id']}").status_code == 200


def test_an_upload_that_comes_meanwhile_is_refused_as_a_whole(maintenance, stack, account):
    before = stack.rows()
    maintenance("on")
    answer = account.post("/documents", files=[("file", ("gros.txt", b"a" * (4 << 20), "text/plain"))])
    assert refused(answer)
    maintenance("off")
    assert stack.rows() == before
