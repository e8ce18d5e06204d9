// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/engine/historyrecorder.h"

#include <pthread.h>

namespace muster {

namespace {

void addScore(std::vector<HistorySample> &samples, const std::string &name, const Interval &score, WallTime at)
{
    samples.push_back({name + ".low", at, score.low});
    samples.push_back({name + ".high", at, score.high});
}

} // namespace

HistoryRecorder::HistoryRecorder(std::shared_ptr<HistoryStore> store)
    : m_store(std::move(store))
    , m_thread([this](std::stop_token stop) { work(stop); })
{
}

HistoryRecorder::~HistoryRecorder()
{
    m_thread.request_stop();
    m_thread.join();
}

void HistoryRecorder::record(std::shared_ptr<const Snapshot> snapshot, std::shared_ptr<const Assessment> assessment)
{
    const std::scoped_lock lock(m_mutex);
    m_waiting = std::make_unique<Job>(Job{std::move(snapshot), std::move(assessment)});
    m_wake.notify_all();
}

void HistoryRecorder::work(std::stop_token stop)
{
    pthread_setname_np(pthread_self(), "history");
    while (!stop.stop_requested()) {
        std::unique_ptr<Job> job;
        {
            std::unique_lock lock(m_mutex);
            m_wake.wait(lock, stop, [this] { return m_waiting != nullptr; });
            job = std::move(m_waiting);
        }
        if (job)
            write(*job);
    }
}

void HistoryRecorder::write(const Job &job)
{
    std::vector<HistorySample> samples;
    const auto at = job.assessment->at;
    if (at - m_lastScore >= std::chrono::seconds(1)) {
        m_lastScore = at;
        addScore(samples, "score", job.assessment->score, at);
        for (const auto &component : job.assessment->components)
            addScore(samples, "component." + component.id, component.score, at);
    }
    for (const auto &[source, facts] : job.snapshot->facts) {
        for (const auto &[name, observed] : facts) {
            const auto *number = asNumber(observed.fact.value);
            auto &last = m_lastPoint[source + ' ' + name];
            if (!number || observed.at <= last)
                continue;
            last = observed.at;
            samples.push_back({source + ' ' + name, observed.at, *number});
        }
    }
    std::vector<HistoryEvent> events;
    for (const auto &check : job.assessment->checks) {
        const std::string now(toString(check.status));
        auto &before = m_lastStatus[check.id];
        if (!before.empty() && before != now)
            events.push_back({at, check.id, before, now, check.findings.empty() ? std::string() : check.worst().evidence});
        before = now;
    }
    if (samples.empty() && events.empty())
        return;
    // A full or broken disk costs history; the store keeps its fault for whoever reads.
    (void)m_store->append(samples, events);
}

} // namespace muster
