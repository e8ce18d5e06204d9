// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/wiring/stores.h"

#include "app/environment/environmenteditor.h"
#include "app/wiring/longhistory.h"
#include "app/wiring/targets.h"
#include "connectors/history/sqlitehistory.h"
#include "models/readiness/strictobject.h"
#include "resources/readiness/defaultprofile.h"

#include <QFile>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <vector>

namespace muster::wiring {

namespace {

constexpr qint64 kProfileLimit = 4 << 20; // bytes

std::string historyFile(const std::string &environment)
{
    const char *data = std::getenv("XDG_DATA_HOME");
    const char *home = std::getenv("HOME");
    return (data && *data ? std::string(data) : std::string(home ? home : "") + "/.local/share") + "/muster/history/" + environment + ".sqlite";
}

/// Each call reads the file anew: somebody may have edited it by hand.
class FileWaivers : public WaiverStore {
public:
    FileWaivers(std::string path, std::vector<std::string> checks) : m_path(std::move(path)), m_checks(std::move(checks)) { }

    [[nodiscard]] Result add(const readiness::Waiver &waiver) override
    {
        if (std::ranges::find(m_checks, waiver.check) == m_checks.end()) {
            const std::vector<std::string_view> known(m_checks.begin(), m_checks.end());
            const auto near = nearest(waiver.check, known);
            return refused("the profile has no check “" + clamp(waiver.check, 100) + "”", near.empty() ? std::string() : "Did you mean “" + near + "”?");
        }
        if (waiver.until < std::chrono::floor<std::chrono::days>(Stamp::now().wall))
            return refused("the waiver has ended already: its last day lies in the past", "Give a day from today on.");
        return edited([&](const std::string &bytes) { return environment::withWaiver(bytes, waiver); });
    }

    [[nodiscard]] Result remove(const std::string &check) override
    {
        return edited([&](const std::string &bytes) { return environment::withoutWaiver(bytes, check); });
    }

private:
    static Result refused(std::string detail, std::string hint)
    {
        return std::unexpected(Fault{ FaultKind::Config, "environment", std::move(detail), std::move(hint) });
    }
    [[nodiscard]] Result edited(const std::function<environment::Edited(const std::string &)> &edit) const
    {
        auto environment = environment::editFile(m_path, edit);
        return environment ? Result(std::move(environment->waivers)) : std::unexpected(environment.error());
    }

    const std::string m_path;
    const std::vector<std::string> m_checks;
};

} // namespace

std::expected<Profile, environment::Problems> openProfile(const std::string &nameOrPath)
{
    const auto wrong = [](const std::string &what) { return std::unexpected(environment::Problems{ { "profile", what } }); };
    if (nameOrPath == "default") {
        auto profile = Profile::parse(defaultProfileJson());
        return profile ? std::expected<Profile, environment::Problems>(std::move(*profile)) : wrong(profile.error());
    }
    QFile file(QString::fromStdString(nameOrPath));
    if (!file.open(QIODevice::ReadOnly) || file.size() > kProfileLimit)
        return wrong("“" + nameOrPath + "” cannot be read: " + file.errorString().toStdString());
    auto profile = Profile::parse(file.readAll());
    if (!profile)
        return wrong(nameOrPath + ": " + profile.error());
    return std::move(*profile);
}

std::shared_ptr<HistoryStore> openHistory(const environment::Environment &environment, bool isMade)
{
    const auto path = historyFile(environment.name);
    std::error_code ignored;
    std::shared_ptr<HistoryStore> local;
    if (isMade || std::filesystem::exists(path, ignored))
        local = std::make_shared<history::SqliteHistory>(path);
    if (environment.prometheus.empty())
        return local;
    const auto longest = std::ranges::find_if(environment.prometheus, [](const auto &each) { return !each.longTerm.empty(); });
    const auto &entry = longest == environment.prometheus.end() ? environment.prometheus.front() : *longest;
    LongHistory::Origin origin{environment.name, Targets(environment).prometheus(entry), {}};
    if (!entry.longTerm.empty())
        origin.server.url = entry.longTerm;
    std::ranges::copy_if(environment.facts, std::back_inserter(origin.facts), [&](const CustomFact &fact) { return fact.source == origin.server.id; });
    return std::make_shared<LongHistory>(std::move(local), std::move(origin));
}

std::unique_ptr<WaiverStore> makeWaivers(const std::string &environmentPath, const Profile &profile)
{
    std::vector<std::string> checks;
    for (const auto &spec : profile.checks)
        checks.push_back(spec.id);
    return std::make_unique<FileWaivers>(environmentPath, std::move(checks));
}

} // namespace muster::wiring
