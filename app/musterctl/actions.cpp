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
