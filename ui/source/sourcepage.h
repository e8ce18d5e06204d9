// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/presenters/detail.h"
#include "models/presenters/pagespec.h"
#include "ui/page.h"

#include <vector>

class QComboBox;
class QStackedLayout;
class QTabWidget;
class QVBoxLayout;

namespace muster {

class ChartColumn;
class DataTable;
class DetailPanel;
class Label;
class StaleBanner;
class StatePanel;

/// A page over sources of some kinds, built from its PageSpec: what is wrong here, vitals with trends, charts, tables; details and actions on the right.
/// Pages of their own derive from it and add what is theirs.
class SourcePage : public Page
{
    Q_OBJECT
public:
    SourcePage(const PageSpec &spec, std::string action, Session &session, SeriesBook &series, QWidget *parent);

    [[nodiscard]] std::set<std::string> subscriptions(const Snapshot &snapshot) const override;
    bool reveal(const QString &what) override;

protected:
    void display(const Snapshot &snapshot, const Assessment &assessment) override;
    /// For a page's own widgets between vitals and tables.
    [[nodiscard]] QVBoxLayout &column() { return *m_column; }
    [[nodiscard]] DetailPanel &detailPanel() { return *m_detail; }
    [[nodiscard]] const std::string &source() const { return m_source; }
    /// What the detail panel says for the current selection; pages may add to it.
    [[nodiscard]] virtual Detail detailOf(const QString &key, const Snapshot &snapshot, const Assessment &assessment) const;

private:
    enum class Origin { Nothing, Finding, Vital, TableRow };

    void build();
    void buildContent(QWidget *content);
    void buildTables();
    void wire(DataTable &table, Origin origin);
    void showSources(const Snapshot &snapshot);
    void showVitals(const Snapshot &snapshot);
    void showTables(const Snapshot &snapshot);
    void showDetail(const Snapshot &snapshot, const Assessment &assessment);
    void select(Origin origin, const QString &key, DataTable *from);

    const PageSpec &m_spec;
    std::string m_action;   ///< of this page: offered where a check has none of its own
    std::string m_source;   ///< shown now
    Origin m_origin = Origin::Nothing;
    QString m_key;          ///< selected
    QStackedLayout *m_stack;
    StatePanel *m_state;
    StaleBanner *m_banner;
    QVBoxLayout *m_column;
    QComboBox *m_sources;
    Label *m_address;
    Label *m_findingsHead;
    DataTable *m_findings;
    DataTable *m_vitals;
    ChartColumn *m_charts;
    QTabWidget *m_tabs;
    std::vector<DataTable *> m_tables; ///< one a spec.tables entry
    std::vector<Label *> m_tableNotes; ///< what an empty or unknown table means
    DetailPanel *m_detail;
};

} // namespace muster
