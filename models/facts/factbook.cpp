// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/facts/factbook.h"

#include <algorithm>

namespace muster {

namespace {

// A sample dated in the future (clock step between threads) has age zero, never a negative one.
Millis ageOf(BootTime at, BootTime now)
{
    return std::max(Millis{0}, std::chrono::duration_cast<Millis>(now - at));
}

} // namespace

std::string_view kindOf(std::string_view sourceId)
{
    return sourceId.substr(0, sourceId.find('/'));
}

std::string_view instanceOf(std::string_view sourceId)
{
    const auto slash = sourceId.find('/');
    return slash == std::string_view::npos ? std::string_view() : sourceId.substr(slash + 1);
}

const Observed *Snapshot::find(std::string_view source, std::string_view name) const
{
    const auto of = facts.find(source);
    if (of == facts.end())
        return nullptr;
    const auto it = of->second.find(name);
    return it == of->second.end() ? nullptr : &it->second;
}

const SourceState *Snapshot::source(std::string_view id) const
{
    const auto it = std::ranges::find(sources, id, &SourceState::id);
    return it == sources.end() ? nullptr : &*it;
}

std::vector<std::string> Snapshot::sourcesOfKind(std::string_view kind) const
{
    std::vector<std::string> ids;
    for (const auto &state : sources) {
        if (state.kind == kind)
            ids.push_back(state.id);
    }
    return ids;
}

void FactBook::declare(const std::string &id, const std::string &kind)
{
    if (!stateOf(id))
        m_sources.push_back({id, kind, {}, {}, {}, {}});
}

void FactBook::expect(const std::string &source, std::string name, std::string unit)
{
    if (!stateOf(source))
        return;
    auto key = name;
    m_facts[source].try_emplace(std::move(key), Entry{{std::move(name), Unknown{"it has not been asked for yet", {}}, std::move(unit), Millis::max(), {}}, Stamp::now()});
}

void FactBook::accept(FactBatch batch)
{
    auto *state = stateOf(batch.source);
    if (!state)
        return; // forgotten while the round was under way
    if (!batch.fault) {
        state->faultSince.reset();
        state->lastGood = batch.at;
    } else if (!state->fault) {
        state->faultSince = batch.at;
    }
    state->fault = std::move(batch.fault);
    auto &facts = m_facts[batch.source];
    for (auto &fact : batch.facts) {
        auto name = fact.name;
        facts.insert_or_assign(std::move(name), Entry{std::move(fact), batch.at});
    }
}

void FactBook::fail(const std::string &source, Fault fault, Stamp at)
{
    auto *state = stateOf(source);
    if (!state)
        return;
    if (!state->fault)
        state->faultSince = at;
    state->fault = std::move(fault);
}

void FactBook::forget(const std::string &source)
{
    std::erase_if(m_sources, [&](const SourceState &state) { return state.id == source; });
    m_facts.erase(source);
}

Snapshot FactBook::snapshot(Stamp now) const
{
    Snapshot result;
    result.at = now.wall;
    result.sources = m_sources;
    for (auto &state : result.sources) {
        if (state.lastGood)
            state.age = ageOf(state.lastGood->boot, now.boot);
    }
    for (const auto &[source, facts] : m_facts) {
        auto &of = result.facts[source];
        for (const auto &[name, entry] : facts)
            of.emplace_hint(of.end(), name, Observed{entry.fact, source, entry.at.wall, ageOf(entry.at.boot, now.boot)});
    }
    return result;
}

SourceState *FactBook::stateOf(const std::string &id)
{
    const auto it = std::ranges::find(m_sources, id, &SourceState::id);
    return it == m_sources.end() ? nullptr : &*it;
}

} // namespace muster
