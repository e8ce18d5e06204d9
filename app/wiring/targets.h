// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/environment/environment.h"
#include "connectors/backup/backupset.h"
#include "connectors/http/target.h"
#include "connectors/loadtest/target.h"
#include "connectors/net/stream.h"
#include "connectors/postgres/conninfo.h"
#include "connectors/prometheus/target.h"
#include "connectors/redis/target.h"
#include "connectors/samples/appauditsource.h"
#include "connectors/samples/loadtestsource.h"
#include "connectors/samples/logsource.h"
#include "connectors/samples/siblingsource.h"
#include "connectors/smtp/smtptarget.h"
#include "models/ports/secret.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

/// Entries of the environment file as the connectors want them.
namespace muster::wiring {

/// "user@host", as it stands in the audit log and in the servers' client lists.
[[nodiscard]] std::string operatorName();

class Targets
{
public:
    explicit Targets(const environment::Environment &environment);

    [[nodiscard]] postgres::Target postgres(const environment::Postgres &entry) const;
    [[nodiscard]] postgres::Target pgbouncer(const environment::PgBouncer &entry) const;
    [[nodiscard]] redis::Target redis(const environment::Redis &entry) const;
    [[nodiscard]] prometheus::Target prometheus(const environment::Prometheus &entry) const;
    [[nodiscard]] prometheus::MetricsTarget metrics(const environment::Metrics &entry) const;
    [[nodiscard]] http::Target http(const environment::Http &entry) const;
    [[nodiscard]] smtp::Target smtp(const environment::Smtp &entry) const;
    [[nodiscard]] imap::MailboxTarget mailbox(const environment::Smtp &entry) const; ///< entry.mailbox must be there

    [[nodiscard]] backup::Set backup(const environment::Backup &entry) const;

    [[nodiscard]] samples::LogTarget log(const environment::Log &entry) const;
    [[nodiscard]] samples::LoadTestTarget loadTest(const environment::LoadTest &entry) const;
    /// The declared endpoint of that test; the test must have one.
    [[nodiscard]] loadtest::Target loadRun(const environment::LoadTest &entry, const environment::Http &endpoint) const;
    [[nodiscard]] samples::AppAuditTarget appAudit(const environment::AppAudit &entry) const;
    /// Reads the neighbour's file at `path`; what is wrong with it becomes the source's fault.
    [[nodiscard]] samples::SiblingTarget sibling(const std::string &id, const std::string &path) const;
    /// All declared databases and caches.
    [[nodiscard]] samples::Servers servers() const;

    /// The declared PostgreSQL of that name; the environment parser made sure that it exists.
    [[nodiscard]] postgres::Target postgresNamed(const std::string &name) const;

private:
    template<class Entry>
    [[nodiscard]] postgres::Target server(const std::string &kind, const Entry &entry) const;
    [[nodiscard]] std::vector<std::string> databasesBeside(const postgres::Target &target) const;
    [[nodiscard]] SecretProvider secret(const SecretRef &ref) const;

    const environment::Environment &m_environment;
    std::shared_ptr<SecretStore> m_secrets;
    std::map<std::string, std::shared_ptr<http::DocumentedPaths>> m_documented; ///< by endpoint: what its source tells the others
    std::string m_operator;
};

[[nodiscard]] net::TlsOptions tlsOptions(const environment::Tls &tls, bool isOn);

} // namespace muster::wiring
