#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeps the house as ARCHITECTURE.md draws it: include direction, library headers inside their wrapper, banned calls, file sizes.

Usage: arch.py SOURCE_DIR      prints each violation as "file:line: what", exits 1 if there is one.
       arch.py --self-test     proves that every rule can fail.
"""
import pathlib
import re
import sys

# folder -> folders of the house that it may include
MAY_INCLUDE = {
    "models": {"models"},
    "connectors": {"models", "connectors"},
    "ui": {"models", "ui"},
    "app": {"models", "connectors", "ui", "app"},
    "tests": {"models", "connectors", "ui", "app", "tests"},
}

# library header (regex on the include) -> path prefixes that may name it
WRAPPED = [
    (r"^pqxx/|^libpq-fe\.h|^libpq/", ["connectors/postgres/"]),
    (r"^hiredis/", ["connectors/redis/"]),
    (r"^curl/", ["connectors/http/", "connectors/imap/"]),
    (r"^openssl/", ["connectors/net/", "connectors/tls/", "connectors/smtp/", "connectors/http/", "connectors/files/", "connectors/dns/"]),
    (r"^nlohmann/", ["connectors/", "app/"]),
    (r"^(qt6)?keychain|^qtkeychain/|^qt6keychain/", ["connectors/secrets/"]),
    (r"^QSql", ["connectors/history/"]),
    (r"^pango/|^cairo", ["app/report/"]),
    (r"^yaml-cpp/", ["connectors/yaml/"]),
    (r"^(Qt(Widgets|Gui|Charts)/|QWidget|QChart|QPainter|QIcon|QLabel|QMainWindow)", ["ui/", "app/muster/"]),
    (r"^ares|^libpsl\.h", ["connectors/dns/"]),
    (r"^sys/socket\.h|^netdb\.h|^netinet/", ["connectors/net/", "connectors/dns/", "connectors/http/", "connectors/postgres/", "tests/"]),
]

BANNED = [
    (r"\bprocessEvents\b", "processEvents re-enters the event loop", ["models", "connectors", "ui", "app"]),
    (r"\bQEventLoop\b", "nested event loops are banned", ["models", "connectors", "ui", "app"]),
    (r"(\.|->)exec\(\s*\)", "exec() blocks in a nested loop; use open()", ["ui", "models"]),
    (r"\bstd::system\b|\bpopen\(|\bQProcess\b", "child tools get argument lists through connectors/process", ["models", "connectors", "ui", "app"]),
    (r"\bq(Debug|Warning|Critical|Info)\(\s*\)", "log through a category", ["models", "connectors", "ui", "app"]),
    (r"\bsetUseOpenGL\b", "crashes offscreen", ["ui"]),
    (r"\bQSKIP\b|\bQEXPECT_FAIL\b", "a skipped test is a failing one", ["tests"]),
    (r"\bSIGNAL\(|\bSLOT\(", "connect by function pointer", ["models", "ui", "app", "tests"]),
    (r"\bQNetworkAccessManager\b", "HTTP goes through libcurl", ["models", "connectors", "ui", "app"]),
    (r"#define\s+private\s+public", "tests do not reach into privates", ["tests"]),
]
# models/facts/fault.h lists them; connectors whose faults belong to a source
STAGES = {"configuration", "secret", "dns", "tcp", "tls", "protocol", "auth", "privileges", "role", "query", "file", "deadline"}
STAGED = re.compile(r"connectors/(dns|http|net|pgbouncer|postgres|prometheus|redis|samples|secrets|smtp|tls)/")
LINE_LIMIT = 400
SOURCES = {".cpp", ".h"}
TOP_LEVEL = {"app", "ui", "models", "connectors", "resources", "tests", "packaging"}


def code_lines(text):
    """Lines without // comments and without string contents, so that words in prose do not count."""
    for number, line in enumerate(text.splitlines(), 1):
        line = re.sub(r'"(\\.|[^"\\])*"', '""', line) if not line.lstrip().startswith("#include") else line
        yield number, line.split("//")[0]


