#!/usr/bin/python3
"""Uploads under measurement: one of 100 MB against nginx writing the same bytes plus their SHA-256, the memory of the worker
that takes it, and the time of a list while eight such uploads and fifty logins run.

Usage: uploads.py URL SUPERVISOR NGINX NGINX_URL FOLDER
  SUPERVISOR  process id of the pool for uploads
  NGINX       process id of nginx
  NGINX_URL   a location that writes what is PUT into it below FOLDER
"""
import concurrent.futures
import hashlib
import http.client
import json
import multiprocessing
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

base, supervisor, nginx, put_url, folder = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4], pathlib.Path(sys.argv[5])
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


def workers(parent=supervisor):
    return [int(p) for t in pathlib.Path("/proc/%d/task" % parent).glob("*") for p in (t / "children").read_text().split()]


def cpu():
    """Seconds of CPU so far, of nginx and the pool."""
    fields = [pathlib.Path("/proc/%d/stat" % pid).read_text().rpartition(")")[2].split() for parent in (supervisor, nginx) for pid in workers(parent)]
    return sum(int(f[11]) + int(f[12]) for f in fields) / os.sysconf("SC_CLK_TCK")


def costs(command, *arguments):
    """(seconds, seconds of the servers' CPU)"""
    before = cpu()
    return command(*arguments), cpu() - before


def peak(pid):
    return next(int(line.split()[1]) for line in open("/proc/%d/status" % pid) if line.startswith("VmHWM"))


def sha256(path):
    """(seconds, seconds of CPU)"""
    began, cpu_began = time.monotonic(), time.process_time()
    digest = hashlib.sha256()
    with open(path, "rb") as f:
        while block := f.read(1 << 16):
            digest.update(block)
    return time.monotonic() - began, time.process_time() - cpu_began


def synced(number):
    """The fsync that nginx leaves out, of what it has just written; an upload can't leave it out."""
    began = time.monotonic()
    fd = os.open("%s/bench/put/charge-%d" % (folder, number), os.O_RDONLY)
    os.fsync(fd)
    os.close(fd)
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


def lists_aside(token, work):
    """The same in a process and session of its own, as by a client on another machine, while work() runs."""
    ended, answers = multiprocessing.Event(), multiprocessing.SimpleQueue()

    def client():
        os.setsid()
        answers.put(lists(token, lambda: not ended.is_set()))

    process = multiprocessing.Process(target=client, daemon=True)
    process.start()
    work()
    ended.set()
    process.join()
    return answers.get()


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
    ours, written, hashing, syncing = [], [], [], []
    for number in range(ROUNDS):
        content(path, number)
        written.append(costs(timed, "-T", path, put_url + "/charge-%d" % number))
        syncing.append(synced(number))
        hashing.append(sha256(path))
        ours.append(costs(upload, path, header))
    growth = max(peak(pid) - kb for pid, kb in before.items() if pid in workers())
    t, t_cpu, n, n_cpu, h, h_cpu = (statistics.median(column) for pairs in (ours, written, hashing) for column in zip(*pairs))
    s = statistics.median(syncing)
    print("  100 MB through nginx into the store: %.2f s (%.0f MB/s); nginx writing them %.2f s, SHA-256 %.2f s, the fsync that nginx leaves out %.2f s"
          % (t, SIZE / 1e6 / t, n, h, s))
    print("  ratio %.2f, with the fsync %.2f (medians of %d, alternating); memory of the worker grew by %.1f MB"
          % ((n + h) / t, (n + s + h) / t, ROUNDS, growth / 1024))
    print("  CPU: nginx and worker %.2f s; nginx writing %.2f s + SHA-256 %.2f s" % (t_cpu, n_cpu, h_cpu))

    quiet = lists_aside(token, lambda: time.sleep(5))
    files = []
    for number in range(8):
        files.append("%s/%d" % (work, number))
        content(files[-1], number)
    people = [account(n) for n in range(1, 51)]
    took, refused = 0, 0

    def load():
        global took, refused
        began = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(58) as pool:
            loads = [pool.submit(upload, f, header) for f in files]
            refused = sum(token is None for token in pool.map(login, people))
            for x in loads:
                x.result()
        took = time.monotonic() - began

    busy = lists_aside(token, load)
    print("  GET /tenders, %d a second: p99 %.0f ms (median %.0f) alone; p99 %.0f ms (median %.0f) beside 8 uploads of 100 MB and 50 logins"
          " (%.1f s, %d logins refused)" % (LISTS_PER_SECOND, p99(quiet), statistics.median(quiet) * 1000, p99(busy),
                                           statistics.median(busy) * 1000, took, refused))
