#!/usr/bin/python3
"""Uploads under measurement: one of 100 MB against nginx writing the same bytes plus their SHA-256, the memory of the worker
that takes it, and the time of a list while eight such uploads and fifty logins run.

Usage: uploads.py URL SUPERVISOR NGINX_URL FOLDER
  SUPERVISOR  process id of the pool for uploads
  NGINX_URL   a location that writes what is PUT into it below FOLDER
"""
import concurrent.futures
import hashlib
import http.client
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse

SIZE = 100 * 1000 * 1000
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
LISTS_PER_SECOND = 40

base, supervisor, put_url, folder = sys.argv[1], int(sys.argv[2]), sys.argv[3], pathlib.Path(sys.argv[4])
host = urllib.parse.urlsplit(base).netloc


def call(method, path, body=None, token=None):
    """(status, data) of a small request."""
    connection = http.client.HTTPConnection(host, timeout=120)
    headers = {"Content-Type": "application/json"} if body is not None else {}
    if token:
        headers["Authorization"] = "Bearer " + token
    connection.request(method, "/api/v1" + path, json.dumps(body) if body is not None else None, headers)
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    return answer.status, json.loads(text).get("data") if text else None


def account(number):
    body = {"email": "charge-%d-%d@essai.example" % (os.getpid(), number), "password": "Mot-de-passe-%s" % os.urandom(8).hex(),
            "full_name": "Camille Essai", "organization_name": "Charge"}
    assert call("POST", "/auth/register", body)[0] == 201
    return {"email": body["email"], "password": body["password"]}


def login(who):
    status, data = call("POST", "/auth/login", who)
    return data["access_token"] if status == 200 else None


def content(path, number):
    """Text that no other upload has, so that it is stored; made before the clock runs."""
    line = b"ligne %08d du fichier de charge, faite pour mesurer et non pour lire\n"
    with open(path, "wb") as f:
        f.write(b"essai %d %s\n" % (number, os.urandom(8).hex().encode()))
        block = b"".join(line % i for i in range(10000))
        while f.tell() < SIZE:
            f.write(block[: SIZE - f.tell()])


def timed(*command):
    began = time.monotonic()
    out = subprocess.run(["curl", "-s", "-S", "-o", "/dev/null", "-w", "%{http_code}", *command], stdout=subprocess.PIPE, check=True, text=True).stdout
    if out not in ("201", "204"):
        sys.exit("uploads.py: status %s of curl %s" % (out, command[-1]))
    return time.monotonic() - began


def upload(path, header):
    return timed("-H", "@" + header, "-H", "Expect:", "-F", "file=@%s;filename=charge.txt" % path, base + "/api/v1/documents?process=false")


def workers():
    return [int(p) for t in pathlib.Path("/proc/%d/task" % supervisor).glob("*") for p in (t / "children").read_text().split()]


def peak(pid):
    return next(int(line.split()[1]) for line in open("/proc/%d/status" % pid) if line.startswith("VmHWM"))


def sha256(path):
    began = time.monotonic()
    digest = hashlib.sha256()
    with open(path, "rb") as f:
        while block := f.read(1 << 16):
            digest.update(block)
    return time.monotonic() - began


def synced(path):
    """How long this disk takes to write as many bytes and sync them: what no server can leave out that loses nothing."""
    with open(path, "rb") as source, tempfile.NamedTemporaryFile(dir=folder) as f:
        began = time.monotonic()
        while block := source.read(1 << 16):
            f.write(block)
        f.flush()
        os.fsync(f.fileno())
        return time.monotonic() - began


def lists(token, running):
    """Times of GET /tenders, asked at a steady rate whatever the answers take, while running()."""
    times = []

    def one():
        began = time.monotonic()
        status, _ = call("GET", "/tenders", None, token)
        if status != 200:
            sys.exit("uploads.py: status %d of GET /tenders" % status)
        times.append(time.monotonic() - began)

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        asked = []
        while running():
            asked.append(pool.submit(one))
            time.sleep(1 / LISTS_PER_SECOND)
        for a in asked:
            a.result()
    return sorted(times)


def p99(times):
    return times[min(len(times) - 1, len(times) * 99 // 100)] * 1000


with tempfile.TemporaryDirectory() as work:
    first, header = account(0), work + "/header"
    token = login(first)
    with open(os.open(header, os.O_WRONLY | os.O_CREAT, 0o600), "w") as f:
        f.write("Authorization: Bearer " + token + "\n")
    for number in range(10):
        assert call("POST", "/tenders", {"title": "Essai %d" % number}, token)[0] == 201

    path = work + "/charge.txt"
    # Each worker has served a small upload before: what it then grows by is the large one's.
    for number in range(40):
        with open(path, "w") as f:
            f.write("essai %d %s" % (number, os.urandom(8).hex()))
        upload(path, header)
    before = {pid: peak(pid) for pid in workers()}
    ours, nginx, hashing, syncing = [], [], [], []
    for number in range(ROUNDS):
        content(path, number)
        nginx.append(timed("-T", path, put_url + "/charge-%d" % number))
        hashing.append(sha256(path))
        syncing.append(synced(path))
        ours.append(upload(path, header))
    growth = max(peak(pid) - kb for pid, kb in before.items() if pid in workers())
    t, n, h, s = map(statistics.median, (ours, nginx, hashing, syncing))
    mb = SIZE / 1e6
    print("  100 MB through nginx into the store: %.2f s (%.0f MB/s); nginx writing them %.2f s + SHA-256 %.2f s" % (t, mb / t, n, h))
    print("  written and synced to this disk alone: %.2f s" % s)
    print("  ratio %.2f (medians of %d, alternating); memory of the worker grew by %.1f MB" % ((n + h) / t, ROUNDS, growth / 1024))

    until = time.monotonic() + 5
    quiet = lists(token, lambda: time.monotonic() < until)
    files = []
    for number in range(8):
        files.append("%s/%d" % (work, number))
        content(files[-1], number)
    people = [account(n) for n in range(1, 51)]
    began = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(58) as pool:
        loads = [pool.submit(upload, f, header) for f in files]
        logins = [pool.submit(login, who) for who in people]
        busy = lists(token, lambda: not all(x.done() for x in loads + logins))
        took = time.monotonic() - began
        for x in loads:
            x.result()
        refused = sum(x.result() is None for x in logins)
    print("  GET /tenders, %d a second: p99 %.0f ms (median %.0f) alone; p99 %.0f ms (median %.0f) beside 8 uploads of 100 MB and 50 logins"
          " (%.1f s, %d logins refused)" % (LISTS_PER_SECOND, p99(quiet), statistics.median(quiet) * 1000, p99(busy),
                                           statistics.median(busy) * 1000, took, refused))
