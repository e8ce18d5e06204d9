// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/source/sourcepage.h"

#include "models/format/text.h"
#include "models/presenters/factpresenter.h"
#include "models/presenters/pagestate.h"
#include "models/presenters/readinesspresenter.h"
#include "models/presenters/vitals.h"
#include "ui/charts/chartcolumn.h"
#include "ui/source/runcard.h"
#include "ui/theme/quietstyle.h"
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
#include <QTabWidget>

#include <algorithm>

namespace muster {

namespace {
constexpr int kMostFindings = 5;
constexpr int kMostVitals = 16;
constexpr int kVitalsWidth = 400; // px, where no chart stands beside them
constexpr int kTableHeight = 260; // px at least
}

SourcePage::SourcePage(const PageSpec &spec, std::string action, Session &session, SeriesBook &series, QWidget *parent)
    : Page(spec.key, specText(spec.title), session, series, parent), m_spec(spec), m_action(std::move(action))
{
    build();
    wire(*m_findings, Origin::Finding);
    wire(*m_vitals, Origin::Vital);
    for (DataTable *table : m_tables)
        wire(*table, Origin::TableRow);
    connect(m_detail, &DetailPanel::stepRequested, this, &Page::stepRequested);
    connect(m_sources, &QComboBox::activated, this, [this](int index) {
        m_source = m_sources->itemData(index).toString().toStdString();
        select(Origin::Nothing, {}, nullptr);
        display(*this->session().snapshot(), *this->session().assessment());
    });
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
        auto *card = new RunCard(session().runner(), m_action == "backup" ? std::vector<std::string>{"backup", "backup-verify"} : std::vector<std::string>{m_action, "count"}, content);
        m_column->addWidget(card);
        connect(card, &RunCard::runChosen, this, &Page::runRequested);
    }
    m_middle = new QHBoxLayout;
    m_middle->setSpacing(16);
    m_vitals = new DataTable(QStringLiteral("vitals"), tr("Vitals"), content);
    m_vitals->setFitted(kMostVitals);
    m_charts = new ChartColumn(m_spec, series(), content);
    m_middle->addWidget(m_vitals, 5, Qt::AlignTop);
    m_middle->addWidget(m_charts, 4);
    m_charts->setVisible(!m_spec.charts.empty());
    if (m_spec.charts.empty()) { // label and value must not drift apart
        m_vitals->setFixedWidth(kVitalsWidth);
        m_middle->addStretch(0);
    }
    m_column->addLayout(m_middle);
    buildTables();
    m_column->addStretch(1);
}

void SourcePage::buildTables()
{
    m_tabs = named(new QTabWidget, QStringLiteral("tables"), tr("Tables"));
    m_tabs->setDocumentMode(true);
    m_tabs->setProperty(QuietStyle::kTabIndent, -10);
    m_tabs->tabBar()->setAccessibleName(tr("Tables"));
    m_tabs->tabBar()->setObjectName(QStringLiteral("tableTabs"));
    m_tabs->setMinimumHeight(kTableHeight);
    for (const PageSpec::TableSpec &spec : m_spec.tables) {
        auto *pane = new QWidget(m_tabs);
        auto *paneColumn = new QVBoxLayout(pane);
        paneColumn->setContentsMargins(0, 4, 0, 0);
        auto *note = new Label(theme::Type::Body, Label::Tone::Quiet, pane);
        note->setWordWrap(true);
        note->setAlignment(Qt::AlignTop | Qt::AlignLeft);
        auto *table = new DataTable(QStringLiteral("table/") % QString::fromUtf8(spec.fact), specText(spec.title), pane);
        table->setSortable(true);
        paneColumn->addWidget(note);
        paneColumn->addWidget(table, 1);
        m_tabs->addTab(pane, specText(spec.title));
        m_tables.push_back(table);
        m_tableNotes.push_back(note);
    }
    m_column->addWidget(m_tabs, 1);
    m_tabs->setVisible(!m_spec.tables.empty());
    connect(m_tabs, &QTabWidget::currentChanged, this, [this] { showTables(*session().snapshot()); }); // not only with the next facts
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
}

void SourcePage::select(Origin origin, const QString &key, DataTable *from)
{
    m_origin = origin;
    m_key = key;
    std::vector<DataTable *> others = m_tables;
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
        showTables(snapshot);
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

void SourcePage::showTables(const Snapshot &snapshot)
{
    for (std::size_t i = 0; i < m_tables.size(); ++i) {
        const PageSpec::TableSpec &spec = m_spec.tables[i];
        const bool isOwn = vitals::belongsTo(spec.fact, m_source);
        m_tabs->setTabVisible(int(i), isOwn);
        if (!isOwn || m_tabs->currentIndex() != int(i))
            continue;
        const Observed *observed = snapshot.find(m_source, spec.fact);
        const Table *table = observed && !observed->isStale() ? asTable(observed->fact.value) : nullptr;
        const facts::Shown shown = facts::show(observed);
        QString note = shown.why.isEmpty() ? shown.text : shown.text % QStringLiteral(": ") % shown.why;
        if (table)
            note = table->rows.empty() ? specText(spec.empty) : table->isTruncated ? tr("The first %1 rows; there are more.").arg(table->rows.size()) : QString();
        m_tableNotes[i]->show(note);
        m_tableNotes[i]->setVisible(!note.isEmpty());
        m_tables[i]->setVisible(table && !table->rows.empty());
        if (!table)
            continue;
        Shape shape = shapeOf(spec, *table);
        m_tables[i]->show(std::move(shape.columns), std::move(shape.rows));
    }
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
    if (m_origin == Origin::TableRow) {
        const auto index = std::size_t(std::max(0, m_tabs->currentIndex()));
        const Observed *observed = index < m_spec.tables.size() ? snapshot.find(m_source, m_spec.tables[index].fact) : nullptr;
        return observed ? rowDetail(m_spec.tables[index], *observed, key) : Detail{};
    }
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
