// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/integration/backupkit.h"

#include <filesystem>

namespace muster::test {

BackupKit::BackupKit(int rows) : m_servers({QStringLiteral("postgres"), QStringLiteral("pgbouncer")})
{
    if (!m_servers.isRunning()) {
        m_error = m_servers.errorText();
        return;
    }
    const auto filled = sql("CREATE TABLE items AS SELECT i AS id, md5(i::text) AS name, repeat(md5((i * 7)::text), 3) AS body FROM generate_series(1, "
                            + std::to_string(rows) + ") i; CREATE TABLE orders AS SELECT i AS id, now() AS at FROM generate_series(1, 1000) i;"
                              " CREATE SEQUENCE numbers; CREATE ROLE reporter PASSWORD 'canary-role-password'; ANALYZE; SELECT 'filled'");
    if (filled != "filled")
        m_error = filled;
}

postgres::Target BackupKit::target(const QString &user, const QString &password, const std::string &database) const
{
    postgres::Target target;
    target.id = "postgres/primary";
    target.url = "postgresql://" + user.toStdString() + "@127.0.0.1:" + std::to_string(m_servers.port(u"postgres")) + '/' + database + "?sslmode=verify-full";
    target.caFile = m_servers.ca().toStdString();
    target.password = [text = password.toStdString()] { return std::expected<Secret, Fault>(Secret(text)); };
    target.operatorName = "ada@laptop";
    return target;
}

backup::Set BackupKit::makeSet(const std::string &operatorName)
{
    backup::Set set;
    set.name = "nightly";
    set.directory = m_folder.path().toStdString() + "/set" + std::to_string(++m_sets);
    std::filesystem::create_directories(set.directory);
    set.server = target(m_servers.text(u"postgres", u"user"), m_servers.text(u"postgres", u"password"));
    set.server->databases = {"shop"};
    set.server->operatorName = operatorName;
    return set;
}

std::string BackupKit::sql(const std::string &statement, const std::string &database)
{
    const auto admin = target(m_servers.text(u"postgres", u"adminUser"), m_servers.text(u"postgres", u"adminPassword"), database);
    const auto parameters = postgres::ConnectionParameters::from(admin);
    postgres::PgClient client;
    postgres::SessionOptions options;
    options.isReadOnly = false;
    options.statementTimeout = Millis(60000);
    options.lockTimeout = Millis(5000);
    const auto deadline = Deadline::after(Millis(60000));
    if (auto connected = client.connect(*parameters, admin.password().value(), options, deadline); !connected)
        return "error: " + connected.error().detail;
    // The client's sessions look into pg_catalog only.
    const auto rows = client.simpleQuery("SET search_path = public, pg_catalog", deadline) ? client.simpleQuery(statement, deadline) : std::unexpected(Fault{});
    if (!rows)
        return "error: " + rows.error().detail;
    return rows->isEmpty() ? std::string() : rows->rows[0][0].value_or("NULL");
}

Run perform(Action &action, const std::function<void(const Progress &, std::stop_source &)> &onProgress)
{
    Run run;
    std::stop_source stop;
    RunControl control(stop.get_token(), [&](const Progress &progress) {
        run.progress.push_back(progress);
        if (!progress.message.empty())
            run.messages.push_back(progress.message);
        if (onProgress)
            onProgress(progress, stop);
    });
    run.plan = action.preflight(Deadline::after(Millis(15000)), stop.get_token());
    if (!run.plan)
        return run;
    run.plan->made = Stamp::now();
    run.outcome = action.run(*run.plan, control);
    if (run.outcome.kind == OutcomeKind::Succeeded)
        run.outcome = action.verify(*run.plan, std::move(run.outcome), control);
    return run;
}

std::expected<std::vector<backup::Backup>, Fault> scan(const backup::Set &set, const backup::Live &live)
{
    auto catalogue = backup::makeDriver(set)->list(live, Deadline::after(Millis(30000)), {});
    return catalogue ? std::expected<std::vector<backup::Backup>, Fault>(std::move(catalogue->backups)) : std::unexpected(catalogue.error());
}

std::vector<std::string> namesIn(const std::string &directory)
{
    std::vector<std::string> names;
    for (const auto &entry : std::filesystem::directory_iterator(directory))
        names.push_back(entry.path().filename().string());
    std::ranges::sort(names);
    return names;
}

} // namespace muster::test
