"""The page of metrics as tests see it: a strict reader of Prometheus' text format, and the list of what may stand in it."""

import collections
import pathlib
import re
import subprocess

import httpx

ROOT = pathlib.Path(__file__).resolve().parent.parent
LIST = (ROOT / "lib/base/metric_list.h").read_text()
SAMPLE = re.compile(r'([a-z_]+)(?:\{((?:[a-z_]+="[^"\\\n]*")(?:,[a-z_]+="[^"\\\n]*")*)\})? (-?[0-9]+(?:\.[0-9]+)?)')


def listed():
    """{name: (type, [label])} of metric_list.h."""
    body = LIST[LIST.index("#define METRIC_LIST(X)"):]
    labels = dict(re.findall(r'X\((\w+), "(\w*)"\)', LIST))
    out = {}
    for name, kind, a, b, c in re.findall(r'X\(\w+, "(\w+)", (\w+), \w+, (\w+), (\w+), (\w+), \w+, "', body):
        out[name] = kind, [labels[s] for s in (a, b, c) if s != "NONE"]
    return out


def label_values():
    """{label: set of values} of the closed sets."""
    out = collections.defaultdict(set)
    for name, label in re.findall(r'X\((\w+), "(\w+)"\)', LIST):
        body = re.search(r"#define METRIC_VALUES_%s\(V\)((?:.|\\\n)*?)\n(?=#|\n)" % name, LIST).group(1)
        out[label] |= set(re.findall(r'V\("([^"]*)"\)', body))
    return out


def promtool(*arguments, text=""):
    done = subprocess.run(["promtool", *map(str, arguments)], input=text, text=True, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


class Page:
    """Samples by (name, labels as a sorted tuple)."""

    def __init__(self, text):
        self.text = text
        self.samples = {}
        family = None
        assert text.endswith("\n")
        for line in text.splitlines():
            if line.startswith("# HELP "):
                family = line.split()[2]
                assert len(line.split()) > 3, line
            elif line.startswith("# TYPE "):
                assert line.split()[2] == family
                kind = line.split()[3]
            else:
                name, labels, value = SAMPLE.fullmatch(line).groups()
                assert name == family or (kind == "histogram" and name in (f"{family}_bucket", f"{family}_sum", f"{family}_count")), line
                key = name, tuple(sorted(re.findall(r'([a-z_]+)="([^"]*)"', labels or "")))
                assert key not in self.samples, f"twice: {line}"
                self.samples[key] = float(value)
        self.check_histograms()

    def check_histograms(self):
        buckets = collections.defaultdict(list)
        for (name, labels), value in self.samples.items():
            if name.endswith("_bucket"):
                rest = tuple(x for x in labels if x[0] != "le")
                buckets[name[:-7], rest].append((float(dict(labels)["le"]), value))
        for (name, labels), rows in buckets.items():
            rows.sort()
            values = [v for _, v in rows]
            assert values == sorted(values), f"buckets of {name}{labels} fall"
            assert rows[-1][0] == float("inf") and rows[-1][1] == self.samples[f"{name}_count", labels]
            assert (self.samples[f"{name}_sum", labels] == 0) <= (rows[-1][1] == 0 or rows[0][1] > 0)

    def get(self, name, **labels):
        return self.samples.get((name, tuple(sorted(labels.items()))), 0)

    def total(self, name, **labels):
        return sum(v for (n, all), v in self.samples.items() if n == name and set(labels.items()) <= set(all))

    def has(self, name):
        return any(n == name for n, _ in self.samples)

    def fell(self, later):
        """What a counter may never do: [(sample, before, after)]."""
        return [(key, value, later.samples.get(key)) for key, value in self.samples.items()
                if key[0].endswith(("_total", "_bucket", "_sum", "_count")) and not later.samples.get(key, -1) >= value]


def read(stack, client=None):
    answer = (client or httpx).get(f"http://127.0.0.1:{stack.settings['METRICS_PORT']}/metrics", timeout=30)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store"
    return Page(answer.text)
