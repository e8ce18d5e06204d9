// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/presenters/planpresenter.h"

#include "models/format/format.h"
#include "models/format/text.h"

#include <QCoreApplication>
#include <QStringList>

#include <algorithm>
#include <cmath>

namespace muster::plan {

namespace {

QString tr(const char *text)
{
    return QCoreApplication::translate("PlanPresenter", text);
}

QString q(const std::string &text)
{
    return QString::fromStdString(text);
}

CheckStatus statusOf(PlanCheckState state)
{
    switch (state) {
    case PlanCheckState::Passed: return CheckStatus::Pass;
    case PlanCheckState::Warned: return CheckStatus::Warn;
    case PlanCheckState::Failed: return CheckStatus::Fail;
    }
    return CheckStatus::Unknown;
}

QString amount(double value, const std::string &unit)
{
    return unit == "B" ? q(format::size(value)) : q(format::number(value, 0)) % QLatin1Char(' ') % text::label(unit, 24);
}

} // namespace

Permission permission(const Plan &plan, const EnvironmentInfo &environment, bool isArmed, const QString &typedName, BootTime now)
{
    if (const std::string obstacle = plan.firstObstacle(); !obstacle.empty())
        return {false, tr("A check failed: %1").arg(text::label(obstacle))};
    if (plan.isExpired(now))
        return {false, tr("The plan expired. Look again before you run it.")};
    if (!isArmed)
        return {false, tr("The console is read-only. Arm it first.")};
    if (environment.isProduction() && typedName != q(environment.name))
        return {false, tr("Type the environment's name, “%1”, to confirm.").arg(text::label(environment.name, 48))};
    return {true, {}};
}

QString expiry(const Plan &plan, BootTime now)
{
    if (plan.isExpired(now))
        return tr("plan expired");
    const auto left = std::chrono::ceil<std::chrono::seconds>(plan.validFor - (now - plan.made.boot));
    return tr("plan holds for %1 s").arg(left.count());
}

QString runLabel(const Plan &plan)
{
    if (plan.action == "backup")
        return tr("Run backup");
    if (plan.action == "flush")
        return plan.isDestructive ? tr("Delete the keys") : tr("Count");
    if (plan.action == "mail-test")
        return tr("Send test mail");
    if (plan.action == "load-test")
        return tr("Run load test");
    if (plan.action == "cancel-query")
        return tr("Cancel the statement");
    if (plan.action == "terminate-session")
        return tr("Terminate the session");
    if (plan.action.starts_with("verify") || plan.action == "backup-verify")
        return tr("Verify");
    return tr("Run");
}

std::vector<RowColumn> checkColumns()
{
    return {{QString(), ColumnKind::Status, 32}, {tr("Checked"), ColumnKind::Text, -300}, {tr("Result"), ColumnKind::Text, 0}};
}

std::vector<Row> checkRows(const Plan &plan)
{
    std::vector<Row> rows;
    for (std::size_t i = 0; i < plan.checks.size(); ++i) {
        const PlanCheck &check = plan.checks[i];
        const CheckStatus status = statusOf(check.state);
        const QString word = check.state == PlanCheckState::Passed ? tr("passed") : check.state == PlanCheckState::Warned ? tr("warning") : tr("failed");
        const QString detail = check.detail.empty() ? word : word % QStringLiteral(": ") % text::label(check.detail);
        rows.push_back({QString::number(i), {{word, severityRank(status), int(status), false, false}, {text::label(check.title), {}, {}, false, false}, {detail, {}, {}, true, false}},
                        status, text::label(check.title) % QLatin1Char('\n') % detail});
    }
    return rows;
}

std::vector<RowColumn> lineColumns(const QString &title)
{
    return {{title, ColumnKind::Text, -200}, {QString(), ColumnKind::Text, 0}};
}

std::vector<Row> lineRows(const std::vector<PlanLine> &lines)
{
    std::vector<Row> rows;
    for (std::size_t i = 0; i < lines.size(); ++i) {
        const QString value = text::label(lines[i].value, 400);
        rows.push_back({QString::number(i), {{text::label(lines[i].label), {}, {}, true, false}, {value, {}, {}, false, false}}, std::nullopt, value});
    }
    return rows;
}

QString progressText(const Progress &progress)
{
    QStringList parts;
    if (!progress.phase.empty())
        parts << text::label(progress.phase, 80);
    if (progress.total && *progress.total > 0) {
        parts << tr("%1 of %2").arg(amount(progress.done, progress.unit), amount(*progress.total, progress.unit));
        parts << q(format::ratio(std::clamp(progress.done / *progress.total, 0.0, 1.0)));
    } else if (progress.done > 0) {
        parts << amount(progress.done, progress.unit);
    }
    if (!progress.message.empty())
        parts << text::label(progress.message, 160);
    return parts.join(QStringLiteral(" · "));
}

std::optional<int> progressPermille(const Progress &progress)
{
    if (!progress.total || *progress.total <= 0 || !std::isfinite(progress.done))
        return std::nullopt;
    return int(std::clamp(progress.done / *progress.total, 0.0, 1.0) * 1000);
}

QString outcomeTitle(OutcomeKind kind, const std::string &action)
{
    switch (kind) {
    case OutcomeKind::Succeeded: return action == "mail-test" ? tr("Accepted by the relay") : tr("Done and verified");
    case OutcomeKind::Failed: return tr("Failed");
    case OutcomeKind::Cancelled: return tr("Cancelled");
    case OutcomeKind::Refused: return tr("Refused: nothing was done");
    case OutcomeKind::Unknown: return tr("Outcome unknown: a reply was lost");
    }
    return {};
}

CheckStatus outcomeStatus(OutcomeKind kind)
{
    switch (kind) {
    case OutcomeKind::Succeeded: return CheckStatus::Pass;
    case OutcomeKind::Failed: return CheckStatus::Fail;
    case OutcomeKind::Cancelled: return CheckStatus::Warn;
    case OutcomeKind::Refused: return CheckStatus::Warn;
    case OutcomeKind::Unknown: return CheckStatus::Unknown;
    }
    return CheckStatus::Unknown;
}

QString outcomeText(const Plan &plan, const Outcome &outcome)
{
    QStringList text{text::label(plan.title), text::label(plan.target) % QStringLiteral(" · ") % text::label(plan.identity), outcomeTitle(outcome.kind, plan.action),
                     text::label(outcome.summary, 1000)};
    for (const PlanLine &line : outcome.details)
        text << text::label(line.label) % QStringLiteral(": ") % text::label(line.value, 400);
    if (!outcome.howToFindOut.empty())
        text << text::label(outcome.howToFindOut, 1000);
    if (!outcome.transcript.empty())
        text << QString() << q(text::block(outcome.transcript, 64 * 1024));
    return text.join(QLatin1Char('\n'));
}

} // namespace muster::plan
