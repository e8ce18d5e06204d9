// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/readiness/reading.h"

#include "models/format/format.h"
#include "models/format/text.h"
#include "models/readiness/sentence.h"

namespace muster::readiness {

Finding finding(CheckStatus status, Interval credit, std::string evidence)
{
    Finding result;
    result.status = status;
    result.credit = credit;
    result.evidence = std::move(evidence);
    return result;
}

Reading unusable(const SourceState &state)
{
    Reading reading;
    reading.isFault = state.fault->kind != FaultKind::Cancelled;
    reading.instead = finding(CheckStatus::Unknown, kOpen, "unknown: " + faultInWords(state.id, *state.fault));
    reading.instead->hint = state.fault->hint;
    reading.instead->raw = state.fault->detail;
    return reading;
}

Finding unmeasured(const SourceState *state, std::string_view source, std::string_view fact)
{
    const auto name = text::plain(source, 80);
    const auto why = state && state->lastGood ? " has not reported " + std::string(fact) : std::string(" has not been measured yet");
    return finding(CheckStatus::Unknown, kOpen, "unknown: " + name + why);
}

Reading read(const Snapshot &snapshot, const std::string &source, const std::string &fact)
{
    const auto *state = snapshot.source(source);
    if (state && state->fault)
        return unusable(*state);
    const auto *observed = snapshot.find(source, fact);
    if (!state || !observed)
        return { nullptr, unmeasured(state, source, fact), false };
    Reading reading{ observed, std::nullopt, false };
    if (observed->isStale()) {
        reading.instead =
            finding(CheckStatus::Stale, kOpen,
                    "stale: last seen " + format::age(observed->age) + " ago, good for " + format::age(observed->fact.budget));
    } else if (const auto *unknown = std::get_if<Unknown>(&observed->fact.value)) {
        reading.instead = finding(CheckStatus::Unknown, kOpen, "unknown: " + text::plain(unknown->reason));
        reading.instead->hint = unknown->hint;
    } else if (const auto *absent = std::get_if<NotApplicable>(&observed->fact.value)) {
        reading.instead = finding(CheckStatus::NotApplicable, kOpen, "not applicable: " + text::plain(absent->reason));
    }
    if (reading.instead) {
        reading.instead->age = observed->age;
        reading.instead->raw = observed->fact.raw;
    }
    return reading;
}

} // namespace muster::readiness
