"""A disk that is nearly full: uploads are refused in words, all else goes on."""

import os
import shutil
import signal
import subprocess

import pytest

from client import code
from stack import wait_until

FILL = 200 << 20  # of a volume of 300 MiB, of which 256 MiB must stay free


@pytest.fixture
def small_volume(stack, tmp_path):
    """The store on a volume of its own, where that can be made."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a volume")
    owner = stack.files_path.stat()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size=300m,mode=700,uid={owner.st_uid},gid={owner.st_gid}", "tmpfs", str(stack.files_path)],
                      check=False, stdin=subprocess.DEVNULL, capture_output=True).returncode != 0:
        pytest.skip("this machine lets nobody mount a volume")
    try:
        reload(stack)
        yield stack.files_path
    finally:
        # What was stored there moves to where the store is again.
        shutil.copytree(stack.files_path, tmp_path / "volume", dirs_exist_ok=True)
        subprocess.run(["umount", "-l", str(stack.files_path)], check=True)
        subprocess.run(["cp", "-a", "--no-preserve=ownership", f"{tmp_path}/volume/objects", str(stack.files_path)], check=True)
        subprocess.run(["chown", "-R", f"{owner.st_uid}:{owner.st_gid}", str(stack.files_path / "objects")], check=True)
        reload(stack)


def reload(stack):
    """Workers and jobs hold the folder that lay there before; the new ones open what lies there now."""
    stack.stop("jobs", signal.SIGTERM)
    stack.start("jobs")
    for pool in ("api", "bulk"):
        before = set(stack.workers(pool))
        os.kill(stack.pid(pool), signal.SIGUSR2)
        wait_until(lambda pool=pool, before=before: len(set(stack.workers(pool)) - before) >= len(before) and not before & set(stack.workers(pool)),
                   60, "new workers")


def test_nearly_full(account, stack, small_volume, expect_log):
    expect_log(r"request failed|job failed|a service changed its state|died, respawn|Spawning child")
    document = account.upload(("a.txt", b"garde\n"), query="?process=false")
    assert [p for p in small_volume.rglob("*") if p.is_file()]
    begun = account.post("/uploads", headers={"Upload-Length": "120000", "Upload-Metadata": "filename YS50eHQ="}).headers["Location"]
    filler = small_volume / "filler"
    with open(filler, "wb") as f:
        os.posix_fallocate(f.fileno(), 0, FILL)
    refused = account.post("/documents", files=[("file", ("b.txt", b"refuse\n"))])
    assert refused.status_code == 507 and code(refused) == "storage_full"
    # In parts, too: neither begun nor gone on with.
    content = b"ligne\n" * 20_000
    part = {"Content-Type": "application/offset+octet-stream", "Upload-Offset": "0"}
    for refused in (account.post("/uploads", headers={"Upload-Length": "9", "Upload-Metadata": "filename YS50eHQ="}),
                    account.request("PATCH", begun, content=content[:70_000], headers=part), account.request("PATCH", begun, content=content, headers=part)):
        assert refused.status_code == 507 and code(refused) == "storage_full"
    # An export says why there is none.
    failed = account.export()
    assert (failed["status"], failed["error_code"], failed["size"]) == ("failed", "storage_full", None)
    health = account.get("/health", params={"detailed": "true"})
    assert health.status_code == 200 and health.json()["status"] == "degraded"
    assert health.json()["services"]["storage"] == "degraded" and "full" in health.json()["components"]["storage"]["error"]
    assert account.get(f"/documents/{document['id']}/content").content == b"garde\n"
    assert account.data("POST", "/tenders", 201, json={})
    filler.unlink()
    assert account.export()["status"] == "done"
    assert account.upload(("b.txt", b"accepte\n"), query="?process=false")["id"]
    assert account.get("/health", params={"detailed": "true"}).json()["services"]["storage"] == "up"


