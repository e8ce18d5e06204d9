// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/redis/keyscan.h"

#include "connectors/redis/errors.h"
#include "connectors/redis/redisinfoparser.h"
#include "models/format/format.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <utility>

namespace muster::redis {

namespace {

constexpr std::size_t kSlice = 500; ///< keys an UNLINK
constexpr std::size_t kRedirects = 500; ///< then they are followed
constexpr int kResumeLimit = 3;
constexpr Millis kKeepAliveEvery{5'000}; ///< a server's "timeout" closes idle connections
constexpr Millis kReplyLimit{10'000};
constexpr Millis kReportEvery{100};
constexpr Millis kPauseStep{50};

} // namespace

void rest(const std::stop_token &stop, Millis length)
{
    std::mutex mutex;
    std::condition_variable_any wake;
    std::unique_lock lock(mutex);
    wake.wait_for(lock, stop, length, [] { return false; });
}

std::optional<Redirect> redirectOf(std::string_view error)
{
    Redirect redirect;
    redirect.isAsk = error.starts_with("ASK ");
    if (!redirect.isAsk && !error.starts_with("MOVED "))
        return std::nullopt;
    const auto address = error.substr(error.rfind(' ') + 1);
    const auto colon = address.rfind(':');
    const auto port = colon == std::string_view::npos ? std::nullopt : parseNumber(address.substr(colon + 1));
    if (!port || *port < 1 || *port > 65535)
        return std::nullopt;
    redirect.to = {clamp(address.substr(0, colon), 255), static_cast<std::uint16_t>(*port)};
    return redirect;
}

KeyScan::KeyScan(RedisClient &client, Options options, RunControl &control, const LatencyProbe &probe)
    : m_client(&client)
    , m_options(std::move(options))
    , m_control(control)
    , m_probe(probe)
    , m_steering(probe.baseline())
    , m_misses(m_options.leastHitRatio)
{
}

KeyScan::Result KeyScan::run()
{
    m_inFlight.push_back({Pending::Scan, 0, {}});
    auto step = write(encode(scanCommand(0, nextCount(), m_options.pattern)));
    do {
        while (step && !m_inFlight.empty())
            step = receive();
        if (step)
            step = followRedirects();
        if (step)
            step = nextStage();
        step = resumed(std::move(step));
    } while (step && (!m_inFlight.empty() || !m_waiting.empty()));
    // Cancelled or refused between pages: what was written is still counted.
    if (!step && step.error() != End::Lost) {
        m_result.end = step.error();
        auto drained = drain();
        if (drained || drained.error() != End::Lost)
            drained = followRedirects();
        if (!drained && drained.error() == End::Lost)
            step = drained;
    }
    if (!step)
        m_result.end = step.error();
    report();
    return m_result;
}

/// A lost connection is no end while every deletion was answered: SCAN only reads, and the server keeps no state for it.
KeyScan::Step KeyScan::resumed(Step step)
{
    const bool isLost = !step && step.error() == End::Lost && m_result.fault.kind != FaultKind::Cancelled;
    if (!isLost || m_result.totals.unconfirmed > 0 || !m_options.reconnect || m_resumes == kResumeLimit || m_control.isCancelled())
        return step;
    auto client = m_options.reconnect();
    if (!client) {
        m_result.fault.detail += " " + client.error().detail;
        return step;
    }
    m_second = std::move(*client);
    m_client = m_second.get();
    m_result.fault = {};
    m_result.totals.resumes = ++m_resumes;
    m_inFlight.clear();
    report("connected anew, going on from the same place");
    if (!m_waiting.empty())
        return {};
    m_inFlight.push_back({Pending::Scan, 0, {}});
    return write(encode(scanCommand(m_cursor, nextCount(), m_options.pattern)));
}

KeyScan::Step KeyScan::keepAlive()
{
    const auto reply = m_client->call({"PING"}, Deadline::after(kReplyLimit));
    if (reply)
        return {};
    m_result.fault = reply.error();
    return std::unexpected(End::Lost);
}

KeyScan::Step KeyScan::followRedirects()
{
    if (m_redirected.empty())
        return {};
    const auto keys = std::exchange(m_redirected, {});
    const auto deleted = m_options.follow ? m_options.follow(keys) : std::expected<unsigned long long, Fault>(0);
    if (!deleted) {
        m_result.totals.unconfirmed += keys.size();
        m_result.fault = deleted.error();
        return std::unexpected(End::Lost);
    }
    m_result.totals.deleted += *deleted;
    m_result.totals.moved += *deleted;
    return {};
}

KeyScan::Step KeyScan::write(std::string buffer)
{
    m_scanSent = BootClock::now();
    if (auto sent = m_client->send(buffer, Deadline::after(kReplyLimit)); !sent) {
        m_result.fault = std::move(sent.error());
        return std::unexpected(End::Lost);
    }
    return {};
}

KeyScan::Step KeyScan::receive()
{
    auto reply = m_client->receive(Deadline::after(kReplyLimit));
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
    auto page = scanPage(std::move(reply));
    if (!page)
        return refused({FaultKind::Protocol, "query", "the answer to SCAN has an unexpected shape", "Compare with redis-cli."});
    m_size.pageCame(*page, m_count);
    if (auto held = hold(); !held)
        return held;
    auto &totals = m_result.totals;
    totals.matched += page->keys.size();
    ++totals.pages;
    m_cursor = page->cursor;
    totals.share = page->cursor == 0 ? 1 : scannedShare(page->cursor);
    if (m_options.pace) {
        m_waiting = std::move(page->keys);
        return {};
    }
    std::string buffer;
    if (page->cursor != 0) {
        buffer = encode(scanCommand(page->cursor, nextCount(), m_options.pattern));
        m_inFlight.push_back({Pending::Scan, 0, {}});
    }
    if (m_options.isDeleting)
        buffer += unlinks(std::move(page->keys));
    if (BootClock::now() - m_reported > kReportEvery)
        report();
    return buffer.empty() ? Step{} : write(std::move(buffer));
}

std::string KeyScan::unlinks(std::vector<std::string> keys)
{
    std::string buffer;
    const auto slice = m_options.isCluster ? 1 : kSlice;
    for (std::size_t from = 0; from < keys.size(); from += slice) {
        const auto count = std::min(slice, keys.size() - from);
        Command command{"UNLINK"};
        command.insert(command.end(), keys.begin() + static_cast<std::ptrdiff_t>(from), keys.begin() + static_cast<std::ptrdiff_t>(from + count));
        buffer += encode(command);
        m_inFlight.push_back({Pending::Unlink, count, m_options.isCluster ? std::move(keys[from]) : std::string()});
        m_result.totals.unconfirmed += count;
    }
    return buffer;
}

KeyScan::Step KeyScan::onUnlinked(const Reply &reply)
{
    m_result.totals.unconfirmed -= m_inFlight.front().keys;
    auto key = std::move(m_inFlight.front().key);
    m_inFlight.pop_front();
    if (auto redirect = reply.isError() && m_options.isCluster ? redirectOf(reply.text) : std::nullopt) {
        redirect->key = std::move(key);
        m_redirected.push_back(std::move(*redirect));
        return {};
    }
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
    if (m_redirected.size() >= kRedirects) {
        if (auto followed = followRedirects(); !followed)
            return followed;
    }
    const auto view = m_probe.view();
    const auto length = m_steering.rest(view);
    if (m_control.isPaused())
        return waitCalm("paused");
    if (ScanSteering::mustWait(view))
        return waitCalm("waiting: other clients are slowed over the limit");
    if (m_misses.isStorm())
        return waitCalm(stormText());
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
    Millis quiet{0};
    while (m_control.isPaused() || mustWait()) {
        rest(m_control.stopToken(), kPauseStep);
        m_result.totals.rested += kPauseStep;
        quiet += kPauseStep;
        if (quiet >= kKeepAliveEvery) {
            quiet = Millis{0};
            if (auto alive = keepAlive(); !alive)
                return alive;
        }
        if (m_control.isCancelled())
            return std::unexpected(End::Cancelled);
        if (auto looked = lookAtHits(); !looked)
            return looked;
    }
    if (auto alive = keepAlive(); !alive) // before anything that deletes is sent
        return alive;
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
            if (auto reply = m_client->receive(Deadline::after(kReplyLimit)); !reply) {
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
    const auto pace = m_options.pace ? "deleting " + format::number(m_options.pace->perMinute(), 0) + " keys a minute, " : std::string();
    progress.phase = m_options.where + (m_options.pace ? pace : m_options.isDeleting ? "deleting, " : "counting, ") + format::ratio(totals.share) + " of the keyspace scanned";
    progress.done = m_options.doneBefore + static_cast<double>(m_options.isDeleting ? totals.deleted : totals.matched);
    if (m_options.pace)
        progress.total = std::max(m_options.pace->keys(), progress.done); // more may be written meanwhile
    progress.unit = "keys";
    progress.message = std::string(message);
    m_control.report(progress);
}

} // namespace muster::redis
