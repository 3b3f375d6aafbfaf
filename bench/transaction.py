#!/usr/bin/python3
"""Makes a pgbench script of the last transaction in a PostgreSQL log (log_statement = all): what the server was really
asked, so that the comparison stays true when a statement changes.

Usage: transaction.py LOG SCRIPT. Prints pgbench's -D options, one a line; parameters stay parameters, NULLs are literals.
"""
import re
import sys

BEGIN = re.compile(r"^begin\b", re.I)
END = re.compile(r"^commit\b", re.I)


def transactions(path):
    """Lists of (statement, {number: value or None}), by backend."""
    running, last = {}, {}
    for line in open(path, encoding="utf-8"):
        head = re.match(r"^\S+ \S+ \S+ \[(\d+)\] (LOG|DETAIL):  (.*)$", line.rstrip("\n"))
        if not head:
            continue
        pid, kind, text = head.groups()
        if kind == "LOG":
            statement = re.match(r"^(?:execute [^:]+|statement): (.*)$", text)
            if not statement:
                continue
            sql = statement.group(1)
            if BEGIN.match(sql):
                running[pid] = []
            if pid in running:
                running[pid].append((sql, {}))
                if END.match(sql):
                    last = running.pop(pid)
        elif text.startswith("parameters: ") and (running.get(pid) or last):
            values = (running.get(pid) or last)[-1][1]
            for number, quoted in re.findall(r"\$(\d+) = (NULL|'(?:[^']|'')*')", text):
                values[int(number)] = None if quoted == "NULL" else quoted[1:-1].replace("''", "'")
    return last


statements = transactions(sys.argv[1])
if not statements:
    sys.exit("transaction.py: no transaction in " + sys.argv[1])
options, script = [], ["\\startpipeline"]
for index, (sql, values) in enumerate(statements):

    def place(match):
        value = values[int(match.group(1))]
        return "null" if value is None else ":p%d_%s" % (index, match.group(1))

    script.append(re.sub(r"\$(\d+)", place, sql) + ";")
    options += ["p%d_%d=%s" % (index, n, v) for n, v in sorted(values.items()) if v is not None]
script.append("\\endpipeline")
open(sys.argv[2], "w", encoding="utf-8").write("\n".join(script) + "\n")
print("\n".join(options))
