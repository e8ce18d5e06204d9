// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/engine/poller.h"

#include "models/engine/mailbox.h"
#include "models/engine/pollworker.h"

#include <algorithm>
#include <condition_variable>

namespace muster {

namespace {

constexpr Millis kWatchInterval{250};
constexpr Millis kStopBudget{2000}; // for all threads together

} // namespace

Poller::Poller(QObject *parent)
    : QObject(parent)
    , m_mailbox(std::make_shared<Mailbox>(this))
{
}

Poller::~Poller()
{
    stop();
    m_mailbox->close();
}

void Poller::add(std::unique_ptr<Source> source)
{
    const auto id = source->id();
    auto deliver = [this, id](std::expected<FactBatch, Fault> result, Stamp at) {
        if (result)
            Q_EMIT batchArrived(*result);
        else
            Q_EMIT sourceFailed(id, result.error(), at);
    };
    m_workers.push_back(std::make_shared<PollWorker>(std::move(source), m_mailbox, std::move(deliver)));
}

void Poller::start()
{
    for (const auto &worker : m_workers)
        worker->start();
    m_watchdog = std::jthread([this](std::stop_token stop) { watch(stop); });
}

void Poller::stop()
{
    if (!m_watchdog.joinable())
        return;
    m_watchdog.request_stop();
    m_watchdog.join();
    for (const auto &worker : m_workers)
        worker->requestStop();
    const auto deadline = Deadline::after(kStopBudget);
    for (const auto &worker : m_workers)
        (void)worker->waitEnded(deadline.left());
}

void Poller::measureNow()
{
    for (const auto &worker : m_workers)
        worker->measureNow();
}

void Poller::measureNow(const std::string &sourceId)
{
    const auto it = std::ranges::find(m_workers, sourceId, [](const auto &worker) { return worker->id(); });
    if (it != m_workers.end())
        (*it)->measureNow();
}

void Poller::subscribe(const std::set<std::string> &sourceIds)
{
    for (const auto &worker : m_workers)
        worker->setSubscribed(sourceIds.contains(worker->id()));
}

std::vector<std::string> Poller::sourceIds() const
{
    std::vector<std::string> ids;
    for (const auto &worker : m_workers)
        ids.push_back(worker->id());
    return ids;
}

std::set<std::string> Poller::ratedSourceIds() const
{
    std::set<std::string> ids;
    for (const auto &worker : m_workers) {
        if (worker->hasRates())
            ids.insert(worker->id());
    }
    return ids;
}

void Poller::watch(std::stop_token stop)
{
    std::mutex mutex;
    std::condition_variable_any wake;
    std::unique_lock lock(mutex);
    while (!wake.wait_for(lock, stop, kWatchInterval, [] { return false; }) && !stop.stop_requested()) {
        for (const auto &worker : m_workers)
            worker->checkOverrun();
    }
}

} // namespace muster
