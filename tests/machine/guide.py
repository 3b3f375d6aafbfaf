#!/usr/bin/python3
"""The commands of a guide: its ```sh blocks. A comment on the line before a block, <!-- machine: MARK -->, says where they run:

  (none)             on the machine, when it is installed, in the order of the page
  done-before-boot   nothing to do there: packages, which need a network, are in the root already
  not-here           on no machine of the trial: another one, the world outside or a person is needed; more words may tell why
  upgrade, rollback, restore, scaling...   at that step of the trial

guide.py FILE list MARK... prints number, place and first command of the blocks with these marks ("install": those without);
guide.py FILE block N prints one. Blocks below a heading that names Docker are of another trial.
"""
import re
import sys
from dataclasses import dataclass


@dataclass
class Block:
    number: int
    line: int
    chapter: str
    heading: str
    mark: str
    text: str

    @property
    def commands(self):
        """Without comments: what must be the same in every language."""
        return [re.sub(r"\s+#\s.*$", "", line).rstrip() for line in self.text.splitlines()
                if line.strip() and not line.lstrip().startswith("#")]


def blocks(path):
    found, chapter, heading, mark, text = [], "", "", None, None
    for number, line in enumerate(open(path, encoding="utf-8"), 1):
        line = line.rstrip("\n")
        if text is not None:
            if line == "```":
                found.append(Block(len(found) + 1, start, chapter, heading, mark or "install", "\n".join(text) + "\n"))
                text = mark = None
            else:
                text.append(line)
        elif line == "```sh":
            text, start = [], number
        elif line.startswith("#"):
            heading = line.lstrip("# ")
            chapter = heading if line.startswith("## ") else chapter
            mark = None
        elif given := re.fullmatch(r"<!-- machine: ([a-z-]+)\b.* ?-->", line):
            mark = given[1]
        elif line.strip():
            mark = None
    assert text is None, "a block that begins at line %d does not end" % start
    return found


def main():
    path, command, *args = sys.argv[1:]
    for block in blocks(path):
        if command == "list" and block.mark in args and "Docker" not in block.chapter:
            print("%d\t%s: %s" % (block.number, block.heading, block.commands[0]))
        if command == "block" and str(block.number) in args:
            print(block.text, end="")


if __name__ == "__main__":
    main()
