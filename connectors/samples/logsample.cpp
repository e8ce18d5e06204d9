// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/samples/logsample.h"

#include "connectors/prometheus/promparser.h"

#include <nlohmann/json.hpp>

#include <QRegularExpression>
#include <QString>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace muster::samples {

namespace {

using Fields = std::map<std::string, std::string, std::less<>>;

constexpr std::size_t kLineLimit = 65536; // bytes of a line that are looked at for secrets

// The names that the common loggers give to the three (OpenTelemetry, Elastic, logrus, zap, pino, slog, logback, structlog).
constexpr std::array<std::string_view, 7> kTimeKeys{"time", "timestamp", "ts", "@timestamp", "at", "datetime", "t"};
constexpr std::array<std::string_view, 7> kLevelKeys{"level", "severity", "lvl", "log.level", "levelname", "loglevel", "severity_text"};
constexpr std::array<std::string_view, 4> kMessageKeys{"message", "msg", "event", "body"};

struct SecretPattern {
    const char *what;
    const char *pattern;
};

// A named value must have four characters and not be a mask.
constexpr const char *kNamed = R"re((?i)(?:\\?"[\w.-]{0,40}%1\\?"\s{0,4}:\s{0,4}\\?"|(?<![a-z0-9])[\w.-]{0,40}%1=["']?))re"
                               R"re((?!\*|x{4,}|\.{3}|\[|<|\\?"|(?:null|none|nil|true|false|redacted|masked|filtered|hidden)\b)[^\s"'&,}\\]{4,})re";
constexpr std::array kNames{
    std::pair{"a password", "(?:password|passwd|pwd)"},
    std::pair{"an API key", "api[_-]?key"},
    std::pair{"a secret", "secret(?:[_-]?key)?"},
    std::pair{"a token", "(?:access|auth|refresh|bearer|session)[_-]?token"},
};
constexpr std::array kShapes{
    SecretPattern{"a bearer token", R"(\b[Bb]earer [A-Za-z0-9._~+/-]{16,})"},
    SecretPattern{"basic credentials", R"(\b[Bb]asic [A-Za-z0-9+/]{12,}={0,2})"},
    SecretPattern{"a private key", "-----BEGIN [A-Z ]{0,20}PRIVATE KEY"},
    SecretPattern{"a JSON Web Token", R"(\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{8,})"},
    SecretPattern{"a cloud access key", R"(\b(?:AKIA|ASIA)[A-Z0-9]{16}\b)"},
    SecretPattern{"a service's token", R"(\b(?:gh[pousr]_[A-Za-z0-9]{30,}|xox[abprs]-[A-Za-z0-9-]{10,}|[sr]k_live_[A-Za-z0-9]{16,}))"},
    SecretPattern{"a password in an address", R"([a-z][a-z0-9+.-]{1,20}://[^\s/:@"']{0,64}:(?!\*|x{3,}@|\[|<)[^\s/:@"']{3,}@)"},
};

std::vector<std::pair<std::string, QRegularExpression>> compiled()
{
    std::vector<std::pair<std::string, QRegularExpression>> patterns;
    for (const auto &[what, name] : kNames)
        patterns.emplace_back(what, QRegularExpression(QString::fromLatin1(kNamed).arg(QLatin1String(name))));
    for (const auto &[what, pattern] : kShapes)
        patterns.emplace_back(what, QRegularExpression(QString::fromLatin1(pattern)));
    return patterns;
}

template<std::size_t N>
std::optional<std::string> first(const Fields &fields, const std::array<std::string_view, N> &keys)
{
    for (const auto key : keys) {
        if (const auto it = fields.find(key); it != fields.end() && !it->second.empty())
            return it->second;
    }
    return std::nullopt;
}

std::optional<Fields> jsonFields(std::string_view line)
{
    const auto json = nlohmann::json::parse(line, nullptr, false);
    if (!json.is_object())
        return std::nullopt;
    Fields fields;
    for (const auto &[key, value] : json.items()) {
        if (value.is_string())
            fields[key] = value.get<std::string>();
        else if (value.is_number())
            fields[key] = value.dump();
        else if (key == "log" && value.is_object() && value.contains("level") && value["level"].is_string())
            fields["log.level"] = value["level"].get<std::string>(); // Elastic's nested form
    }
    return fields;
}

/// key=word key="words with \" inside": every token must be of this form.
std::optional<Fields> logfmtFields(std::string_view line)
{
    Fields fields;
    while (true) {
        line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
        if (line.empty())
            return fields;
        const auto equals = line.find_first_of("= \"");
        if (equals == 0 || equals == std::string_view::npos || line[equals] != '=')
            return std::nullopt;
        const std::string key(line.substr(0, equals));
        line.remove_prefix(equals + 1);
        std::size_t end = 0;
        if (line.starts_with('"')) {
            for (end = 1; end < line.size() && line[end] != '"'; ++end)
                end += line[end] == '\\' ? 1 : 0;
            if (end >= line.size())
                return std::nullopt;
            fields[key] = line.substr(1, end - 1);
            ++end;
        } else {
            end = std::min(line.find(' '), line.size());
            fields[key] = line.substr(0, end);
        }
        line.remove_prefix(end);
    }
}

/// What is missing of a structured line, "" for nothing. `newest` moves up to the line's time.
std::string problemOf(std::string_view line, LogFormat format, double &newest)
{
    const auto fields = format == LogFormat::Json ? jsonFields(line) : logfmtFields(line);
    if (!fields)
        return format == LogFormat::Json ? "is no JSON object" : "is not made of key=value";
    const auto time = first(*fields, kTimeKeys);
    const double at = time ? prometheus::parseTime(*time) : 0;
    newest = std::max(newest, at);
    if (!time)
        return "has no time";
    if (at <= 0)
        return "has a time that is not RFC 3339 with a zone";
    if (!first(*fields, kLevelKeys))
        return "has no level";
    return first(*fields, kMessageKeys) ? "" : "has no message";
}

} // namespace

std::string secretIn(std::string_view line)
{
    static const auto patterns = compiled();
    const auto text = QString::fromUtf8(line.data(), static_cast<qsizetype>(std::min(line.size(), kLineLimit)));
    for (const auto &[what, pattern] : patterns) {
        if (pattern.match(text).hasMatch())
            return what;
    }
    return {};
}

LogSample parseLog(std::string_view text, LogFormat format, bool isCut)
{
    LogSample sample;
    if (isCut) {
        const auto begin = text.find('\n');
        text.remove_prefix(begin == std::string_view::npos ? text.size() : begin + 1);
    }
    for (auto end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
        auto line = text.substr(0, end);
        text.remove_prefix(end + 1);
        if (line.ends_with('\r'))
            line.remove_suffix(1);
        if (line.find_first_not_of(" \t") == std::string_view::npos)
            continue;
        const auto where = "line " + std::to_string(++sample.lines) + " of the sample";
        const auto problem = problemOf(line, format, sample.newest);
        sample.structured += problem.empty() ? 1 : 0;
        if (!problem.empty() && sample.firstProblem.empty())
            sample.firstProblem = where + " " + problem;
        if (sample.secret.empty()) {
            if (const auto secret = secretIn(line); !secret.empty())
                sample.secret = secret + " in " + where;
        }
    }
    return sample;
}

} // namespace muster::samples
