// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/http/health.h"

#include "connectors/http/caching.h"
#include "connectors/http/cdn.h"
#include "connectors/http/json.h"
#include "models/facts/fact.h"

#include <QString>
#include <QStringDecoder>

#include <algorithm>

namespace muster::http {

namespace {

std::string mediaType(const Response &response)
{
    const auto parts = splitOutsideQuotes(response.headers.first("Content-Type"), ';');
    return parts.empty() ? std::string() : lowered(parts.front());
}

bool isJsonType(const std::string &type)
{
    return type == "application/json" || type.ends_with("+json");
}

/// pass, warn and fail, with the aliases that the draft names.
std::string normalStatus(const std::string &word)
{
    const auto lower = lowered(word);
    if (lower == "ok" || lower == "up" || lower == "healthy" || lower == "pass")
        return "pass";
    if (lower == "error" || lower == "down" || lower == "unhealthy" || lower == "fail")
        return "fail";
    return lower == "warn" || lower == "warning" || lower == "degraded" ? "warn" : clamp(word, 64);
}

std::string firstBadCheck(const nlohmann::json &root)
{
    // {"status":"fail","checks":{"postgres:connections":[{"status":"fail"}]}}
    if (!root.contains("checks") || !root["checks"].is_object())
        return {};
    for (const auto &[name, entries] : root["checks"].items()) {
        const auto judge = [&](const nlohmann::json &entry) { return entry.is_object() && normalStatus(textAt(entry, "status")) == "fail"; };
        if (judge(entries) || (entries.is_array() && std::ranges::any_of(entries, judge)))
            return clamp(name, 120);
    }
    return {};
}

bool isUtf8(const std::string &bytes)
{
    QStringDecoder decoder(QStringDecoder::Utf8);
    [[maybe_unused]] const QString text = decoder(QByteArrayView(bytes.data(), static_cast<qsizetype>(bytes.size())));
    return !decoder.hasError();
}

} // namespace

Health parseHealth(const Response &response)
{
    Health health;
    const auto control = parseCacheControl(response.headers);
    health.isUncached = !control.isFresh() && !isCacheHit(response.headers);
    health.status = "HTTP " + std::to_string(response.status);
    health.isGood = response.isSuccess();
    const auto root = parseJson(response.body);
    if (root && root->is_object()) {
        if (const auto word = textAt(*root, "status"); !word.empty())
            health.status = normalStatus(word);
        health.release = clamp(textAt(*root, "releaseId"), 80);
        if (health.release.empty())
            health.release = clamp(textAt(*root, "version"), 80);
        health.worstCheck = firstBadCheck(*root);
    } else if (response.body.size() <= 64) {
        const auto word = normalStatus(std::string(trimmed(response.body)));
        if (word == "pass" || word == "warn" || word == "fail")
            health.status = word;
    }
    const bool saysError = health.status == "fail" || !health.worstCheck.empty() || (root && root->is_object() && root->contains("error") && !(*root)["error"].is_null());
    health.isHonest = !response.isSuccess() || !saysError;
    health.isGood = health.isGood && health.status != "fail";
    return health;
}

bool hasFittingContent(const Response &response)
{
    const auto type = mediaType(response);
    if (isJsonType(type))
        return parseJson(response.body).has_value();
    return type.starts_with("text/") && isUtf8(response.body);
}

} // namespace muster::http
