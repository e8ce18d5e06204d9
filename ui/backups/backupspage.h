// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/source/sourcepage.h"

namespace muster {

class BarStrip;
class LadderChips;
class ShareBar;

/// Backup sets: age against the window, the ladder of each backup, sizes and durations; run, and verify exactly the selected one.
class BackupsPage : public SourcePage
{
    Q_OBJECT
public:
    BackupsPage(Session &session, SeriesBook &series, QWidget *parent);

protected:
    void display(const Snapshot &snapshot, const Assessment &assessment) override;
    [[nodiscard]] Shape shapeOf(const PageSpec::TableSpec &spec, const Table &table) const override;
    [[nodiscard]] Detail rowDetail(const PageSpec::TableSpec &spec, const Observed &observed, const QString &key) const override;
    void showExtra(const Snapshot &snapshot) override;

private:
    ShareBar *m_window;
    QWidget *m_history;
    BarStrip *m_sizes;
    BarStrip *m_durations;
    LadderChips *m_ladder;
};

} // namespace muster
