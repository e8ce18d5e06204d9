// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/tlskit.h"

#include "tests/support/tied.h"

#include <QDateTime>
#include <QDir>
#include <QFile>
#include <QRegularExpression>

namespace muster::test {

namespace {

QString stamp(int day) { return QDateTime::currentDateTimeUtc().addDays(day).toString(QStringLiteral("yyyyMMddHHmmss")) + QLatin1Char('Z'); }

} // namespace

TlsKit::TlsKit()
{
    QDir(m_directory.path()).mkpath(QStringLiteral("issued"));
    QFile index(path(QStringLiteral("index.txt")));
    if (index.open(QIODevice::WriteOnly))
        index.close();
    static_cast<void>(openssl({QStringLiteral("req"), QStringLiteral("-x509"), QStringLiteral("-newkey"), QStringLiteral("ec"), QStringLiteral("-pkeyopt"),
                               QStringLiteral("ec_paramgen_curve:P-256"), QStringLiteral("-nodes"), QStringLiteral("-days"), QStringLiteral("3650"),
                               QStringLiteral("-subj"), QStringLiteral("/CN=Test authority"), QStringLiteral("-keyout"), path(QStringLiteral("ca.key")),
                               QStringLiteral("-out"), caPath()}));
}

QByteArray TlsKit::openssl(const QStringList &arguments) const
{
    QProcess process;
    process.setStandardErrorFile(QProcess::nullDevice());
    process.start(QStringLiteral("openssl"), arguments);
    if (!process.waitForFinished(20000) || process.exitCode() != 0)
        return {};
    const QByteArray output = process.readAllStandardOutput();
    return output.isEmpty() ? QByteArray("done") : output;
}

bool TlsKit::writeConfig(const QString &name, const QString &names) const
{
    QFile config(path(name + QStringLiteral(".cnf")));
    if (!config.open(QIODevice::WriteOnly))
        return false;
    const QString text = QStringLiteral("[ca]\ndefault_ca = kit\n[kit]\nnew_certs_dir = %1/issued\ndatabase = %1/index.txt\nrand_serial = yes\n"
                                        "policy = any\nunique_subject = no\ndefault_md = default\n[any]\ncommonName = supplied\n[server]\n"
                                        "basicConstraints = critical,CA:false\nextendedKeyUsage = serverAuth,clientAuth\n")
                             .arg(m_directory.path());
    config.write(text.toUtf8());
    if (!names.isEmpty())
        config.write("subjectAltName = " + names.toUtf8() + "\n");
    return true;
}

bool TlsKit::issue(const QString &name, const Wish &wish) const
{
    const QString request = path(name + QStringLiteral(".csr"));
    const QString config = path(name + QStringLiteral(".cnf"));
    const QStringList newKey = QStringList{QStringLiteral("req"), QStringLiteral("-new"), QStringLiteral("-newkey")} + wish.key
        + QStringList{QStringLiteral("-nodes"), QStringLiteral("-subj"), QStringLiteral("/CN=%1.test").arg(name), QStringLiteral("-keyout"),
                      path(name + QStringLiteral(".key")), QStringLiteral("-out"), request};
    if (!writeConfig(name, wish.names) || openssl(newKey).isEmpty())
        return false;
    return !openssl({QStringLiteral("ca"), QStringLiteral("-config"), config, QStringLiteral("-batch"), QStringLiteral("-notext"), QStringLiteral("-in"), request,
                     QStringLiteral("-out"), path(name + QStringLiteral(".pem")), QStringLiteral("-extensions"), QStringLiteral("server"),
                     QStringLiteral("-cert"), caPath(), QStringLiteral("-keyfile"), path(QStringLiteral("ca.key")), QStringLiteral("-md"), wish.digest,
                     QStringLiteral("-startdate"), stamp(wish.startDay), QStringLiteral("-enddate"), stamp(wish.endDay)})
                .isEmpty();
}

TlsServer::TlsServer(const TlsKit &kit, const QString &certificate, const QStringList &more)
{
    tieToUs(m_process);
    m_process.setStandardErrorFile(QProcess::nullDevice());
    m_process.start(QStringLiteral("openssl"),
                    QStringList{QStringLiteral("s_server"), QStringLiteral("-accept"), QStringLiteral("127.0.0.1:0"), QStringLiteral("-rev"),
                                QStringLiteral("-cert"), kit.path(certificate + QStringLiteral(".pem")), QStringLiteral("-key"),
                                kit.path(certificate + QStringLiteral(".key"))}
                        + more);
    static const QRegularExpression accept(QStringLiteral("ACCEPT \\S+:(\\d+)"));
    QString output;
    while (m_port == 0 && m_process.waitForReadyRead(10000)) {
        output += QString::fromLatin1(m_process.readAllStandardOutput());
        m_port = accept.match(output).captured(1).toUShort();
    }
}

TlsServer::~TlsServer()
{
    m_process.kill();
    m_process.waitForFinished(5000);
}

} // namespace muster::test
