// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/ports/auditlog.h"
#include "models/presenters/asyncreader.h"
#include "ui/page.h"

#include <vector>

namespace muster {

class DataTable;
class DetailPanel;
class Label;
class StateIcon;

/// Who did what, with outcome, and whether the chain of the log is intact.
class AuditPage : public Page
{
    Q_OBJECT
public:
    AuditPage(Session &session, SeriesBook &series, QWidget *parent);

    [[nodiscard]] std::set<std::string> subscriptions(const Snapshot &) const override { return {}; }
    bool reveal(const QString &what) override;

protected:
    void display(const Snapshot &snapshot, const Assessment &assessment) override;

private:
    struct Reading {
        std::expected<std::vector<AuditEntry>, Fault> entries;
        std::expected<AuditVerdict, Fault> verdict;
    };
    void build();
    void read();
    void show(const Reading &reading);
    void showEntry(const QString &id);

    std::vector<AuditEntry> m_entries;
    WallTime m_readAt{};
    bool m_isReading = false;
    StateIcon *m_icon;
    Label *m_chain;
    DataTable *m_table;
    DetailPanel *m_detail;
    AsyncReader m_reader;
};

} // namespace muster
