// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/musterctl/sampler.h"

namespace muster::ctl {

namespace {

constexpr Millis kLimit{20000}; // beyond every source's own deadline

} // namespace

Sampler::Sampler(Session &session, Millis watchFor)
    : m_session(session)
    , m_watchFor(watchFor)
    , m_isTimeUp(watchFor == Millis{0})
{
    for (const auto &id : session.poller().sourceIds())
        m_open.insert(id);
    connect(&session.poller(), &Poller::batchArrived, this, [this](const FactBatch &batch) { onAnswer(batch.source, true); });
    connect(&session.poller(), &Poller::sourceFailed, this, [this](const std::string &id) { onAnswer(id, false); });
    m_limit.setSingleShot(true);
    connect(&m_limit, &QTimer::timeout, this, [this] {
        m_open.clear();
        finishIfDone();
    });
}

void Sampler::start()
{
    m_limit.start(kLimit + m_watchFor);
    if (m_watchFor > Millis{0}) {
        const auto ids = m_session.poller().sourceIds();
        m_session.poller().subscribe({ids.begin(), ids.end()});
        QTimer::singleShot(m_watchFor, this, [this] {
            m_isTimeUp = true;
            finishIfDone();
        });
    }
    m_session.start();
    QTimer::singleShot(0, this, &Sampler::finishIfDone); // an environment without sources
}

void Sampler::onAnswer(const std::string &sourceId, bool isGood)
{
    const bool isFirst = m_answered.insert(sourceId).second;
    if (isFirst && isGood && m_session.poller().ratedSourceIds().contains(sourceId))
        return; // its second sample follows by itself
    m_open.erase(sourceId);
    finishIfDone();
}

void Sampler::finishIfDone()
{
    if (m_isFinished || !m_open.empty() || !m_isTimeUp)
        return;
    m_isFinished = true;
    m_session.publish();
    Q_EMIT finished();
}

} // namespace muster::ctl
