// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/wiring/targets.h"
#include "app/wiring/wiring.h"
#include "connectors/backup/backupaction.h"
#include "connectors/backup/drillaction.h"
#include "connectors/backup/verifybackupaction.h"
#include "connectors/loadtest/loadaction.h"
#include "connectors/postgres/sessionaction.h"
#include "connectors/redis/flushaction.h"
#include "connectors/smtp/mailtestaction.h"

#include <algorithm>

namespace muster::wiring {

namespace {

/// Makes each action from the environment as it was read; the targets fetch their secrets when they connect.
class Actions : public ActionFactory
{
public:
    explicit Actions(environment::Environment environment) : m_environment(std::move(environment)), m_targets(m_environment) {}

    [[nodiscard]] std::unique_ptr<Action> backup(const std::string &set) const override
    {
        const auto *entry = backupNamed(set);
        return entry ? std::make_unique<backup::BackupAction>(m_targets.backup(*entry)) : nullptr;
    }

    [[nodiscard]] std::unique_ptr<Action> verifyBackup(const std::string &set, const std::string &id) const override
    {
        const auto *entry = backupNamed(set);
        return entry ? std::make_unique<backup::VerifyBackupAction>(m_targets.backup(*entry), id) : nullptr;
    }

    [[nodiscard]] std::unique_ptr<Action> drillBackup(const std::string &set, const std::string &id) const override
    {
        const auto *entry = backupNamed(set);
        return entry ? std::make_unique<backup::DrillAction>(m_targets.backup(*entry), id) : nullptr;
    }

    [[nodiscard]] std::unique_ptr<Action> flush(const FlushRequest &request) const override
    {
        const auto it = std::ranges::find(m_environment.redis, request.instance, &environment::Redis::name);
        if (it == m_environment.redis.end())
            return nullptr;
        return std::make_unique<redis::FlushAction>(m_targets.redis(*it), request);
    }

    [[nodiscard]] std::unique_ptr<Action> mailTest(const MailTestRequest &request) const override
    {
        if (!m_environment.smtp)
            return nullptr;
        return std::make_unique<smtp::MailTestAction>(m_targets.smtp(*m_environment.smtp), request.to);
    }

    [[nodiscard]] std::unique_ptr<Action> endSession(const SessionEndRequest &request) const override
    {
        const auto it = std::ranges::find(m_environment.postgres, request.instance, &environment::Postgres::name);
        if (it == m_environment.postgres.end())
            return nullptr;
        return std::make_unique<postgres::SessionAction>(m_targets.postgres(*it), request);
    }

    [[nodiscard]] std::unique_ptr<Action> loadTest(const LoadTestRequest &request) const override
    {
        const auto &tests = m_environment.loadTests;
        const auto test = request.test.empty() && tests.size() == 1 ? tests.begin() : std::ranges::find(tests, request.test, &environment::LoadTest::name);
        if (test == tests.end())
            return nullptr;
        const auto &sites = m_environment.http;
        const auto site = test->http.empty() && sites.size() == 1 ? sites.begin() : std::ranges::find(sites, test->http, &environment::Http::name);
        if (site == sites.end())
            return nullptr;
        auto target = m_targets.loadRun(*test, *site);
        target.rate = request.rate > 0 ? request.rate : target.rate;
        target.duration = request.duration > Millis{0} ? request.duration : target.duration;
        return std::make_unique<loadtest::LoadAction>(std::move(target));
    }

private:
    [[nodiscard]] const environment::Backup *backupNamed(const std::string &name) const
    {
        const auto it = std::ranges::find(m_environment.backups, name, &environment::Backup::name);
        return it != m_environment.backups.end() ? &*it : nullptr;
    }

    environment::Environment m_environment;
    Targets m_targets;
};

} // namespace

std::unique_ptr<ActionFactory> makeActions(const environment::Environment &environment)
{
    return std::make_unique<Actions>(environment);
}

} // namespace muster::wiring
