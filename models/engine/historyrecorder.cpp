// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/engine/historyrecorder.h"

#include <cmath>

#include <pthread.h>

namespace muster {

namespace {

constexpr double kTurn = 0.05;  // points of the score; less than that does not show
constexpr double kShare = 0.01; // points of the score that make a check with an unchanged status a cause

void addScore(std::vector<HistorySample> &samples, const std::string &name, const Interval &score, WallTime at)
{
    samples.push_back({name + ".low", at, score.low});
    samples.push_back({name + ".high", at, score.high});
}

bool isTurn(const HistoryState &before, const HistoryState &after)
{
    return std::abs(after.score.low - before.score.low) >= kTurn || after.verdict != before.verdict;
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

void HistoryRecorder::takeUp()
{
    if (m_isTakenUp)
        return;
    const auto latest = m_store->latest();
    if (!latest)
        return; // the store says why to whoever reads; tried again with the next job
    m_isTakenUp = true;
    for (const auto &event : latest->events)
        m_known[event.check] = {event.to, event.to == toString(CheckStatus::Pass) ? std::optional(0.0) : std::nullopt};
    if (!latest->turns.empty()) {
        m_state = latest->turns.front().after;
        m_seen = latest->turns.front().lastSeen;
    }
}

void HistoryRecorder::write(const Job &job)
{
    takeUp();
    HistoryEntry entry;
    addSamples(entry, job);
    addChanges(entry, *job.assessment);
    m_seen = job.assessment->at;
    if (entry.samples.empty() && entry.events.empty() && entry.turns.empty())
        return;
    // A full or broken disk costs history; the store keeps its fault for whoever reads.
    (void)m_store->append(entry);
}

void HistoryRecorder::addSamples(HistoryEntry &entry, const Job &job)
{
    const auto at = job.assessment->at;
    if (at - m_lastScore >= std::chrono::seconds(1)) {
        m_lastScore = at;
        addScore(entry.samples, "score", job.assessment->score, at);
        for (const auto &component : job.assessment->components)
            addScore(entry.samples, "component." + component.id, component.score, at);
    }
    for (const auto &[source, facts] : job.snapshot->facts) {
        for (const auto &[name, observed] : facts) {
            const auto *number = asNumber(observed.fact.value);
            auto &last = m_lastPoint[source + ' ' + name];
            if (!number || observed.at <= last)
                continue;
            last = observed.at;
            entry.samples.push_back({source + ' ' + name, observed.at, *number});
        }
    }
}

void HistoryRecorder::addChanges(HistoryEntry &entry, const Assessment &assessment)
{
    const HistoryState now{assessment.score, assessment.verdict};
    const bool hasTurned = m_state && isTurn(*m_state, now);
    for (const auto &check : assessment.checks) {
        auto &known = m_known[check.id];
        const std::string status(toString(check.status));
        const double change = known.gain ? *known.gain - check.gain : 0;
        if (known.status != status || (hasTurned && std::abs(change) >= kShare))
            entry.events.push_back({assessment.at, check.id, known.status, status, check.findings.empty() ? std::string() : check.worst().evidence, change});
        else if (!hasTurned && known.gain)
            continue; // what it costs is compared with the last turn's
        known = {status, check.gain};
    }
    for (const auto &gate : assessment.gates) {
        auto &known = m_known["gate:" + gate.id];
        const std::string status(toString(gate.status));
        if (known.status != status)
            entry.events.push_back({assessment.at, "gate:" + gate.id, known.status, status, gate.reason, 0});
        known.status = status;
    }
    if (!m_state)
        entry.turns.push_back({assessment.at, assessment.at, now, now});
    else if (hasTurned)
        entry.turns.push_back({assessment.at, m_seen, *m_state, now});
    if (!m_state || hasTurned)
        m_state = now;
}

} // namespace muster
