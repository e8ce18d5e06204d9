// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/readiness/judge.h"

#include "models/facts/customfact.h"
#include "models/format/format.h"
#include "models/format/text.h"
#include "models/readiness/reading.h"
#include "models/readiness/sentence.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace muster::readiness {

namespace {

constexpr std::size_t kSentences = 4; // more than that nobody reads; the facts page has the rest

/// One condition on one source.
class Judgement {
public:
    Judgement(const Snapshot &snapshot, const std::string &source) : m_snapshot(snapshot), m_source(source) { }
    [[nodiscard]] Finding of(const Condition &condition) const;

private:
    [[nodiscard]] Finding here(const Condition &condition) const;
    [[nodiscard]] Finding bestOf(const Condition &condition) const;
    [[nodiscard]] Finding answering(const Condition &condition) const;
    [[nodiscard]] Finding tested(const Condition &condition, const Observed &observed) const;
    [[nodiscard]] Finding compared(const Condition &condition, double value, const Observed &observed) const;
    [[nodiscard]] std::string sentence(const Condition &condition, const Observed &observed, const std::string &limit, bool isGood) const;
    [[nodiscard]] std::string shown(const std::string &fact) const;

    const Snapshot &m_snapshot;
    const std::string &m_source;
};

bool isFailedBy(const Fault &fault, const Condition &condition)
{
    const bool isLost = fault.kind == FaultKind::Refused || fault.kind == FaultKind::Timeout || fault.kind == FaultKind::Dns
        || fault.kind == FaultKind::Cancelled;
    return condition.onFault == Condition::OnFault::Fail || (condition.onFault == Condition::OnFault::FailIfAnswered && !isLost);
}

bool isAtHome(std::string_view fact, std::string_view source)
{
    const auto prefix = fact.substr(0, fact.find('.'));
    return prefix == kindOf(source) || prefix == "tls" || fact == kAnsweringFact;
}

/// Where a fact is looked for that is not of this source's kind: the sources of its kind, or those that have it (a fact of the environment's own).
std::vector<std::string> homesOf(const Snapshot &snapshot, std::string_view fact)
{
    if (!isOwnFact(fact))
        return snapshot.sourcesOfKind(fact.substr(0, fact.find('.')));
    std::vector<std::string> homes;
    for (const auto &state : snapshot.sources) {
        if (snapshot.find(state.id, fact))
            homes.push_back(state.id);
    }
    return homes;
}

Finding Judgement::of(const Condition &condition) const
{
    if (condition.when) {
        auto guard = of(*condition.when);
        if (guard.status == CheckStatus::Unknown || guard.status == CheckStatus::Stale)
            return guard;
        if (guard.status != CheckStatus::Pass) {
            guard.status = CheckStatus::NotApplicable;
            guard.evidence = "not applicable: " + guard.evidence;
            return guard;
        }
    }
    if (condition.test == Condition::Test::AnyOf)
        return bestOf(condition);
    if (isAtHome(condition.fact, m_source))
        return here(condition);
    std::vector<Finding> elsewhere;
    for (const auto &source : homesOf(m_snapshot, condition.fact))
        elsewhere.push_back(Judgement(m_snapshot, source).here(condition));
    if (!elsewhere.empty())
        return combined(elsewhere);
    const auto kind = isOwnFact(condition.fact) ? "facts" : condition.fact.substr(0, condition.fact.find('.'));
    auto result = finding(CheckStatus::Fail, kNone, isOwnFact(condition.fact) ? "not configured: the environment declares no fact " + condition.fact : undeclaredInWords(kind));
    result.hint = declarationHint(kind);
    return result;
}

Finding Judgement::bestOf(const Condition &condition) const
{
    std::vector<Finding> alternatives;
    for (const auto &alternative : condition.anyOf)
        alternatives.push_back(of(alternative));
    std::erase_if(alternatives, [](const Finding &each) { return each.status == CheckStatus::NotApplicable; });
    if (alternatives.empty())
        return finding(CheckStatus::NotApplicable, kOpen, "not applicable: none of the alternatives exists here");
    const auto best = std::ranges::max_element(alternatives, {},
                                               [](const Finding &each) { return std::pair(severityRank(each.status), each.credit.low); });
    auto result = *best;
    for (const auto &each : alternatives) {
        // One that could still be found good keeps the question open.
        result.credit.high = std::max(result.credit.high, each.credit.high);
        result.credit.low = std::max(result.credit.low, each.credit.low);
        if (&each != &*best)
            result.facts.insert(result.facts.end(), each.facts.begin(), each.facts.end());
    }
    if (result.status == CheckStatus::Fail && !condition.fail.empty())
        result.evidence = condition.fail;
    return result;
}

Finding Judgement::answering(const Condition &condition) const
{
    const auto *state = m_snapshot.source(m_source);
    if (state && state->fault) {
        auto result = *unusable(*state).instead;
        if (isFailedBy(*state->fault, condition)) {
            result.status = CheckStatus::Fail;
            result.credit = kNone;
            result.evidence = faultInWords(state->id, *state->fault);
        }
        return result;
    }
    if (!state || !state->lastGood)
        return unmeasured(state, m_source, kAnsweringFact);
    return finding(CheckStatus::Pass, kAll, text::plain(m_source, 80) + " answered " + format::ago(state->age));
}

Finding Judgement::here(const Condition &condition) const
{
    if (condition.fact == kAnsweringFact)
        return answering(condition);
    auto reading = read(m_snapshot, m_source, condition.fact);
    Finding result;
    if (!reading.instead) {
        result = tested(condition, *reading.observed);
        result.age = std::max(result.age, reading.observed->age);
        if (result.raw.empty())
            result.raw = reading.observed->fact.raw;
    } else {
        result = std::move(*reading.instead);
        if (reading.isFault && isFailedBy(*m_snapshot.source(m_source)->fault, condition)) {
            result.status = CheckStatus::Fail;
            result.credit = kNone;
            result.evidence = faultInWords(m_source, *m_snapshot.source(m_source)->fault);
        }
    }
    result.facts.insert(result.facts.begin(), condition.fact);
    return result;
}

Finding unfit(const Condition &condition, const char *expected)
{
    return finding(CheckStatus::Unknown, kOpen, "unknown: " + condition.fact + " is not " + expected);
}

bool isAccepted(const Value &value, const std::variant<bool, std::string> &accepted)
{
    if (const auto *truth = std::get_if<bool>(&accepted))
        return asTruth(value) && *asTruth(value) == *truth;
    return asText(value) && *asText(value) == std::get<std::string>(accepted);
}

Finding Judgement::tested(const Condition &condition, const Observed &observed) const
{
    const auto &value = observed.fact.value;
    if (condition.test == Condition::Test::AtMost || condition.test == Condition::Test::AtLeast) {
        const auto *number = asNumber(value);
        return number && !std::isnan(*number) ? compared(condition, *number, observed) : unfit(condition, "a number");
    }
    if (!asTruth(value) && !asText(value))
        return unfit(condition, "a truth or a text");
    const bool isGood = std::ranges::any_of(condition.accepted, [&](const auto &accepted) { return isAccepted(value, accepted); });
    const auto bad = condition.isWarnOnly ? CheckStatus::Warn : CheckStatus::Fail;
    const auto share = isGood ? 1.0 : condition.isWarnOnly ? 0.5 : 0.0;
    return finding(isGood ? CheckStatus::Pass : bad, { share, share }, sentence(condition, observed, {}, isGood));
}

Finding Judgement::compared(const Condition &condition, double value, const Observed &observed) const
{
    double limit = condition.limit.number;
    if (!condition.limit.fact.empty()) {
        const auto homes = isAtHome(condition.limit.fact, m_source) ? std::vector{m_source} : homesOf(m_snapshot, condition.limit.fact);
        auto other = read(m_snapshot, homes.empty() ? m_source : homes.front(), condition.limit.fact);
        if (other.instead)
            return *other.instead;
        const auto *number = asNumber(other.observed->fact.value);
        if (!number)
            return finding(CheckStatus::Unknown, kOpen, "unknown: " + condition.limit.fact + " is not a number");
        limit = *number * condition.limit.times;
    }
    // From here on smaller is better.
    const double sign = condition.test == Condition::Test::AtMost ? 1 : -1;
    const auto isWithin = [&](double bound) { return sign * value <= sign * bound; };
    auto status = CheckStatus::Fail;
    double share = 0;
    if (isWithin(limit)) {
        status = CheckStatus::Pass;
        share = 1;
    } else if (condition.failBeyond && isWithin(*condition.failBeyond)) {
        status = CheckStatus::Warn;
        share = condition.isLinear ? (*condition.failBeyond - value) / (*condition.failBeyond - limit) : 0.5;
    } else if (condition.isWarnOnly) {
        status = CheckStatus::Warn;
        share = 0.5;
    }
    auto text = sentence(condition, observed, format::value(limit, observed.fact.unit), status == CheckStatus::Pass);
    return finding(status, { share, share }, std::move(text));
}

std::string Judgement::shown(const std::string &fact) const
{
    const auto *observed = m_snapshot.find(m_source, fact);
    if (!observed && !isAtHome(fact, m_source)) {
        for (const auto &source : homesOf(m_snapshot, fact)) {
            observed = m_snapshot.find(source, fact);
            if (observed)
                break;
        }
    }
    return observed ? format::value(observed->fact.value, observed->fact.unit) : "(not known)";
}

std::string Judgement::sentence(const Condition &condition, const Observed &observed, const std::string &limit, bool isGood) const
{
    SentenceParts parts;
    parts.value = format::value(observed.fact.value, observed.fact.unit);
    parts.limit = limit;
    parts.object = condition.object.empty() ? std::string() : shown(condition.object);
    parts.fact = [this](const std::string &name) { return shown(name); };
    const auto &pattern = isGood ? condition.pass : condition.fail;
    if (!pattern.empty())
        return fillSentence(pattern, parts);
    auto text = condition.label + ' ' + parts.value;
    if (!limit.empty() && !(isGood && limit == parts.value)) // "deadlocks 0/s" needs no limit of 0/s beside it
        text += (condition.test == Condition::Test::AtMost ? " (≤ " : " (≥ ") + limit + ')';
    return parts.object.empty() ? text : text + ": " + parts.object;
}

void appendOnce(std::vector<std::string> &into, const std::vector<std::string> &names)
{
    for (const auto &name : names) {
        if (std::ranges::find(into, name) == into.end())
            into.push_back(name);
    }
}

std::string joined(const std::vector<std::string> &sentences)
{
    std::string text;
    for (std::size_t i = 0; i < std::min(sentences.size(), kSentences); ++i)
        text += (i ? "; " : "") + sentences[i];
    return sentences.size() > kSentences ? text + "; and " + std::to_string(sentences.size() - kSentences) + " more" : text;
}

} // namespace

