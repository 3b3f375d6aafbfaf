"""The two halves of a pool, by the launcher that systemd calls: one starts again while the other serves, and nobody is left
without an answer."""

import collections
import os
import signal
import subprocess
import threading

import httpx
import pytest

from ports import free_port
from stack import ROOT, let_in, wait_until

CALLS = (("GET", "/api/v1/ready", None), ("POST", "/api/v1/auth/login", {"email": "x" * 2000}))
HALVES = ("api-a", "api-b", "bulk-a", "bulk-b")


class Server:
    """Four halves and an nginx of their own, on the databases of the stack."""

    def __init__(self, stack, top):
        self.top, self.port, self.running = top, free_port(), {}
        owner = (stack.state / "env").stat()
        self.identity = {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []} if os.geteuid() == 0 else {}
        for name in ("sockets", "conf", "conf/site.d", "tmp"):
            (top / name).mkdir()
            os.chown(top / name, owner.st_uid, owner.st_gid)
        let_in(top)
        prefix = stack.env["DATA_PATH"].removesuffix("/share/scorpius")
        launcher = (ROOT / "etc/systemd/scorpius-pool.in").read_text().replace("@bindir@", f"{prefix}/bin")
        self.launcher = top / "pool"
        self.launcher.write_text(launcher.replace("/run/scorpius/sockets", str(top / "sockets")))
        settings = dict(line.split("=", 1) for line in (stack.state / "conf/api.env").read_text().splitlines())
        self.env = {"PATH": os.environ["PATH"], **{name: value.strip("'") for name, value in settings.items()}, "API_WORKERS": "2", "BULK_WORKERS": "2"}
        self.log = (top / "log").open("ab")
        for half in HALVES:
            self.start(half)
        places = {"PATH": os.environ["PATH"], "SOCKETS": str(top / "sockets"), "HALF_1": "-a", "HALF_2": "-b", "ACCESS_LOG": str(top / "tmp/access.log"),
                  "DATA_PATH": stack.env["DATA_PATH"], "VERSION": "1", "STATE": str(top), "TEMP": str(top / "tmp"), "LISTEN": f"127.0.0.1:{self.port}",
                  "RATE_LIMIT_ADDRESS": "1000000", "RATE_LIMIT_AUTH_ADDRESS": "1000000"}
        subprocess.run([ROOT / "etc/nginx/render", "plain", ROOT / "etc/nginx", top / "conf"], env=places, check=True)
        self.spawn("nginx", "nginx", "-e", "stderr", "-c", top / "conf/nginx.conf")
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", trust_env=False, timeout=30)
        wait_until(self.ready, 20, "the server")

    def ready(self):
        try:
            return self.client.get("/api/v1/ready").status_code == 200
        except httpx.TransportError:
            return False

    def spawn(self, name, *command):
        self.running[name] = subprocess.Popen([str(c) for c in command], env=self.env, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log, **self.identity)

    def launch(self, verb, half):
        subprocess.run(["sh", str(self.launcher), verb, half], env=self.env, check=True, timeout=20, **self.identity)

    def start(self, half):
        """As the unit: `run`, then `wait`."""
        self.spawn(half, "sh", self.launcher, "run", half)
        self.launch("wait", half)

    def stop(self, half):
        """As the unit: `close`, then the signal."""
        self.launch("close", half)
        self.end(half)

    def end(self, name):
        process = self.running.pop(name)
        process.terminate()
        process.wait(30)

    def close(self):
        self.client.close()
        for name in list(self.running):
            self.end(name)
        self.log.close()


@pytest.fixture
def server(stack, folder):
    it = Server(stack, folder)
    yield it
    it.close()


class Load:
    """Threads that ask without pause, and what was answered."""

    def __init__(self, server):
        self.server, self.got, self.stop = server, collections.Counter(), threading.Event()
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self.ask) for _ in range(6)]

    def ask(self):
        with httpx.Client(base_url=self.server.client.base_url, trust_env=False, timeout=30) as client:
            while not self.stop.is_set():
                for method, path, body in CALLS:
                    try:
                        answer = client.request(method, path, json=body).status_code
                    except httpx.TransportError as e:
                        answer = type(e).__name__
                    with self.lock:
                        self.got[method, answer] += 1

    def more(self):
        """Until some more of each kind were answered."""
        want = {method: self.count(method) + 20 for method, _, _ in CALLS}
        wait_until(lambda: all(self.count(method) >= n for method, n in want.items()), 30, "answers")

    def count(self, method):
        with self.lock:
            return sum(n for (m, _), n in self.got.items() if m == method)

    def __enter__(self):
        for t in self.threads:
            t.start()
        self.more()
        return self

    def __exit__(self, *_):
        self.stop.set()
        for t in self.threads:
            t.join(60)


def test_one_half_after_the_other_starts_again(server):
    with Load(server) as load:
        for half in HALVES:
            server.stop(half)
            load.more()
            server.start(half)
            load.more()
    assert set(load.got) == {("GET", 200), ("POST", 400)}, load.got


def test_a_new_program_is_taken_up(server):
    with Load(server) as load:
        for half in HALVES:
            server.running[half].send_signal(signal.SIGUSR2)
            load.more()
    assert set(load.got) == {("GET", 200), ("POST", 400)}, load.got


def test_both_halves_away_are_noticed(server):
    """The measure measures."""
    with Load(server) as load:
        for half in HALVES[:2]:
            server.stop(half)
        load.more()
    assert load.got["GET", 503] and set(load.got) <= {("GET", 200), ("GET", 503), ("POST", 400)}, load.got
