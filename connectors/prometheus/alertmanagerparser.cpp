// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/prometheus/alertrouting.h"
#include "connectors/prometheus/promjson.h"

#include "models/facts/fact.h"

namespace muster::prometheus {

using http::arrayAt;
using http::objectAt;
using http::parseJson;
using http::textAt;
using nlohmann::json;

namespace {

constexpr std::size_t kConfig = 1024UL * 1024;

std::string kept(const json &object, const char *key)
{
    return clamp(textAt(object, key), kLabelText);
}

std::expected<json, Fault> openedArray(std::string_view bytes, std::string_view what)
{
    auto root = parseJson(bytes, kDepth);
    if (!root || !root->is_array())
        return std::unexpected(malformed(what));
    return std::move(*root);
}

Matcher matcherOf(const json &entry)
{
    const auto is = [&](const char *key, bool fallback) { return entry.is_object() && entry.contains(key) && entry[key].is_boolean() ? entry[key].get<bool>() : fallback; };
    using Test = Matcher::Test;
    const auto test = is("isEqual", true) ? (is("isRegex", false) ? Test::Matches : Test::Equal) : (is("isRegex", false) ? Test::NotMatches : Test::NotEqual);
    return {kept(entry, "name"), test, kept(entry, "value")};
}

} // namespace

std::expected<AlertmanagerStatus, Fault> parseAlertmanagerStatus(std::string_view bytes)
{
    // {"cluster":{"status":"ready"},"config":{"original":"route: …"},"versionInfo":{"version":"0.25.0"}}
    const auto root = parseJson(bytes, kDepth);
    if (!root || !root->is_object() || !root->contains("versionInfo"))
        return std::unexpected(malformed("Alertmanager's status"));
    AlertmanagerStatus status;
    status.version = kept(objectAt(*root, "versionInfo"), "version");
    status.cluster = kept(objectAt(*root, "cluster"), "status");
    status.config = textAt(objectAt(*root, "config"), "original");
    if (status.config.size() > kConfig)
        return std::unexpected(Fault{FaultKind::TooLarge, "protocol", "Alertmanager's configuration is larger than 1 MiB", {}});
    return status;
}

std::expected<std::vector<Alert>, Fault> parseAlertmanagerAlerts(std::string_view bytes)
{
    const auto root = openedArray(bytes, "Alertmanager's alerts");
    if (!root)
        return std::unexpected(root.error());
    std::vector<Alert> alerts;
    for (const auto &entry : *root) {
        Alert alert{labelsOf(objectAt(entry, "labels")), labelsOf(objectAt(entry, "annotations")), kept(objectAt(entry, "status"), "state"),
                    parseTime(textAt(entry, "startsAt")), {}};
        for (const auto &receiver : arrayAt(entry, "receivers"))
            alert.receivers.push_back(kept(receiver, "name"));
        alerts.push_back(std::move(alert));
    }
    return alerts;
}

std::expected<std::vector<Silence>, Fault> parseSilences(std::string_view bytes)
{
    const auto root = openedArray(bytes, "Alertmanager's silences");
    if (!root)
        return std::unexpected(root.error());
    std::vector<Silence> silences;
    for (const auto &entry : *root) {
        Silence silence{kept(entry, "id"), {}, kept(entry, "createdBy"), kept(entry, "comment"), kept(objectAt(entry, "status"), "state"), parseTime(textAt(entry, "endsAt")), true};
        for (const auto &each : arrayAt(entry, "matchers")) {
            const auto matcher = matcherOf(each);
            silence.matchers += (silence.matchers.empty() ? "" : ", ") + matcher.text();
            silence.isOverEverything = silence.isOverEverything && matcher.isOpen();
        }
        silence.matchers = clamp(silence.matchers, kLabelText);
        silences.push_back(std::move(silence));
    }
    return silences;
}

} // namespace muster::prometheus
