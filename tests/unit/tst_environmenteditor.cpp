// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/environment/environmenteditor.h"

#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <fstream>
#include <random>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace muster;
using namespace muster::environment;
using namespace std::chrono_literals;

namespace {

constexpr std::chrono::sys_days kUntil{2027y / 3 / 31};

readiness::Waiver waiver(const std::string &check, const std::string &reason = "internal users only", const std::string &owner = "ops")
{
    return {check, owner, reason, kUntil};
}

// JSON in test rows is written with single quotes.
std::string json(std::string text)
{
    std::ranges::replace(text, '\'', '"');
    return text;
}

std::string textOf(const Edited &edited)
{
    return edited ? *edited : "PROBLEM " + describe(edited.error(), "file");
}

const std::string kEntry = json("{ 'check': 'a/b', 'owner': 'ops', 'reason': 'internal users only', 'until': '2027-03-31' }");

std::string read(const QString &path)
{
    std::ifstream in(path.toStdString(), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

void write(const QString &path, const std::string &bytes)
{
    std::ofstream(path.toStdString(), std::ios::binary) << bytes;
}

} // namespace

class EnvironmentEditorTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void changesNothingElse_data();
    void changesNothingElse();
    void takesOut_data();
    void takesOut();
    void keepsHostileTextAsText_data();
    void keepsHostileTextAsText();
    void refuses_data();
    void refuses();
    void keepsEveryByteOfALongFile();
    void undoesWhatItDid();
    void neverCorruptsAnyLayout();
    void writesThroughALinkAndKeepsTheMode();
    void refusesAFileThatChangedMeanwhile();
    void refusesWhileAnotherWrites();
    void refusesAReadOnlyFile();
    void leavesAFileWithAProblemAlone();
};

void EnvironmentEditorTest::changesNothingElse_data()
{
    QTest::addColumn<QString>("before");
    QTest::addColumn<QString>("after");
    const auto row = [](const char *tag, const std::string &before, std::string after) {
        if (const auto at = after.find("ENTRY"); at != std::string::npos)
            after.replace(at, 5, kEntry);
        QTest::newRow(tag) << QString::fromStdString(json(before)) << QString::fromStdString(json(after));
    };
    row("one line", "{'name':'x','kind':'staging'}", "{'name':'x','kind':'staging', 'waivers': [ ENTRY ]}");
    row("one line with an end", "{'name':'x','kind':'staging'}\n", "{'name':'x','kind':'staging', 'waivers': [ ENTRY ]}\n");
    row("lines", "{\n  'name': 'x',\n  'kind': 'staging'\n}\n", "{\n  'name': 'x',\n  'kind': 'staging',\n  'waivers': [ ENTRY ]\n}\n");
    row("CRLF and tabs", "{\r\n\t'name': 'x',\r\n\t'kind': 'staging'\r\n}\r\n", "{\r\n\t'name': 'x',\r\n\t'kind': 'staging',\r\n\t'waivers': [ ENTRY ]\r\n}\r\n");
    row("first on the brace's line", "{ 'name': 'x',\n  'kind': 'staging' }", "{ 'name': 'x',\n  'kind': 'staging',\n  'waivers': [ ENTRY ] }");
    row("byte order mark", "\xEF\xBB\xBF{ 'name': 'x',\n  'kind': 'staging' }", "\xEF\xBB\xBF{ 'name': 'x',\n  'kind': 'staging',\n  'waivers': [ ENTRY ] }");
    row("comment behind the last", "{\n  'name': 'x',\n  'kind': 'staging' // of course\n}", "{\n  'name': 'x',\n  'kind': 'staging', // of course\n  'waivers': [ ENTRY ]\n}");
    row("comment below the last", "{\n  'name': 'x', 'kind': 'staging'\n  // the end\n}", "{\n  'name': 'x', 'kind': 'staging',\n  'waivers': [ ENTRY ]\n  // the end\n}");
    row("block comments", "/* a */ { /* b { */ 'name': 'x', 'kind': 'staging' /* ] */ } // end", "/* a */ { /* b { */ 'name': 'x', 'kind': 'staging', /* ] */ 'waivers': [ ENTRY ] } // end");
    row("the word in a text", "{'name':'x','kind':'staging','x-note':'\\\\','x-more':'waivers: [] // ] }'}",
        "{'name':'x','kind':'staging','x-note':'\\\\','x-more':'waivers: [] // ] }', 'waivers': [ ENTRY ]}");
    row("the word in a comment", "{ // 'waivers': [],\n  'name':'x','kind':'staging' }", "{ // 'waivers': [],\n  'name':'x','kind':'staging',\n  'waivers': [ ENTRY ] }");
    row("the word deeper down", "{'x-a':{'waivers':[1]},'name':'x','kind':'staging'}", "{'x-a':{'waivers':[1]},'name':'x','kind':'staging', 'waivers': [ ENTRY ]}");
    row("empty list", "{'waivers':[],'name':'x','kind':'staging'}", "{'waivers':[ ENTRY ],'name':'x','kind':'staging'}");
    row("empty list with a blank", "{'waivers': [ ],'name':'x','kind':'staging'}", "{'waivers': [ ENTRY ],'name':'x','kind':'staging'}");
    row("empty list with a comment", "{\n  'waivers': [\n    // none yet\n  ],\n  'name':'x','kind':'staging'\n}", "{\n  'waivers': [\n    // none yet\n    ENTRY\n  ],\n  'name':'x','kind':'staging'\n}");
    row("empty list on two lines", "{\n  'waivers': [\n  ],\n  'name':'x','kind':'staging'\n}", "{\n  'waivers': [\n    ENTRY\n  ],\n  'name':'x','kind':'staging'\n}");
    row("null", "{'waivers': null,'name':'x','kind':'staging'}", "{'waivers': [ ENTRY ],'name':'x','kind':'staging'}");
    row("escaped key", "{'w\\u0061ivers':[],'name':'x','kind':'staging'}", "{'w\\u0061ivers':[ ENTRY ],'name':'x','kind':'staging'}");
    const std::string other = "{ 'check': 'c/d', 'owner': 'o', 'reason': 'r', 'until': '2026-01-01' }";
    row("second, lines", "{ 'name':'x','kind':'staging',\n  'waivers': [\n    " + other + " // until then\n  ] }",
        "{ 'name':'x','kind':'staging',\n  'waivers': [\n    " + other + ", // until then\n    ENTRY\n  ] }");
    row("second, beside the bracket", "{ 'name':'x','kind':'staging',\n  'waivers': [ " + other + " ] }", "{ 'name':'x','kind':'staging',\n  'waivers': [ " + other + ",\n               ENTRY ] }");
    row("second, one line", "{'name':'x','kind':'staging','waivers':[" + other + "]}", "{'name':'x','kind':'staging','waivers':[" + other + ", ENTRY]}");
    row("replaced inside", "{'name':'x','kind':'staging','waivers':[ {'until':'2026-01-01', // old\n 'reason':'because','x-ticket':7,'owner':'me','check':'a\\/b'}]}",
        "{'name':'x','kind':'staging','waivers':[ {'until':'2027-03-31', // old\n 'reason':'internal users only','x-ticket':7,'owner':'ops','check':'a\\/b'}]}");
    row("twice becomes once", "{'name':'x','kind':'staging','waivers':[{'until':'2026-01-01','reason':'1','owner':'1','check':'a/b'}, {'until':'2026-01-02','reason':'2','owner':'2','check':'a/b'}]}",
        "{'name':'x','kind':'staging','waivers':[{'until':'2027-03-31','reason':'internal users only','owner':'ops','check':'a/b'}]}");
}

void EnvironmentEditorTest::changesNothingElse()
{
    QFETCH(QString, before);
    QFETCH(QString, after);
    QCOMPARE(QString::fromStdString(textOf(withWaiver(before.toStdString(), waiver("a/b")))), after);
}

void EnvironmentEditorTest::takesOut_data()
{
    QTest::addColumn<QString>("before");
    QTest::addColumn<QString>("after");
    const std::string entry = "{ 'check': 'a/b', 'owner': 'o', 'reason': 'r ] } // ,', 'until': '2026-01-01' }";
    const std::string other = "{ 'check': 'c/d', 'owner': 'o', 'reason': 'r', 'until': '2026-01-01' }";
    const auto row = [&](const char *tag, std::string before, std::string after) {
        for (auto *text : {&before, &after}) {
            for (std::size_t at = 0; (at = text->find_first_of("AC", at)) != std::string::npos;) {
                const auto &by = (*text)[at] == 'A' ? entry : other;
                text->replace(at, 1, by);
                at += by.size();
            }
        }
        const std::string head = "{'name':'x','kind':'staging',\n 'waivers': ";
        QTest::newRow(tag) << QString::fromStdString(json(head + before + "}")) << QString::fromStdString(json(head + after + "}"));
    };
    row("the only one", "[ A ]", "[ ]");
    row("the only one, tight", "[A]", "[]");
    row("first", "[ A, C ]", "[ C ]");
    row("last", "[ C, A ]", "[ C ]");
    row("last, tight", "[C,A]", "[C]");
    row("middle", "[ C, A, C ]", "[ C, C ]");
    row("several", "[ A, C, A, A ]", "[ C  ]");
    row("all", "[ A, A ]", "[ ]");
    row("own line", "[\n  C,\n  A,\n  C\n ]", "[\n  C,\n  C\n ]");
    row("own line, first", "[\n  A,\n  C\n ]", "[\n  C\n ]");
    row("own line, last", "[\n  C,\n  A\n ]", "[\n  C\n ]");
    row("own line, CRLF", "[\r\n  C,\r\n  A\r\n ]", "[\r\n  C\r\n ]");
    row("beside the brackets", "[ A,\n   C ]", "[ C ]");
    row("beside the last bracket", "[ C,\n   A ]", "[ C ]");
    row("comments stay", "[ // all of them\n  // why\n  A, // until then\n  C /* x */ ]", "[ // all of them\n  // why\n  // until then\n  C /* x */ ]");
    row("comments stay, last", "[ C /* , */, /* b */ A /* c */ ]", "[ C /* , */ /* b */  /* c */ ]");
    row("comments before the comma", "[ A /* , */ , C ]", "[  /* , */  C ]");
}

void EnvironmentEditorTest::takesOut()
{
    QFETCH(QString, before);
    QFETCH(QString, after);
    QCOMPARE(QString::fromStdString(textOf(withoutWaiver(before.toStdString(), "a/b"))), after);
}

void EnvironmentEditorTest::keepsHostileTextAsText_data()
{
    QTest::addColumn<QString>("reason");
    QTest::newRow("quotes") << QStringLiteral("say \"no\" \\ and 'yes' \\\" }");
    QTest::newRow("end of the list") << QStringLiteral("\" } ], \"postgres\": [ { \"password\": \"x\"");
    QTest::newRow("comment") << QStringLiteral("http://x.example/ /* */ // */");
    QTest::newRow("unicode") << QStringLiteral("größer als 8 \u20ac \U0001F600");
    QTest::newRow("right to left") << QStringLiteral("\u202Eevil\u2066");
    QTest::newRow("markup") << QStringLiteral("<img src=x onerror=alert(1)> | [a](http://b)");
}

void EnvironmentEditorTest::keepsHostileTextAsText()
{
    QFETCH(QString, reason);
    const auto text = reason.toStdString();
    for (const auto &before : {json("{'name':'x','kind':'staging'}"), json("{'name':'x','kind':'staging','waivers':[{'check':'a/b','owner':'o','reason':'r','until':'2026-01-01'}]}")}) {
        const auto edited = withWaiver(before, waiver("a/b", text, text));
        QVERIFY2(edited, textOf(edited).c_str());
        const auto environment = parse(*edited, "x");
        QVERIFY(environment);
        QCOMPARE(environment->waivers.size(), std::size_t{1});
        QVERIFY(environment->waivers.front() == waiver("a/b", text, text));
    }
}

void EnvironmentEditorTest::refuses_data()
{
    QTest::addColumn<QByteArray>("check");
    QTest::addColumn<QByteArray>("owner");
    QTest::addColumn<QByteArray>("reason");
    QTest::addColumn<QString>("expected");
    QTest::newRow("no check") << QByteArray() << QByteArray("o") << QByteArray("r") << QStringLiteral("check: must not be empty");
    QTest::newRow("no owner") << QByteArray("a/b") << QByteArray("  ") << QByteArray("r") << QStringLiteral("owner: must not be empty");
    QTest::newRow("line break") << QByteArray("a/b") << QByteArray("o") << QByteArray("one\ntwo") << QStringLiteral("reason: must not contain line breaks");
    QTest::newRow("NUL") << QByteArray("a/b") << QByteArray("o") << QByteArray("a\0b", 3) << QStringLiteral("control characters");
    QTest::newRow("escape") << QByteArray("a/b") << QByteArray("\x1b[31m") << QByteArray("r") << QStringLiteral("control characters");
    QTest::newRow("broken UTF-8") << QByteArray("a/b") << QByteArray("o") << QByteArray("\xff\xfe") << QStringLiteral("UTF-8");
    QTest::newRow("novel") << QByteArray("a/b") << QByteArray("o") << QByteArray(5000, 'x') << QStringLiteral("longer than");
}

void EnvironmentEditorTest::refuses()
{
    QFETCH(QByteArray, check);
    QFETCH(QByteArray, owner);
    QFETCH(QByteArray, reason);
    QFETCH(QString, expected);
    const auto edited = withWaiver(json("{'name':'x','kind':'staging'}"), waiver(check.toStdString(), reason.toStdString(), owner.toStdString()));
    QVERIFY(!edited);
    QVERIFY2(QString::fromStdString(textOf(edited)).contains(expected), textOf(edited).c_str());
}

void EnvironmentEditorTest::keepsEveryByteOfALongFile()
{
    const auto before = read(QStringLiteral(MUSTER_TEST_DATA "/environment/whole.json"));
    const auto edited = withWaiver(before, waiver("a/b"));
    QVERIFY2(edited, textOf(edited).c_str());
    // What was there is there, in its order; what is new is one piece and perhaps a comma.
    std::size_t at = 0;
    std::string added;
    for (const char c : *edited) {
        if (at < before.size() && c == before[at])
            ++at;
        else
            added += c;
    }
    QCOMPARE(at, before.size());
    QVERIFY2(added.size() < kEntry.size() + 60, added.c_str());
}

void EnvironmentEditorTest::undoesWhatItDid()
{
    const auto before = read(QStringLiteral(MUSTER_TEST_DATA "/environment/whole.json"));
    const auto with = withWaiver(before, waiver("a/b"));
    QVERIFY(with);
    QCOMPARE(QString::fromStdString(textOf(withoutWaiver(*with, "a/b"))), QString::fromStdString(before));
    QVERIFY(!withoutWaiver(before, "a/b"));
}

/// Any mixture of blanks, line ends and comments between the tokens.
void EnvironmentEditorTest::neverCorruptsAnyLayout()
{
    std::mt19937 random(4711);
    const std::vector<std::string> gaps{"", " ", "\n", "\r\n  ", "\t", " /* , ] } \" */ ", " // \" ] } ,\n", "\n\n    ", "/**/", "\n  // a\n  // b\n  "};
    const auto gap = [&] { return gaps[random() % gaps.size()]; };
    for (int round = 0; round < 600; ++round) {
        std::vector<std::string> tokens{"{", "\"name\"", ":", "\"x\"", ",", "\"kind\"", ":", "\"staging\"", ",", "\"waivers\"", ":", "["};
        const auto count = random() % 5;
        for (unsigned i = 0; i < count; ++i) {
            if (i)
                tokens.emplace_back(",");
            const std::string check = random() % 2 ? "\"a/b\"" : "\"c/" + std::to_string(i) + '"';
            for (const auto &token : {std::string("{"), std::string("\"check\""), std::string(":"), check, std::string(","), std::string("\"owner\""), std::string(":"), std::string("\"o\""), std::string(","),
                                      std::string("\"reason\""), std::string(":"), std::string("\"r // ]\""), std::string(","), std::string("\"until\""), std::string(":"), std::string("\"2026-01-01\""), std::string("}")})
                tokens.push_back(token);
        }
        tokens.emplace_back("]");
        tokens.emplace_back("}");
        std::string text;
        int depth = 0;
        for (const auto &token : tokens) {
            auto before = gap();
            if (depth > 1 && before.find('*') != std::string::npos)
                before = "// inside, goes with its entry\n";
            text.append(before).append(token);
            depth += token == "{" ? 1 : token == "}" ? -1 : 0;
        }
        text += gap();
        QVERIFY2(parse(text, "x"), text.c_str());
        const auto edited = withWaiver(text, waiver("a/b"));
        QVERIFY2(edited, (text + "\n" + textOf(edited)).c_str());
        const auto removed = withoutWaiver(*edited, "a/b");
        QVERIFY2(removed, (*edited + "\n" + textOf(removed)).c_str());
        QCOMPARE(std::ranges::count(*removed, '*'), std::ranges::count(text, '*')); // no comment was lost
        QVERIFY(std::ranges::none_of(parse(*removed, "x")->waivers, [](const auto &each) { return each.check == "a/b"; }));
    }
}

void EnvironmentEditorTest::writesThroughALinkAndKeepsTheMode()
{
    const QTemporaryDir folder;
    const auto file = folder.filePath(QStringLiteral("real.json"));
    const auto link = folder.filePath(QStringLiteral("link.json"));
    write(file, json("{'name':'x','kind':'staging'}"));
    ::chmod(file.toUtf8().constData(), 0664);
    QCOMPARE(::symlink("real.json", link.toUtf8().constData()), 0);
    const auto environment = editFile(link.toStdString(), [](const std::string &bytes) { return withWaiver(bytes, waiver("a/b")); });
    QVERIFY2(environment, environment ? "" : environment.error().detail.c_str());
    QCOMPARE(environment->waivers.size(), std::size_t{1});
    QVERIFY(QFileInfo(link).isSymLink());
    QVERIFY(read(file).find("a/b") != std::string::npos);
    struct stat info {};
    QCOMPARE(::stat(file.toUtf8().constData(), &info), 0);
    QCOMPARE(info.st_mode & 07777U, 0664U);
    QCOMPARE(QDir(folder.path()).entryList(QDir::Files | QDir::Hidden).size(), 2); // no temporary file is left
}

void EnvironmentEditorTest::refusesAFileThatChangedMeanwhile()
{
    const QTemporaryDir folder;
    const auto file = folder.filePath(QStringLiteral("a.json"));
    const auto theirs = json("{'name':'theirs','kind':'staging'}");
    write(file, json("{'name':'x','kind':'staging'}"));
    const auto environment = editFile(file.toStdString(), [&](const std::string &bytes) {
        write(file, theirs);
        return withWaiver(bytes, waiver("a/b"));
    });
    QVERIFY(!environment);
    QVERIFY2(environment.error().detail.find("changed by somebody else") != std::string::npos, environment.error().detail.c_str());
    QCOMPARE(read(file), theirs);
}

void EnvironmentEditorTest::refusesWhileAnotherWrites()
{
    const QTemporaryDir folder;
    const auto file = folder.filePath(QStringLiteral("a.json"));
    const auto before = json("{'name':'x','kind':'staging'}");
    write(file, before);
    const int other = ::open(file.toUtf8().constData(), O_RDONLY | O_CLOEXEC);
    QCOMPARE(::flock(other, LOCK_EX), 0);
    const auto environment = editFile(file.toStdString(), [](const std::string &bytes) { return withWaiver(bytes, waiver("a/b")); });
    ::close(other);
    QVERIFY(!environment);
    QVERIFY(environment.error().detail.find("another program") != std::string::npos);
    QCOMPARE(read(file), before);
}

void EnvironmentEditorTest::refusesAReadOnlyFile()
{
    if (::geteuid() == 0)
        return; // every file is writable for root
    const QTemporaryDir folder;
    const auto file = folder.filePath(QStringLiteral("a.json"));
    write(file, json("{'name':'x','kind':'staging'}"));
    ::chmod(file.toUtf8().constData(), 0444);
    const auto environment = editFile(file.toStdString(), [](const std::string &bytes) { return withWaiver(bytes, waiver("a/b")); });
    QVERIFY(!environment);
    QVERIFY(environment.error().kind == FaultKind::Denied);
}

void EnvironmentEditorTest::leavesAFileWithAProblemAlone()
{
    const QTemporaryDir folder;
    const auto file = folder.filePath(QStringLiteral("a.json"));
    for (const auto &bytes : {json("{'name':'x','kind':'staging','nmae':1}"), std::string("{"), std::string()}) {
        write(file, bytes);
        const auto environment = editFile(file.toStdString(), [](const std::string &text) { return withWaiver(text, waiver("a/b")); });
        QVERIFY(!environment);
        QCOMPARE(read(file), bytes);
    }
    QVERIFY(!editFile(folder.filePath(QStringLiteral("none.json")).toStdString(), [](const std::string &text) { return withWaiver(text, waiver("a/b")); }));
}

QTEST_GUILESS_MAIN(EnvironmentEditorTest)
#include "tst_environmenteditor.moc"
