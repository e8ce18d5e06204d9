// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QJsonObject>
#include <QString>
#include <QStringList>
#include <QTemporaryDir>

namespace muster::test {

/// Real servers for one test, on free loopback ports in a temporary directory; gone with this object, and with the process
/// however it ends. Names and keys: tests/support/servers.py. One thread; blocks up to 60 s while they start.
///
///     TestServers servers({QStringLiteral("postgres"), QStringLiteral("redis-tls")});
///     QVERIFY2(servers.isRunning(), servers.errorText());
///     servers.port(u"postgres"), servers.text(u"postgres", u"password"), servers.pid(u"redis-tls"), servers.ca()
class TestServers {
public:
    /// postgresSettings: "name=value" each.
    explicit TestServers(const QStringList &names, const QStringList &postgresSettings = {});
    ~TestServers();
    TestServers(const TestServers &) = delete;
    TestServers &operator=(const TestServers &) = delete;

    [[nodiscard]] bool isRunning() const { return !m_answer.isEmpty(); }
    /// Why they do not run; for QVERIFY2. Empty when they do.
    [[nodiscard]] const char *errorText() const { return m_error.constData(); }

    [[nodiscard]] quint16 port(QStringView server, QStringView key = u"port") const;
    [[nodiscard]] qint64 pid(QStringView server) const;
    /// "url", "user", "password", "passwordFile", "adminUser", "adminPassword", "log", "mail", "faults", "plainUrl", ...
    [[nodiscard]] QString text(QStringView server, QStringView key) const;
    [[nodiscard]] QString ca() const;
    [[nodiscard]] QString directory() const { return m_directory.path(); }

    /// Writes the faults that a mail server plays from its next connection on; "{}" for none.
    [[nodiscard]] bool setFaults(QStringView mailServer, const QByteArray &json) const;

private:
    QTemporaryDir m_directory;
    QJsonObject m_answer;
    QByteArray m_error;
};

} // namespace muster::test
