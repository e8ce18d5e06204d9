// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/presenters/readinesspresenter.h"

#include "models/format/format.h"
#include "models/format/text.h"

#include <QCoreApplication>

#include <algorithm>

namespace muster::readiness {

namespace {

QString tr(const char *text)
{
    return QCoreApplication::translate("ReadinessPresenter", text);
}

QString q(const std::string &text)
{
    return QString::fromStdString(text);
}

bool isWrong(CheckStatus status)
{
    return status == CheckStatus::Fail || status == CheckStatus::Warn || status == CheckStatus::Unknown || status == CheckStatus::Stale;
}

RowCell statusCell(CheckStatus status)
{
    return {statusWord(status), severityRank(status), int(status), false, false};
}

RowCell gateCell(CheckStatus status)
{
    return {tr("gate: %1").arg(statusWord(status)), severityRank(status), QStringLiteral("gate"), false, false};
}

RowCell numberCell(double value, int decimals = 1)
{
    return {QString::number(value, 'f', decimals), value, {}, false, false};
}

RowCell quiet(const QString &text, QVariant sort = {})
{
    return {text, std::move(sort), {}, true, false};
}

RowCell strong(const QString &text)
{
    return {text, {}, {}, false, true};
}

double lost(const CheckResult &check)
{
    return check.points - check.earned.low;
}

double effortCost(const std::string &effort)
{
    return effort == "high" ? 4.0 : effort == "medium" ? 2.0 : 1.0;
}

QString evidenceOf(const CheckResult &check)
{
    return check.findings.empty() ? QString() : text::label(check.worst().evidence);
}

// Worst first; within a status what costs most, in the profile's order where equal.
std::vector<const CheckResult *> wrongChecks(const Assessment &assessment, const std::string &page)
{
    std::vector<const CheckResult *> wrong;
    for (const CheckResult &check : assessment.checks) {
        if (isWrong(check.status) && (page.empty() || check.page == page))
            wrong.push_back(&check);
    }
    std::ranges::stable_sort(wrong, [](const CheckResult *a, const CheckResult *b) {
        const int rankA = severityRank(a->status);
        const int rankB = severityRank(b->status);
        return rankA != rankB ? rankA < rankB : a->gain > b->gain;
    });
    if (!page.empty()) // what the page is about stands before what the environment does not declare
        std::ranges::stable_sort(wrong, {}, [](const CheckResult *check) { return std::pair(severityRank(check->status), !check->findings.empty() && check->worst().instance.empty()); });
    return wrong;
}

// Failing gates come before everything; those that cannot be judged stand at the head of what is unknown.
void addGates(std::vector<Row> &rows, const Assessment &assessment, const std::string &page, bool isFailing)
{
    for (const GateResult &gate : assessment.gates) {
        if (!isWrong(gate.status) || (gate.status == CheckStatus::Fail) != isFailing || (!page.empty() && gate.page != page))
            continue;
        const QString reason = text::label(gate.reason);
        rows.push_back({QStringLiteral("gate:") % q(gate.id), {gateCell(gate.status), strong(text::label(gate.title)), quiet(reason), strong(tr("gate"))},
                        gate.status, reason});
    }
}

QString tierWord(const std::string &tier)
{
    return tier == "must" ? tr("must") : tier == "should" ? tr("should") : tier == "nice" ? tr("nice to have") : QStringLiteral("–");
}

} // namespace

QString statusWord(CheckStatus status)
{
    switch (status) {
    case CheckStatus::Pass: return tr("passed");
    case CheckStatus::Warn: return tr("warning");
    case CheckStatus::Fail: return tr("failed");
    case CheckStatus::Unknown: return tr("unknown");
    case CheckStatus::Stale: return tr("stale");
    case CheckStatus::NotApplicable: return tr("not applicable");
    case CheckStatus::Waived: return tr("waived");
    }
    return {};
}

std::vector<RowColumn> findingColumns()
{
    return {{QString(), ColumnKind::Status, 32}, {tr("What"), ColumnKind::Text, -236}, {tr("Evidence"), ColumnKind::Text, 0}, {tr("Points"), ColumnKind::Number, 56}};
}

std::vector<Row> findingRows(const Assessment &assessment, const std::string &page)
{
    std::vector<Row> rows;
    addGates(rows, assessment, page, true);
    bool isPastKnown = false;
    for (const CheckResult *check : wrongChecks(assessment, page)) {
        if (!isPastKnown && severityRank(check->status) >= severityRank(CheckStatus::Unknown)) {
            isPastKnown = true;
            addGates(rows, assessment, page, false);
        }
        const QString evidence = evidenceOf(*check);
        RowCell points = numberCell(-lost(*check));
        points.text.replace(QLatin1Char('-'), QChar(0x2212));
        points.isQuiet = true;
        rows.push_back({q(check->id), {statusCell(check->status), strong(text::label(check->title)), quiet(evidence), points}, check->status, evidence});
    }
    if (!isPastKnown)
        addGates(rows, assessment, page, false);
    return rows;
}

std::vector<RowColumn> componentColumns()
{
    return {{tr("Component"), ColumnKind::Text, -236}, {tr("Score"), ColumnKind::Number, 104},   {tr("| target  ○ review"), ColumnKind::Bullet, 0},
            {tr("Target"), ColumnKind::Number, 64},   {tr("Weight"), ColumnKind::Number, 72}, {tr("24 h"), ColumnKind::Sparkline, 88}};
}

std::vector<Row> componentRows(const Assessment &assessment, const std::function<Sparkline(const std::string &)> &trend)
{
    std::vector<Row> rows;
    for (const ComponentResult &component : assessment.components) {
        const QString score = q(format::score(component.score));
        const Bullet bullet{component.score, component.target, component.review};
        QString tip = tr("%1: %2, target %3, review %4").arg(text::label(component.title), score).arg(component.target).arg(component.review);
        if (const std::string measured = format::measured(component.measured); !measured.empty())
            tip += QStringLiteral(" · ") % q(measured);
        rows.push_back({q(component.id),
                        {strong(text::label(component.title)), {score, component.score.low, {}, false, false},
                         {tip, component.score.low, QVariant::fromValue(bullet), false, false}, numberCell(component.target, 0),
                         quiet(QString::number(component.weight * 100, 'f', 0) % QStringLiteral(" %"), component.weight),
                         {QString(), {}, QVariant::fromValue(trend(component.id)), true, false}},
                        std::nullopt, tip});
    }
    return rows;
}

std::vector<RowColumn> planColumns()
{
    return {{tr("If fixed"), ColumnKind::Switch, 64},  {QString(), ColumnKind::Status, 32},     {tr("Check"), ColumnKind::Text, 0},       {tr("Component"), ColumnKind::Text, 110},
            {tr("Gain"), ColumnKind::Number, 64},      {tr("Effort"), ColumnKind::Text, 72}, {tr("Priority"), ColumnKind::Text, 72}, {tr("Tier"), ColumnKind::Text, 96}};
}

std::vector<Row> planRows(const Assessment &assessment, const std::set<std::string> &fixed)
{
    std::vector<const CheckResult *> left;
    for (const CheckResult &check : assessment.checks) {
        if (isWrong(check.status))
            left.push_back(&check);
    }
    std::ranges::stable_sort(left, std::greater{}, [](const CheckResult *check) { return check->gain / effortCost(check->effort); });
    std::vector<Row> rows;
    for (const CheckResult *check : left) {
        RowCell gain = numberCell(check->gain, 2);
        gain.text.prepend(QLatin1Char('+'));
        rows.push_back({q(check->id),
                        {{QString(), fixed.contains(check->id), fixed.contains(check->id), false, false}, statusCell(check->status), strong(text::label(check->title)),
                         quiet(text::label(check->component)), gain, quiet(text::label(check->effort), effortCost(check->effort)),
                         quiet(check->priority.empty() ? QStringLiteral("–") : text::label(check->priority)), quiet(tierWord(check->tier))},
                        check->status, text::label(check->remedy)});
    }
    return rows;
}

std::vector<RowColumn> criteriaColumns()
{
    return {{QString(), ColumnKind::Status, 32}, {tr("Criterion"), ColumnKind::Text, -280}, {tr("State"), ColumnKind::Text, 96}, {tr("Evidence"), ColumnKind::Text, 0}};
}

std::vector<Row> criteriaRows(const Assessment &assessment)
{
    std::vector<Row> rows;
    for (const CriterionResult &criterion : assessment.criteria) {
        const QString evidence = text::label(criterion.evidence);
        rows.push_back({QStringLiteral("criterion:") % q(criterion.id), {statusCell(criterion.status), strong(text::label(criterion.title)), quiet(statusWord(criterion.status)), quiet(evidence)},
                        criterion.status, evidence});
    }
    return rows;
}

int criteriaMet(const Assessment &assessment)
{
    return int(std::ranges::count(assessment.criteria, CheckStatus::Pass, &CriterionResult::status));
}

std::vector<RowColumn> checkColumns()
{
    return {{QString(), ColumnKind::Status, 32},       {tr("Check"), ColumnKind::Text, -236}, {tr("Component"), ColumnKind::Text, 112}, {tr("State"), ColumnKind::Text, 104},
            {tr("Evidence"), ColumnKind::Text, 0}, {tr("Points"), ColumnKind::Number, -130}};
}

std::vector<Row> checkRows(const Assessment &assessment)
{
    std::vector<Row> rows;
    for (const CheckResult &check : assessment.checks) {
        const QString evidence = check.waiver.empty() ? evidenceOf(check) : text::label(check.waiver);
        const Interval earned = check.earned;
        const QString points = q(format::score(earned)) % QStringLiteral(" / ") % q(format::number(check.points, 1));
        rows.push_back({q(check.id),
                        {statusCell(check.status), strong(text::label(check.title)), quiet(text::label(check.component)), {statusWord(check.status), severityRank(check.status), {}, false, false},
                         quiet(evidence), {points, earned.low, {}, true, false}},
                        check.status, evidence});
    }
    return rows;
}

std::vector<RowColumn> eventColumns()
{
    return {{tr("When"), ColumnKind::Text, -190}, {tr("Check"), ColumnKind::Text, -236}, {tr("From"), ColumnKind::Text, 80}, {tr("To"), ColumnKind::Text, 80}, {tr("Evidence"), ColumnKind::Text, 0}};
}

std::vector<Row> eventRows(const std::vector<HistoryEvent> &events, const Assessment &assessment)
{
    std::vector<Row> rows;
    for (std::size_t i = 0; i < events.size(); ++i) {
        const HistoryEvent &event = events[i];
        const CheckResult *check = assessment.check(event.check);
        const auto at = double(event.at.time_since_epoch().count());
        rows.push_back({QString::number(at, 'f', 0) % q(event.check) % QString::number(i),
                        {{q(format::utc(event.at)), at, {}, true, false}, strong(text::label(check ? check->title : event.check)), quiet(text::label(event.from)),
                         {text::label(event.to), {}, {}, false, false}, quiet(text::label(event.evidence))},
                        std::nullopt, q(format::utcAndLocal(event.at)) % QLatin1Char('\n') % text::label(event.check)});
    }
    std::ranges::reverse(rows);
    return rows;
}

Badge badge(const Assessment &assessment, const std::string &page)
{
    Badge badge;
    const auto add = [&badge](CheckStatus status) {
        ++badge.count;
        if (severityRank(status) < severityRank(badge.worst))
            badge.worst = status;
    };
    if (page == "readiness") {
        for (const GateResult &gate : assessment.gates) {
            if (isWrong(gate.status))
                add(gate.status);
        }
        return badge;
    }
    for (const CheckResult &check : assessment.checks) {
        if (isWrong(check.status) && check.page == page)
            add(check.status);
    }
    return badge;
}

} // namespace muster::readiness