def check_file(path, text):
    """path is relative, with slashes. Yields (line, what)."""
    folder = path.split("/")[0]
    for number, line in code_lines(text):
        found = re.match(r'\s*#\s*include\s+["<]([^">]+)[">]', line)
        if found:
            yield from ((number, what) for what in check_include(path, folder, found.group(1)))
            continue
        for pattern, why, folders in BANNED:
            if folder in folders and re.search(pattern, line):
                yield number, why
    if STAGED.match(path):
        for number, line in enumerate(text.splitlines(), 1):
            for stage in re.findall(r'FaultKind::\w+,\s*"([a-z][a-z -]*)"', line):
                if stage not in STAGES:
                    yield number, f'"{stage}" is no stage of models/facts/fault.h'
    if "SPDX-License-Identifier" not in text.split("\n", 1)[0]:
        yield 1, "the first line must be the SPDX line"
    length = text.count("\n")
    if length > LINE_LIMIT and folder != "tests":
        yield length, f"{length} lines; the limit is {LINE_LIMIT}"


def check_include(path, folder, include):
    target = include.split("/")[0]
    if target in MAY_INCLUDE and target not in MAY_INCLUDE.get(folder, set()):
        yield f'"{folder}" must not include "{target}" ({include})'
    for pattern, prefixes in WRAPPED:
        if re.search(pattern, include) and folder != "tests" and not any(path.startswith(prefix) for prefix in prefixes):
            yield f"<{include}> belongs behind {', '.join(prefixes)}"


def check_tree(root):
    for path in sorted(root.rglob("*")):
        relative = path.relative_to(root).as_posix()
        if path.suffix in SOURCES and relative.split("/")[0] in MAY_INCLUDE:
            for line, what in check_file(relative, path.read_text(encoding="utf-8", errors="replace")):
                yield f"{relative}:{line}: {what}"
    for path in sorted(root.iterdir()):
        if path.is_dir() and not path.name.startswith(".") and path.name not in TOP_LEVEL | {"build"}:
            yield f"{path.name}: folder outside the agreed layout"


SPDX = "// SPDX-License-Identifier: GPL-3.0-or-later\n"
MUST_FAIL = [
    ("models/a.cpp", '#include "connectors/net/stream.h"\n'),
    ("ui/a.cpp", '#include "connectors/net/stream.h"\n'),
    ("connectors/a/a.cpp", '#include "ui/page.h"\n'),
    ("connectors/redis/a.cpp", "#include <pqxx/pqxx>\n"),
    ("app/a.cpp", "#include <curl/curl.h>\n"),
    ("connectors/http/a.cpp", "#include <yaml-cpp/yaml.h>\n"),
    ("models/a.cpp", "#include <QWidget>\n"),
    ("ui/a.cpp", "dialog.exec();\n"),
    ("ui/a.cpp", "QCoreApplication::processEvents();\n"),
    ("connectors/a/a.cpp", "std::system(command);\n"),
    ("tests/unit/a.cpp", "QSKIP(reason);\n"),
    ("app/a.cpp", "qWarning() << x;\n"),
    ("models/a.cpp", "x\n" * (LINE_LIMIT + 1)),
    ("connectors/redis/a.cpp", 'return {FaultKind::Timeout, "read", {}, {}};\n'),
]
MUST_PASS = [
    ("app/a.cpp", '#include "connectors/net/stream.h"\n#include "ui/page.h"\n'),
    ("connectors/redis/a.cpp", "#include <hiredis/hiredis.h>\n"),
    ("connectors/redis/a.cpp", 'return {FaultKind::Timeout, "query", {}, {}};\n'),
    ("ui/a.cpp", "// never call dialog.exec() here\nshow(\"processEvents\");\n"),
]


def self_test():
    failures = [f"not caught: {path}: {text!r}" for path, text in MUST_FAIL if not list(check_file(path, SPDX + text))]
    failures += [f"wrongly caught: {path}: {list(check_file(path, SPDX + text))}" for path, text in MUST_PASS if list(check_file(path, SPDX + text))]
    if not list(check_file("models/a.cpp", "int x;\n")):
        failures.append("not caught: missing SPDX line")
    return failures


def main():
    found = self_test() if sys.argv[1] == "--self-test" else list(check_tree(pathlib.Path(sys.argv[1])))
    print("\n".join(found) if found else "the house stands as drawn")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
