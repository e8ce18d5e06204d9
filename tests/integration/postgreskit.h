// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/postgres/pgclient.h"
#include "connectors/postgres/postgressource.h"
#include "tests/support/testservers.h"

#include <QByteArray>
#include <QString>

#include <memory>
#include <string>

namespace muster::test {

/// A real PostgreSQL of the test's own, with what a test does to it as its superuser.
class PostgresKit {
public:
    explicit PostgresKit(const QStringList &names = { QStringLiteral("postgres") }, const QStringList &settings = {})
        : servers(names, settings)
    {
    }

    /// As "oncall" (pg_monitor and pg_read_all_data), over TLS with the test's authority.
    [[nodiscard]] postgres::Target target() const;
    [[nodiscard]] postgres::Target targetAs(const std::string &user, const std::string &password) const;
    /// A writable session of the superuser, kept open by the caller.
    [[nodiscard]] std::unique_ptr<postgres::PgClient> session(const std::string &database = "shop") const;
    /// Runs statements as superuser; false with a printed reason.
    bool run(const std::string &sql, const std::string &database = "shop") const;
    /// First cell of what psql, an independent client, answers to the superuser.
    [[nodiscard]] QByteArray psql(const QString &sql) const;

    TestServers servers;
};

[[nodiscard]] SecretProvider secretOf(std::string value);
/// One round with the default deadline; fails loudly by an empty batch.
[[nodiscard]] FactBatch collect(Source &source);
/// The fault of one round; an empty one when there is none.
[[nodiscard]] Fault faultOf(Source &source, Millis deadline = Millis{ 5000 });

} // namespace muster::test
