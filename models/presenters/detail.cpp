// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/presenters/detail.h"

#include "models/format/format.h"
#include "models/format/text.h"
#include "models/presenters/factpresenter.h"
#include "models/presenters/readinesspresenter.h"

#include <QCoreApplication>
#include <QStringList>

#include <algorithm>
#include <array>

namespace muster {

namespace {

constexpr std::size_t kMostFindings = 12;

QString tr(const char *text)
{
    return QCoreApplication::translate("Detail", text);
}

QString q(const std::string &text)
{
    return QString::fromStdString(text);
}

QString capitalised(const std::string &word)
{
    QString text = text::label(word);
    if (!text.isEmpty())
        text[0] = text[0].toUpper();
    return text;
}

QString subtitleOf(const CheckResult &check)
{
    QStringList parts{capitalised(check.component), tr("%1 points").arg(q(format::number(check.points, 1)))};
    if (!check.tier.empty())
        parts << text::label(check.tier);
    if (!check.priority.empty())
        parts << tr("%1 priority").arg(text::label(check.priority));
    return parts.join(QStringLiteral(" · "));
}

void addFacts(Detail &detail, const Finding &finding, const Snapshot &snapshot)
{
    for (const std::string &name : finding.facts) {
        const Observed *observed = snapshot.find(finding.instance, name);
        if (!observed)
            continue;
        const facts::Shown shown = facts::show(observed);
        detail.lines.push_back({text::label(name), shown.text, shown.tip});
    }
}

void addFindings(Detail &detail, const CheckResult &check, const Snapshot &snapshot)
{
    if (check.findings.empty())
        return;
    const Finding &worst = check.worst();
    detail.evidence = text::label(worst.evidence, 1000);
    detail.raw = QString::fromStdString(text::block(worst.raw));
    if (!worst.instance.empty()) {
        detail.lines.push_back({tr("Where"), text::label(worst.instance), {}});
        detail.lines.push_back({tr("Observed"), q(format::ago(worst.age)), {}});
    }
    addFacts(detail, worst, snapshot);
    if (!check.waiver.empty())
        detail.lines.push_back({tr("Waived"), text::label(check.waiver), {}});
    for (std::size_t i = 1; i < check.findings.size() && i < kMostFindings; ++i) {
        const Finding &other = check.findings[i];
        detail.lines.push_back({text::label(other.instance), readiness::statusWord(other.status) % QStringLiteral(": ") % text::label(other.evidence), {}});
    }
    QStringList remedy;
    if (!worst.hint.empty())
        remedy << text::label(worst.hint, 1000);
    if (!check.remedy.empty() && check.status != CheckStatus::Pass)
        remedy << text::label(check.remedy, 1000);
    detail.remedy = remedy.join(QStringLiteral("\n"));
}

Detail ofCheck(const CheckResult &check, const Snapshot &snapshot, const EnvironmentInfo &environment)
{
    Detail detail;
    detail.status = check.status;
    detail.title = text::label(check.title);
    detail.subtitle = subtitleOf(check);
    addFindings(detail, check, snapshot);
    detail.steps = detail::steps(check.action, environment);
    return detail;
}

Detail ofGate(const GateResult &gate, const EnvironmentInfo &environment)
{
    Detail detail;
    detail.status = gate.status;
    detail.title = text::label(gate.title);
    detail.subtitle = gate.status == CheckStatus::Fail ? tr("Gate: while it fails, the verdict is NOT READY") : tr("Gate: while it is unknown, the verdict is AT RISK at best");
    detail.evidence = text::label(gate.reason, 1000);
    if (gate.page == "backups")
        detail.steps = detail::steps("backup", environment);
    return detail;
}

Detail ofCriterion(const CriterionResult &criterion, const Assessment &assessment)
{
    Detail detail;
    detail.status = criterion.status;
    detail.title = text::label(criterion.title);
    detail.subtitle = tr("Launch criterion");
    detail.evidence = text::label(criterion.evidence, 1000);
    for (const std::string &id : criterion.checks) {
        if (const CheckResult *check = assessment.check(id))
            detail.lines.push_back({text::label(check->title), readiness::statusWord(check->status), check->findings.empty() ? QString() : text::label(check->worst().evidence)});
    }
    return detail;
}

// What a server says about itself.
void addIdentity(Detail &detail, const std::string &source, const Snapshot &snapshot)
{
    static constexpr std::array<std::string_view, 12> kIdentity{"version", "flavour", "role", "declared_role", "user", "uptime", "tls_version", "system_identifier", "run_id", "connect_time", "greeting", "usable_name"};
    for (const std::string_view name : kIdentity) {
        const std::string fact = std::string(kindOf(source)) + '.' + std::string(name);
        if (const Observed *observed = snapshot.find(source, fact)) {
            const facts::Shown shown = facts::show(observed);
            detail.lines.push_back({capitalised(std::string(name)).replace(QLatin1Char('_'), QLatin1Char(' ')), shown.text, shown.tip});
        }
    }
}

Detail ofFact(const Observed &observed)
{
    Detail detail;
    const facts::Shown shown = facts::show(&observed);
    detail.title = text::label(observed.fact.name);
    detail.subtitle = text::label(observed.source);
    detail.lines = {{tr("Value"), shown.text, {}},
                    {tr("Observed"), q(format::ago(observed.age)), q(format::utcAndLocal(observed.at))},
                    {tr("At"), q(format::utc(observed.at)), q(format::utcAndLocal(observed.at))},
                    {tr("Fresh for"), q(format::age(observed.fact.budget)), {}}};
    detail.evidence = shown.why;
    detail.raw = QString::fromStdString(text::block(observed.fact.raw));
    return detail;
}

} // namespace

QString Detail::toText() const
{
    QStringList text{title, subtitle};
    for (const Line &line : lines)
        text << line.label % QStringLiteral(": ") % line.value;
    for (const QString &part : {evidence, remedy, raw}) {
        if (!part.isEmpty())
            text << QString() << part;
    }
    return text.join(QLatin1Char('\n'));
}

namespace detail {

Detail of(const QString &key, const Assessment &assessment, const Snapshot &snapshot, const EnvironmentInfo &environment)
{
    const std::string id = key.toStdString();
    if (id.starts_with("gate:")) {
        const auto gate = std::ranges::find(assessment.gates, id.substr(5), &GateResult::id);
        return gate == assessment.gates.end() ? Detail{} : ofGate(*gate, environment);
    }
    if (id.starts_with("criterion:")) {
        const auto criterion = std::ranges::find(assessment.criteria, id.substr(10), &CriterionResult::id);
        return criterion == assessment.criteria.end() ? Detail{} : ofCriterion(*criterion, assessment);
    }
    if (const CheckResult *check = assessment.check(id))
        return ofCheck(*check, snapshot, environment);
    if (const std::size_t split = id.find('\x1f'); split != std::string::npos) {
        if (const Observed *observed = snapshot.find(id.substr(0, split), id.substr(split + 1)))
            return ofFact(*observed);
    }
    return {};
}

Detail ofSource(const SourceState &state, const Snapshot &snapshot)
{
    Detail detail;
    detail.title = text::label(state.id);
    if (!state.fault) {
        detail.status = state.lastGood ? CheckStatus::Pass : CheckStatus::Unknown;
        detail.subtitle = state.lastGood ? tr("answered %1").arg(q(format::ago(state.age))) : tr("not measured yet");
        addIdentity(detail, state.id, snapshot);
        return detail;
    }
    detail.status = CheckStatus::Fail;
    detail.subtitle = tr("%1 at stage “%2”").arg(QString::fromUtf8(toString(state.fault->kind).data(), qsizetype(toString(state.fault->kind).size())), text::label(state.fault->stage));
    detail.evidence = text::label(state.fault->detail, 1000);
    detail.remedy = text::label(state.fault->hint, 1000);
    if (state.faultSince)
        detail.lines.push_back({tr("Since"), q(format::utc(state.faultSince->wall)), q(format::utcAndLocal(state.faultSince->wall))});
    return detail;
}

std::vector<Detail::Step> steps(const std::string &action, const EnvironmentInfo &environment)
{
    std::vector<Detail::Step> steps;
    if (action == "backup") {
        for (const auto &set : environment.backups) {
            steps.push_back({"backup", set.name, environment.backups.size() == 1 ? tr("Run backup…") : tr("Run backup “%1”…").arg(text::label(set.name, 40))});
            steps.push_back({"verify", set.name, environment.backups.size() == 1 ? tr("Verify…") : tr("Verify “%1”…").arg(text::label(set.name, 40))});
        }
    } else if (action == "flush") {
        for (const auto &cache : environment.caches)
            steps.push_back({"flush", cache.name, environment.caches.size() == 1 ? tr("Flush…") : tr("Flush “%1”…").arg(text::label(cache.name, 40))});
    } else if (action == "mail-test" && environment.mail.isDeclared) {
        steps.push_back({"mail-test", "main", tr("Send test mail…")});
    }
    return steps;
}

} // namespace detail
} // namespace muster
