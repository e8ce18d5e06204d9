// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/musterctl/commands.h"
#include "app/musterctl/granting.h"
#include "app/wiring/wiring.h"
#include "models/facts/factbatch.h"
#include "models/format/text.h"

#include <algorithm>
#include <map>
#include <thread>

namespace muster::ctl {

namespace {

constexpr Millis kBudget{15000};
using Answer = std::expected<FactBatch, Fault>;

std::string textOf(const FactBatch &batch, std::string_view name)
{
    const auto fact = std::ranges::find(batch.facts, name, &Fact::name);
    const auto *text = fact == batch.facts.end() ? nullptr : asText(fact->value);
    return text ? text::plain(*text, 80) : std::string("?");
}

/// Rights on catalogs are each database's own.
std::string databaseOf(const environment::Postgres &entry)
{
    const auto &path = entry.address.path;
    return path.size() > 1 ? "the database \"" + text::plain(path.substr(1), 80) + "\"" : std::string("its database");
}

/// What a server that could not be asked may lack: everything.
std::string completeScript(const environment::Postgres &entry, const Fault &fault)
{
    const auto role = "\"" + entry.address.user + "\"";
    return "-- postgres/" + entry.name + " could not be asked (" + text::plain(fault.detail, 300) + ").\n"
        "-- All that the checks read; as superuser, in " + databaseOf(entry) + ". Nothing here may write.\n"
        "CREATE ROLE " + role + " LOGIN;\n"
        "GRANT pg_monitor TO " + role + ";\n"
        "GRANT pg_read_all_data TO " + role + "; -- PostgreSQL 14 and later\n"
        "GRANT SELECT ON pg_file_settings, pg_hba_file_rules TO " + role + ";\n"
        "GRANT EXECUTE ON FUNCTION pg_show_all_file_settings(), pg_hba_file_rules() TO " + role + ";\n\n";
}

std::string scriptFor(const environment::Postgres &entry, const FactBatch &batch)
{
    const auto head = "-- postgres/" + entry.name + ", PostgreSQL " + textOf(batch, "postgres.version") + ", role \"" + textOf(batch, "postgres.user") + "\": ";
    const auto grants = missingGrants(batch);
    if (grants.empty())
        return head + "nothing is missing.\n\n";
    auto script = head + "what the checks miss, as superuser in " + databaseOf(entry) + ".\n";
    for (const auto &grant : grants)
        script += grant.statement + " -- " + text::plain(grant.facts, 200) + "\n";
    return script + "\n";
}

std::vector<Answer> askAll(const std::vector<std::unique_ptr<Source>> &sources)
{
    std::vector<Answer> answers(sources.size(), std::unexpected(Fault{FaultKind::Cancelled, "", "interrupted", ""}));
    const auto askThem = [&](std::stop_token stop) {
        std::vector<std::jthread> threads;
        for (std::size_t i = 0; i < sources.size(); ++i)
            threads.emplace_back([&, i] { answers[i] = sources[i]->collect(Deadline::after(kBudget), stop); });
    };
    runInterruptibly(askThem, [&] { std::ranges::for_each(sources, [](const auto &source) { source->interrupt(); }); });
    return answers;
}

} // namespace

// "GRANT SELECT ON pg_file_settings TO \"oncall\"; GRANT EXECUTE ON FUNCTION pg_show_all_file_settings() TO \"oncall\";"
std::vector<MissingGrant> missingGrants(const FactBatch &batch)
{
    std::vector<MissingGrant> grants;
    for (const auto &fact : batch.facts) {
        const auto *unknown = std::get_if<Unknown>(&fact.value);
        if (!unknown)
            continue;
        std::string_view rest = unknown->hint;
        for (auto end = rest.find(';'); end != std::string_view::npos; end = rest.find(';')) {
            const std::string statement(rest.substr(0, end + 1));
            rest.remove_prefix(std::min(rest.size(), rest.find_first_not_of(' ', end + 1)));
            if (!statement.starts_with("GRANT "))
                continue;
            const auto known = std::ranges::find(grants, statement, &MissingGrant::statement);
            if (known == grants.end())
                grants.push_back({statement, fact.name});
            else
                known->facts += ", " + fact.name;
        }
    }
    return grants;
}

int runGrants(const environment::Environment &environment)
{
    auto sources = wiring::makeSources(environment);
    std::erase_if(sources, [](const auto &source) { return !source->id().starts_with("postgres/"); });
    const auto answers = askAll(sources);
    bool isAllAsked = true;
    for (std::size_t i = 0; i < sources.size(); ++i) {
        const auto entry = std::ranges::find_if(environment.postgres, [&](const auto &each) { return "postgres/" + each.name == sources[i]->id(); });
        if (entry == environment.postgres.end())
            continue;
        isAllAsked = isAllAsked && answers[i];
        print(answers[i] ? scriptFor(*entry, *answers[i]) : completeScript(*entry, answers[i].error()));
        if (!answers[i] && !answers[i].error().hint.empty())
            message(sources[i]->id() + ": " + text::plain(answers[i].error().hint, 400) + "\n");
    }
    print(wiring::grants(environment));
    return isAllAsked ? kDone : kFailed;
}

} // namespace muster::ctl
