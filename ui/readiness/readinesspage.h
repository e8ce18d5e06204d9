// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/page.h"

#include <vector>

class QTabWidget;

namespace muster {

class DetailPanel;
class ReadinessTab;

/// The first page: what is wrong now, the plan to 100, launch criteria, history, all checks, all facts.
class ReadinessPage : public Page
{
    Q_OBJECT
public:
    ReadinessPage(Session &session, SeriesBook &series, QWidget *parent);

    [[nodiscard]] std::set<std::string> subscriptions(const Snapshot &snapshot) const override;
    bool reveal(const QString &what) override;

protected:
    void display(const Snapshot &snapshot, const Assessment &assessment) override;

private:
    enum Tab { Findings, Plan, Criteria, History, Checks, Facts };

    void build();
    void add(ReadinessTab *tab, const QString &title);
    void select(const QString &key);
    void showDetail();

    QTabWidget *m_tabs;
    std::vector<ReadinessTab *> m_pages;
    DetailPanel *m_detail;
    QString m_key;
};

} // namespace muster
