"""What the server tells about itself."""

import json
import pathlib
import re
import struct
import time

from client import raw
from stack import ROOT, parsed, wait_until


def test_root_names_the_server_and_its_source(api, stack):
    answer = api.get("/").json()
    assert answer["name"] and answer["source"] == stack.env.get("SOURCE_URL")
    for link in answer["links"].values():
        assert api.get(link).status_code == 200


def test_live(api):
    answer = api.get("/live")
    assert (answer.status_code, answer.json()) == (200, {"alive": True})


def test_ready(api):
    answer = api.get("/ready")
    assert answer.status_code == 200 and answer.json()["ready"] is True
    assert answer.json()["checks"]["database"] == "up"


def test_health_is_the_same_at_both_addresses(api):
    for path in ("/health", "/api/v1/health"):
        answer = api.get(path)
        assert answer.status_code == 200 and answer.json()["status"] == "healthy", answer.text
        assert answer.json()["services"] == {"database": "up", "redis": "up", "storage": "up", "queue": "up", "mail": "up", "scanner": "disabled"}
        assert "components" not in answer.json()


def test_what_another_version_left_in_the_shared_state_is_not_believed(api, stack):
    """While a program is changed for another, workers of both run: the name tells what is in the file."""
    api.get("/health?detailed=true")
    file, = stack.run.glob(pathlib.Path(stack.env["HEALTH_PATH"]).name + "-*")
    size = file.stat().st_size
    assert file.name.endswith(f"-{size}")
    for junk in (b"\xff", b"\x7f"):
        with file.open("r+b") as f:
            f.write(struct.pack("<qq", time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000, 0) + junk * (size - 16))
        answer = api.get("/health")
        assert answer.status_code == 200 and answer.json()["status"] == "healthy", answer.text


def test_detailed_health_measures(api):
    for path in ("/health?detailed=true", "/api/v1/health?detailed=true"):
        components = api.get(path).json()["components"]
        assert all(c["status"] == "healthy" and "error" not in c for c in components.values()), components
    assert api.get("/health?detailed=yes").status_code == 400


def test_health_for_balancers_is_not_logged(api, stack):
    api.get("/health?detailed=true")
    mark = api.get("/live").headers["X-Request-Id"]

    def lines():
        """The last one may be half written."""
        return [line for line in map(parsed, stack.log_lines("access")) if line]
    wait_until(lambda: any(line["request_id"] == mark for line in lines()), 5, "the log line")
    assert not any(line["path"] == "/health" and line["status"] == 200 for line in lines())


def test_figures_are_not_served_to_the_world(api):
    assert api.get("/api/v1/metrics").status_code == 404
    assert raw(api.stack, b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")[0] == 404


def test_description_is_the_one_of_the_tree(api):
    answer = api.get("/openapi.json")
    assert answer.json() == json.loads((ROOT / "docs" / "openapi.json").read_text("utf-8"))
    again = api.get("/openapi.json", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


def test_documentation_loads_nothing_from_elsewhere_and_runs_nothing_inline(api):
    answer = api.get("/docs")
    page = answer.text
    assert api.get("/docs", headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "script-src 'self'" in policy and "unsafe" not in policy
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\bstyle=|\bon[a-z]+=|javascript:", page)
    assets = re.findall(r'(?:src|href)="([^"#]+)"', page)
    assert len(assets) >= 4
    for address in assets:
        assert address.startswith("/api/v1/"), address
    loaded = {a: api.http.get(a) for a in assets}
    assert all(r.status_code == 200 and r.headers["X-Content-Type-Options"] == "nosniff" for r in loaded.values())
    for name, answer in loaded.items():
        if name.endswith(".js"):
            assert answer.headers["Content-Type"].startswith("text/javascript")
            for other in re.findall(r'from "\./([a-z.]+)"', answer.text):
                assert api.http.get(f"/api/v1/docs/{other}").status_code == 200


def test_unknown_page_of_the_documentation(api):
    assert api.get("/docs/../docs/nowhere.js").status_code == 404