bool isServer(std::string_view kind)
{
    // A file that can be read, or another environment's server, says nothing of this production.
    static constexpr std::array<std::string_view, 4> kOthers{ "backup", "log", "loadtest", "sibling" };
    return std::ranges::find(kOthers, kind) == kOthers.end();
}

Finding combined(const std::vector<Finding> &findings)
{
    Finding result = finding(CheckStatus::NotApplicable, kAll, {});
    std::vector<std::string> sentences;
    for (const auto &each : findings) {
        if (severityRank(each.status) < severityRank(result.status)) {
            result.status = each.status;
            result.raw.clear();
            result.hint.clear();
            sentences.clear();
        }
        if (each.status == result.status) {
            appendOnce(sentences, { each.evidence });
            result.raw = result.raw.empty() ? each.raw : result.raw;
            result.hint = result.hint.empty() ? each.hint : result.hint;
        }
        if (each.status != CheckStatus::NotApplicable) {
            result.credit.low = std::min(result.credit.low, each.credit.low);
            result.credit.high = std::min(result.credit.high, each.credit.high);
            result.age = std::max(result.age, each.age);
        }
        appendOnce(result.facts, each.facts);
    }
    result.evidence = joined(sentences);
    return result;
}

Finding judge(const Rule &rule, const Snapshot &snapshot, const std::string &source)
{
    const Judgement judgement(snapshot, source);
    std::vector<Finding> parts;
    for (const auto &condition : rule.conditions)
        parts.push_back(judgement.of(condition));
    auto result = combined(parts);
    result.instance = source;
    return result;
}

std::vector<Finding> judgeAll(const Rule &rule, const Snapshot &snapshot, const std::string &over)
{
    std::vector<Finding> findings;
    for (const auto &state : snapshot.sources) {
        if (over == "*" ? isServer(state.kind) : state.kind == over)
            findings.push_back(judge(rule, snapshot, state.id));
    }
    if (findings.empty()) {
        findings.push_back(finding(CheckStatus::Fail, kNone, undeclaredInWords(over)));
        findings.back().hint = declarationHint(over);
    }
    std::ranges::stable_sort(findings, {}, [](const Finding &each) { return std::pair(severityRank(each.status), each.credit.low); });
    return findings;
}

} // namespace muster::readiness
