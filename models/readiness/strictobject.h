// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QJsonArray>
#include <QJsonObject>
#include <QJsonValue>

#include <initializer_list>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace muster {

/// What is wrong, where: "$.checks[3].points: expected a number, found text". Ends in Profile::parse.
class JsonProblem : public std::runtime_error {
public:
    JsonProblem(const std::string &path, const std::string &expectation) : std::runtime_error(path + ": " + expectation) { }
};

/// A JSON object that is read strictly: keys of other names are errors (keys starting with "x-" are ignored), kinds are checked.
class StrictObject {
public:
    StrictObject(const QJsonValue &value, std::string path, std::span<const std::string_view> known);

    [[nodiscard]] bool has(std::string_view key) const { return !value(key).isUndefined(); }
    [[nodiscard]] QJsonValue value(std::string_view key) const;
    [[nodiscard]] std::string at(std::string_view key) const; ///< path of a member
    [[nodiscard]] const std::string &path() const { return m_path; }

    [[nodiscard]] std::string text(std::string_view key) const; ///< required, not empty
    [[nodiscard]] std::string textOr(std::string_view key, std::string fallback) const;
    [[nodiscard]] std::string oneOf(std::string_view key,
                                    std::initializer_list<std::string_view> words) const; ///< required when "" is no word
    [[nodiscard]] double number(std::string_view key, double low, double high) const;
    [[nodiscard]] bool truthOr(std::string_view key, bool fallback) const;
    [[nodiscard]] std::vector<std::string> texts(std::string_view key) const; ///< [] when absent
    [[nodiscard]] QJsonArray array(std::string_view key) const; ///< required

private:
    QJsonObject m_object;
    std::string m_path;
};

/// "a number", "text", ... for messages.
[[nodiscard]] std::string kindName(const QJsonValue &value);
/// The word nearest to `name` by edit distance, "" when none is near.
[[nodiscard]] std::string nearest(std::string_view name, std::span<const std::string_view> words);

} // namespace muster
