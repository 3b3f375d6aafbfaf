#!/usr/bin/python3
"""Adds up test results: count_tests.py [--meson LOG]... [--programs LOG]... [--junit XML]... [--extra PASSED FAILED WHAT]...

--meson: meson's testlog.json of TAP programs, each `ok` line is a test; a program that died without saying which test
failed, or that holds no test, counts as one failure. --programs: the same file, but each program is one test (for repeated runs). Prints what
failed, then one line that counts; exit status 1 when anything failed or nothing ran.
"""
import json
import re
import sys
import xml.etree.ElementTree as xml

passed, failed, skipped, names = 0, 0, 0, []


def fail(name, n=1):
    global failed
    failed += n
    names.append(name)


def meson(path, by_program):
    global passed, skipped
    for line in open(path, encoding="utf-8", errors="replace"):
        run = json.loads(line)
        good = run["result"] in ("OK", "EXPECTEDFAIL")
        if run["result"] == "SKIP" and re.search(r"^1\.\.0\s*$", run.get("stdout") or "", re.M):
            fail(run["name"] + ": holds no test")
        elif run["result"] == "SKIP":
            skipped += 1
        elif by_program or not re.search(r"^(not )?ok\b", run.get("stdout") or "", re.M):
            if good:
                passed += 1
            else:
                fail(run["name"])
        else:
            bad = 0
            for verdict, text in re.findall(r"^(not ok|ok)\b[ \d-]*(.*)$", run["stdout"], re.M):
                if re.search(r"#\s*skip", text, re.I):
                    skipped += 1
                elif verdict == "ok":
                    passed += 1
                else:
                    bad += 1
                    fail(run["name"] + ": " + text)
            if not good and not bad:
                fail("%s: %s, exit status %s" % (run["name"], run["result"], run.get("returncode")))


def junit(path):
    global passed, skipped
    for case in xml.parse(path).iter("testcase"):
        name = "%s::%s" % (case.get("classname"), case.get("name"))
        if case.find("failure") is not None or case.find("error") is not None:
            fail(name)
        elif case.find("skipped") is not None:
            skipped += 1
        else:
            passed += 1


args = sys.argv[1:]
while args:
    option = args.pop(0)
    if option == "--meson":
        meson(args.pop(0), False)
    elif option == "--programs":
        meson(args.pop(0), True)
    elif option == "--junit":
        junit(args.pop(0))
    elif option == "--extra":
        good, bad, what = int(args.pop(0)), int(args.pop(0)), args.pop(0)
        passed += good
        if bad:
            fail(what, bad)
    else:
        sys.exit("count_tests: unknown option " + option)
for name in names:
    print("FAILED", name)
print("%d passed, %d failed%s" % (passed, failed, ", %d skipped" % skipped if skipped else ""))
sys.exit(1 if failed or not passed else 0)
