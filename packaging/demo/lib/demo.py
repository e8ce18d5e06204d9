#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What up, down, fix and break do; those are thin scripts around this one."""
import argparse
import os
import sys
import time
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))

# pylint: disable=wrong-import-position
import environment
import items
import stack
import troubles
from place import DemoError, Place


def default_folder():
    data = os.environ.get("XDG_DATA_HOME") or os.path.expanduser("~/.local/share")
    return os.path.join(data, "muster/demo")


def say(text):
    print(f"{text} ...", file=sys.stderr, flush=True)


def up(options):
    started = time.monotonic()
    place = Place(options.dir)
    with place.locked():
        for name in place.replace_taken_ports():
            print(f"the port of {name} is taken by another program: now {place.port(name)}", file=sys.stderr)
        stack.start(place, say)
        path = environment.write(place)
    print(f"production runs ({time.monotonic() - started:.1f} s): {path}", file=sys.stderr)
    return 0


def down(options):
    if not Path(options.dir).is_dir():
        print(f"nothing there: {options.dir}", file=sys.stderr)
        return 0
    place = Place(options.dir)
    with place.locked():
        is_gone = stack.stop(place)
    print("stopped" if is_gone else "not everything stopped", file=sys.stderr)
    return 0 if is_gone else 1


def change(options):
    is_fixed = options.command == "fix"
    place = Place(options.dir)
    with place.locked():
        if not place.names():
            raise DemoError(f"no demo runs in {place.root}: start it with packaging/demo/up")
        chosen = {"all": list(items.ITEMS), "must": items.MUST}.get(options.item, [options.item])
        failed = []
        for item in chosen:
            try:
                if ":" in item:
                    troubles.set_trouble(place, item, not is_fixed)
                else:
                    items.set_item(place, item, is_fixed)
                print(f"{item}: {'fixed' if is_fixed else 'broken again'}", flush=True)
            except DemoError as error:
                failed.append(str(error))
        for text in failed:
            print(text, file=sys.stderr)
    return 1 if failed else 0


def binary(options):
    """Prints the path of a program of ours; 1 when it is not built."""
    found = items.binary(options.name)
    if found:
        print(found)
    return 0 if found else 1


def main():
    parser = argparse.ArgumentParser(prog="packaging/demo/...", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, function in (("up", up), ("down", down), ("fix", change), ("break", change), ("binary", binary)):
        command = commands.add_parser(name, prog=f"packaging/demo/{name}")
        command.set_defaults(function=function)
        if name == "binary":
            command.add_argument("name")
        else:
            command.add_argument("--dir", default=default_folder(), help="the demo's directory (default: %(default)s)")
        if name in ("fix", "break"):
            words = f"an item of the plan ({', '.join(items.ITEMS)}), all, must, or a trouble: {', '.join(troubles.names())}"
            command.add_argument("item", help=words, metavar="ITEM|all|must|TROUBLE")
    options = parser.parse_args()
    try:
        return options.function(options)
    except DemoError as error:
        print(f"{parser.prog.rstrip('.')}{options.command}: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
