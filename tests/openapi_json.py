#!/usr/bin/python3
"""Writes docs/openapi.json from docs/openapi.yaml; with --check only tells whether the two agree (exit 1 when not).

People edit the YAML; the JSON is kept in the tree so that neither building nor running needs a YAML parser."""
import json
import pathlib
import sys

import yaml

DOCS = pathlib.Path(__file__).resolve().parent.parent / "docs"


def rendered():
    with open(DOCS / "openapi.yaml", encoding="utf-8") as f:
        return json.dumps(yaml.safe_load(f), ensure_ascii=False, separators=(",", ":"), allow_nan=False) + "\n"


def main():
    target = DOCS / "openapi.json"
    if "--check" in sys.argv[1:]:
        if not target.exists() or target.read_text(encoding="utf-8") != rendered():
            sys.exit("docs/openapi.json is older than docs/openapi.yaml: run tests/openapi_json.py")
        return
    target.write_text(rendered(), encoding="utf-8")


if __name__ == "__main__":
    main()
