// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/readiness/readinesstab.h"

namespace muster {

class DataTable;
class Label;

/// The launch criteria, and the review's five final metrics with what is expected of each.
class CriteriaTab : public ReadinessTab
{
    Q_OBJECT
public:
    explicit CriteriaTab(QWidget *parent = nullptr);

    void display(const Snapshot &snapshot, const Assessment &assessment) override;
    bool reveal(const QString &key) override;

private:
    Label *m_head;
    Label *m_metricsHead;
    DataTable *m_criteria;
    DataTable *m_metrics;
};

} // namespace muster
