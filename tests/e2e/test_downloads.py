"""Files that come back, whole or in parts."""

import socket

import pytest

from client import Api, code
from stack import wait_until

# Over several sealed pieces of 64 KiB, and nothing that compresses or repeats within them.
DATA = b"".join(b"ligne %d de la notice\n" % n for n in range(20000))


@pytest.fixture(scope="module")
def path(member):
    return f"/documents/{member.upload(('Notice.txt', DATA), query='?process=false')['id']}/content"


@pytest.fixture(scope="module")
def member(stack, contract, secrets):
    return Api(stack, contract, secrets).account()


SIZE = len(DATA)
PIECE = 65536


@pytest.mark.parametrize("header, first, last", [
    ("bytes=0-0", 0, 0), (f"bytes=5-{PIECE + 5}", 5, PIECE + 5), (f"bytes={PIECE}-{PIECE}", PIECE, PIECE),
    (f"bytes={3 * PIECE - 1}-{3 * PIECE + 1}", 3 * PIECE - 1, 3 * PIECE + 1), (f"bytes={SIZE - 1}-", SIZE - 1, SIZE - 1),
    ("bytes=100-", 100, SIZE - 1), ("bytes=-10", SIZE - 10, SIZE - 1), (f"bytes=-{SIZE * 9}", 0, SIZE - 1),
    (f"bytes=7-{SIZE * 9}", 7, SIZE - 1)])
def test_a_part(member, path, header, first, last):
    answer = member.get(path, headers={"Range": header})
    assert answer.status_code == 206 and answer.content == DATA[first:last + 1]
    assert answer.headers["Content-Range"] == f"bytes {first}-{last}/{SIZE}"
    assert answer.headers["Content-Length"] == str(last - first + 1)
    assert "Notice.txt" in answer.headers["Content-Disposition"]


@pytest.mark.parametrize("header", [f"bytes={SIZE}-", f"bytes={SIZE}-{SIZE + 5}", "bytes=-0", "bytes=99999999999999999999999-"])
def test_a_part_that_is_not_there(member, path, header):
    answer = member.get(path, headers={"Range": header})
    assert answer.status_code == 416 and code(answer) == "range_not_satisfiable"
    assert answer.headers["Content-Range"] == f"bytes */{SIZE}"


@pytest.mark.parametrize("header", ["bytes", "bytes=", "bytes=-", "bytes=9-1", "bytes=a-b", "bytes=1-2x", "bytes=0-1,4-5", "octets=0-1", "bytes=--5"])
def test_what_is_no_range_is_ignored(member, path, header):
    answer = member.get(path, headers={"Range": header})
    assert answer.status_code == 200 and answer.content == DATA and "Content-Range" not in answer.headers


def test_a_part_of_the_version_that_the_client_has(member, path):
    whole = member.get(path)
    tag = whole.headers["ETag"]
    assert whole.headers["Accept-Ranges"] == "bytes"
    part = member.get(path, headers={"Range": "bytes=10-19", "If-Range": tag})
    assert part.status_code == 206 and part.content == DATA[10:20] and part.headers["ETag"] == tag
    for other in (f"W/{tag}", '"autre"', tag.strip('"'), tag[:-1], "Wed, 25 Nov 2026 10:00:00 GMT"):
        answer = member.get(path, headers={"Range": "bytes=10-19", "If-Range": other})
        assert answer.status_code == 200 and answer.content == DATA, other
    assert member.get(path, headers={"Range": "bytes=10-19", "If-None-Match": tag}).status_code == 304


def test_head_tells_the_whole(member, path):
    answer = member.request("HEAD", path, headers={"Range": "bytes=10-19"})
    assert answer.status_code == 200 and answer.content == b""
    assert answer.headers["Content-Length"] == str(SIZE) and answer.headers["Accept-Ranges"] == "bytes"


def test_parts_of_another_organisation_are_not_there(api, path):
    assert api.account().get(path, headers={"Range": "bytes=0-1"}).status_code == 404


def test_slow_clients_hold_no_worker(member, stack):
    """More of them than workers, none reads a byte; each worker is done with them all the same."""
    # Larger than what nginx and the kernel keep in memory for a client.
    big = b"".join(b"%08d\n" % n for n in range(230000))
    document = member.upload(("gros.txt", big), query="?process=false")
    slow = []
    try:
        for n in range(len(stack.workers("bulk")) + 1):
            s = socket.socket()
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            s.connect(("127.0.0.1", stack.port))
            s.sendall(f"GET /api/v1/documents/{document['id']}/content HTTP/1.1\r\nHost: x\r\nX-Request-Id: client-lent-{n}\r\n"
                      f"Authorization: Bearer {member.token}\r\n\r\n".encode())
            slow.append(s)
        for n in range(len(slow)):
            wait_until(lambda n=n: stack.requests(f"client-lent-{n}"), 20, "the worker of a slow client")
        assert member.get(f"/documents/{document['id']}/content").content == big
    finally:
        for s in slow:
            s.close()
