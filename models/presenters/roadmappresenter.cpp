// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/presenters/roadmappresenter.h"

#include "models/format/format.h"
#include "models/format/text.h"
#include "models/presenters/readinesspresenter.h"

#include <QCoreApplication>
#include <QStringList>

#include <algorithm>

namespace muster::readiness {

namespace {

constexpr qsizetype kMostNamed = 12; // gates or criteria in a tip

QString tr(const char *text)
{
    return QCoreApplication::translate("RoadmapPresenter", text);
}

QString q(const std::string &text)
{
    return QString::fromStdString(text);
}

QString signedPoints(double points)
{
    QString text = QString::number(points, 'f', 2);
    return points < 0 ? text.replace(QLatin1Char('-'), QChar(0x2212)) : text.prepend(QLatin1Char('+'));
}

RowCell quiet(const QString &text, QVariant sort = {})
{
    return {text, std::move(sort), {}, true, false};
}

int rankOf(const std::string &word, std::initializer_list<const char *> order)
{
    const auto *found = std::ranges::find(order, word);
    return int(found - order.begin());
}

QString wordOr(const std::string &word)
{
    return word.empty() ? QStringLiteral("–") : text::label(word);
}

template<class Item>
QStringList titles(const std::vector<Item> &items, bool (*isNamed)(const Item &))
{
    QStringList names;
    for (const Item &item : items) {
        if (isNamed(item) && names.size() < kMostNamed)
            names << text::label(item.title, 80);
    }
    return names;
}

bool isClosed(const GateResult &gate)
{
    return severityRank(gate.status) < severityRank(CheckStatus::Pass);
}

bool isMet(const CriterionResult &criterion)
{
    return criterion.status == CheckStatus::Pass;
}

QString measuredText(const Assessment &assessment)
{
    const std::string share = format::measured(assessment.measured);
    return share.empty() ? tr("all of it") : q(share);
}

QString gatesText(const Assessment &assessment)
{
    const auto closed = std::ranges::count_if(assessment.gates, isClosed);
    return closed == 0 ? tr("none") : QString::number(closed);
}

Comparison line(const char *id, const QString &label, const QString &today, const QString &then)
{
    return {QString::fromUtf8(id), label, today, then, {}, {}, today != then};
}

QString phaseTitle(const std::string &phase, bool isLast)
{
    if (phase == "now" || phase == "supposed")
        return phase == "now" ? tr("now") : tr("if fixed");
    if (isLast)
        return tr("all");
    return phase == "foundation" ? tr("foundation") : phase == "named" ? tr("named items") : tr("the rest");
}

} // namespace

std::vector<RowColumn> planColumns()
{
    return {{tr("If fixed"), ColumnKind::Switch, 60}, {QString(), ColumnKind::Status, 32},        {tr("Check"), ColumnKind::Text, 0},      {tr("Gain"), ColumnKind::Number, 60},
            {tr("Effort"), ColumnKind::Text, 74},     {tr("Per effort"), ColumnKind::Number, 80}, {tr("Priority"), ColumnKind::Text, 74}, {tr("Tier"), ColumnKind::Text, 102}};
}

std::vector<Row> planRows(const Assessment &assessment, const std::set<std::string> &fixed)
{
    std::vector<Row> rows;
    for (const WorkItem &item : workLeft(assessment)) {
        const CheckResult *check = assessment.check(item.check);
        const bool isOn = fixed.contains(item.check);
        const QString tip = tr("%1 points of “%2”: %3 of the overall score.\n%4")
                                .arg(q(format::number(check->points - check->earned.low, 2)), text::label(check->component), signedPoints(item.gain), text::label(check->remedy));
        rows.push_back({q(item.check),
                        {{isOn ? tr("on") : tr("off"), isOn, isOn, false, false}, {statusWord(item.status), severityRank(item.status), int(item.status), false, false},
                         {text::label(item.title), {}, {}, false, true}, {signedPoints(item.gain), item.gain, {}, false, false}, quiet(wordOr(item.effort), effortUnits(item.effort)),
                         {QString::number(item.worth, 'f', 2), item.worth, {}, true, false}, quiet(wordOr(item.priority), rankOf(item.priority, {"high", "medium", "low"})),
                         quiet(tierWord(item.tier), rankOf(item.tier, {"must", "should", "nice"}))},
                        item.status, tip});
    }
    return rows;
}

std::vector<Comparison> comparison(const Assessment &today, const Assessment &then)
{
    std::vector<Comparison> lines;
    lines.push_back(line("score", tr("Score"), q(format::score(today.score)), q(format::score(then.score))));
    if (lines.back().hasMoved)
        lines.back().then += QStringLiteral("  (") % signedPoints(then.score.low - today.score.low) % QLatin1Char(')');
    lines.push_back(line("measured", tr("Measured"), measuredText(today), measuredText(then)));
    lines.push_back(line("verdict", tr("Verdict"), q(format::verdict(today.verdict)), q(format::verdict(then.verdict))));
    Comparison gates = line("gates", tr("Gates closed"), gatesText(today), gatesText(then));
    gates.todayTip = titles(today.gates, isClosed).join(QLatin1Char('\n'));
    gates.thenTip = titles(then.gates, isClosed).join(QLatin1Char('\n'));
    lines.push_back(gates);
    const auto metText = [](const Assessment &each) { return tr("%1 of %2").arg(criteriaMet(each)).arg(each.criteria.size()); };
    Comparison criteria = line("criteria", tr("Criteria met"), metText(today), metText(then));
    criteria.todayTip = titles(today.criteria, isMet).join(QLatin1Char('\n'));
    criteria.thenTip = titles(then.criteria, isMet).join(QLatin1Char('\n'));
    lines.push_back(criteria);
    return lines;
}

std::vector<Milestone> milestones(const std::vector<PathStep> &steps)
{
    std::vector<Milestone> ends;
    for (std::size_t i = 0; i < steps.size(); ++i) {
        const bool isLast = i + 1 == steps.size();
        if (isLast || steps[i + 1].phase != steps[i].phase)
            ends.push_back({i, QString::number(steps[i].score.low, 'f', 1), phaseTitle(steps[i].phase, isLast)});
    }
    return ends;
}

QString pathSummary(const std::vector<PathStep> &steps)
{
    QStringList parts;
    for (const Milestone &end : milestones(steps))
        parts << q(format::score(steps[end.step].score)) % QLatin1Char(' ') % end.title;
    if (steps.size() == 1)
        return tr("%1: nothing is left to do").arg(q(format::score(steps.front().score)));
    return parts.join(QStringLiteral(" → "));
}

QString stepText(const std::vector<PathStep> &steps, std::size_t step)
{
    if (step >= steps.size())
        return {};
    const PathStep &at = steps[step];
    const QString score = q(format::score(at.score));
    if (step == 0)
        return tr("%1 · %2 · %3").arg(phaseTitle(at.phase, false), score, q(format::verdict(at.verdict)));
    return tr("%1 of %2 · %3 %4 → %5 %6").arg(step).arg(steps.size() - 1).arg(text::label(at.title, 80), signedPoints(at.gain), score, q(format::verdict(at.verdict)));
}

QString pathText(const std::vector<PathStep> &steps)
{
    if (steps.empty())
        return tr("not computed yet");
    QStringList lines{pathSummary(steps)};
    for (std::size_t i = 1; i < steps.size(); ++i)
        lines << stepText(steps, i);
    return lines.join(QLatin1Char('\n'));
}

} // namespace muster::readiness
