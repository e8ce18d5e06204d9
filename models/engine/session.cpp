// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/engine/session.h"

#include <algorithm>

namespace muster {

namespace {

constexpr int kPublishInterval = 250; // ms: 4 Hz
constexpr int kAgeInterval = 1000;
constexpr int kHiddenAgeInterval = 10000;
constexpr int kHiddenPublishInterval = 2500; // nobody looks: history and alerts can wait that long

} // namespace

Session::Session(Parts parts, QObject *parent)
    : QObject(parent)
    , m_environment(std::move(parts.environment))
    , m_profile(std::move(parts.profile))
    , m_actions(std::move(parts.actions))
    , m_audit(std::move(parts.audit))
    , m_history(std::move(parts.history))
    , m_waiverStore(std::move(parts.waivers))
    , m_reportWriter(std::move(parts.reports))
    , m_runner(m_environment, m_audit)
{
    for (const auto &declared : m_environment.sources)
        m_book.declare(declared.id, declared.kind);
    for (const auto &fact : m_environment.facts)
        m_book.expect(fact.source, fact.name, fact.unit);
    for (auto &source : parts.sources)
        m_poller.add(std::move(source));
    if (m_history)
        m_recorder = std::make_unique<HistoryRecorder>(m_history);

    connect(&m_poller, &Poller::batchArrived, this, &Session::onBatch);
    connect(&m_poller, &Poller::sourceFailed, this, &Session::onFault);
    m_publishTimer.setSingleShot(true);
    m_publishTimer.setInterval(kPublishInterval);
    connect(&m_publishTimer, &QTimer::timeout, this, &Session::publish);
    m_ageTimer.setInterval(kAgeInterval);
    connect(&m_ageTimer, &QTimer::timeout, this, &Session::publish);
    publish();
}

Session::~Session()
{
    stop();
}

void Session::start()
{
    m_poller.start();
    m_ageTimer.start();
}

void Session::stop()
{
    m_ageTimer.stop();
    m_publishTimer.stop();
    m_runner.shutdown();
    m_poller.stop();
    m_recorder.reset();
}

void Session::setWaivers(std::vector<readiness::Waiver> waivers)
{
    if (waivers == m_environment.waivers)
        return;
    m_environment.waivers = std::move(waivers);
    publish();
}

void Session::setVisible(bool isVisible)
{
    m_ageTimer.setInterval(isVisible ? kAgeInterval : kHiddenAgeInterval);
    m_publishTimer.setInterval(isVisible ? kPublishInterval : kHiddenPublishInterval);
    if (isVisible)
        publish();
}

bool Session::isComplete() const
{
    return std::ranges::all_of(m_snapshot->sources, [](const SourceState &state) { return state.fault || state.lastGood; });
}

bool Session::hasRates() const
{
    const auto isRated = [this](const std::string &id) {
        const auto *state = m_snapshot->source(id);
        const auto rounds = m_rounds.find(id);
        return !state || state->fault || (rounds != m_rounds.end() && rounds->second > 1);
    };
    return std::ranges::all_of(m_poller.ratedSourceIds(), isRated);
}

void Session::publish()
{
    m_publishTimer.stop();
    if (m_ageTimer.isActive())
        m_ageTimer.start(); // ages are fresh now
    m_snapshot = std::make_shared<const Snapshot>(m_book.snapshot(Stamp::now()));
    m_assessment = std::make_shared<const Assessment>(
        readiness::evaluate(m_profile, *m_snapshot, {m_environment.kind, m_environment.waivers}));
    const bool isNowComplete = !m_wasComplete && isComplete();
    m_wasComplete = m_wasComplete || isNowComplete;
    m_isSettled = m_isSettled || (m_wasComplete && hasRates());
    if (m_recorder && m_isSettled)
        m_recorder->record(m_snapshot, m_assessment);
    Q_EMIT published();
    if (isNowComplete)
        Q_EMIT completed();
}

void Session::onBatch(const FactBatch &batch)
{
    if (!m_isSettled)
        ++m_rounds[batch.source];
    m_book.accept(batch);
    if (!m_publishTimer.isActive())
        m_publishTimer.start();
}

void Session::onFault(const std::string &sourceId, const Fault &fault, const Stamp &at)
{
    m_book.fail(sourceId, fault, at);
    if (!m_publishTimer.isActive())
        m_publishTimer.start();
}

} // namespace muster
