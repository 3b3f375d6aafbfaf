#!/usr/bin/python3
"""Writes docs/errors.md from lib/base/error_list.h (a test compares the two)."""
import collections
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parent.parent
LIST = ROOT / "lib" / "base" / "error_list.h"
PAGE = ROOT / "docs" / "errors.md"

Row = collections.namedtuple("Row", "name id status exit english french")
ROW = re.compile(r'X\((\w+), "([a-z_0-9]+)", (\d+), (\d+), "((?:[^"\\]|\\.)*)", "((?:[^"\\]|\\.)*)"\)')

HEAD = """# Errors

Every error has a stable `code`; programs should look at it and at nothing else. The texts are for people: French when
`Accept-Language` prefers French, English otherwise. Words in braces are replaced. `exit` is the exit status of the
command line for the same error. This page is written by `tests/errors_md.py` from `lib/base/error_list.h`.

| code | HTTP | exit | English | French |
|---|---|---|---|---|
"""


def rows():
    text = LIST.read_text(encoding="utf-8")
    found = [Row(n, i, int(s), int(x), e, f.replace("\\u00a0", "\u00a0")) for n, i, s, x, e, f in ROW.findall(text)]
    assert len(found) == len(re.findall(r"^\s*X\(", text, re.M)), "a row of the list was not understood"
    return found


def cell(text):
    return text.replace('\\"', '"').replace("|", "\\|")


def rendered():
    return HEAD + "".join(f"| `{r.id}` | {r.status} | {r.exit} | {cell(r.english)} | {cell(r.french)} |\n"
                          for r in rows() if r.id != "ok")


if __name__ == "__main__":
    PAGE.write_text(rendered(), encoding="utf-8")
