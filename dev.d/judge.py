#!/usr/bin/python3
"""Whether the requirements that are found in a document are real ones, as people have judged a sample of them.

    judge.py SCORPIUS JUDGED FILE          the share of real ones among the judged that are still found; 1 when below 0.8
    judge.py SCORPIUS --draw N SEED FILE   N of them at random, with their words, to be judged by hand

The list keeps ids, pages and verdicts only: the document stays where it is."""

import json
import random
import subprocess
import sys

ENOUGH = 0.8


def found(scorpius, path):
    out = subprocess.run([scorpius, "analyze", "--json", path], stdout=subprocess.PIPE, check=True).stdout
    return {q["id"]: q for q in json.loads(out)["requirements"]}


def page(q):
    return q["evidence"][0].get("page") or q["evidence"][0].get("paragraph") or "-"


def draw(n, seed, requirements):
    random.seed(seed)
    for id_ in random.sample(sorted(requirements), min(n, len(requirements))):
        q = requirements[id_]
        print(id_, page(q), q["priority"], q["section"], q["text"], sep="\t")


def judge(path, requirements):
    with open(path, encoding="utf-8") as f:
        rows = [line.rstrip("\n").split("\t") for line in f if line.strip() and not line.startswith("#")]
    still = [row for row in rows if row[0] in requirements]
    real = [row for row in still if row[2] == "real"]
    for id_, where, verdict in rows:
        if id_ not in requirements:
            print(f"  not found today: {id_} (page {where}, {verdict})")
    if not still:
        sys.exit("none of the judged requirements is found in this document: it is another one")
    share = len(real) / len(still)
    lost = sum(row[2] == "real" for row in rows) - len(real)
    print(f"{len(requirements)} requirements; {len(still)} of {len(rows)} judged ones are found, {len(real)} of them real: {share:.2f} "
          f"(wanted: {ENOUGH}); {lost} real ones are no longer found")
    return share >= ENOUGH


if __name__ == "__main__":
    if len(sys.argv) == 6 and sys.argv[2] == "--draw":
        draw(int(sys.argv[3]), int(sys.argv[4]), found(sys.argv[1], sys.argv[5]))
    elif len(sys.argv) == 4:
        sys.exit(0 if judge(sys.argv[2], found(sys.argv[1], sys.argv[3])) else 1)
    else:
        sys.exit(__doc__)
