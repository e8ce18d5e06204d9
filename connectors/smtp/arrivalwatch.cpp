// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/smtp/arrivalwatch.h"

#include "connectors/smtp/mailmessage.h"
#include "models/facts/fact.h"
#include "models/format/format.h"

#include <algorithm>
#include <array>
#include <condition_variable>
#include <mutex>

namespace muster::smtp {

namespace {

constexpr Millis kLookLimit{10'000};
constexpr Millis kFirstPause{500};
constexpr Millis kLongestPause{5000};
constexpr std::size_t kMaxShown = 500;

void rest(const std::stop_token &stop, Millis length)
{
    std::mutex mutex;
    std::condition_variable_any wake;
    std::unique_lock lock(mutex);
    wake.wait_for(lock, stop, length, [] { return false; });
}

/// "31-Jan-2026", as IMAP writes a day.
std::string imapDay(WallTime at)
{
    constexpr std::array<const char *, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const std::chrono::year_month_day day(std::chrono::floor<std::chrono::days>(at));
    return std::to_string(static_cast<unsigned>(day.day())) + "-" + months[static_cast<unsigned>(day.month()) - 1] + "-" + std::to_string(static_cast<int>(day.year()));
}

std::string wayOf(const imap::Arrival &arrival)
{
    std::string way;
    const imap::Hop *before = nullptr;
    for (const auto &hop : arrival.hops) {
        way += (way.empty() ? "" : " → ") + (hop.by.empty() ? std::string("?") : hop.by);
        if (before && before->at && hop.at)
            way += " (+" + format::duration(toSeconds(std::max(Millis{0}, std::chrono::duration_cast<Millis>(*hop.at - *before->at)))) + ")";
        before = &hop;
    }
    return way;
}

} // namespace

std::expected<std::optional<imap::Arrival>, Fault> waitForArrival(imap::ImapClient &client, const std::string &messageId, Millis limit, RunControl &control)
{
    const auto deadline = Deadline::after(limit);
    auto pause = kFirstPause;
    while (true) {
        control.report({"waiting for the mail in the mailbox", 0, {}, "", {}});
        const auto uids = client.search("HEADER Message-ID " + imap::quotedString(messageId), Deadline::after(kLookLimit));
        if (!uids)
            return std::unexpected(uids.error());
        if (!uids->empty()) {
            const auto header = client.header(uids->back(), Deadline::after(kLookLimit));
            if (!header)
                return std::unexpected(header.error());
            if (!header->empty())
                return imap::readHeader(*header);
        }
        if (deadline.isOver() || control.isCancelled())
            return std::nullopt;
        rest(control.stopToken(), std::min(pause, deadline.left()));
        pause = std::min(pause * 2, kLongestPause);
    }
}

std::expected<std::optional<imap::Arrival>, Fault> newestTestMail(imap::ImapClient &client, const std::string &sender, int days, WallTime now, Deadline deadline)
{
    // SINCE counts whole days in the server's zone: one more, and the header's own time decides.
    const auto since = imapDay(now - std::chrono::days(days + 1));
    const auto uids = client.search("SINCE " + since + " HEADER " + kRunHeader + " \"\" FROM " + imap::quotedString(sender), deadline);
    if (!uids)
        return std::unexpected(uids.error());
    if (uids->empty())
        return std::nullopt;
    const auto header = client.header(uids->back(), deadline);
    if (!header)
        return std::unexpected(header.error());
    auto arrival = imap::readHeader(*header);
    const auto at = arrival.arrived ? arrival.arrived : arrival.sent;
    if (!at || now - *at > std::chrono::days(days))
        return std::nullopt;
    return arrival;
}

std::vector<PlanLine> arrivalLines(const imap::Arrival &arrival)
{
    std::vector<PlanLine> lines;
    std::string arrived = arrival.arrived ? dateHeader(*arrival.arrived) : "at a time that the header does not say";
    if (arrival.arrived && arrival.sent)
        arrived += ", " + format::duration(toSeconds(std::max(Millis{0}, std::chrono::duration_cast<Millis>(*arrival.arrived - *arrival.sent)))) + " after it was written (whole seconds, clocks of two machines)";
    lines.push_back({"Arrived", arrived});
    if (!arrival.hops.empty())
        lines.push_back({"Way", clamp(wayOf(arrival), kMaxShown)});
    std::string judgement;
    for (const auto &result : arrival.results)
        judgement += (judgement.empty() ? "" : "; ") + result.method + "=" + result.result + (result.detail.empty() ? "" : " (" + result.detail + ")");
    lines.push_back({"Receiver's judgement", judgement.empty() ? "none: the receiver added no Authentication-Results" : clamp("by " + arrival.judge + ": " + judgement, kMaxShown)});
    return lines;
}

} // namespace muster::smtp
