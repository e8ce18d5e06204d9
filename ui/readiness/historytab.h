// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/presenters/asyncreader.h"
#include "ui/readiness/readinesstab.h"

#include <memory>

namespace muster {

class DataTable;
class HistoryStore;
class Label;
class SeriesBook;
class TimeSeriesChart;

/// The score over time, and which check changed when.
class HistoryTab : public ReadinessTab
{
    Q_OBJECT
public:
    HistoryTab(SeriesBook &series, std::shared_ptr<HistoryStore> store, QWidget *parent = nullptr);

    void display(const Snapshot &snapshot, const Assessment &assessment) override;
    bool reveal(const QString &key) override;

private:
    void draw();
    void readEvents();

    SeriesBook &m_series;
    std::shared_ptr<HistoryStore> m_store; ///< may be null: nothing is recorded
    Assessment m_assessment;
    qint64 m_now = 0;
    qint64 m_readAt = 0;
    TimeSeriesChart *m_chart;
    Label *m_note;
    DataTable *m_events;
    AsyncReader m_reader;
};

} // namespace muster
