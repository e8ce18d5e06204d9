// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/presenters/detail.h"

#include "models/format/format.h"
#include "models/format/text.h"
#include "models/presenters/factpresenter.h"
#include "models/presenters/readinesspresenter.h"
#include "models/presenters/waiver.h"

#include <QCoreApplication>
#include <QRegularExpression>
#include <QStringList>

#include <algorithm>

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
    QStringList parts{capitalised(check.component), check.points == 1 ? tr("1 point") : tr("%1 points").arg(q(format::number(check.points, 1)))};
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
        detail.lines.push_back({facts::title(name), shown.text, shown.tip});
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

void addWaiver(Detail &detail, const CheckResult &check, const EnvironmentInfo &environment, WallTime now)
{
    const readiness::Waiver *waiver = waiver::find(environment.waivers, check.id);
    if (waiver) {
        if (check.waiver.empty())
            detail.lines.push_back({tr("Waiver"), waiver::endText(*waiver, now) % QStringLiteral(" – ") % text::label(waiver->owner + ": " + waiver->reason), {}});
        detail.steps.push_back({"waive", check.id, tr("Change waiver…")});
        detail.steps.push_back({"unwaive", check.id, tr("Remove waiver…")});
    } else if (check.status != CheckStatus::Pass && check.status != CheckStatus::NotApplicable) {
        detail.steps.push_back({"waive", check.id, tr("Waive…")});
    }
}

