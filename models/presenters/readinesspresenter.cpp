// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/presenters/readinesspresenter.h"

#include "models/format/format.h"
#include "models/format/text.h"

#include <QCoreApplication>

#include <algorithm>

namespace muster::readiness {

namespace {

constexpr std::size_t kMostBehind = 12;

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

} // namespace

QString tierWord(const std::string &tier)
{
    return tier == "must" ? tr("must") : tier == "should" ? tr("should") : tier == "nice" ? tr("nice to have") : QStringLiteral("–");
}

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
        RowCell points = numberCell(-check->gain, 2);
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

std::vector<RowColumn> criteriaColumns()
{
    return {{QString(), ColumnKind::Status, 32}, {tr("Criterion"), ColumnKind::Text, -300}, {tr("State"), ColumnKind::Text, -104}, {tr("Evidence"), ColumnKind::Text, 0}};
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

QString expectedText(const Interval &expected)
{
    const QString least = q(format::number(expected.low, 1));
    return expected.high > expected.low ? least % QChar(0x2013) % q(format::number(expected.high, 1)) : least;
}

std::vector<RowColumn> metricColumns()
{
    return {{QString(), ColumnKind::Status, 32},    {tr("Metric"), ColumnKind::Text, -200}, {tr("Value"), ColumnKind::Number, 96}, {tr("Expected"), ColumnKind::Number, 76},
            {tr("| expected"), ColumnKind::Bullet, 110}, {tr("Evidence"), ColumnKind::Text, 0}};
}

std::vector<Row> metricRows(const std::vector<FinalMetric> &metrics)
{
    std::vector<Row> rows;
    for (const FinalMetric &metric : metrics) {
        const QString value = q(format::score(metric.value));
        const QString evidence = text::label(metric.evidence);
        const QString tip = tr("%1: %2, expected %3").arg(text::label(metric.title), value, expectedText(metric.expected));
        rows.push_back({QStringLiteral("metric:") % q(metric.id),
                        {statusCell(metric.status), strong(text::label(metric.title)), {value, metric.value.low, {}, false, false}, quiet(expectedText(metric.expected), metric.expected.low),
                         {tip, metric.value.low, QVariant::fromValue(Bullet{metric.value, metric.expected.low, -1}), false, false}, quiet(evidence)},
                        metric.status, evidence});
    }
    return rows;
}

std::vector<const CheckResult *> checksBehind(const std::string &metric, const Assessment &assessment)
{
    const std::string component = metric == "monitoring-coverage" ? "monitoring" : metric;
    std::vector<const CheckResult *> behind;
    for (const CheckResult *check : wrongChecks(assessment, {})) {
        const bool isPart = metric == "overall" || check->component == component || (metric == "deployment-readiness" && (check->tier == "must" || check->tier == "should"));
        if (isPart && behind.size() < kMostBehind)
            behind.push_back(check);
    }
    return behind;
}

int metricsReached(const std::vector<FinalMetric> &metrics)
{
    return int(std::ranges::count(metrics, CheckStatus::Pass, &FinalMetric::status));
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
