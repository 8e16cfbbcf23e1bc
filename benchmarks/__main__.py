"""Every benchmark, one after another: `python benchmarks [--smoke]`.

Each prints its own table; the figures that miss their goal follow at the end.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from bench.report import arguments

MISSED = (" NO", "| no |")
"""How a line of a table ends, in plain text and in Markdown, where a goal is missed."""


def main() -> int:
    """0 if every script ran to its end, whatever it measured."""
    options = ["--smoke"] if arguments(__doc__ or "").smoke else []
    missed, broken = list[str](), list[str]()
    for script in sorted(Path(__file__).parent.glob("[!_]*.py")):
        print(f"== {script.name}", flush=True)
        process = subprocess.Popen([sys.executable, script, *options], stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        lines = 0
        for line in process.stdout:
            print(line, end="", flush=True)
            lines += 1
            if line.rstrip().endswith(MISSED):
                missed.append(f"{script.stem}: {line.rstrip()}")
        code = process.wait()
        if code and (options or not lines or code != 1):
            broken.append(f"{script.name} ended with {code}")
    print("== goals missed" if missed else "== every goal met")
    print("\n".join(missed))
    print("\n".join(broken), file=sys.stderr)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
