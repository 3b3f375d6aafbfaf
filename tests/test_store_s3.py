"""The file store in an S3 bucket: the tests of lib/store against a real service, and through a line that breaks."""

import os
import pathlib
import select
import socket
import ssl
import subprocess
import threading

import pytest

BUILD = pathlib.Path(os.environ["SCORPIUS_BUILD"])


def run_tests(program, settings, backend, *arguments):
    """Gives how many tests passed; all must, and some must have run."""
    done = subprocess.run([BUILD / "lib/store" / program, "-j2", *arguments], env={**os.environ, **settings, "STORE_TEST": backend},
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=600)
    assert done.returncode == 0 and "| Failing: 0 | Crashing: 0" in done.stdout, done.stdout
    passed = int(done.stdout.rpartition("Passing: ")[2].split()[0])
    assert passed > 0, done.stdout
    for secret in (settings["S3_SECRET_ACCESS_KEY"],):
        assert secret not in done.stdout
    return passed


def test_a_bucket_keeps_to_what_every_backend_does(swift):
    assert run_tests("test_store", swift.settings, "s3") >= 20
    assert [n for n in swift.names("test-") if "/probe" not in n] == [], "every test removed what it had made"


def test_what_is_true_of_a_bucket_only(swift):
    run_tests("test_s3", swift.settings, "s3")


def test_a_folder_before_a_bucket_keeps_to_it_too(swift):
    assert run_tests("test_store", swift.settings, "layered") >= 20
    run_tests("test_layered", swift.settings, "layered")


class Line:
    """Passes connections on to a port of this machine; as a server with TLS when it has a context."""

    def __init__(self, port, context=None):
        self.port, self.context, self.count = port, context, 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.endpoint = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            self.count += 1
            threading.Thread(target=self.serve, args=(client, self.count), daemon=True).start()

    def serve(self, client, number):
        try:
            with self.context.wrap_socket(client, server_side=True) if self.context else client as near:
                self.join(near, number)
        except OSError:
            pass  # the client did not like the certificate

    def join(self, client, number, most=None):
        """`most`: bytes of the answer after which the line is cut."""
        with socket.create_connection(("127.0.0.1", self.port)) as server:
            while True:
                for source in select.select([client, server], [], [])[0]:
                    # As much as one record of TLS: nothing is left over that select() would not see.
                    data = source.recv(65536)
                    if not data:
                        return
                    (server if source is client else client).sendall(data[:most] if source is server else data)
                    if most and source is server:
                        return

    def end(self):
        self.listener.close()


class BadLine(Line):
    """With faults: of every four connections one is closed at once, one answered 503, one cut after the first bytes of the
    answer."""

    def join(self, client, number, most=None):
        kind = number % 4
        if kind == 1:
            return
        if kind == 2:
            client.recv(65536)
            client.sendall(b"HTTP/1.1 503 Slow Down\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            return
        super().join(client, number, 40 if kind == 3 else None)


def test_a_certificate_is_checked(swift, tmp_path):
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out", certificate,
                    "-days", "2", "-subj", "/CN=s3", "-addext", "subjectAltName=IP:127.0.0.1"], check=True, stderr=subprocess.DEVNULL)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    line = Line(swift.port, context)
    settings = {**swift.settings, "S3_ENDPOINT": line.endpoint.replace("http:", "https:")}
    try:
        run_tests("test_store", {**settings, "S3_CA_FILE": str(certificate)}, "s3", "--filter", "store/*digest*")
        done = subprocess.run([BUILD / "lib/store/test_store", "-j1", "--filter", "store/*digest*"], env={**os.environ, **settings, "STORE_TEST": "s3"},
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)
        assert done.returncode != 0 and "certificate" in done.stdout
    finally:
        line.end()


@pytest.fixture
def bad_line(swift):
    line = BadLine(swift.port)
    yield line
    line.end()


def test_faults_that_pass_are_overcome(swift, bad_line):
    """Each test is a process of its own: its first request meets all three faults."""
    passed = run_tests("test_store", {**swift.settings, "S3_ENDPOINT": bad_line.endpoint}, "s3", "-j1", "--filter", "store/*written*")
    assert passed >= 2 and bad_line.count >= 4 * passed
