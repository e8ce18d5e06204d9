// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/readiness/rule.h"

#include <algorithm>

namespace muster {

namespace {

constexpr std::string_view kFactMark = "{fact:";

void add(std::vector<std::string> &names, const std::string &name)
{
    if (!name.empty())
        names.push_back(name);
}

void collect(const Condition &condition, std::vector<std::string> &names)
{
    add(names, condition.fact);
    add(names, condition.limit.fact);
    add(names, condition.object);
    for (const auto *sentence : { &condition.pass, &condition.fail }) {
        for (const auto &name : factsOfSentence(*sentence))
            add(names, name);
    }
    if (condition.when)
        collect(*condition.when, names);
    for (const auto &alternative : condition.anyOf)
        collect(alternative, names);
}

} // namespace

std::vector<std::string> factsOf(const Rule &rule)
{
    std::vector<std::string> names;
    for (const auto &condition : rule.conditions)
        collect(condition, names);
    return names;
}

std::vector<std::string> factsOfSentence(const std::string &sentence)
{
    std::vector<std::string> names;
    for (auto at = sentence.find(kFactMark); at != std::string::npos; at = sentence.find(kFactMark, at)) {
        at += kFactMark.size();
        const auto end = sentence.find('}', at);
        if (end == std::string::npos)
            break;
        names.push_back(sentence.substr(at, std::min(end, sentence.find('?', at)) - at));
    }
    return names;
}

} // namespace muster
