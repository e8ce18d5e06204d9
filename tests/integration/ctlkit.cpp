// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/integration/ctlkit.h"

#include "tests/support/tied.h"

#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>

namespace muster::test {

namespace {

constexpr int kLimitMs = 60'000;

QProcessEnvironment cleanEnvironment(const QString &home, const QMap<QString, QString> &variables)
{
    QProcessEnvironment environment;
    for (const auto *name : {"PATH", "LC_ALL", "TZ", "LD_LIBRARY_PATH", "ASAN_OPTIONS", "TSAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS"}) {
        if (qEnvironmentVariableIsSet(name))
            environment.insert(QLatin1String(name), qEnvironmentVariable(name));
    }
    environment.insert(QStringLiteral("HOME"), home);
    environment.insert(QStringLiteral("TMPDIR"), home + u"/tmp");
    for (auto it = variables.begin(); it != variables.end(); ++it)
        environment.insert(it.key(), it.value());
    return environment;
}

} // namespace

QJsonObject CtlKit::Result::json() const
{
    return QJsonDocument::fromJson(out).object();
}

QString CtlKit::binary()
{
    return QStringLiteral(MUSTERCTL);
}

QString CtlKit::writeFile(const QString &name, const QByteArray &bytes) const
{
    QDir().mkpath(QFileInfo(path(name)).path());
    QFile file(path(name));
    if (!file.open(QIODevice::WriteOnly | QIODevice::Truncate) || file.write(bytes) != bytes.size())
        qFatal("cannot write %s", qPrintable(path(name)));
    return path(name);
}

QString CtlKit::writeEnvironment(const QString &name, const QString &kind, const QJsonObject &sections) const
{
    auto document = sections;
    document[u"name"] = name;
    document[u"kind"] = kind;
    return writeFile(name + u".json", QJsonDocument(document).toJson());
}

/// Outside of home, so that what the program writes can be told from what it was given.
QString CtlKit::secretFile(QStringView server) const
{
    return m_servers.text(server, u"passwordFile");
}

QJsonObject CtlKit::postgres() const
{
    return {{QStringLiteral("name"), QStringLiteral("primary")}, {QStringLiteral("url"), m_servers.text(u"postgres", u"url")},
            {QStringLiteral("password"), QJsonObject{{QStringLiteral("file"), secretFile(u"postgres")}}}, {QStringLiteral("ca"), m_servers.ca()}};
}

QJsonObject CtlKit::redis(QStringView server) const
{
    return {{QStringLiteral("name"), QStringLiteral("cache")}, {QStringLiteral("url"), m_servers.text(server, u"url")},
            {QStringLiteral("password"), QJsonObject{{QStringLiteral("file"), secretFile(server)}}}, {QStringLiteral("ca"), m_servers.ca()},
            {QStringLiteral("prefixes"), QJsonArray{QStringLiteral("cache:")}}};
}

QJsonObject CtlKit::smtp() const
{
    return {{QStringLiteral("url"), m_servers.text(u"smtp", u"url")}, {QStringLiteral("password"), QJsonObject{{QStringLiteral("file"), secretFile(u"smtp")}}},
            {QStringLiteral("tls"), QStringLiteral("starttls")}, {QStringLiteral("ca"), m_servers.ca()}, {QStringLiteral("from"), QStringLiteral("alerts@shop.example")},
            {QStringLiteral("to"), QJsonArray{QStringLiteral("oncall@shop.example")}}};
}

std::unique_ptr<QProcess> CtlKit::start(const QStringList &arguments, const QMap<QString, QString> &variables) const
{
    QDir().mkpath(path(QStringLiteral("tmp")));
    auto process = std::make_unique<QProcess>();
    tieToUs(*process);
    process->setProcessEnvironment(cleanEnvironment(home(), variables));
    process->setWorkingDirectory(home());
    process->setStandardInputFile(QProcess::nullDevice());
    process->start(binary(), arguments);
    return process;
}

CtlKit::Result CtlKit::finished(QProcess &process)
{
    if (!process.waitForFinished(kLimitMs)) {
        process.kill();
        process.waitForFinished();
        return {-1, process.readAllStandardOutput(), "did not end: " + process.readAllStandardError()};
    }
    const int code = process.exitStatus() == QProcess::NormalExit ? process.exitCode() : -1;
    return {code, process.readAllStandardOutput(), process.readAllStandardError()};
}

CtlKit::Result CtlKit::run(const QStringList &arguments, const QMap<QString, QString> &variables) const
{
    return finished(*start(arguments, variables));
}

QByteArray profileWith(const QByteArray &over, const QByteArray &rule)
{
    return R"({"name": "t", "readyAt": 95, "notReadyBelow": 40, "gates": [], "criteria": [],
 "components": [{"id": "c", "title": "C", "weight": 1, "target": 95, "review": 80}],
 "checks": [{"id": "c/x", "title": "X", "group": "named", "points": 100, "effort": "low", "page": "cache", "remedy": "r", "over": ")"
        + over + R"(", "rule": [)" + rule + "]}]}";
}

QByteArray toolOutput(const QString &program, const QStringList &arguments, const QMap<QString, QString> &variables, const QByteArray &input)
{
    QProcess process;
    auto environment = QProcessEnvironment::systemEnvironment();
    for (auto it = variables.begin(); it != variables.end(); ++it)
        environment.insert(it.key(), it.value());
    process.setProcessEnvironment(environment);
    process.start(program, arguments);
    process.write(input);
    process.closeWriteChannel();
    if (!process.waitForFinished(kLimitMs) || process.exitStatus() != QProcess::NormalExit || process.exitCode() != 0) {
        qWarning("%s: %s%s", qPrintable(program), process.readAllStandardError().constData(), process.readAllStandardOutput().constData());
        return {};
    }
    const auto out = process.readAllStandardOutput().trimmed();
    return out.isEmpty() ? QByteArray("(nothing)") : out;
}

} // namespace muster::test
