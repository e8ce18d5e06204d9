// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/engine/pollworker.h"

#include "models/engine/backoff.h"

#include <pthread.h>

#include <thread>

namespace muster {

namespace {

constexpr Millis kOverrunGrace{500}; // a source may need a moment after its deadline to close and to word the fault

Fault overrunFault(Millis deadline)
{
    return {FaultKind::Timeout, "deadline", "no answer within " + std::to_string(deadline.count() / 1000) + " s; the round was broken off",
            "The server accepts connections but does not answer. Check whether its process is stopped or overloaded."};
}

void nameThread(const std::string &id)
{
    constexpr std::size_t kLimit = 15; // of the kernel
    pthread_setname_np(pthread_self(), id.substr(0, kLimit).c_str());
}

} // namespace

PollWorker::PollWorker(std::unique_ptr<Source> source, std::shared_ptr<Mailbox> mailbox, Deliver deliver)
    : m_id(source->id())
    , m_source(std::move(source))
    , m_mailbox(std::move(mailbox))
    , m_deliver(std::move(deliver))
    , m_random(static_cast<std::minstd_rand::result_type>(std::hash<std::string>{}(m_id) ^ static_cast<std::size_t>(BootClock::now().time_since_epoch().count())))
{
}

PollWorker::~PollWorker()
{
    if (m_thread.joinable())
        m_thread.detach(); // abandoned; it owns this object, so this may be that very thread
}

void PollWorker::start()
{
    m_thread = std::thread([self = shared_from_this()] { self->run(); });
}

void PollWorker::requestStop()
{
    m_stop.request_stop();
    m_source->interrupt();
    const std::scoped_lock lock(m_mutex);
    m_wake.notify_all();
}

bool PollWorker::waitEnded(Millis left)
{
    {
        std::unique_lock lock(m_mutex);
        if (!m_wake.wait_for(lock, left, [this] { return m_hasEnded; }))
            return false;
    }
    // To its very end: libraries clean up after a thread (OpenSSL does), and must not do so while the process itself ends.
    if (m_thread.joinable())
        m_thread.join();
    return true;
}

void PollWorker::measureNow()
{
    m_source->wantAll();
    const std::scoped_lock lock(m_mutex);
    if (m_roundEndsBy)
        return; // the running round counts
    m_isWanted = true;
    m_wake.notify_all();
}

void PollWorker::setSubscribed(bool isSubscribed)
{
    const std::scoped_lock lock(m_mutex);
    if (std::exchange(m_isSubscribed, isSubscribed) == isSubscribed)
        return;
    if (isSubscribed && m_failures == 0)
        m_nextRound = std::min(m_nextRound, m_lastStart + m_source->cadence().subscribed);
    m_wake.notify_all();
}

void PollWorker::checkOverrun()
{
    {
        const std::scoped_lock lock(m_mutex);
        if (!m_roundEndsBy || BootClock::now() < *m_roundEndsBy + kOverrunGrace)
            return;
        if (std::exchange(m_isOverrunReported, true))
            return;
    }
    // First said, then broken off: else the round's own fault might come before its reason.
    m_mailbox->post([deliver = m_deliver, fault = overrunFault(m_source->cadence().deadline), at = Stamp::now()] { deliver(std::unexpected(fault), at); });
    m_source->interrupt();
}

void PollWorker::run()
{
    nameThread(m_id);
    while (waitForTurn())
        round();
    const std::scoped_lock lock(m_mutex);
    m_hasEnded = true;
    m_wake.notify_all();
}

bool PollWorker::waitForTurn()
{
    std::unique_lock lock(m_mutex);
    const auto isDue = [this] {
        return m_stop.stop_requested() || (m_isDelivered.load() && (m_isWanted || std::chrono::steady_clock::now() >= m_nextRound));
    };
    while (!isDue()) {
        if (m_isDelivered.load())
            m_wake.wait_until(lock, m_nextRound);
        else
            m_wake.wait_for(lock, Millis{100});
    }
    m_isWanted = false;
    return !m_stop.stop_requested();
}

void PollWorker::round()
{
    const auto cadence = m_source->cadence();
    const auto deadline = Deadline::after(cadence.deadline);
    {
        const std::scoped_lock lock(m_mutex);
        m_lastStart = std::chrono::steady_clock::now();
        m_roundEndsBy = deadline.at();
        m_isOverrunReported = false;
    }
    auto result = m_source->collect(deadline, m_stop.get_token());
    {
        const std::scoped_lock lock(m_mutex);
        m_roundEndsBy.reset();
        const bool isGood = result && !result->fault;
        const bool needsSecond = std::exchange(m_isFirstSample, !isGood) && cadence.secondSample > Millis{0};
        m_failures = isGood ? 0 : m_failures + 1;
        m_nextRound = !isGood   ? std::chrono::steady_clock::now() + backoff(m_failures, m_random)
            : needsSecond       ? m_lastStart + cadence.secondSample
            : m_isSubscribed    ? m_lastStart + cadence.subscribed
                                : m_lastStart + cadence.background;
    }
    if (!m_stop.stop_requested())
        deliver(std::move(result));
}

void PollWorker::deliver(std::expected<FactBatch, Fault> result)
{
    m_isDelivered.store(false);
    m_mailbox->post([self = shared_from_this(), result = std::move(result), at = Stamp::now()]() mutable {
        self->m_isDelivered.store(true);
        {
            const std::scoped_lock lock(self->m_mutex);
            self->m_wake.notify_all();
        }
        self->m_deliver(std::move(result), at);
    });
}

} // namespace muster
