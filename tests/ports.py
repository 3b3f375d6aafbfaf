"""Ports of this machine for servers of tests."""

import pathlib
import random
import socket

given = set()


def free_port():
    """One that no outgoing connection gets meanwhile: those would take it from a server that is about to start, or starts again."""
    first = int(pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    chosen = random.SystemRandom()
    while True:
        port = chosen.randrange(first // 3, first) if first > 6000 else 0
        with socket.socket() as s:
            try:
                s.bind(("127.0.0.1", port))
            except OSError:
                continue
            port = s.getsockname()[1]
        if port not in given:
            given.add(port)
            return port


def listens(port):
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) == 0
