// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/readiness/readinesstab.h"

namespace muster {

class DataTable;
class Label;
class Session;

/// What the environment file waives, with owner, reason and end; ended ones stand first, as void.
class WaiversTab : public ReadinessTab
{
    Q_OBJECT
public:
    explicit WaiversTab(const Session &session, QWidget *parent = nullptr);

    void display(const Snapshot &snapshot, const Assessment &assessment) override;
    bool reveal(const QString &key) override;

private:
    [[nodiscard]] QString currentCheck() const;

    const Session &m_session;
    Label *m_head;
    Label *m_empty;
    DataTable *m_waivers;
};

} // namespace muster
