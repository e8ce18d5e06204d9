// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/facts/factbatch.h"
#include "models/ports/source.h"

#include <QObject>

#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace muster {

class Mailbox;
class PollWorker;

/// Gives each source a named thread of its own and asks it at its cadence: never two rounds at once for one source, a busy tick is
/// missed and not queued, back-off with jitter after a fault, faster while subscribed. A round that overruns its deadline is
/// interrupted by the watchdog. Lives on the GUI thread (or musterctl's only one); signals arrive there.
class Poller : public QObject
{
    Q_OBJECT
public:
    explicit Poller(QObject *parent = nullptr);
    ~Poller() override;

    /// Before start().
    void add(std::unique_ptr<Source> source);
    void start();
    /// Interrupts every round and joins; at most two seconds for all, a thread that does not end by then is left to the process's end.
    void stop();
    /// Asks every source (or one) now; a running round counts.
    void measureNow();
    void measureNow(const std::string &sourceId);
    /// The ids that a visible page shows: they are asked at Cadence::subscribed, the others at Cadence::background.
    void subscribe(const std::set<std::string> &sourceIds);
    [[nodiscard]] std::vector<std::string> sourceIds() const;
    /// Those whose facts are rates: complete after their second round.
    [[nodiscard]] std::set<std::string> ratedSourceIds() const;

Q_SIGNALS:
    void batchArrived(const muster::FactBatch &batch);
    void sourceFailed(const std::string &sourceId, const muster::Fault &fault, const muster::Stamp &at);

private:
    void watch(std::stop_token stop);

    std::vector<std::shared_ptr<PollWorker>> m_workers;
    std::shared_ptr<Mailbox> m_mailbox;
    std::jthread m_watchdog;
};

} // namespace muster
