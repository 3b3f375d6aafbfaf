#!/usr/bin/python3
"""Clients of a machine under trial: load.py ADDRESS NAME CA EMAIL PASSWORD RESULT. Until SIGTERM they list, create, upload, download and log in, each
request on a connection of its own. RESULT.begun appears when each of them has been served some times, and each asks some times more after
SIGTERM: what is done between was done under load, however slow the machine is. Every answer must be the expected one; at the end each tender
and document that was acknowledged must be there once, with its bytes. The summary goes to RESULT and standard output; status 1: something
was lost.
"""
import collections
import http.client
import json
import signal
import socket
import ssl
import sys
import threading
import time
import uuid

address, name, ca, email, password, result = sys.argv[1:]
context = ssl.create_default_context(cafile=ca)
stopping = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: stopping.set())
signal.signal(signal.SIGINT, lambda *_: stopping.set())
lock = threading.Lock()
answers, lost, slowest = collections.Counter(), [], [0.0]
tenders, documents, versions = {}, {}, collections.Counter()
ROUNDS = 3
TEXT = "Règlement de la consultation\nDate limite de réception des offres : 9 mars 2027 à 12 h 00.\nDossier %s.\n"


def ask(method, path, want, token=None, body=None, kind="application/json"):
    """The body of the answer, or None when it is not what was to come: that is noted."""
    headers = {"Host": name, "Connection": "close"}
    if token:
        headers["Authorization"] = "Bearer " + token
    if body is not None:
        headers["Content-Type"] = kind
    began = time.monotonic()
    try:
        plain = socket.create_connection((address, 443), timeout=300)
        connection = http.client.HTTPConnection(name)
        connection.sock = context.wrap_socket(plain, server_hostname=name)
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        status = answer.status
    except (OSError, http.client.HTTPException) as error:
        status, content = repr(error), b""
    with lock:
        answers[str(status)] += 1
        slowest[0] = max(slowest[0], time.monotonic() - began)
        if status != want:
            lost.append("%s %s: %s %s" % (method, path, status, content[:300].decode(errors="replace")))
            return None
    return content


def data(content):
    return json.loads(content)["data"]


def login():
    content = ask("POST", "/api/v1/auth/login", 200, body=json.dumps({"email": email, "password": password}))
    return data(content)["access_token"] if content else None


def multipart(filename, content):
    boundary = uuid.uuid4().hex
    head = '--%s\r\nContent-Disposition: form-data; name="file"; filename="%s"\r\n\r\n' % (boundary, filename)
    return head.encode() + content + ("\r\n--%s--\r\n" % boundary).encode(), "multipart/form-data; boundary=" + boundary


def lists(token):
    ask("GET", "/api/v1/tenders?limit=20", 200, token)
    content = ask("GET", "/", 200)
    if content:
        with lock:
            versions[json.loads(content).get("version")] += 1


def creates(token):
    title = uuid.uuid4().hex
    content = ask("POST", "/api/v1/tenders", 201, token, json.dumps({"title": title}))
    if content:
        with lock:
            tenders[data(content)["id"]] = title


def uploads(token):
    text = (TEXT % uuid.uuid4().hex).encode()
    body, kind = multipart("RC.txt", text)
    content = ask("POST", "/api/v1/documents", 201, token, body, kind)
    if content:
        made = data(content)
        identity = (made[0] if isinstance(made, list) else made)["id"]
        with lock:
            documents[identity] = text
        ask("GET", "/api/v1/documents/%s/content" % identity, 200, token)


def logins(token):
    login()


def loop(token, work, pause, begun):
    since, rounds, after = time.monotonic(), 0, 0
    while token and after < ROUNDS and len(lost) < 1000:
        after += stopping.is_set()
        work(token)
        rounds += 1
        if rounds == ROUNDS:
            begun.release()
        if time.monotonic() - since > 600:
            token, since = login(), time.monotonic()
        stopping.wait(pause)


def everything(token, path):
    """Walks a list by cursor."""
    cursor = ""
    while cursor is not None:
        content = ask("GET", "%s?limit=100&cursor=%s" % (path, cursor), 200, token)
        if content is None:
            return
        yield from data(content)
        cursor = json.loads(content)["meta"]["next_cursor"]


def main():
    token = login()
    begun = threading.Semaphore(0)
    threads = [threading.Thread(target=loop, args=(token, *a, begun)) for a in
               [(lists, 0)] * 3 + [(creates, 0), (uploads, 0.05), (logins, 0.5)]]
    for thread in threads:
        thread.start()
    if token and all(begun.acquire(timeout=300) for _ in threads):
        open(result + ".begun", "w").close()
    for thread in threads:
        thread.join()
    asked = sum(answers.values())
    token = login()
    if token:
        there = collections.Counter(t["title"] for t in everything(token, "/api/v1/tenders"))
        lost.extend("tender %s: %d times" % (t, there[t]) for t in tenders.values() if there[t] != 1)
        for identity, text in documents.items():
            if ask("GET", "/api/v1/documents/%s/content" % identity, 200, token) not in (text, None):
                lost.append("document %s: other bytes" % identity)
    summary = {"requests": asked, "answers": answers, "tenders": len(tenders), "documents": len(documents),
               "slowest_s": round(slowest[0], 2), "versions": versions, "lost": lost[:20], "lost_count": len(lost)}
    with open(result, "w") as out:
        json.dump(summary, out)
    print(json.dumps(summary))
    sys.exit(1 if lost or not token else 0)


main()
