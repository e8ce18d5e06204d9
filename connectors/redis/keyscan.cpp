// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/redis/keyscan.h"

#include "connectors/redis/errors.h"
#include "models/format/format.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>

namespace muster::redis {

namespace {

constexpr std::size_t kSlice = 500; ///< keys an UNLINK
constexpr Millis kReplyLimit{10'000};
constexpr Millis kReportEvery{100};
constexpr Millis kPauseStep{50};

/// Rests for `length`, or until a stop is requested.
void rest(const std::stop_token &stop, Millis length)
{
    std::mutex mutex;
    std::condition_variable_any wake;
    std::unique_lock lock(mutex);
    wake.wait_for(lock, stop, length, [] { return false; });
}

} // namespace

KeyScan::KeyScan(RedisClient &client, Options options, RunControl &control, const LatencyProbe &probe)
    : m_client(client)
    , m_options(std::move(options))
    , m_control(control)
    , m_probe(probe)
    , m_steering(probe.baseline())
{
}

KeyScan::Result KeyScan::run()
{
    m_inFlight.push_back({Pending::Scan});
    auto step = write(encode(scanCommand(0, m_steering.count(), m_options.pattern)));
    while (step && !m_inFlight.empty())
        step = receive();
    // Cancelled or refused between pages: what was written is still counted.
    if (!step && step.error() != End::Lost) {
        m_result.end = step.error();
        if (const auto drained = drain(); !drained && drained.error() == End::Lost)
            step = drained;
    }
    if (!step)
        m_result.end = step.error();
    report();
    return m_result;
}

KeyScan::Step KeyScan::write(std::string buffer)
{
    m_scanSent = BootClock::now();
    if (auto sent = m_client.send(buffer, Deadline::after(kReplyLimit)); !sent) {
        m_result.fault = std::move(sent.error());
        return std::unexpected(End::Lost);
    }
    return {};
}

KeyScan::Step KeyScan::receive()
{
    auto reply = m_client.receive(Deadline::after(kReplyLimit));
    if (!reply) {
        m_result.fault = std::move(reply.error());
        return std::unexpected(End::Lost);
    }
    const auto what = m_inFlight.front().what;
    return what == Pending::Scan ? onPage(std::move(*reply)) : onUnlinked(*reply);
}

KeyScan::Step KeyScan::onPage(Reply reply)
{
    m_inFlight.pop_front();
    m_steering.pageCame(std::chrono::ceil<Micros>(BootClock::now() - m_scanSent));
    if (reply.isError())
        return refused(faultFromError(reply.text, "query"));
    const auto page = scanPage(std::move(reply));
    if (!page)
        return refused({FaultKind::Protocol, "query", "the answer to SCAN has an unexpected shape", "Compare with redis-cli."});
    auto &totals = m_result.totals;
    totals.matched += page->keys.size();
    ++totals.pages;
    if (auto held = hold(); !held)
        return held;
    totals.share = page->cursor == 0 ? 1 : scannedShare(page->cursor);
    std::string buffer;
    if (page->cursor != 0) {
        buffer = encode(scanCommand(page->cursor, m_steering.count(), m_options.pattern));
        m_inFlight.push_back({Pending::Scan});
    }
    if (m_options.isDeleting)
        buffer += unlinks(page->keys);
    if (BootClock::now() - m_reported > kReportEvery)
        report();
    return buffer.empty() ? Step{} : write(std::move(buffer));
}

std::string KeyScan::unlinks(const std::vector<std::string> &keys)
{
    std::string buffer;
    for (std::size_t from = 0; from < keys.size(); from += kSlice) {
        const auto count = std::min(kSlice, keys.size() - from);
        Command command{"UNLINK"};
        command.insert(command.end(), keys.begin() + static_cast<std::ptrdiff_t>(from), keys.begin() + static_cast<std::ptrdiff_t>(from + count));
        buffer += encode(command);
        m_inFlight.push_back({Pending::Unlink, count});
        m_result.totals.unconfirmed += count;
    }
    return buffer;
}

KeyScan::Step KeyScan::onUnlinked(const Reply &reply)
{
    m_result.totals.unconfirmed -= m_inFlight.front().keys;
    m_inFlight.pop_front();
    if (reply.isError())
        return refused(faultFromError(reply.text, "query"));
    if (!reply.isInteger() || reply.integer < 0)
        return refused({FaultKind::Protocol, "query", "the answer to UNLINK is no count", "Compare with redis-cli."});
    m_result.totals.deleted += static_cast<unsigned long long>(reply.integer);
    return {};
}

/// Between two pages: cancel, pause, and the governor.
KeyScan::Step KeyScan::hold()
{
    if (m_control.isCancelled())
        return std::unexpected(End::Cancelled);
    const auto view = m_probe.view();
    const auto length = m_steering.rest(view);
    if (m_control.isPaused())
        return waitCalm("paused");
    if (ScanSteering::mustWait(view))
        return waitCalm("waiting: other clients are slowed over the limit");
    if (length == Millis{0})
        return {};
    if (auto drained = drain(); !drained)
        return drained;
    m_result.totals.rested += length;
    rest(m_control.stopToken(), length);
    return {};
}

KeyScan::Step KeyScan::waitCalm(std::string_view why)
{
    if (auto drained = drain(); !drained)
        return drained;
    report(why);
    while (m_control.isPaused() || ScanSteering::mustWait(m_probe.view())) {
        rest(m_control.stopToken(), kPauseStep);
        m_result.totals.rested += kPauseStep;
        if (m_control.isCancelled())
            return std::unexpected(End::Cancelled);
    }
    report("going on");
    return {};
}

/// Takes the replies that are still out; they are UNLINKs, or the SCAN after a refusal.
KeyScan::Step KeyScan::drain()
{
    Step result;
    while (!m_inFlight.empty()) {
        if (m_inFlight.front().what == Pending::Scan) {
            m_inFlight.pop_front();
            if (auto reply = m_client.receive(Deadline::after(kReplyLimit)); !reply) {
                m_result.fault = std::move(reply.error());
                return std::unexpected(End::Lost);
            }
            continue;
        }
        auto taken = receive();
        if (!taken && taken.error() == End::Lost)
            return taken;
        if (!taken)
            result = taken;
    }
    return result;
}

KeyScan::Step KeyScan::refused(Fault fault)
{
    if (m_result.fault.detail.empty())
        m_result.fault = std::move(fault);
    return std::unexpected(End::Refused);
}

void KeyScan::report(std::string_view message)
{
    m_reported = BootClock::now();
    const auto &totals = m_result.totals;
    Progress progress;
    progress.phase = (m_options.isDeleting ? "deleting, " : "counting, ") + format::ratio(totals.share) + " of the keyspace scanned";
    progress.done = static_cast<double>(m_options.isDeleting ? totals.deleted : totals.matched);
    progress.unit = "keys";
    progress.message = std::string(message);
    m_control.report(progress);
}

} // namespace muster::redis
