// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/presenters/asyncreader.h"
#include "models/presenters/historypresenter.h"
#include "ui/readiness/readinesstab.h"

#include <memory>
#include <string>
#include <vector>

class QStackedWidget;
class QTabBar;

namespace muster {

class DataTable;
class HistoryStore;
class Label;
class Session;
class TimeSeriesChart;

/// The score and its components over time; when the score dropped, how much and because of which check; and every change of a check.
class HistoryTab : public ReadinessTab
{
    Q_OBJECT
public:
    explicit HistoryTab(const Session &session, QWidget *parent = nullptr);

    void display(const Snapshot &snapshot, const Assessment &assessment) override;
    bool reveal(const QString &key) override;

private:
    void build();
    void wire();
    void setSpan(qint64 span);
    void read();
    void take(past::Reading reading);
    void draw();
    void chooseDrop(const QString &key);
    void chooseEvent(const QString &key);

    const Session &m_session;
    std::shared_ptr<HistoryStore> m_store; ///< may be null: nothing is recorded
    past::Reading m_reading;
    qint64 m_span = 0; ///< ms
    qint64 m_now = 0;
    qint64 m_readAt = 0;
    bool m_isReading = false;
    Label *m_note;
    TimeSeriesChart *m_score;
    TimeSeriesChart *m_components;
    QTabBar *m_lists;
    QStackedWidget *m_stack;
    DataTable *m_drops;
    DataTable *m_events;
    AsyncReader m_reader;
};

} // namespace muster