Detail ofCheck(const CheckResult &check, const Snapshot &snapshot, const EnvironmentInfo &environment)
{
    Detail detail;
    detail.status = check.status;
    detail.title = text::label(check.title);
    detail.subtitle = subtitleOf(check);
    addFindings(detail, check, snapshot);
    detail.steps = detail::steps(check.action, environment);
    addWaiver(detail, check, environment, snapshot.at);
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

QString metricWord(CheckStatus status)
{
    return status == CheckStatus::Pass ? tr("reached") : status == CheckStatus::Fail ? tr("not reached") : tr("depends on what was not measured");
}

Detail ofMetric(const readiness::FinalMetric &metric, const Assessment &assessment)
{
    Detail detail;
    detail.status = metric.status;
    detail.title = text::label(metric.title);
    detail.subtitle = tr("Final metric: %1").arg(metricWord(metric.status));
    detail.lines = {{tr("Value"), q(format::score(metric.value)), {}}, {tr("Expected"), readiness::expectedText(metric.expected), {}}};
    detail.evidence = text::label(metric.evidence, 1000);
    for (const CheckResult *check : readiness::checksBehind(metric.id, assessment))
        detail.lines.push_back({text::label(check->title), readiness::statusWord(check->status), check->findings.empty() ? QString() : text::label(check->worst().evidence)});
    return detail;
}

// What a server says about itself. A long table is data.
struct IdentityLine {
    const char *fact;
    const char *label;
    const char *why = nullptr; ///< a fact that explains the value
};

constexpr IdentityLine kIdentity[] = {
    {"postgres.version", QT_TRANSLATE_NOOP("Detail", "Version")},
    {"postgres.role", QT_TRANSLATE_NOOP("Detail", "Role")},
    {"postgres.user", QT_TRANSLATE_NOOP("Detail", "User")},
    {"postgres.uptime", QT_TRANSLATE_NOOP("Detail", "Up for")},
    {"postgres.tls_version", QT_TRANSLATE_NOOP("Detail", "TLS version")},
    {"postgres.system_identifier", QT_TRANSLATE_NOOP("Detail", "System ID")},
    {"postgres.connect_time", QT_TRANSLATE_NOOP("Detail", "Connect")},
    {"pgbouncer.version", QT_TRANSLATE_NOOP("Detail", "Version")},
    {"redis.flavour", QT_TRANSLATE_NOOP("Detail", "Server")},
    {"redis.version", QT_TRANSLATE_NOOP("Detail", "Version")},
    {"redis.role", QT_TRANSLATE_NOOP("Detail", "Role")},
    {"redis.declared_role", QT_TRANSLATE_NOOP("Detail", "Declared as")},
    {"redis.user", QT_TRANSLATE_NOOP("Detail", "User")},
    {"redis.uptime", QT_TRANSLATE_NOOP("Detail", "Up for")},
    {"redis.run_id", QT_TRANSLATE_NOOP("Detail", "Run ID")},
    {"redis.connect_time", QT_TRANSLATE_NOOP("Detail", "Connect")},
    {"prometheus.version", QT_TRANSLATE_NOOP("Detail", "Version")},
    {"smtp.greeting", QT_TRANSLATE_NOOP("Detail", "Greeting")},
    {"smtp.capabilities", QT_TRANSLATE_NOOP("Detail", "Offers")},
    {"smtp.auth_offered", QT_TRANSLATE_NOOP("Detail", "Logins")},
    {"http.addresses", QT_TRANSLATE_NOOP("Detail", "Addresses")},
    {"redis.address", QT_TRANSLATE_NOOP("Detail", "Address")},
    {"redis.topology", QT_TRANSLATE_NOOP("Detail", "Topology")},
    {"http.redirect_chain", QT_TRANSLATE_NOOP("Detail", "Plain HTTP")},
    {"http.compression_encoding", QT_TRANSLATE_NOOP("Detail", "Compression"), "http.compression_why"},
    {"http.cache_control", QT_TRANSLATE_NOOP("Detail", "Caching"), "http.caching_why"},
    {"http.security_headers_missing", QT_TRANSLATE_NOOP("Detail", "Missing headers")},
    {"http.cdn_evidence", QT_TRANSLATE_NOOP("Detail", "CDN")},
    {"http.rate_limit_dialect", QT_TRANSLATE_NOOP("Detail", "Rate limit")},
    {"tls.verify_error", QT_TRANSLATE_NOOP("Detail", "Not trusted")},
    {"tls.subject", QT_TRANSLATE_NOOP("Detail", "Certificate")},
    {"tls.issuer", QT_TRANSLATE_NOOP("Detail", "Issued by")},
    {"tls.sans", QT_TRANSLATE_NOOP("Detail", "Names")},
    {"tls.expires_in", QT_TRANSLATE_NOOP("Detail", "Ends in")},
    {"tls.not_after", QT_TRANSLATE_NOOP("Detail", "Ends at")},
    {"tls.key", QT_TRANSLATE_NOOP("Detail", "Key")},
    {"backup.running", QT_TRANSLATE_NOOP("Detail", "Being made")},
    {"backup.recovery_gaps_text", QT_TRANSLATE_NOOP("Detail", "WAL holes")},
    {"backup.next_expiry", QT_TRANSLATE_NOOP("Detail", "Next expiry")},
    {"backup.schedule_note", QT_TRANSLATE_NOOP("Detail", "Schedule")},
};

// "http://a/ 301 → https://a/ 200" → "http://a/ answers 301 → https://a/ answers 200"
QString hopsInWords(const QString &chain)
{
    static const QRegularExpression kStatus(QStringLiteral(" (\\d{3})(?= →|$)"));
    return QString(chain).replace(kStatus, tr(" answers %1").arg(QStringLiteral("\\1")));
}

void addIdentity(Detail &detail, const std::string &source, const Snapshot &snapshot)
{
    for (const IdentityLine &line : kIdentity) {
        const Observed *observed = snapshot.find(source, line.fact);
        if (!observed)
            continue;
        facts::Shown shown = facts::show(observed);
        const std::string *text = asText(observed->fact.value);
        const bool isNone = text && text->empty() && shown.freshness == facts::Freshness::Fresh;
        const Observed *reason = line.why ? snapshot.find(source, line.why) : nullptr;
        const std::string *why = reason ? asText(reason->fact.value) : nullptr;
        if (isNone && !line.why)
            continue;
        if (isNone)
            shown.text = tr("none");
        if (std::string_view(line.fact) == "http.redirect_chain")
            shown.text = hopsInWords(shown.text);
        if (why && !why->empty())
            shown.text += QStringLiteral(" – ") % text::label(*why);
        detail.lines.push_back({tr(line.label), shown.text, shown.tip});
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
    if (const auto *unknown = std::get_if<Unknown>(&observed.fact.value)) {
        detail.status = CheckStatus::Unknown;
        detail.evidence = text::label(unknown->reason, 1000);
        detail.remedy = text::label(unknown->hint, 1000);
    }
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
    if (id.starts_with("metric:")) {
        const auto metrics = readiness::finalMetrics(assessment);
        const auto metric = std::ranges::find(metrics, id.substr(7), &readiness::FinalMetric::id);
        return metric == metrics.end() ? Detail{} : ofMetric(*metric, assessment);
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
    } else if (action == "load-test") {
        const auto isTest = [](const EnvironmentInfo::Declared &source) { return source.kind == "loadtest"; };
        const bool isOnly = std::ranges::count_if(environment.sources, isTest) == 1;
        for (const auto &source : environment.sources) {
            if (isTest(source))
                steps.push_back({"load-test", source.name, isOnly ? tr("Run load test…") : tr("Run load test “%1”…").arg(text::label(source.name, 40))});
        }
    }
    return steps;
}

} // namespace detail
} // namespace muster
