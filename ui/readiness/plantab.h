// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/readiness/readiness.h"
#include "ui/readiness/readinesstab.h"

#include <set>
#include <string>

namespace muster {

class DataTable;
class Label;

/// What is left on the way to 100, with a switch each: "if this were fixed".
class PlanTab : public ReadinessTab
{
    Q_OBJECT
public:
    explicit PlanTab(const Profile &profile, QWidget *parent = nullptr);

    void display(const Snapshot &snapshot, const Assessment &assessment) override;
    bool reveal(const QString &key) override;

private:
    void setFixed(const QString &key, bool isFixed);
    void setTier(const std::string &tier);
    void showForecast();

    const Profile &m_profile;
    Assessment m_assessment;
    std::set<std::string> m_fixed;
    Label *m_forecast;
    Label *m_gates;
    DataTable *m_plan;
};

} // namespace muster
