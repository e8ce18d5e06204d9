// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/engine/mailbox.h"
#include "models/ports/source.h"

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <stop_token>
#include <thread>

namespace muster {

/// One source on its own thread. Shared between the poller and that thread, so that a thread that does not come back can be left alone.
class PollWorker : public std::enable_shared_from_this<PollWorker>
{
public:
    using Deliver = std::function<void(std::expected<FactBatch, Fault>, Stamp)>; ///< runs on the poller's thread

    PollWorker(std::unique_ptr<Source> source, std::shared_ptr<Mailbox> mailbox, Deliver deliver);
    ~PollWorker();
    PollWorker(const PollWorker &) = delete;
    PollWorker &operator=(const PollWorker &) = delete;

    void start();
    void requestStop();
    /// True when the thread has ended within `left`. Of the thread that started it, once.
    [[nodiscard]] bool waitEnded(Millis left);
    void measureNow();
    void setSubscribed(bool isSubscribed);
    /// From the watchdog: interrupts a round that overran its deadline and reports it once.
    void checkOverrun();

    [[nodiscard]] const std::string &id() const { return m_id; }
    [[nodiscard]] bool hasRates() const { return m_source->cadence().secondSample > Millis{0}; }

private:
    void run();
    void round();
    [[nodiscard]] bool waitForTurn();
    void deliver(std::expected<FactBatch, Fault> result);

    const std::string m_id;
    std::unique_ptr<Source> m_source;
    std::shared_ptr<Mailbox> m_mailbox;
    Deliver m_deliver;
    std::stop_source m_stop;
    std::thread m_thread; ///< of the caller of start() and waitEnded()
    std::atomic<bool> m_isDelivered{true}; ///< back-pressure: no new round while the last result waits for the GUI thread

    std::mutex m_mutex; ///< guards all below
    std::condition_variable m_wake;
    bool m_isWanted = true;
    bool m_isSubscribed = false;
    bool m_hasEnded = false;
    bool m_isFirstSample = true; ///< no good round since the start or the last fault
    bool m_isOverrunReported = false;
    int m_failures = 0;
    std::optional<BootTime> m_roundEndsBy;
    std::chrono::steady_clock::time_point m_nextRound{};
    std::chrono::steady_clock::time_point m_lastStart{};
    std::minstd_rand m_random;
};

} // namespace muster
