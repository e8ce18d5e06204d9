// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QProcess>
#include <QString>
#include <QStringList>
#include <QTemporaryDir>

namespace muster::test {

/// Certificates of a private authority, made by the openssl command when a test asks for them.
class TlsKit {
public:
    struct Wish {
        QString names = QStringLiteral("DNS:localhost,IP:127.0.0.1"); ///< subjectAltName; "" = none
        int startDay = -1; ///< from today
        int endDay = 90;
        QStringList key{QStringLiteral("ec"), QStringLiteral("-pkeyopt"), QStringLiteral("ec_paramgen_curve:P-256")};
        QString digest = QStringLiteral("sha256");
    };

    TlsKit();
    /// Writes NAME.pem and NAME.key; false when openssl would not.
    [[nodiscard]] bool issue(const QString &name, const Wish &wish) const;
    [[nodiscard]] QString path(const QString &file) const { return m_directory.filePath(file); }
    [[nodiscard]] std::string ca() const { return path(QStringLiteral("ca.pem")).toStdString(); }
    [[nodiscard]] QString caPath() const { return path(QStringLiteral("ca.pem")); }
    /// Standard output of one openssl command; empty when it failed.
    [[nodiscard]] QByteArray openssl(const QStringList &arguments) const;

private:
    QTemporaryDir m_directory;

    [[nodiscard]] bool writeConfig(const QString &name, const QString &names) const;
};

/// `openssl s_server -rev` (answers each line reversed) on a free port of 127.0.0.1, for as long as this object lives.
class TlsServer {
public:
    TlsServer(const TlsKit &kit, const QString &certificate, const QStringList &more = {});
    ~TlsServer();
    TlsServer(const TlsServer &) = delete;
    TlsServer &operator=(const TlsServer &) = delete;

    /// 0 when it did not start.
    [[nodiscard]] quint16 port() const { return m_port; }
    [[nodiscard]] qint64 pid() const { return m_process.processId(); }

private:
    QProcess m_process;
    quint16 m_port = 0;
};

} // namespace muster::test
