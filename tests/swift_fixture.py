"""A real S3 service of one's own on loopback: OpenStack's object store with its S3 interface, which compares signatures
and digests. Everything lies below one temporary folder."""

import hashlib
import hmac
import pathlib
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.parse

import httpx
from ports import free_port, listens
from stack import wait_until

BUCKET = "scorpius-files"
REGION = "eu-west-3"
SERVERS = pathlib.Path(__file__).resolve().parent / "swift_servers.py"

PROXY = """[DEFAULT]
bind_ip = 127.0.0.1
bind_port = {proxy}
swift_dir = {dir}
user = {user}
workers = 0
log_level = ERROR
[pipeline:main]
pipeline = catch_errors cache s3api tempauth bulk slo dlo versioned_writes proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:{cache}
[filter:s3api]
use = egg:swift#s3api
location = {region}
[filter:tempauth]
use = egg:swift#tempauth
{users}
[filter:bulk]
use = egg:swift#bulk
[filter:slo]
use = egg:swift#slo
[filter:dlo]
use = egg:swift#dlo
[filter:versioned_writes]
use = egg:swift#versioned_writes
"""

SERVER = """[DEFAULT]
bind_ip = 127.0.0.1
bind_port = {port}
swift_dir = {dir}
devices = {dir}/devices
mount_check = false
user = {user}
workers = 0
log_level = ERROR
[pipeline:main]
pipeline = {kind}-server
[app:{kind}-server]
use = egg:swift#{kind}
"""


class Swift:
    """Starts in the constructor, with a bucket. `stop()` and `start()` may be called in a test; `remove()` ends it."""

    def __init__(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="scs3", dir="/tmp"))
        self.access, self.secret = "files:keeper", secrets.token_hex(16)
        self.second = "files:second", secrets.token_hex(16)  # another pair of keys to the same bucket
        kinds = ["account", "container", "object"]
        self.port, cache, *ports = (free_port() for _ in range(2 + len(kinds)))
        user = subprocess.run(["id", "-un"], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
        (self.dir / "swift.conf").write_text(f"[swift-hash]\nswift_hash_path_suffix = {secrets.token_hex(8)}\n")
        for kind, port in zip(kinds, ports):
            (self.dir / "devices" / "one").mkdir(parents=True, exist_ok=True)
            (self.dir / f"{kind}-server.conf").write_text(SERVER.format(kind=kind, port=port, dir=self.dir, user=user))
        self.places = {"proxy": self.port, "cache": cache, "dir": self.dir, "user": user, "region": REGION}
        self.know((self.access, self.secret), self.second)
        self.ports = [self.port, *ports]
        self.endpoint = f"http://127.0.0.1:{self.port}"
        self.settings = {"S3_ENDPOINT": self.endpoint, "S3_BUCKET": BUCKET, "S3_REGION": REGION,
                         "S3_ACCESS_KEY_ID": self.access, "S3_SECRET_ACCESS_KEY": self.secret}
        with open(self.dir / "log", "ab") as log:
            def spawn(*command):
                return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/", start_new_session=True)
            self.memcached = spawn("memcached", "-l", "127.0.0.1", "-p", str(cache), "-U", "0", "-u", user)
            self.servers = spawn("/usr/bin/python3", str(SERVERS), str(self.dir))
        try:
            self.wait()
            assert self.request("PUT", "").startswith("200"), self.log()
        except BaseException:
            self.remove()
            raise

    def know(self, *accounts):
        """The accounts that its next start lets in."""
        users = "\n".join(f"user_{name.replace(':', '_')} = {secret} .admin" for name, secret in accounts)
        (self.dir / "proxy-server.conf").write_text(PROXY.format(**self.places, users=users))

    def forget_first(self):
        """Only the second account is left."""
        self.stop()
        self.access, self.secret = self.second
        self.know(self.second)
        self.start()

    def start(self):
        """After stop()."""
        self.servers.send_signal(signal.SIGUSR2)
        self.wait()

    def stop(self):
        """The service is down."""
        self.servers.send_signal(signal.SIGUSR1)
        wait_until(lambda: not any(map(listens, self.ports)), 30, "the service to be gone", self.log)

    def wait(self):
        def ready():
            assert all(p.poll() is None for p in (self.memcached, self.servers)), self.log()
            return all(map(listens, self.ports))
        wait_until(ready, 180, "the service", self.log)

    def remove(self):
        for p in (self.servers, self.memcached):
            p.terminate()
        for p in (self.servers, self.memcached):
            p.wait(30)
        shutil.rmtree(self.dir, ignore_errors=True)

    def log(self):
        return (self.dir / "log").read_text("utf-8", "replace")[-4000:]

    def request(self, method, path, query=""):
        """Status and body of a request, signed here and not by what is tested. `query`: sorted and encoded."""
        now = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        scope = f"{now[:8]}/{REGION}/s3/aws4_request"
        empty = hashlib.sha256(b"").hexdigest()
        where = urllib.parse.quote(f"/{BUCKET}/{path}" if path else f"/{BUCKET}")
        headers = {"host": f"127.0.0.1:{self.port}", "x-amz-content-sha256": empty, "x-amz-date": now}
        names = ";".join(headers)
        canonical = "\n".join([method, where, query, *(f"{k}:{v}" for k, v in headers.items()), "", names, empty])
        text = "\n".join(["AWS4-HMAC-SHA256", now, scope, hashlib.sha256(canonical.encode()).hexdigest()])
        key = f"AWS4{self.secret}".encode()
        for part in scope.split("/"):
            key = hmac.digest(key, part.encode(), "sha256")
        headers["authorization"] = (f"AWS4-HMAC-SHA256 Credential={self.access}/{scope}, SignedHeaders={names}, "
                                    f"Signature={hmac.digest(key, text.encode(), 'sha256').hex()}")
        answer = httpx.request(method, f"{self.endpoint}{where}{'?' if query else ''}{query}", headers=headers, timeout=30, trust_env=False)
        return f"{answer.status_code} {answer.text}"

    def names(self, prefix=""):
        """Names of the bucket's objects, at most 1000."""
        answer = self.request("GET", "", "list-type=2" + (f"&prefix={urllib.parse.quote(prefix, safe='')}" if prefix else ""))
        assert answer.startswith("200"), answer
        return sorted(part.split("</Key>")[0] for part in answer.split("<Key>")[1:])
