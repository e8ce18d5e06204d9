// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/environment/customfacts.h"

#include "models/facts/factbook.h"

#include <algorithm>
#include <array>

namespace muster::environment {

namespace {

constexpr Millis kOften{1000};
constexpr Millis kRarely{std::chrono::hours(24)};
constexpr std::size_t kQuestionLimit = 8192; // bytes

struct Form {
    const char *source;
    const char *question;
};
constexpr std::array<Form, 4> kForms{{{"postgres", "sql"}, {"prometheus", "promql"}, {"redis", "command"}, {"http", "path"}}};

/// "" and "/queues/0/depth" are pointers; "~" only as ~0 and ~1 (RFC 6901).
bool isPointer(const std::string &text)
{
    if (!text.empty() && text.front() != '/')
        return false;
    for (auto at = text.find('~'); at != std::string::npos; at = text.find('~', at + 1)) {
        if (at + 1 == text.size() || (text[at + 1] != '0' && text[at + 1] != '1'))
            return false;
    }
    return true;
}

void readQuestion(CustomFact &fact, ObjectReader &reader, const Form &form)
{
    const std::string kind = form.source;
    if (kind == "redis")
        fact.question = reader.texts(form.question);
    else if (const auto text = reader.text(form.question); !text.empty())
        fact.question = {text};
    if (fact.question.empty() && !reader.has(form.question))
        reader.problem(form.question, std::string("is missing: what to ask the ") + form.source);
    else if (fact.question.empty())
        reader.problem(form.question, kind == "redis" ? "expected the command and its arguments as a list: [\"LLEN\", \"jobs\"]" : "must not be empty");
    std::size_t bytes = 0;
    for (const auto &word : fact.question)
        bytes += word.size();
    if (bytes > kQuestionLimit)
        reader.problem(form.question, "expected at most 8 KiB");
    if (kind != "http")
        return;
    if (!fact.question.empty() && (!fact.question.front().starts_with('/') || fact.question.front().starts_with("//")))
        reader.problem("path", "expected a path on the declared endpoint such as \"/stats\"");
    const auto pointer = reader.text("pointer");
    if (!reader.has("pointer"))
        reader.problem("pointer", "is missing: where the value stands in the JSON answer (RFC 6901), such as \"/queue/depth\"");
    else if (!isPointer(pointer))
        reader.problem("pointer", "expected a JSON pointer (RFC 6901) such as \"/queue/depth\", found “" + clamp(pointer, 80) + "”");
    fact.question.push_back(pointer);
}

void requireOwnName(const std::string &name, ObjectReader &reader)
{
    const auto first = name.substr(0, name.find('.'));
    if (name.find('.') == std::string::npos || name.ends_with('.'))
        reader.problem("name", "expected a name of two words or more such as \"shop.orders_waiting\", found “" + clamp(name, 80) + "”");
    else if (!isOwnFact(name))
        reader.problem("name", "“" + first + ".” belongs to the facts that Muster measures itself; begin with a word of your own, such as \"shop.\"");
}

template<class Entries>
std::vector<std::string> namesOf(const Entries &entries)
{
    std::vector<std::string> names;
    std::ranges::transform(entries, std::back_inserter(names), [](const auto &entry) { return entry.name; });
    return names;
}

std::vector<std::string> declared(const Environment &env, std::string_view kind)
{
    return kind == "postgres" ? namesOf(env.postgres) : kind == "prometheus" ? namesOf(env.prometheus) : kind == "redis" ? namesOf(env.redis) : namesOf(env.http);
}

} // namespace

void readCustomFact(Environment &env, ObjectReader &reader)
{
    CustomFact fact;
    fact.name = reader.name();
    if (!fact.name.empty())
        requireOwnName(fact.name, reader);
    fact.unit = reader.text("unit");
    fact.every = reader.duration("every", fact.every);
    if (fact.every < kOften || fact.every > kRarely)
        reader.problem("every", "expected from \"1s\" to \"24h\"");
    fact.budget = reader.duration("budget", fact.every * 5 / 2 + Millis{5000});
    if (fact.budget < fact.every)
        reader.problem("budget", "expected no less than “every”: the value would be stale before it is asked for again");
    const Form *form = nullptr;
    int sources = 0;
    for (const auto &each : kForms) {
        const auto name = reader.text(each.source);
        if (name.empty())
            continue;
        form = &each;
        ++sources;
        fact.source = std::string(each.source) + "/" + name;
    }
    if (sources == 1)
        readQuestion(fact, reader, *form);
    else
        reader.problem(sources == 0 ? "postgres" : form->source,
                       "expected exactly one of “postgres” (with “sql”), “prometheus” (with “promql”), “redis” (with “command”) and “http” (with “path” and “pointer”)");
    for (const auto *key : {"sql", "promql", "command", "path", "pointer"}) {
        const bool isOwn = form && (std::string_view(form->question) == key || (std::string_view(form->source) == "http" && std::string_view(key) == "pointer"));
        if (!isOwn && reader.has(key) && sources == 1)
            reader.problem(key, std::string("does not go with “") + form->source + "”");
        reader.know(key);
    }
    env.facts.push_back(std::move(fact));
}

void checkCustomFacts(const Environment &env, Report &report)
{
    for (std::size_t i = 0; i < env.facts.size(); ++i) {
        const auto &source = env.facts[i].source;
        const std::string kind(kindOf(source));
        const std::string name(instanceOf(source));
        const auto known = declared(env, kind);
        if (source.empty() || std::ranges::find(known, name) != known.end())
            continue;
        const auto near = nearest(name, known);
        report.add("facts[" + std::to_string(i) + "]." + kind, "names “" + name + "”, which “" + kind + "” does not declare" + (near.empty() ? "" : "; did you mean “" + near + "”?"));
    }
}

} // namespace muster::environment
