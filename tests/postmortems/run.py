#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plays the post-mortems of one family.

Usage: run.py DIRECTORY_OF_THE_PROGRAMS FAMILY [CASE...]     e.g. run.py build/dev/app backup PM-07
"""
import importlib
import sys
import tempfile

import kit


def main():
    programs, family, *only = sys.argv[1:]
    importlib.import_module(f"pm_{family}")
    known = {one.id for one in kit.CASES}
    if set(only) - known or not known:
        sys.exit(f"no such case; there are: {', '.join(sorted(known))}")
    with tempfile.TemporaryDirectory(prefix="muster-pm-") as folder:
        failed = kit.run(programs, folder, only)
    print(f"{len(only or known) - failed} of {len(only or known)} held")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
