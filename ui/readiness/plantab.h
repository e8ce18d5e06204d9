// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/presenters/asyncreader.h"
#include "models/readiness/readiness.h"
#include "ui/readiness/readinesstab.h"

#include <QElapsedTimer>

#include <array>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

class QGridLayout;
class QPushButton;

namespace muster {

class DataTable;
class Label;
class PathChart;
class Session;

/// What is left on the way to 100, with a switch each ("if this were fixed"): what-if beside today, and the path as a chart.
class PlanTab : public ReadinessTab
{
    Q_OBJECT
public:
    explicit PlanTab(const Session &session, QWidget *parent = nullptr);

    void display(const Snapshot &snapshot, const Assessment &assessment) override;
    bool reveal(const QString &key) override;

private:
    using Mark = std::pair<CheckStatus, Interval>; ///< of a check or a gate: what the path depends on

    void buildComparison(QGridLayout &grid);
    void wire(QPushButton *must, QPushButton *all);
    void setFixed(const QString &key, bool isFixed);
    void setTier(const std::string &tier);
    void renew();
    void forgetDone();
    void showComparison(const Assessment &then);
    void findPath();

    const Session &m_session;
    std::shared_ptr<const Assessment> m_today;
    std::set<std::string> m_fixed;
    std::array<std::pair<Label *, Label *>, 5> m_lines{}; ///< today, if fixed
    Label *m_supposed;
    QPushButton *m_reset;
    PathChart *m_path;
    DataTable *m_plan;
    // The path takes one judgement a step: made on the reader's thread, when something moved, one at a time.
    std::vector<Mark> m_pathMarks;
    std::set<std::string> m_pathFixed;
    bool m_isPathBusy = false;
    QElapsedTimer m_sincePath;
    AsyncReader m_reader;
};

} // namespace muster
