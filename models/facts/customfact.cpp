// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/facts/customfact.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace muster {

namespace {

constexpr Millis kLongest{1000}; ///< of one question
constexpr Millis kReserve{300};  ///< kept for the round's own answer
constexpr Millis kLeast{100};    ///< with less left nothing is asked
constexpr Millis kSlack{500};    ///< a tick that comes a little early is not a whole round late

/// First words of the catalogue's names (resources/readiness/facts.md) and of history's series.
constexpr std::array<std::string_view, 16> kTaken{"appaudit", "backup", "component", "http", "loadtest", "log", "metrics", "pgbouncer",
                                                  "postgres", "prometheus", "redis", "score", "sibling", "smtp", "source", "tls"};

std::string words(const std::vector<std::string> &question)
{
    std::string text;
    for (const auto &word : question)
        text += (text.empty() ? "" : " ") + word;
    return text;
}

} // namespace

CustomFacts::CustomFacts(std::vector<CustomFact> facts)
{
    for (auto &fact : facts)
        m_entries.push_back({std::move(fact), {}});
}

void CustomFacts::collect(FactBatch &batch, Deadline deadline, const Ask &ask)
{
    const auto now = BootClock::now();
    const bool isAllWanted = m_isAllWanted.exchange(false);
    std::vector<Entry *> due;
    for (auto &entry : m_entries) {
        if (isAllWanted || !entry.asked || now - *entry.asked + kSlack >= entry.fact.every)
            due.push_back(&entry);
    }
    std::ranges::stable_sort(due, {}, [](const Entry *entry) { return entry->asked.value_or(BootTime::min()); });
    for (auto *entry : due) {
        if (deadline.left() < kReserve + kLeast)
            return;
        const auto answer = ask(entry->fact, deadline.atMost(std::min(kLongest, deadline.left() - kReserve)));
        entry->asked = now;
        const auto question = words(entry->fact.question);
        if (answer)
            batch.add(entry->fact.name, answer->value, entry->fact.unit, entry->fact.budget, clamp(question + (answer->raw.empty() ? "" : "\n" + answer->raw)));
        else
            batch.add(entry->fact.name, Unknown{answer.error().detail, answer.error().hint}, entry->fact.unit, entry->fact.budget, clamp(question));
    }
}

bool isOwnFact(std::string_view name)
{
    return std::ranges::find(kTaken, name.substr(0, name.find('.'))) == kTaken.end();
}

Value valueFromText(const std::string &text)
{
    double number = 0;
    const auto *end = text.data() + text.size();
    if (const auto [rest, error] = std::from_chars(text.data(), end, number); error == std::errc() && rest == end && !text.empty())
        return number;
    return clamp(text, 1024);
}

} // namespace muster
