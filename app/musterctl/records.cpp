// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/musterctl/commands.h"
#include "app/musterctl/granting.h"
#include "app/wiring/wiring.h"
#include "models/format/format.h"
#include "models/format/text.h"

#include <fstream>
#include <sstream>

namespace muster::ctl {

namespace {

constexpr std::size_t kListLimit = 200;

int fail(const Fault &fault)
{
    message(text::plain(fault.detail, 400) + " " + text::plain(fault.hint, 400) + "\n");
    return kFailed;
}

int listAudit()
{
    const auto entries = wiring::makeAudit()->read(kListLimit);
    if (!entries)
        return fail(entries.error());
    for (const auto &entry : *entries) {
        print(format::utc(entry.at) + "  " + entry.phase + "  " + text::plain(entry.operatorName + "  " + entry.environment + "  " + entry.action + "  " + entry.target, 200) + "  "
              + text::plain(entry.summary, 300) + (entry.outcome.empty() ? "" : " (" + entry.outcome + ", " + format::duration(entry.duration) + ")")
              + (entry.reason.empty() ? "" : "  reason: " + text::plain(entry.reason, 200)) + "\n");
    }
    if (entries->empty())
        print("no actions yet\n");
    return kDone;
}

int verifyAudit()
{
    const auto verdict = wiring::makeAudit()->verify();
    if (!verdict)
        return fail(verdict.error());
    if (verdict->isIntact) {
        print("intact: " + format::counted(static_cast<double>(verdict->lines), "line", "lines") + "\n");
        return kDone;
    }
    print("BROKEN at line " + std::to_string(verdict->firstBroken) + ": " + text::plain(verdict->why, 400) + "\n");
    return kFailed;
}

} // namespace

int runAudit(const Options &options)
{
    return options.verb == "list" ? listAudit() : verifyAudit();
}

int runEnv(const Options &options)
{
    if (options.verb == "import")
        return runImport(options);
    if (options.verb == "waive" || options.verb == "unwaive")
        return runWaiver(options);
    const auto environment = loadEnvironment(options);
    if (!environment)
        return environment.error();
    if (options.verb == "grants")
        return runGrants(*environment);
    if (const auto parts = wiring::open(*environment, {options.profile, false}); !parts) {
        message(environment::describe(parts.error(), environment->path));
        return kCouldNotJudge;
    }
    print(environment->path + ": good; environment “" + environment->name + "”, kind " + environment->kind + "\n");
    return kDone;
}

} // namespace muster::ctl
