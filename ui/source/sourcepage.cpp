// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/source/sourcepage.h"

#include "models/format/text.h"
#include "models/presenters/factpresenter.h"
#include "models/presenters/pagestate.h"
#include "models/presenters/readinesspresenter.h"
#include "models/presenters/vitals.h"
#include "ui/charts/chartcolumn.h"
#include "ui/source/facttabs.h"
#include "ui/source/runcard.h"
#include "ui/widgets/datatable.h"
#include "ui/widgets/detailpanel.h"
#include "ui/widgets/label.h"
#include "ui/widgets/statepanel.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QScrollArea>
#include <QSignalBlocker>
#include <QStackedLayout>
#include <QVBoxLayout>

#include <algorithm>

namespace muster {

namespace {
constexpr int kMostFindings = 5;
constexpr int kMostVitals = 16;
constexpr int kVitalsWidth = 400; // px, where no chart stands beside them

/// Names of the runs that belong to a page's action.
std::vector<std::string> runsOf(const std::string &action)
{
    if (action == "backup")
        return {"backup", "backup-verify"};
    if (action == "session")
        return {"cancel-query", "terminate-session"};
    return {action, "count"};
}
}

SourcePage::SourcePage(const PageSpec &spec, std::string action, Session &session, SeriesBook &series, QWidget *parent)
    : Page(spec.key, specText(spec.title), session, series, parent), m_spec(spec), m_action(std::move(action))
{
    build();
    wire(*m_findings, Origin::Finding);
    wire(*m_vitals, Origin::Vital);
    connect(m_detail, &DetailPanel::stepRequested, this, &Page::stepRequested);
    connect(m_sources, &QComboBox::activated, this, [this](int index) { showSource(m_sources->itemData(index).toString().toStdString()); });
}

void SourcePage::showSource(const std::string &source)
{
    if (source == m_source)
        return;
    m_source = source;
    select(Origin::Nothing, {}, nullptr);
    display(*session().snapshot(), *session().assessment());
}

void SourcePage::build()
{
    auto *left = new QWidget(this);
    auto *leftColumn = new QVBoxLayout(left);
    leftColumn->setContentsMargins(0, 0, 0, 0);
    leftColumn->setSpacing(0);
    m_banner = new StaleBanner(left);
    m_banner->hide();
    leftColumn->addWidget(m_banner);
    auto *stackHost = new QWidget(left);
    m_stack = new QStackedLayout(stackHost);
    m_state = new StatePanel(stackHost);
    auto *scroll = named(new QScrollArea(stackHost), QStringLiteral("scroll"), title());
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setWidgetResizable(true);
    scroll->setFocusPolicy(Qt::NoFocus);
    auto *content = new QWidget(scroll);
    buildContent(content);
    scroll->setWidget(content);
    m_stack->addWidget(m_state);
    m_stack->addWidget(scroll);
    leftColumn->addWidget(stackHost, 1);
    m_detail = new DetailPanel(this);
    layOut(left, m_detail, this);
}

void SourcePage::buildContent(QWidget *content)
{
    m_column = new QVBoxLayout(content);
    m_column->setContentsMargins(24, 16, 24, 16);
    m_column->setSpacing(10);
    auto *head = new QHBoxLayout;
    m_sources = named(new QComboBox(content), QStringLiteral("source"), tr("Source"));
    m_sources->setSizeAdjustPolicy(QComboBox::AdjustToContents);
    m_address = new Label(theme::Type::Body, Label::Tone::Quiet, content);
    head->addWidget(m_sources);
    head->addWidget(m_address, 1);
    m_column->addLayout(head);
    m_findingsHead = new Label(theme::Type::Strong, Label::Tone::Text, content);
    m_findings = new DataTable(QStringLiteral("findings"), tr("What is wrong here"), content);
    m_findings->horizontalHeader()->hide();
    m_findings->setFitted(kMostFindings);
    m_findings->setWrapped(true);
    m_column->addWidget(m_findingsHead);
    m_column->addWidget(m_findings);
    if (!m_action.empty()) {
        auto *card = new RunCard(session().runner(), runsOf(m_action), content);
        m_column->addWidget(card);
        connect(card, &RunCard::runChosen, this, &Page::runRequested);
    }
    auto *vitals = new QWidget(content);
    buildVitals(vitals);
    m_tabs = new FactTabs(m_spec, [this](const PageSpec::TableSpec &spec, const Snapshot &snapshot) { return tabShape(spec, snapshot); }, content);
    if (m_spec.vitalsTab)
        m_tabs->addFront(vitals, specText(m_spec.vitalsTab));
    else
        m_column->addWidget(vitals);
    m_column->addWidget(m_tabs, 1);
    m_tabs->setVisible(m_tabs->count() > 0);
    connect(m_tabs, &FactTabs::tableBuilt, this, [this](DataTable *table) { wire(*table, Origin::TableRow); });
    connect(m_tabs, &QTabWidget::currentChanged, this, [this] { m_tabs->show(m_source, *this->session().snapshot()); }); // not only with the next facts
    m_column->addStretch(0);
}

void SourcePage::buildVitals(QWidget *host)
{
    m_middle = new QHBoxLayout(host);
    m_middle->setContentsMargins(0, m_spec.vitalsTab ? 8 : 0, 0, m_spec.vitalsTab ? 8 : 0);
    m_middle->setSpacing(16);
    m_vitals = new DataTable(QStringLiteral("vitals"), tr("Vitals"), host);
    m_vitals->setFitted(kMostVitals);
    m_charts = new ChartColumn(m_spec, series(), host);
    m_middle->addWidget(m_vitals, 5, Qt::AlignTop);
    m_middle->addWidget(m_charts, 4, Qt::AlignTop);
    m_charts->setVisible(!m_spec.charts.empty());
    if (m_spec.charts.empty()) { // label and value must not drift apart
        m_vitals->setFixedWidth(kVitalsWidth);
        m_middle->addStretch(0);
    }
}

void SourcePage::addOwn(QWidget *widget, Place place)
{
    if (place == Place::BesideVitals) {
        m_middle->addWidget(widget, 4, Qt::AlignTop);
        return;
    }
    m_column->insertWidget(place == Place::AboveVitals ? m_column->indexOf(m_findings) + 1 : m_column->indexOf(m_tabs), widget);
}

void SourcePage::wireOwn(DataTable &table)
{
    m_ownTables.push_back(&table);
    wire(table, Origin::Own);
}

void SourcePage::wire(DataTable &table, Origin origin)
{
    connect(&table, &DataTable::currentKeyChanged, this, [this, origin, from = &table](const QString &key) {
        if (!key.isEmpty())
            select(origin, key, from);
    });
    connect(&table, &DataTable::keyActivated, m_detail, &DetailPanel::focusSteps);
    table.setContextMenuPolicy(Qt::CustomContextMenu);
    connect(&table, &QWidget::customContextMenuRequested, this, [this, from = &table](const QPoint &at) {
        if (from->currentIndex().isValid())
            m_detail->popUp(from->viewport()->mapToGlobal(from->visualRect(from->currentIndex()).contains(at) ? at : from->visualRect(from->currentIndex()).bottomLeft()));
    });
}

void SourcePage::select(Origin origin, const QString &key, DataTable *from)
{
    m_origin = origin;
    m_key = key;
    std::vector<DataTable *> others = m_tabs->built();
    others.push_back(m_findings);
    others.push_back(m_vitals);
    others.insert(others.end(), m_ownTables.begin(), m_ownTables.end());
    for (DataTable *other : others) {
        if (other == from)
            continue;
        const QSignalBlocker quiet(other);
        other->setCurrentIndex({});
        other->clearSelection();
    }
    showDetail(*session().snapshot(), *session().assessment());
}

std::set<std::string> SourcePage::subscriptions(const Snapshot &snapshot) const
{
    const auto sources = pageSources(m_spec, snapshot);
    return {sources.begin(), sources.end()};
}

bool SourcePage::reveal(const QString &what)
{
    const qsizetype split = what.indexOf(QLatin1Char('\x1f'));
    if (split < 0)
        return m_findings->selectKey(what);
    m_source = what.left(split).toStdString();
    display(*session().snapshot(), *session().assessment());
    if (m_spec.vitalsTab)
        m_tabs->setCurrentIndex(0);
    return m_vitals->selectKey(what);
}

void SourcePage::display(const Snapshot &snapshot, const Assessment &assessment)
{
    showSources(snapshot);
    const PageState state = pageState(m_spec, snapshot, m_source);
    const bool hasContent = state.kind == PageState::Kind::Ready || state.kind == PageState::Kind::Stale;
    m_stack->setCurrentIndex(hasContent ? 1 : 0);
    m_banner->setVisible(state.kind == PageState::Kind::Stale);
    m_banner->show(state);
    if (!hasContent)
        m_state->show(state);
    std::vector<Row> findings = readiness::findingRows(assessment, m_spec.key);
    m_findingsHead->show(findings.empty() ? tr("Nothing is wrong here") : tr("What is wrong here"));
    m_findings->setVisible(!findings.empty());
    m_findings->show(readiness::findingColumns(), std::move(findings));
    if (hasContent) {
        showVitals(snapshot);
        m_charts->refresh(m_source, snapshot);
        m_tabs->show(m_source, snapshot);
    }
    showDetail(snapshot, assessment);
}

void SourcePage::showSources(const Snapshot &snapshot)
{
    const std::vector<std::string> sources = pageSources(m_spec, snapshot);
    if (!sources.empty() && std::ranges::find(sources, m_source) == sources.end())
        m_source = sources.front();
    if (m_sources->count() != int(sources.size())) {
        const QSignalBlocker quiet(m_sources);
        m_sources->clear();
        for (const std::string &source : sources)
            m_sources->addItem(text::label(source, 60), QString::fromStdString(source));
    }
    m_sources->setCurrentIndex(m_sources->findData(QString::fromStdString(m_source)));
    for (const auto &declared : session().environment().sources) {
        if (declared.id == m_source)
            m_address->show(text::label(declared.address));
    }
}

void SourcePage::showVitals(const Snapshot &snapshot)
{
    m_vitals->show(vitals::columns(m_spec), vitals::rows(m_spec, m_source, snapshot, series()));
}

const Table *SourcePage::tableOf(const Snapshot &snapshot, const char *fact) const
{
    return tabs::freshTable(snapshot, m_source, fact);
}

SourcePage::Shape SourcePage::tabShape(const PageSpec::TableSpec &spec, const Snapshot &snapshot) const
{
    const Table *table = tableOf(snapshot, spec.fact);
    return table ? shapeOf(spec, *table) : Shape{};
}

Detail SourcePage::tabDetail(const PageSpec::TableSpec &spec, const Snapshot &snapshot, const QString &key) const
{
    const Observed *observed = snapshot.find(m_source, spec.fact);
    return observed ? rowDetail(spec, *observed, key) : Detail{};
}

SourcePage::Shape SourcePage::shapeOf(const PageSpec::TableSpec &spec, const Table &table) const
{
    return {facts::tableColumns(table, spec), facts::tableRows(table, spec)};
}

Detail SourcePage::rowDetail(const PageSpec::TableSpec &spec, const Observed &observed, const QString &key) const
{
    return facts::rowDetail(observed, spec, key);
}

Detail SourcePage::detailOf(const QString &key, const Snapshot &snapshot, const Assessment &assessment) const
{
    if (m_origin == Origin::Own)
        return ownDetail(key, snapshot);
    if (m_origin == Origin::TableRow)
        return m_tabs->shownTable() ? tabDetail(*m_tabs->shownTable(), snapshot, key) : Detail{};
    return detail::of(key, assessment, snapshot, session().environment());
}

// Of several declared targets, those that this page shows now.
std::vector<Detail::Step> SourcePage::ownSteps() const
{
    std::vector<Detail::Step> steps = detail::steps(m_action, session().environment());
    const std::string instance(instanceOf(m_source));
    const auto isOther = [&instance](const Detail::Step &step) { return step.instance != instance; };
    if (!std::ranges::all_of(steps, isOther))
        std::erase_if(steps, isOther);
    return steps;
}

void SourcePage::showDetail(const Snapshot &snapshot, const Assessment &assessment)
{
    Detail shown = m_origin == Origin::Nothing ? Detail{} : detailOf(m_key, snapshot, assessment);
    if (shown.isEmpty()) {
        m_origin = Origin::Nothing;
        const SourceState *state = snapshot.source(m_source);
        shown = state ? detail::ofSource(*state, snapshot) : Detail{};
    }
    const bool hasStep = std::ranges::any_of(shown.steps, [](const Detail::Step &step) { return step.action != "waive"; });
    if (!hasStep && !shown.isEmpty()) {
        const std::vector<Detail::Step> own = ownSteps();
        shown.steps.insert(shown.steps.begin(), own.begin(), own.end());
    }
    m_detail->show(shown);
    showExtra(snapshot);
}

} // namespace muster
