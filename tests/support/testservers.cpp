// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/testservers.h"

#include <QCoreApplication>
#include <QFile>
#include <QJsonDocument>
#include <QProcess>

namespace muster::test {

namespace {

constexpr int startLimitMs = 60'000;

QString scriptPath()
{
    return QStringLiteral(MUSTER_SOURCE_DIR "/tests/support/servers.py");
}

} // namespace

TestServers::TestServers(const QStringList &names, const QStringList &postgresSettings)
{
    QStringList arguments{QStringLiteral("start"), QStringLiteral("--dir"), m_directory.path(), QStringLiteral("--until-exit-of"),
                          QString::number(QCoreApplication::applicationPid())};
    for (const QString &setting : postgresSettings)
        arguments << QStringLiteral("--postgres-setting") << setting;
    arguments << names;

    QProcess script;
    script.start(scriptPath(), arguments, QIODevice::ReadOnly);
    if (!script.waitForFinished(startLimitMs)) {
        m_error = "servers.py did not end: " + script.errorString().toUtf8();
        script.kill();
        script.waitForFinished();
        return;
    }
    if (script.exitStatus() != QProcess::NormalExit || script.exitCode() != 0) {
        m_error = "servers.py failed: " + script.readAllStandardError();
        return;
    }
    m_answer = QJsonDocument::fromJson(script.readAllStandardOutput()).object();
    if (m_answer.isEmpty())
        m_error = "servers.py printed no JSON";
}

TestServers::~TestServers()
{
    QProcess script;
    script.start(scriptPath(), {QStringLiteral("stop"), QStringLiteral("--dir"), m_directory.path()}, QIODevice::ReadOnly);
    script.waitForFinished(startLimitMs);
}

quint16 TestServers::port(QStringView server, QStringView key) const
{
    const QJsonObject entry = m_answer.value(u"servers").toObject().value(server).toObject();
    return static_cast<quint16>(entry.value(key).toInt());
}

qint64 TestServers::pid(QStringView server) const
{
    return m_answer.value(u"servers").toObject().value(server).toObject().value(u"pid").toInteger();
}

QString TestServers::text(QStringView server, QStringView key) const
{
    return m_answer.value(u"servers").toObject().value(server).toObject().value(key).toString();
}

QString TestServers::ca() const
{
    return m_answer.value(u"ca").toString();
}

bool TestServers::setFaults(QStringView mailServer, const QByteArray &json) const
{
    QFile file(text(mailServer, u"faults"));
    return file.open(QIODevice::WriteOnly | QIODevice::Truncate) && file.write(json) == json.size();
}

} // namespace muster::test
