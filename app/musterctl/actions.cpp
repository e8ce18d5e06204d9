// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/musterctl/commands.h"
#include "app/wiring/wiring.h"
#include "models/format/format.h"
#include "models/format/text.h"

#include <algorithm>

namespace muster::ctl {

namespace {

constexpr Millis kListBudget{20000};

std::string firstArgument(const Options &options)
{
    return options.arguments.empty() ? std::string() : options.arguments.front();
}

std::string backupLine(const Table &table, std::size_t row)
{
    const auto size = table.number(row, "size");
    const auto age = table.number(row, "age");
    auto rung = table.text(row, "rung");
    rung.resize(std::max<std::size_t>(rung.size(), 12), ' ');
    return rung + text::plain(table.text(row, "id"), 80) + "  " + (size ? format::size(*size) : "?") + "  " + (age ? format::duration(*age) + " old" : "age unknown")
        + (table.text(row, "reason").empty() ? "" : "  " + text::plain(table.text(row, "reason"), 200)) + "\n";
}

int listBackups(const Options &options)
{
    const auto environment = loadEnvironment(options);
    if (!environment)
        return environment.error();
    int code = kDone;
    for (const auto &source : wiring::makeSources(*environment)) {
        if (kindOf(source->id()) != "backup" || (!options.arguments.empty() && instanceOf(source->id()) != firstArgument(options)))
            continue;
        const auto batch = source->collect(Deadline::after(kListBudget), {});
        if (!batch) {
            message(source->id() + ": " + text::plain(batch.error().detail, 400) + " " + text::plain(batch.error().hint, 400) + "\n");
            code = kFailed;
            continue;
        }
        print(std::string(instanceOf(source->id())) + "\n");
        const auto it = std::ranges::find(batch->facts, "backup.backups", &Fact::name);
        const auto *table = it == batch->facts.end() ? nullptr : asTable(it->value);
        for (std::size_t row = 0; table && row < table->rows.size(); ++row)
            print(backupLine(*table, row));
        if (!table || table->rows.empty())
            print("no backups\n");
    }
    return code;
}

/// `backup run` without a name means the only declared set.
std::string setName(const Options &options, const EnvironmentInfo &environment)
{
    const auto name = firstArgument(options);
    return name.empty() && environment.backups.size() == 1 ? environment.backups.front().name : name;
}

/// NAME names a set, anything else is a backup's id in the only set that can hold it ("nightly-2026…").
std::unique_ptr<Action> verification(const Session &session, const Options &options)
{
    const auto argument = firstArgument(options);
    for (const auto &set : session.environment().backups) {
        if (argument.empty() || argument == set.name)
            return session.actions().verifyBackup(set.name, {});
        if (argument.starts_with(set.name + "-"))
            return session.actions().verifyBackup(set.name, argument);
    }
    return nullptr;
}

int countKeys(const Options &options)
{
    auto session = openSession(options);
    if (!session)
        return session.error();
    auto request = options.flush;
    request.isCountOnly = true;
    if (request.instance.empty() && (*session)->environment().caches.size() == 1)
        request.instance = (*session)->environment().caches.front().name;
    const auto action = (*session)->actions().flush(request);
    if (!action) {
        message("refused: the environment declares no redis named “" + request.instance + "”\n");
        return kRefused;
    }
    std::optional<Outcome> outcome;
    std::string obstacle;
    const auto count = [&](std::stop_token stop) {
        const auto plan = action->preflight(Deadline::after(kListBudget), stop);
        if (!plan || !plan->isAllowed()) {
            obstacle = plan ? plan->firstObstacle() : plan.error().detail + " " + plan.error().hint;
            return;
        }
        RunControl control(stop, [](const Progress &) {});
        outcome = action->run(*plan, control);
    };
    runInterruptibly(count, [&] { action->interrupt(); });
    if (!outcome) {
        message("refused: " + text::plain(obstacle, 600) + "\n");
        return kRefused;
    }
    print(text::plain(outcome->summary, 400) + "\n");
    for (const auto &detail : outcome->details)
        print("  " + text::plain(detail.label + ": " + detail.value, 400) + "\n");
    return outcome->kind == OutcomeKind::Succeeded ? kDone : kFailed;
}

} // namespace

int runBackup(const Options &options)
{
    if (options.verb == "list")
        return listBackups(options);
    if (options.verb == "verify") {
        return runAction(options, [&](const Session &session) { return verification(session, options); },
                         "the environment declares no backup set for “" + firstArgument(options) + "”");
    }
    return runAction(options, [&](const Session &session) { return session.actions().backup(setName(options, session.environment())); },
                     "the environment declares no backup set “" + firstArgument(options) + "” with a driver that this version can run; name one of “backups”");
}

int runCache(const Options &options)
{
    if (options.verb == "count")
        return countKeys(options);
    const auto make = [&](const Session &session) {
        auto request = options.flush;
        if (request.instance.empty() && session.environment().caches.size() == 1)
            request.instance = session.environment().caches.front().name;
        return session.actions().flush(request);
    };
    return runAction(options, make, "the environment declares no redis “" + options.flush.instance + "”; name one with --instance");
}

int runSession(const Options &options)
{
    const auto make = [&](const Session &session) {
        auto request = options.session;
        const auto &sources = session.environment().sources;
        const auto isServer = [](const auto &source) { return source.kind == "postgres"; };
        if (request.instance.empty() && std::ranges::count_if(sources, isServer) == 1)
            request.instance = std::ranges::find_if(sources, isServer)->name;
        return session.actions().endSession(request);
    };
    return runAction(options, make, "the environment declares no postgres “" + options.session.instance + "”; name one with --instance");
}

int runLoad(const Options &options)
{
    auto request = options.load;
    request.test = firstArgument(options);
    return runAction(options, [&](const Session &session) { return session.actions().loadTest(request); },
                     "the environment declares no load test “" + request.test + "” for one of its endpoints; see “loadTests” and its “http”");
}

int runMail(const Options &options)
{
    return runAction(options, [&](const Session &session) { return session.actions().mailTest({options.to}); }, "the environment declares no “smtp”");
}

} // namespace muster::ctl
