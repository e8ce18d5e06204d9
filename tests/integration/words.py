#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every command, verb and option that musterctl takes stands in its help, in its manual page and in its completions.

Usage: words.py MUSTERCTL
"""
import re
import subprocess
import sys
import unittest
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2]
PROGRAM = sys.argv.pop(1)


def taken():
    """(command, verb) -> options, of the parser's own table."""
    text = (SOURCE / "app/musterctl/commandline.cpp").read_text()
    rows = re.findall(r'^    \{"(\w+)", "(\w*)", [\w:]+, \{([^}]*)\}\},$', text, re.MULTILINE)
    return {(command, verb): set(re.findall(r'"(-[-\w]+)"', options)) for command, verb, options in rows}


def helped():
    """The same, of the help."""
    uses = {}
    for line in subprocess.run([PROGRAM, "--help"], text=True, capture_output=True, check=True).stdout.splitlines():
        if line.startswith("  musterctl "):
            _, command, first, *_ = line.split()
            verbs = first.split("|") if re.fullmatch(r"[a-z|]+", first) else [""]
            for verb in verbs:
                uses[command, verb] = set(re.findall(r"(?:^|[ \[(])(-[-\w]+)", line))
    return uses


def written():
    """The same, of the manual page's synopsis: a block begins with .Nm, its second line names command and verbs."""
    text = (SOURCE / "packaging/man/musterctl.1").read_text()
    synopsis = text.partition(".Sh SYNOPSIS\n")[2].partition(".Sh ")[0]
    uses = {}
    for block in synopsis.split(".Nm\n")[1:]:
        command, *verbs = block.splitlines()[0].removeprefix(".Cm ").replace("|", " ").split()
        for verb in verbs or [""]:
            uses[command, verb] = {"-" + word for word in re.findall(r"Fl (-?[-\w]+)", block)}
    return uses


def completed(*words):
    """What bash offers after those words."""
    script = (f'source "{SOURCE}/packaging/completions/musterctl"; COMP_WORDS=("$@" ""); COMP_CWORD=$#; _musterctl; printf "%s\\n" "${{COMPREPLY[@]}}"')
    done = subprocess.run(["bash", "-c", script, "bash", PROGRAM, *words], text=True, capture_output=True, check=True, cwd="/", stdin=subprocess.DEVNULL)
    return set(done.stdout.split())


class Words(unittest.TestCase):
    def test_the_table_was_found(self):
        self.assertGreater(len(taken()), 25)
        self.assertIn("--max-latency", taken()["cache", "flush"])

    def test_help_has_them_all(self):
        self.assertEqual({use: options - {"-e"} for use, options in helped().items()}, taken())

    def test_manual_has_them_all(self):
        self.assertEqual(written(), helped())

    def test_completions_have_them_all(self):
        self.assertTrue({command for command, _ in taken()} <= completed())
        for (command, verb), options in helped().items():
            with self.subTest(command=command, verb=verb):
                if verb:
                    self.assertIn(verb, completed(command))
                self.assertTrue(options <= completed(*([command, verb] if verb else [command])), completed(command, verb))

    def test_completions_know_what_follows_an_option(self):
        self.assertEqual(completed("report", "-e", "shop", "--format"), {"pdf", "html", "markdown", "json", "csv"})
        self.assertTrue({"table", "nagios"} <= completed("check", "--output"))
        self.assertNotIn("--yes", completed("cache", "count"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
