// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/engine/actionrunner.h"
#include "models/engine/environmentinfo.h"
#include "models/engine/historyrecorder.h"
#include "models/engine/poller.h"
#include "models/facts/factbook.h"
#include "models/ports/actionfactory.h"
#include "models/ports/historystore.h"
#include "models/ports/waiverstore.h"
#include "models/readiness/readiness.h"

#include <QObject>
#include <QTimer>

#include <map>
#include <memory>

namespace muster {

class ReportWriter;

/// One opened environment: facts come in from the poller, a snapshot and its assessment go out at most 4 times a second.
/// Lives on the GUI thread (or musterctl's only one).
class Session : public QObject
{
    Q_OBJECT
public:
    struct Parts {
        EnvironmentInfo environment;
        Profile profile;
        std::vector<std::unique_ptr<Source>> sources;
        std::unique_ptr<ActionFactory> actions;
        std::shared_ptr<AuditLog> audit;
        std::shared_ptr<HistoryStore> history; ///< may be null: nothing is recorded
        std::shared_ptr<WaiverStore> waivers;  ///< may be null: waivers cannot be changed here
        std::shared_ptr<ReportWriter> reports; ///< may be null: no report can be saved here
    };

    explicit Session(Parts parts, QObject *parent = nullptr);
    ~Session() override;

    void start();
    void stop();

    [[nodiscard]] const EnvironmentInfo &environment() const { return m_environment; }
    [[nodiscard]] const Profile &profile() const { return m_profile; }
    [[nodiscard]] Poller &poller() { return m_poller; }
    [[nodiscard]] ActionRunner &runner() { return m_runner; }
    [[nodiscard]] const ActionFactory &actions() const { return *m_actions; }
    [[nodiscard]] std::shared_ptr<AuditLog> audit() const { return m_audit; }
    [[nodiscard]] std::shared_ptr<HistoryStore> history() const { return m_history; }
    [[nodiscard]] std::shared_ptr<WaiverStore> waiverStore() const { return m_waiverStore; }
    [[nodiscard]] std::shared_ptr<ReportWriter> reportWriter() const { return m_reportWriter; }
    /// What the environment file waives now: judged anew at once.
    void setWaivers(std::vector<readiness::Waiver> waivers);

    /// The latest; never null after construction. Immutable, shared.
    [[nodiscard]] std::shared_ptr<const Snapshot> snapshot() const { return m_snapshot; }
    [[nodiscard]] std::shared_ptr<const Assessment> assessment() const { return m_assessment; }
    /// Makes both anew from what is known now, and publishes.
    void publish();
    /// A hidden window needs no fresh ages: publishes only what arrives, and rarely.
    void setVisible(bool isVisible);
    /// True once every source has given a batch or a fault.
    [[nodiscard]] bool isComplete() const;
    /// True once the sources of rates were heard twice as well: before that the score dips for lack of rates. Stays true.
    [[nodiscard]] bool isSettled() const { return m_isSettled; }

Q_SIGNALS:
    void published();
    /// The first moment when every source has reported.
    void completed();

private:
    [[nodiscard]] bool hasRates() const;
    void onBatch(const FactBatch &batch);
    void onFault(const std::string &sourceId, const Fault &fault, const Stamp &at);

    EnvironmentInfo m_environment;
    Profile m_profile;
    std::unique_ptr<ActionFactory> m_actions;
    std::shared_ptr<AuditLog> m_audit;
    std::shared_ptr<HistoryStore> m_history;
    std::shared_ptr<WaiverStore> m_waiverStore;
    std::shared_ptr<ReportWriter> m_reportWriter;
    std::unique_ptr<HistoryRecorder> m_recorder;
    FactBook m_book;
    Poller m_poller;
    ActionRunner m_runner;
    QTimer m_publishTimer; ///< coalesces to 4 Hz
    QTimer m_ageTimer;     ///< ages move on although nothing arrives
    std::shared_ptr<const Snapshot> m_snapshot;
    std::shared_ptr<const Assessment> m_assessment;
    bool m_wasComplete = false;
    std::map<std::string, int> m_rounds; ///< good rounds by source, until settled
    bool m_isSettled = false;
};

} // namespace muster
