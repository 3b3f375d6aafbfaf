"""A PostgreSQL of another version, as far as its clients can see: a relay on loopback that changes what the server says of itself."""

import socket
import struct
import threading
import urllib.parse


class OlderServer:
    """Runs from the constructor to stop(). `socket_path`: that of the real server."""

    def __init__(self, socket_path, version="13.14"):
        self.path, self.version = str(socket_path), version.encode()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def stop(self):
        self.listener.close()

    def url(self, url):
        """The same account by way of here."""
        parts = urllib.parse.urlsplit(url)
        account = parts.netloc.rpartition("@")[0]
        return f"postgresql://{account}@127.0.0.1:{self.port}{parts.path}?sslmode=disable&gssencmode=disable"

    def _serve(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            server = socket.socket(socket.AF_UNIX)
            server.connect(self.path)
            threading.Thread(target=self._forward, args=(client, server), daemon=True).start()
            threading.Thread(target=self._answer, args=(server, client), daemon=True).start()

    @staticmethod
    def _forward(source, target):
        try:
            while data := source.recv(65536):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def _answer(self, server, client):
        """Message by message: a type, a length that counts itself, the rest."""
        stream = server.makefile("rb")
        try:
            while head := stream.read(5):
                body = stream.read(struct.unpack("!I", head[1:])[0] - 4)
                if head[:1] == b"S" and body.startswith(b"server_version\0"):
                    body = b"server_version\0" + self.version + b"\0"
                client.sendall(head[:1] + struct.pack("!I", len(body) + 4) + body)
        except (OSError, struct.error):
            pass
        client.close()
