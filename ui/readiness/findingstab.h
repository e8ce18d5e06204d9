// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/readiness/readinesstab.h"

namespace muster {

class DataTable;
class Label;
class SeriesBook;

/// What is wrong now, worst first, and the components as bullet bars.
class FindingsTab : public ReadinessTab
{
    Q_OBJECT
public:
    explicit FindingsTab(SeriesBook &series, QWidget *parent = nullptr);

    void display(const Snapshot &snapshot, const Assessment &assessment) override;
    bool reveal(const QString &key) override;

private:
    SeriesBook &m_series;
    Label *m_head;
    Label *m_causesHead;
    Label *m_causes; ///< what leads to what; hidden while there is none
    DataTable *m_findings;
    DataTable *m_components;
    bool m_hasSelected = false; ///< the worst finding is selected once, then the operator decides
};

} // namespace muster
