"""What is shipped for Prometheus and Grafana speaks of metrics that exist, alerts go off when they should, and each has a
paragraph that says what to do."""

import itertools
import json
import pathlib
import re

import pytest
import yaml

import prometheus

ROOT = pathlib.Path(__file__).resolve().parent.parent
SHIPPED = ROOT / "etc/prometheus"
RULES = yaml.safe_load((SHIPPED / "scorpius.rules.yml").read_text())["groups"][0]["rules"]
DASHBOARD = json.loads((SHIPPED / "grafana-scorpius.json").read_text("utf-8"))
PANELS = [p for p in DASHBOARD["panels"] if p["type"] != "row"]
QUERIES = [(f"alert {r['alert']}", r["expr"]) for r in RULES] + [(f"panel {p['title']}", t["expr"]) for p in PANELS for t in p["targets"]]


def test_the_rules_are_valid():
    prometheus.promtool("check", "rules", SHIPPED / "scorpius.rules.yml")
    prometheus.promtool("check", "config", SHIPPED / "prometheus.yml")


def test_alerts_go_off_when_they_should_and_not_sooner():
    prometheus.promtool("test", "rules", ROOT / "tests/scorpius.rules.test.yml")


def test_each_alert_is_tried_both_ways():
    tried = yaml.safe_load((ROOT / "tests/scorpius.rules.test.yml").read_text())["tests"]
    for rule in RULES:
        ends = {bool(t["exp_alerts"]) for case in tried for t in case["alert_rule_test"] if t["alertname"] == rule["alert"]}
        assert ends == {True, False}, rule["alert"]


@pytest.mark.parametrize("where, query", QUERIES, ids=[f"{w} {i}" for i, (w, _) in enumerate(QUERIES)])
def test_queries_name_what_exists(where, query):
    listed, values = prometheus.listed(), prometheus.label_values()
    values["service"], values["pool"] = {"database", "redis", "storage", "queue", "mail", "scanner"}, {"api", "bulk", "jobs"}
    values["state"] = {"busy", "idle", "up", "degraded", "down", "disabled"}
    live = {"scorpius_service_state": ["service", "state"], "scorpius_workers": ["pool", "state"], "scorpius_pool_start_time_seconds": ["pool"],
            "scorpius_build_info": ["version"]}
    by_pool = set(re.findall(r'X\(\w+, "(\w+)", \w+, POOL,', prometheus.LIST))
    names = re.findall(r"\b(scorpius_\w+)(?:\{([^}]*)\})?", query)
    assert names or query.startswith("up{"), where
    for name, selector in names:
        kind, labels = listed.get(name, (None, None))
        family = re.sub(r"_(bucket|sum|count)$", "", name)
        if kind is None and listed.get(family, ("",))[0] == "HISTOGRAM":
            kind, labels = "HISTOGRAM", listed[family][1] + ["le"]
        assert kind, f"{name} is no metric"
        labels = labels + live.get(name, []) + (["pool"] if name in by_pool else [])
        for label, op, value in re.findall(r'(\w+)(=~|!~|!=|=)"([^"]*)"', selector):
            assert label in labels, f"{name} has no label {label}"
            words = value.split("|") if "~" in op else [value]
            unknown = [w for w in words if not any(re.fullmatch(w, v) for v in values[label])]
            assert unknown == [], f"{name}{{{label}}} is never {unknown}"
    # Grafana's own words are none of PromQL's.
    plain = query.replace("$__rate_interval", "5m")
    assert not re.search(r"\$", plain)


def test_dashboards_queries_are_promql(tmp_path):
    """Nobody runs Grafana here: its queries are checked as rules."""
    rules = [{"record": f"scorpius:{i}", "expr": t["expr"].replace("$__rate_interval", "5m")}
             for i, t in enumerate(t for p in PANELS for t in p["targets"])]
    path = tmp_path / "queries.yml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": rules}]}))
    prometheus.promtool("check", "rules", path)


def test_the_dashboard_shows_every_metric_and_its_panels_do_not_overlap():
    told = " ".join(q for _, q in QUERIES)
    hidden = [n for n in prometheus.listed() if not re.search(rf"\b{n}(_bucket)?\b", told)]
    assert hidden == ["scorpius_counters_start_time_seconds", "scorpius_stored_files"]
    places = [p["gridPos"] for p in DASHBOARD["panels"]]
    for a, b in itertools.combinations(places, 2):
        apart = a["x"] + a["w"] <= b["x"] or b["x"] + b["w"] <= a["x"] or a["y"] + a["h"] <= b["y"] or b["y"] + b["h"] <= a["y"]
        assert apart, (a, b)
    assert len({p["id"] for p in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])


@pytest.mark.parametrize("page", ["docs/operate.md", "docs/fr/exploitation.md"])
def test_each_alert_says_what_to_do(page):
    text = (ROOT / page).read_text("utf-8")
    assert [r["alert"] for r in RULES if len(re.findall(rf"^\*\*{r['alert']}\*\*", text, re.M)) != 1] == []
    assert set(re.findall(r"^\*\*(Scorpius[A-Z]\w+)\*\*", text, re.M)) == {r["alert"] for r in RULES}, "a paragraph without its alert"


def test_names_follow_the_conventions():
    for name, (kind, _) in prometheus.listed().items():
        assert re.fullmatch(r"scorpius_[a-z_]+", name)
        assert name.endswith("_total") == (kind == "COUNTER"), name
        if kind in ("HISTOGRAM", "GAUGE_US"):
            assert name.endswith("_seconds"), name
