#!/usr/bin/env python3
"""Counts the instructions of one iteration of each benchmark in bench_micro, by callgrind, and compares with
instructions.json: a count that has grown by more than 5 % fails. Counts do not depend on how busy the machine is.

  instructions.py PROGRAM            compare
  instructions.py PROGRAM --update   write what was counted; for a change that is worth its instructions
"""

import json
import os
import pathlib
import re
import subprocess
import sys

FILE = pathlib.Path(__file__).with_name("instructions.json")
MOST_GROWTH = 1.05
FEW, MANY = 20, 120  # iterations; the difference leaves out what the start costs


def names(program):
    listed = subprocess.run([program, "--benchmark_list_tests"], check=True, capture_output=True, text=True).stdout
    return listed.split()


def instructions(program, name, iterations):
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", program,
               f"--benchmark_filter=^{name}/iterations:{iterations}$"]
    run = subprocess.run(command, check=True, capture_output=True, text=True,
                         env={"PATH": os.environ["PATH"], "MICRO_ITERATIONS": str(iterations)})
    return int(re.search(r"Collected : (\d+)", run.stderr).group(1))


def for_one(program, name):
    return (instructions(program, name, MANY) - instructions(program, name, FEW)) // (MANY - FEW)


def compare(counted, allowed):
    """What is wrong, a line each."""
    wrong = [f"{name} is not in {FILE.name}: run with --update" for name in counted if name not in allowed]
    wrong += [f"{name} is in {FILE.name} and no benchmark: run with --update" for name in allowed
              if name not in counted]
    for name in counted.keys() & allowed.keys():
        growth = counted[name] / allowed[name]
        print(f"{name:20} {counted[name]:10,} instructions, {growth - 1:+.1%}")
        if growth > MOST_GROWTH:
            wrong.append(f"{name} takes {counted[name]:,} instructions, {growth - 1:+.1%} beyond {FILE.name}")
    return wrong


def main():
    program = sys.argv[1]
    counted = {name: for_one(program, name) for name in names(program)}
    if sys.argv[2:] == ["--update"]:
        FILE.write_text(json.dumps(counted, indent=2) + "\n")
        return 0
    wrong = compare(counted, json.loads(FILE.read_text()))
    print("\n".join(wrong), file=sys.stderr, end="\n" if wrong else "")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
