// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/presenters/detail.h"
#include "models/presenters/pagespec.h"
#include "models/presenters/tabs.h"
#include "ui/page.h"

#include <vector>

class QComboBox;
class QHBoxLayout;
class QStackedLayout;
class QVBoxLayout;

namespace muster {

class ChartColumn;
class DataTable;
class DetailPanel;
class FactTabs;
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
    /// A page's own widgets: what is urgent stands above the vitals, the rest beside them or between vitals and tables.
    enum class Place { AboveVitals, BesideVitals, AboveTables };
    void addOwn(QWidget *widget, Place place);
    /// A table of the page's own; its rows are asked of ownDetail().
    void wireOwn(DataTable &table);
    [[nodiscard]] DetailPanel &detailPanel() { return *m_detail; }
    [[nodiscard]] const std::string &source() const { return m_source; }
    void showSource(const std::string &source);
    using Shape = tabs::Shape;
    /// A table of the spec as it is shown.
    [[nodiscard]] virtual Shape shapeOf(const PageSpec::TableSpec &spec, const Table &table) const;
    [[nodiscard]] virtual Detail rowDetail(const PageSpec::TableSpec &spec, const Observed &observed, const QString &key) const;
    /// A tab that tells of several facts: the two above, asked of the whole snapshot.
    [[nodiscard]] virtual Shape tabShape(const PageSpec::TableSpec &spec, const Snapshot &snapshot) const;
    [[nodiscard]] virtual Detail tabDetail(const PageSpec::TableSpec &spec, const Snapshot &snapshot, const QString &key) const;
    /// A fact's table, when it is fresh.
    [[nodiscard]] const Table *tableOf(const Snapshot &snapshot, const char *fact) const;
    [[nodiscard]] virtual Detail ownDetail(const QString &, const Snapshot &) const { return {}; }
    /// The detail panel was filled: for a widget of the page's own in it.
    virtual void showExtra(const Snapshot &) {}
    [[nodiscard]] bool isSourceSelected() const { return m_origin == Origin::Nothing; }
    /// The key of the selected row of a table of the spec, "" when something else is selected.
    [[nodiscard]] QString selectedRow() const { return m_origin == Origin::TableRow ? m_key : QString(); }

private:
    enum class Origin { Nothing, Finding, Vital, TableRow, Own };

    void build();
    void buildContent(QWidget *content);
    void buildVitals(QWidget *host);
    void wire(DataTable &table, Origin origin);
    void showSources(const Snapshot &snapshot);
    void showVitals(const Snapshot &snapshot);
    void showDetail(const Snapshot &snapshot, const Assessment &assessment);
    [[nodiscard]] Detail detailOf(const QString &key, const Snapshot &snapshot, const Assessment &assessment) const;
    [[nodiscard]] std::vector<Detail::Step> ownSteps() const;
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
    QHBoxLayout *m_middle; ///< vitals and charts
    QComboBox *m_sources;
    Label *m_address;
    Label *m_findingsHead;
    DataTable *m_findings;
    DataTable *m_vitals;
    ChartColumn *m_charts;
    FactTabs *m_tabs;
    std::vector<DataTable *> m_ownTables;
    DetailPanel *m_detail;
};

} // namespace muster
