// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/http/json.h"

#include <charconv>
#include <cmath>
#include <limits>

namespace muster::http {

namespace {

/// Brackets outside strings, before the parser (which recurses in its destructor) sees the bytes.
bool isShallow(std::string_view bytes, int depthLimit)
{
    int depth = 0;
    bool isString = false;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        const char c = bytes[i];
        if (isString && c == '\\')
            ++i;
        else if (c == '"')
            isString = !isString;
        else if (!isString && (c == '[' || c == '{') && ++depth > depthLimit)
            return false;
        else if (!isString && (c == ']' || c == '}'))
            --depth;
    }
    return true;
}

} // namespace

std::optional<nlohmann::json> parseJson(std::string_view bytes, int depthLimit)
{
    if (!isShallow(bytes, depthLimit))
        return std::nullopt;
    auto root = nlohmann::json::parse(bytes, nullptr, false);
    if (root.is_discarded())
        return std::nullopt;
    return root;
}

std::string textAt(const nlohmann::json &object, const char *key)
{
    const auto it = object.is_object() ? object.find(key) : object.end();
    return it != object.end() && it->is_string() ? it->get<std::string>() : std::string();
}

std::optional<double> numberAt(const nlohmann::json &object, const char *key)
{
    const auto it = object.is_object() ? object.find(key) : object.end();
    if (it == object.end())
        return std::nullopt;
    if (it->is_number())
        return it->get<double>();
    return it->is_string() ? parseNumber(it->get_ref<const std::string &>()) : std::nullopt;
}

const nlohmann::json &arrayAt(const nlohmann::json &object, const char *key)
{
    static const nlohmann::json empty = nlohmann::json::array();
    const auto it = object.is_object() ? object.find(key) : object.end();
    return it != object.end() && it->is_array() ? *it : empty;
}

const nlohmann::json &objectAt(const nlohmann::json &object, const char *key)
{
    static const nlohmann::json empty = nlohmann::json::object();
    const auto it = object.is_object() ? object.find(key) : object.end();
    return it != object.end() && it->is_object() ? *it : empty;
}

bool truthAt(const nlohmann::json &object, const char *key)
{
    const auto it = object.is_object() ? object.find(key) : object.end();
    return it != object.end() && it->is_boolean() && it->get<bool>();
}

std::optional<double> parseNumber(std::string_view text)
{
    if (text == "NaN")
        return std::numeric_limits<double>::quiet_NaN();
    if (text == "+Inf" || text == "Inf")
        return std::numeric_limits<double>::infinity();
    if (text == "-Inf")
        return -std::numeric_limits<double>::infinity();
    const bool isPlus = text.starts_with('+');
    if (isPlus)
        text.remove_prefix(1);
    if (text.empty() || !((text.front() == '-' && !isPlus) || text.front() == '.' || (text.front() >= '0' && text.front() <= '9')))
        return std::nullopt;
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value))
        return std::nullopt;
    return value;
}

} // namespace muster::http
