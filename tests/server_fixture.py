"""What `meson install` puts on a server, in a folder; and nginx's site with TLS rendered from there, served on other ports."""

import os
import pathlib
import shutil
import subprocess

from ports import free_port, listens
from stack import let_in, wait_until

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = pathlib.Path(os.environ.get("SCORPIUS_BUILD", ROOT / "build"))
NAME = "scorpius.example.org"


def run(*command, **options):
    return subprocess.run([str(c) for c in command], **{"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT,
                                                        "text": True, "timeout": 120, **options})


def install(top):
    """`meson install`, as on a server."""
    let_in(top)
    done = run("meson", "install", "-C", BUILD, "--no-rebuild", env={**os.environ, "DESTDIR": str(top)})
    assert done.returncode == 0, done.stdout
    # What a unit calls besides our own programs.
    (top / "bin").mkdir(exist_ok=True)
    for name in ("kill", "sh"):
        shutil.copy("/bin/true", top / "bin" / name)
    return top


class Site:
    """The site in folder/site, with a certificate for NAME; served by an nginx of its own from start() on. `plain` and `tls` are its ports."""

    def __init__(self, tree, folder, certificate, key, ca):
        self.tree, self.folder, self.certificate, self.key, self.ca = tree, folder, certificate, key, ca
        self.plain, self.tls, self.metrics = free_port(), free_port(), 0
        self.log, self.server = folder / "access.log", None

    def render(self, kind="tls", **settings):
        """The command's end. `settings` as in scorpius.env, or another of the places."""
        for name in ("site", "spool"):
            (self.folder / name).mkdir(exist_ok=True)
        places = {"PATH": os.environ["PATH"], "SOCKETS": "/nonexistent", "HALF_1": "-a", "HALF_2": "-b", "ACCESS_LOG": str(self.log),
                  "DATA_PATH": str(self.tree / "usr/share/scorpius"), "VERSION": "1.2.3", "SERVER_NAME": NAME, "TLS_STAPLING": "off",
                  "TLS_CERTIFICATE": str(self.certificate), "TLS_CERTIFICATE_KEY": str(self.key), "SPOOL": str(self.folder / "spool"),
                  "ACME": str(self.folder / "acme"), "STATE": str(self.folder), "TEMP": str(self.folder / "spool"), "LISTEN": f"127.0.0.1:{self.plain}"}
        if kind == "plain":
            del places["HALF_1"], places["HALF_2"]
        return run(self.tree / "usr/libexec/scorpius/nginx-render", kind, ROOT / "etc/nginx" if kind == "plain" else self.templates(), self.folder / "site", env={**places, **settings})

    def templates(self):
        """With ports that a test can have."""
        own = self.folder / "templates"
        if not own.exists():
            shutil.copytree(self.tree / "usr/share/scorpius/nginx", own)
            for path in [*own.glob("tls/*"), *own.glob("proof/*")]:
                text = path.read_text().replace("listen 443", f"listen 127.0.0.1:{self.tls}").replace("listen 80;", f"listen 127.0.0.1:{self.plain};")
                path.write_text("".join(line + "\n" for line in text.splitlines() if "listen [::]" not in line))
        return own

    def main(self):
        """The part that on a server is nginx.conf of the distribution."""
        main, f = self.folder / "nginx.conf", self.folder
        main.write_text(f'daemon off;\npid {f}/nginx.pid;\nevents {{}}\nhttp {{\n\tinclude /etc/nginx/mime.types;\n\tproxy_temp_path {f}/p;\n\tscgi_temp_path {f}/s;\n'
                        f'\tuwsgi_temp_path {f}/u;\n\tclient_body_temp_path {f}/b;\n\tfastcgi_temp_path {f}/f;\n\tinclude "{f}/site/site.conf";\n}}\n')
        return ["nginx", "-e", str(f / "error.log"), "-c", str(main)]

    def check(self):
        """What `nginx -t` says: its status, its words."""
        done = run(*self.main(), "-t")
        return done.returncode, done.stdout + (self.folder / "error.log").read_text()

    def start(self):
        let_in(self.folder)  # nginx's workers are another user
        status, words = self.check()
        assert status == 0, words
        self.server = subprocess.Popen(self.main(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(lambda: listens(self.plain) and (listens(self.tls) or not self.tls), 10, "nginx")

    def stop(self):
        if self.server:
            self.server.terminate()
            self.server.wait(20)

    def curl(self, path, *options):
        """Head and body of the answer over TLS."""
        return run("curl", "-sS", "-i", "--resolve", f"{NAME}:{self.tls}:127.0.0.1", "--cacert", self.ca, *options, f"https://{NAME}:{self.tls}{path}").stdout

    def proof(self, name, text):
        """A proof as certbot --webroot lays it down."""
        folder = self.folder / "acme/.well-known/acme-challenge"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
        let_in(folder)
