// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/musterctl/commands.h"
#include "app/report/historyreport.h"
#include "app/wiring/stores.h"
#include "models/format/text.h"

#include <QDate>

namespace muster::ctl {

namespace {

constexpr std::size_t kDropsLimit = 100;
constexpr std::size_t kPointsLimit = 500;

int fail(const Fault &fault, int code)
{
    message(text::plain(fault.detail, 600) + (fault.hint.empty() ? "" : ' ' + text::plain(fault.hint, 400)) + "\n");
    return code;
}

std::optional<std::chrono::sys_days> dayOf(const std::string &text)
{
    const auto date = QDate::fromString(QString::fromStdString(text), Qt::ISODate);
    if (text.size() != 10 || !date.isValid())
        return std::nullopt;
    return std::chrono::sys_days(std::chrono::days(QDate(1970, 1, 1).daysTo(date)));
}

} // namespace

int runWaiver(const Options &options)
{
    const auto environment = loadEnvironment(options);
    if (!environment)
        return environment.error();
    const auto profile = wiring::openProfile(options.profile.empty() ? environment->profile : options.profile);
    if (!profile) {
        message(environment::describe(profile.error(), environment->path));
        return kCouldNotJudge;
    }
    const auto store = wiring::makeWaivers(environment->path, *profile);
    const auto &check = options.arguments.front();
    if (options.verb == "unwaive") {
        if (const auto left = store->remove(check); !left)
            return fail(left.error(), kRefused);
        print(environment->path + ": " + check + " counts again\n");
        return kDone;
    }
    const auto until = dayOf(options.until);
    if (!until) {
        message("musterctl: --until wants a date such as 2027-03-31, not “" + text::plain(options.until, 40) + "”\n");
        return kCouldNotJudge;
    }
    if (const auto all = store->add({check, options.owner, options.reason, *until}); !all)
        return fail(all.error(), kRefused);
    print(environment->path + ": " + check + " is waived until " + options.until + "\n");
    return kDone;
}

int runHistory(const Options &options)
{
    const auto environment = loadEnvironment(options);
    if (!environment)
        return environment.error();
    const auto store = wiring::openHistory(*environment, false);
    if (!store) {
        message("no history of “" + environment->name + "” yet: the window records it while it is open\n");
        return kCouldNotJudge;
    }
    const auto now = Stamp::now().wall;
    const bool isJson = options.format == report::Format::Json;
    if (options.verb == "drops") {
        const auto drops = store->drops(now - options.since, now, kDropsLimit);
        if (!drops)
            return fail(drops.error(), kFailed);
        print(isJson ? report::dropsToJson(*drops) : report::dropsToTable(*drops));
    } else {
        const auto name = options.arguments.empty() ? std::string("score.low") : options.arguments.front();
        const auto points = store->read(name, now - options.since, now, kPointsLimit);
        if (!points)
            return fail(points.error(), kFailed);
        print(isJson ? report::seriesToJson(name, *points) : report::seriesToTable(name, *points));
    }
    if (const auto notice = store->notice(); !notice.empty())
        message(notice + "\n");
    return kDone;
}

} // namespace muster::ctl
