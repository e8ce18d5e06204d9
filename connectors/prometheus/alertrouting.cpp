// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/prometheus/alertrouting.h"

#include "connectors/http/headers.h"
#include "connectors/prometheus/promjson.h"
#include "connectors/yaml/yaml.h"
#include "models/facts/fact.h"

#include <QRegularExpression>

#include <algorithm>
#include <array>
#include <set>

namespace muster::prometheus {

using http::arrayAt;
using http::objectAt;
using http::textAt;
using nlohmann::json;

namespace {

constexpr std::size_t kPattern = 1024;
constexpr std::size_t kSubject = 1024;
constexpr int kRoutes = 16; // levels

bool isMatch(const std::string &pattern, const std::string &text)
{
    if (pattern.size() > kPattern)
        return false;
    const QRegularExpression expression(QRegularExpression::anchoredPattern(QString::fromStdString(pattern)), QRegularExpression::DontCaptureOption);
    return expression.isValid() && expression.match(QString::fromStdString(text.substr(0, kSubject))).hasMatch();
}

/// A quoted text with its escapes undone, or the bare word.
std::string plainValue(std::string_view text)
{
    if (text.size() < 2 || text.front() != '"' || text.back() != '"')
        return std::string(text);
    std::string out;
    for (std::size_t i = 1; i + 1 < text.size(); ++i) {
        if (text[i] == '\\' && i + 2 < text.size()) {
            ++i;
            out += text[i] == 'n' ? '\n' : text[i];
        } else {
            out += text[i];
        }
    }
    return out;
}

std::optional<Matcher> matcherOf(std::string_view text)
{
    // severity=~"warning|critical"
    const auto at = text.find_first_of("=!");
    if (at == std::string_view::npos)
        return std::nullopt;
    static constexpr std::array signs = {std::pair{std::string_view("=~"), Matcher::Test::Matches}, std::pair{std::string_view("!~"), Matcher::Test::NotMatches},
                                         std::pair{std::string_view("!="), Matcher::Test::NotEqual}, std::pair{std::string_view("="), Matcher::Test::Equal}};
    for (const auto &[sign, test] : signs) {
        if (!text.substr(at).starts_with(sign))
            continue;
        Matcher matcher{plainValue(http::trimmed(text.substr(0, at))), test, plainValue(http::trimmed(text.substr(at + sign.size())))};
        return matcher.label.empty() ? std::nullopt : std::optional(std::move(matcher));
    }
    return std::nullopt;
}

/// The older form: {severity: critical} under match or match_re.
void addPairs(Matchers &into, const json &object, Matcher::Test test)
{
    if (!object.is_object())
        return;
    for (const auto &[label, value] : object.items())
        into.push_back({clamp(label, kLabelText), test, value.is_string() ? clamp(value.get_ref<const std::string &>(), kLabelText) : clamp(value.dump(), kLabelText)});
}

/// `pairs`, `patterns` and `list` are the three keys that a route or one side of an inhibition may have.
Matchers matchersAt(const json &entry, const char *pairs, const char *patterns, const char *list)
{
    Matchers matchers;
    addPairs(matchers, objectAt(entry, pairs), Matcher::Test::Equal);
    addPairs(matchers, objectAt(entry, patterns), Matcher::Test::Matches);
    for (const auto &line : arrayAt(entry, list)) {
        auto parsed = line.is_string() ? parseMatchers(line.get_ref<const std::string &>()) : std::nullopt;
        if (parsed)
            matchers.insert(matchers.end(), parsed->begin(), parsed->end());
    }
    return matchers;
}

Route routeOf(const json &entry, const std::string &inherited, int depth)
{
    Route route;
    const auto named = clamp(textAt(entry, "receiver"), kLabelText);
    route.receiver = named.empty() ? inherited : named;
    route.matchers = matchersAt(entry, "match", "match_re", "matchers");
    route.goesOn = http::truthAt(entry, "continue");
    if (depth < kRoutes) {
        for (const auto &child : arrayAt(entry, "routes"))
            route.routes.push_back(routeOf(child, route.receiver, depth + 1));
    }
    return route;
}

void collect(const Route &route, const Labels &labels, std::vector<std::string> &into)
{
    bool isTaken = false;
    for (const auto &child : route.routes) {
        if (!acceptsAll(child.matchers, labels))
            continue;
        isTaken = true;
        collect(child, labels, into);
        if (!child.goesOn)
            break;
    }
    if (!isTaken)
        into.push_back(route.receiver);
}

} // namespace

bool Matcher::accepts(const Labels &labels) const
{
    const auto it = labels.find(label);
    const auto seen = it == labels.end() ? std::string() : it->second;
    switch (test) {
    case Test::Equal:
        return seen == value;
    case Test::NotEqual:
        return seen != value;
    case Test::Matches:
        return isMatch(value, seen);
    case Test::NotMatches:
        return !isMatch(value, seen);
    }
    return false;
}

bool Matcher::isOpen() const
{
    static const std::set<std::string> all = {".*", ".+", "^.*$", "^.+$", "(.*)", "(.+)", ".*.*", "[^ ]*", "[^ ]+", "..*"};
    return (test == Test::Matches && all.contains(value)) || (test == Test::NotEqual && value.empty());
}

std::string Matcher::text() const
{
    static constexpr std::array signs = {"=", "!=", "=~", "!~"};
    return label + signs.at(static_cast<std::size_t>(test)) + "\"" + value + "\"";
}

std::optional<Matchers> parseMatchers(std::string_view text)
{
    text = http::trimmed(text);
    if (text.starts_with('{') && text.ends_with('}'))
        text = text.substr(1, text.size() - 2);
    Matchers matchers;
    for (const auto &part : http::splitOutsideQuotes(text, ',')) {
        auto matcher = matcherOf(part);
        if (!matcher)
            return std::nullopt;
        matchers.push_back(std::move(*matcher));
    }
    return matchers;
}

bool acceptsAll(const Matchers &matchers, const Labels &labels)
{
    return std::ranges::all_of(matchers, [&](const Matcher &matcher) { return matcher.accepts(labels); });
}

std::vector<std::string> Routing::receiversOf(const Labels &labels) const
{
    std::vector<std::string> names;
    collect(root, labels, names);
    return names;
}

bool Routing::isReal(const std::string &receiver) const
{
    const auto it = receivers.find(receiver);
    return it != receivers.end() && !it->second.empty();
}

std::expected<Routing, Fault> parseRouting(std::string_view text)
{
    // route:
    //   receiver: oncall
    const yaml::Limits limits{1024UL * 1024, 4UL * 1024 * 1024, 50'000, 64};
    const auto root = yaml::parse(text, limits);
    if (!root || !root->is_object() || objectAt(*root, "route").empty())
        return std::unexpected(Fault{FaultKind::Protocol, "protocol", "Alertmanager's configuration cannot be read" + (root ? std::string() : ": " + root.error().display()), {}});
    Routing routing;
    for (const auto &entry : arrayAt(*root, "receivers")) {
        auto &integrations = routing.receivers[clamp(textAt(entry, "name"), kLabelText)];
        if (!entry.is_object())
            continue;
        for (const auto &[key, value] : entry.items()) {
            if (key.ends_with("_configs") && value.is_array() && !value.empty())
                integrations.push_back(clamp(key.substr(0, key.size() - std::string_view("_configs").size()), 80));
        }
    }
    routing.root = routeOf(objectAt(*root, "route"), {}, 0);
    for (const auto &entry : arrayAt(*root, "inhibit_rules")) {
        Inhibition rule{matchersAt(entry, "source_match", "source_match_re", "source_matchers"), matchersAt(entry, "target_match", "target_match_re", "target_matchers"), {}};
        for (const auto &label : arrayAt(entry, "equal"))
            rule.equal.push_back(label.is_string() ? clamp(label.get_ref<const std::string &>(), kLabelText) : std::string());
        routing.inhibitions.push_back(std::move(rule));
    }
    return routing;
}

} // namespace muster::prometheus
