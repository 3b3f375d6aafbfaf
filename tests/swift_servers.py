"""Program of swift_fixture.py: swift_servers.py FOLDER. Runs the object store whose settings lie in FOLDER, all its servers
as children of one process that has loaded what they share, which is most of the time that a start takes. Kills them
when it gets SIGUSR1, starts them again with SIGUSR2, ends with SIGTERM or when one of them ends by itself."""

import os
import pathlib
import signal
import sys

from swift.common import utils

FOLDER = pathlib.Path(sys.argv[1])
utils.set_swift_dir(str(FOLDER))  # before the rest is loaded: /etc/swift is no affair of ours
utils.eventlet_monkey_patch()  # which takes each child two seconds where it is not done yet

from swift.account import server as account
from swift.common.middleware.s3api import s3api
from swift.common.ring import RingBuilder
from swift.common.wsgi import run_wsgi
from swift.container import server as container
from swift.obj import server as obj
from swift.proxy import server as proxy

LOADED = (account, container, obj, proxy, s3api)
KINDS = ("account", "container", "object")
SIGNALS = {signal.SIGTERM, signal.SIGUSR1, signal.SIGUSR2, signal.SIGCHLD}


def make_ring(kind):
    settings = (FOLDER / f"{kind}-server.conf").read_text().splitlines()
    port = next(int(line.split("=")[1]) for line in settings if line.startswith("bind_port"))
    builder = RingBuilder(4, 1, 1)
    builder.add_dev({"id": 0, "region": 1, "zone": 1, "ip": "127.0.0.1", "port": port, "device": "one", "weight": 1.0, "meta": ""})
    builder.rebalance()
    builder.get_ring().save(str(FOLDER / f"{kind}.ring.gz"))


def serve(kind):
    pid = os.fork()
    if pid:
        return pid
    try:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
        run_wsgi(str(FOLDER / f"{kind}-server.conf"), f"{kind}-server")
    finally:
        os._exit(1)


def kill(children):
    """They have sessions of their own."""
    for pid in children:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def main():
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    for kind in KINDS:
        make_ring(kind)
    children, told = [], signal.SIGUSR2
    while True:
        if told == signal.SIGUSR2:
            children = [serve(kind) for kind in (*KINDS, "proxy")]
        elif told in (signal.SIGUSR1, signal.SIGTERM):
            kill(children)
            children = []
        else:
            ended = [pid for pid in children if os.waitpid(pid, os.WNOHANG)[0]]
            if ended:
                kill(set(children) - set(ended))
                return
        if told == signal.SIGTERM:
            return
        told = signal.sigwait(SIGNALS)


main()
