// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/engine/session.h"

#include <QFrame>
#include <QPointer>

#include <optional>
#include <string>

class QPushButton;

namespace muster {

class Label;
class SeriesBook;
class TimeSeriesChart;

/// While a flush of the shown instance runs, and for half an hour after: its cache's hit rate above what the databases do, over one time axis with the
/// flush's begin on it. What was flushed is asked of the database; here one sees how hard.
class StormCard : public QFrame
{
    Q_OBJECT
public:
    StormCard(Session &session, SeriesBook &series, QWidget *parent = nullptr);

    void refresh(const std::string &source, const Snapshot &snapshot);
    /// Sources whose numbers it draws beside the cache's own; none while it is hidden.
    [[nodiscard]] std::set<std::string> wanted(const Snapshot &snapshot) const;

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    void follow(ActionRun *run);
    void note(ActionRun *run);
    void draw(const Snapshot &snapshot);

    /// The last flush that was begun.
    struct Flush {
        QPointer<ActionRun> run;
        std::string title;
        std::string target;
        qint64 began = 0; ///< ms since the epoch
        std::optional<qint64> ended;
    };

    Session &m_session;
    SeriesBook &m_series;
    std::optional<Flush> m_flush;
    Label *m_title;
    Label *m_note;
    QPushButton *m_hide;
    TimeSeriesChart *m_hits;
    TimeSeriesChart *m_database;
};

} // namespace muster
