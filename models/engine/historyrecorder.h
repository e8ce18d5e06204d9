// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/facts/factbook.h"
#include "models/ports/historystore.h"
#include "models/readiness/assessment.h"

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <stop_token>
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
    void work(std::stop_token stop);
    void write(const Job &job);

    std::shared_ptr<HistoryStore> m_store;
    std::map<std::string, std::string> m_lastStatus;     ///< worker thread only
    std::map<std::string, WallTime> m_lastPoint;          ///< worker thread only
    WallTime m_lastScore{};                               ///< worker thread only
    std::mutex m_mutex;
    std::condition_variable_any m_wake;
    std::unique_ptr<Job> m_waiting;
    std::jthread m_thread;
};

} // namespace muster
