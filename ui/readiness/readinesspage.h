// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/page.h"

#include <map>

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
    enum Tab { Findings, Plan, Criteria, Waivers, History, Checks, Facts };

    void build();
    /// Made when it is first asked for.
    [[nodiscard]] ReadinessTab &tab(Tab tab);
    [[nodiscard]] ReadinessTab *make(Tab tab, QWidget *parent);
    void select(const QString &key);
    void openCheck(const QString &key);
    void showDetail();

    QTabWidget *m_tabs;
    std::map<Tab, ReadinessTab *> m_made;
    DetailPanel *m_detail;
    QString m_key;
};

} // namespace muster
