"""A real clamd with signatures of its own: the antivirus test file, and a marker that tests put into files. Neither stands in
this repository as one string, so that no scanner takes it for a virus."""

import os
import pathlib
import shutil
import socket
import subprocess
import tempfile

from stack import wait_until

EICAR = "".join(["X5O!P%@AP[4\\PZX54(P^)7CC)7}$", "EICAR", "-STANDARD-", "ANTIVIRUS-TEST-FILE!", "$H+H*"]).encode()
MARKER = b"-".join([b"marque", b"infecte", b"scorpius"])
LIMIT = 1 << 20  # of a stream


class Clamd:
    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="scv", dir="/tmp"))
        os.chmod(self.folder, 0o755)
        self.socket = self.folder / "clamd.sock"
        self.process = None
        (self.folder / "db").mkdir()
        (self.folder / "clamd.conf").write_text(
            f"DatabaseDirectory {self.folder}/db\nLocalSocket {self.socket}\nLocalSocketMode 666\nForeground yes\n"
            f"StreamMaxLength {LIMIT}\nMaxThreads 4\nConcurrentDatabaseReload no\nTemporaryDirectory {self.folder}\n")
        self.know({"Test.Eicar": (0, EICAR), "Test.Marker": ("*", MARKER)})

    def know(self, signatures):
        """What it finds when it starts next: {name: (offset, bytes)}."""
        (self.folder / "db" / "test.ndb").write_text("".join(f"{name}:0:{at}:{text.hex()}\n" for name, (at, text) in signatures.items()))

    def answers(self):
        assert self.process.poll() is None, (self.folder / "log").read_text()
        with socket.socket(socket.AF_UNIX) as s:
            try:
                s.connect(str(self.socket))
                s.sendall(b"zPING\0")
                return s.recv(5) == b"PONG\0"
            except OSError:
                return False

    def start(self):
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(["/usr/sbin/clamd", "--config-file", str(self.folder / "clamd.conf")], cwd="/",
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        wait_until(self.answers, 60, "clamd to answer")

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait(30)
            self.process = None

    def remove(self):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
