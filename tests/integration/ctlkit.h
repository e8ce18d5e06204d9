// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/support/testservers.h"

#include <QJsonObject>
#include <QMap>
#include <QProcess>
#include <QTemporaryDir>

#include <memory>

namespace muster::test {

/// musterctl as a user runs it: its own home, no display, environment files of its own.
class CtlKit {
public:
    struct Result {
        int code = -1; ///< -1: crashed or did not end
        QByteArray out;
        QByteArray err;
        [[nodiscard]] QJsonObject json() const;
        [[nodiscard]] QByteArray all() const { return err + out; } ///< for a failure's message
    };

    explicit CtlKit(TestServers &servers) : m_servers(servers) {}

    /// Writes NAME.json with these members and gives its path. `name` is the environment's name too.
    QString writeEnvironment(const QString &name, const QString &kind, const QJsonObject &sections) const;
    QString writeFile(const QString &name, const QByteArray &bytes) const;
    /// Sections that the servers answer to, with the secrets in files.
    [[nodiscard]] QJsonObject postgres() const;
    [[nodiscard]] QJsonObject redis(QStringView server = u"redis") const;
    [[nodiscard]] QJsonObject smtp() const;

    [[nodiscard]] Result run(const QStringList &arguments, const QMap<QString, QString> &variables = {}) const;
    /// Started, not waited for.
    [[nodiscard]] std::unique_ptr<QProcess> start(const QStringList &arguments, const QMap<QString, QString> &variables = {}) const;
    [[nodiscard]] static Result finished(QProcess &process);

    [[nodiscard]] QString path(const QString &name) const { return m_home.filePath(name); }
    [[nodiscard]] QString home() const { return m_home.path(); }
    [[nodiscard]] static QString binary();

private:
    [[nodiscard]] QString secretFile(QStringView server) const;

    TestServers &m_servers;
    QTemporaryDir m_home;
};

/// A profile with one check, so that a test can reach every verdict: `rule` is its JSON.
[[nodiscard]] QByteArray profileWith(const QByteArray &over, const QByteArray &rule);
/// The last line that a tool prints; empty when it failed.
[[nodiscard]] QByteArray toolOutput(const QString &program, const QStringList &arguments, const QMap<QString, QString> &variables = {}, const QByteArray &input = {});

} // namespace muster::test
