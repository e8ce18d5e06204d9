// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/environment/environment.h"

#include <nlohmann/json.hpp>

#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace muster::environment {

using Json = nlohmann::json;

/// Where the reader stands, and what was wrong so far. Reading goes on after a problem, so that one run names them all.
struct Report {
    Problems problems;
    std::string folder; ///< relative paths are relative to it

    void add(const std::string &where, const std::string &message) { problems.push_back({where, message}); }
};

/// One JSON object at one path: typed reads, and an error for every key that nobody asked for.
class ObjectReader
{
public:
    ObjectReader(const Json &json, std::string where, Report &report);
    /// Reports unknown keys (with the nearest known one), except those starting with "x-".
    ~ObjectReader();

    [[nodiscard]] bool has(const char *key) const;
    [[nodiscard]] std::string at(const char *key) const; ///< the JSON path of a key
    void know(const char *key) { m_known.emplace_back(key); } ///< it may stand here, whoever reads it
    void problem(const char *key, const std::string &message);

    std::string text(const char *key, bool isRequired = false);
    std::string choice(const char *key, std::initializer_list<std::string_view> choices, std::string fallback, bool isRequired = false);
    std::vector<std::string> texts(const char *key);
    double number(const char *key, double fallback, double min, double max);
    int integer(const char *key, int fallback, int min, int max);
    std::optional<bool> truth(const char *key);
    Millis duration(const char *key, Millis fallback, bool isRequired = false); ///< "26h", "500ms", "90d"
    std::string path(const char *key, bool isRequired = false);                 ///< absolute; "~" is the home
    std::string name(const char *key = "name");                                 ///< required; letters, digits, . _ -
    Address address(const char *key, std::initializer_list<std::pair<std::string_view, std::uint16_t>> schemes);
    SecretRef secret(const char *key);
    Tls tls();
    std::chrono::sys_days day(const char *key);
    void object(const char *key, const std::function<void(ObjectReader &)> &read);
    void objects(const char *key, const std::function<void(ObjectReader &)> &read);

    ObjectReader(const ObjectReader &) = delete;
    ObjectReader &operator=(const ObjectReader &) = delete;

private:
    /// The value of a key, or null; remembers that the key is known.
    const Json *take(const char *key, bool isRequired);
    const Json *takeAs(const char *key, bool isRequired, Json::value_t type, const char *expected);
    [[nodiscard]] std::string resolved(const std::string &path) const;

    const Json &m_json;
    std::string m_where;
    Report &m_report;
    std::vector<std::string> m_known;
};

/// The known word nearest to `word`, or "" when none is near.
[[nodiscard]] std::string nearest(const std::string &word, const std::vector<std::string> &known);

} // namespace muster::environment
