// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/integration/postgreskit.h"

#include <QProcess>

#include <utility>

namespace muster::test {

using namespace postgres;

SecretProvider secretOf(std::string value)
{
    return [value = std::move(value)]() -> std::expected<Secret, Fault> { return Secret(value); };
}

Target PostgresKit::targetAs(const std::string &user, const std::string &password) const
{
    Target target;
    target.id = "postgres/primary";
    target.url = "postgresql://" + user + "@127.0.0.1:" + std::to_string(servers.port(u"postgres")) + "/shop";
    target.password = secretOf(password);
    target.caFile = servers.ca().toStdString();
    target.operatorName = "tester@bench";
    return target;
}

Target PostgresKit::target() const
{
    return targetAs("oncall", servers.text(u"postgres", u"password").toStdString());
}

std::unique_ptr<PgClient> PostgresKit::session(const std::string &database) const
{
    auto client = std::make_unique<PgClient>();
    auto parameters = ConnectionParameters::from(targetAs("postgres", ""));
    parameters->set("dbname", database);
    SessionOptions options;
    options.applicationName = "psql";
    options.isReadOnly = false;
    options.statementTimeout = options.lockTimeout = Millis{ 0 };
    const Secret password(servers.text(u"postgres", u"adminPassword").toStdString());
    if (const auto connected = client->connect(*parameters, password, options, Deadline::after(Millis{ 10000 })); !connected)
        qWarning("admin session: %s", connected.error().detail.c_str());
    else if (!client->simpleQuery("set search_path = public", Deadline::after(Millis{ 5000 })))
        qWarning("admin session: no search_path");
    return client;
}

bool PostgresKit::run(const std::string &sql, const std::string &database) const
{
    const auto client = session(database);
    const auto done = client->simpleQuery(sql, Deadline::after(Millis{ 60000 }));
    if (!done)
        qWarning("%s: %s", sql.c_str(), done.error().detail.c_str());
    return done.has_value();
}

QByteArray PostgresKit::psql(const QString &sql) const
{
    QProcess process;
    auto environment = QProcessEnvironment::systemEnvironment();
    environment.insert(QStringLiteral("PGPASSWORD"), servers.text(u"postgres", u"adminPassword"));
    process.setProcessEnvironment(environment);
    process.start(QStringLiteral("psql"),
                  { QStringLiteral("-XAt"), QStringLiteral("-h"), QStringLiteral("127.0.0.1"), QStringLiteral("-p"),
                    QString::number(servers.port(u"postgres")), QStringLiteral("-U"), QStringLiteral("postgres"), QStringLiteral("-d"),
                    QStringLiteral("shop"), QStringLiteral("-c"), sql });
    if (!process.waitForFinished(20000) || process.exitCode() != 0)
        qWarning("psql: %s", process.readAllStandardError().constData());
    return process.readAllStandardOutput().trimmed();
}

FactBatch collect(Source &source)
{
    auto batch = source.collect(Deadline::after(Millis{ 10000 }), {});
    if (batch)
        return *batch;
    qWarning("%s: %s", batch.error().stage.c_str(), batch.error().detail.c_str());
    return {};
}

Fault faultOf(Source &source, Millis deadline)
{
    const auto batch = source.collect(Deadline::after(deadline), {});
    return batch ? Fault{ FaultKind::Cancelled, "", "", "" } : batch.error();
}

} // namespace muster::test
