// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/presenters/auditpresenter.h"

#include "models/format/format.h"
#include "models/format/text.h"

#include <QCoreApplication>

#include <map>

namespace muster::audit {

namespace {

QString tr(const char *text)
{
    return QCoreApplication::translate("AuditPresenter", text);
}

CheckStatus statusOf(const AuditEntry *outcome)
{
    if (!outcome)
        return CheckStatus::Unknown;
    if (outcome->outcome == "succeeded")
        return CheckStatus::Pass;
    if (outcome->outcome == "failed")
        return CheckStatus::Fail;
    return outcome->outcome == "unknown" ? CheckStatus::Unknown : CheckStatus::Warn;
}

Row rowOf(const AuditEntry &intent, const AuditEntry *outcome)
{
    const CheckStatus status = statusOf(outcome);
    const QString word = outcome ? text::label(outcome->outcome, 32) : tr("no outcome yet");
    const QString took = outcome ? QString::fromStdString(format::duration(outcome->duration)) : QStringLiteral("–");
    const QString summary = text::label(outcome && !outcome->summary.empty() ? outcome->summary : intent.summary);
    const auto at = double(intent.at.time_since_epoch().count());
    return {QString::fromStdString(intent.id),
            {{word, severityRank(status), int(status), false, false}, {QString::fromStdString(format::utc(intent.at)).left(16), at, {}, true, false},
             {text::label(intent.operatorName, 60), {}, {}, false, false}, {text::label(intent.action, 40), {}, {}, false, true},
             {text::label(intent.target, 60), {}, {}, false, false}, {word, {}, {}, false, false}, {took, outcome ? outcome->duration : -1.0, {}, true, false},
             {summary, {}, {}, true, false}},
            status, QString::fromStdString(format::utcAndLocal(intent.at)) % QLatin1Char('\n') % summary};
}

} // namespace

std::vector<RowColumn> columns()
{
    return {{QString(), ColumnKind::Status, 32},     {tr("When, UTC"), ColumnKind::Text, 128}, {tr("Who"), ColumnKind::Text, 80},
            {tr("Action"), ColumnKind::Text, -96},   {tr("Target"), ColumnKind::Text, -110}, {tr("Outcome"), ColumnKind::Text, 90},
            {tr("Took"), ColumnKind::Number, 68},    {tr("Summary"), ColumnKind::Text, 0}};
}

std::vector<Row> rows(const std::vector<AuditEntry> &entries)
{
    std::map<std::string, const AuditEntry *> outcomes;
    for (const AuditEntry &entry : entries) {
        if (entry.phase == "outcome")
            outcomes[entry.id] = &entry;
    }
    std::vector<Row> rows;
    for (auto entry = entries.rbegin(); entry != entries.rend(); ++entry) {
        if (entry->phase != "intent")
            continue;
        const auto outcome = outcomes.find(entry->id);
        rows.push_back(rowOf(*entry, outcome == outcomes.end() ? nullptr : outcome->second));
    }
    return rows;
}

QString chainText(const AuditVerdict &verdict)
{
    if (verdict.isIntact)
        return tr("chain intact, %1 lines").arg(verdict.lines);
    return tr("chain broken at line %1 of %2: %3").arg(verdict.firstBroken).arg(verdict.lines).arg(text::label(verdict.why));
}

} // namespace muster::audit
