// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/facts/factbook.h"
#include "models/ports/historystore.h"
#include "models/readiness/assessment.h"

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

namespace muster {

/// Hands scores, numeric facts and status changes to the history store on a thread of its own. A slow or full disk costs history, never the window:
/// what waits is bounded to the latest state.
class HistoryRecorder
{
public:
    explicit HistoryRecorder(std::shared_ptr<HistoryStore> store);
    ~HistoryRecorder();

    void record(std::shared_ptr<const Snapshot> snapshot, std::shared_ptr<const Assessment> assessment);

private:
    struct Job {
        std::shared_ptr<const Snapshot> snapshot;
        std::shared_ptr<const Assessment> assessment;
    };
    /// What a check or a gate was when its last event was written.
    struct Known {
        std::string status;
        std::optional<double> gain; ///< points of the score that it cost then; not known of a check that an earlier run saw failing
    };
    void work(std::stop_token stop);
    void takeUp();
    void write(const Job &job);
    void addSamples(HistoryEntry &entry, const Job &job);
    void addChanges(HistoryEntry &entry, const Assessment &assessment);

    std::shared_ptr<HistoryStore> m_store;
    // Worker thread only:
    bool m_isTakenUp = false; ///< what the run before this one knew was read, so that a change while nobody watched is seen
    std::map<std::string, Known> m_known;
    std::map<std::string, WallTime> m_lastPoint;
    std::optional<HistoryState> m_state; ///< of the last turn
    WallTime m_seen{};
    WallTime m_lastScore{};

    std::mutex m_mutex;
    std::condition_variable_any m_wake;
    std::unique_ptr<Job> m_waiting;
    std::jthread m_thread;
};

} // namespace muster
