// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/http/openapireferences.h"

#include "connectors/http/headers.h"
#include "connectors/http/json.h"
#include "models/facts/fact.h"

#include <algorithm>
#include <array>

namespace muster::http {

namespace {

using nlohmann::json;

constexpr std::size_t kReferences = 100000; // different ones
constexpr int kChain = 16;                  // references to references
constexpr std::size_t kShown = 120;

std::string unescaped(const std::string &text)
{
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto digit = [&](std::size_t at) {
            const char c = at < text.size() ? text[at] : ' ';
            return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
        };
        if (text[i] == '%' && digit(i + 1) >= 0 && digit(i + 2) >= 0) {
            out += static_cast<char>(digit(i + 1) * 16 + digit(i + 2));
            i += 2;
        } else {
            out += text[i];
        }
    }
    return out;
}

/// What stands there is data of the API, no part of its description.
bool isData(const std::string &key, const json &entry, const std::string &parent)
{
    constexpr std::array data = {"example", "value", "dataValue", "enum", "const"};
    return std::ranges::find(data, key) != data.end() || (key == "default" && parent != "responses") || (key == "examples" && entry.is_array());
}

} // namespace

const json *OpenApiReferences::target(const std::string &reference) const
{
    // "#/paths/~1items~1{id}/get": ~1 is "/", ~0 is "~"
    const json *node = &m_root;
    const auto pointer = unescaped(reference.substr(1));
    for (std::size_t begin = 0; begin < pointer.size();) {
        const auto end = std::min(pointer.find('/', begin + 1), pointer.size());
        std::string token;
        for (std::size_t i = begin + 1; i < end; ++i) {
            const bool isEscape = pointer[i] == '~' && i + 1 < end && (pointer[i + 1] == '0' || pointer[i + 1] == '1');
            token += isEscape ? (pointer[++i] == '0' ? '~' : '/') : pointer[i];
        }
        begin = end;
        if (node->is_object() && node->contains(token)) {
            node = &(*node)[token];
            continue;
        }
        const auto index = wholeNumber(token);
        if (!node->is_array() || index < 0 || static_cast<std::size_t>(index) >= node->size())
            return nullptr;
        node = &(*node)[static_cast<std::size_t>(index)];
    }
    return node;
}

const json &OpenApiReferences::resolved(const json &node) const
{
    const json *at = &node;
    for (int i = 0; i < kChain; ++i) {
        const auto reference = textAt(*at, "$ref");
        const auto *next = reference.starts_with("#/") ? target(reference) : nullptr;
        if (!next)
            return *at;
        at = next;
    }
    return *at;
}

void OpenApiReferences::checkOne(const std::string &reference, const std::function<void(std::string)> &complain)
{
    std::string next = reference;
    for (int i = 0; i < kChain; ++i) {
        const auto *node = target(next);
        if (!node)
            return complain("the reference " + clamp(next, kShown) + " leads nowhere");
        next = textAt(*node, "$ref");
        if (!next.starts_with("#/"))
            return;
    }
    complain("the reference " + clamp(reference, kShown) + " leads in a circle, or over more than " + std::to_string(kChain) + " others");
}

void OpenApiReferences::walk(const json &node, const std::string &parent, const std::function<void(std::string)> &complain)
{
    if (node.is_array()) {
        for (const auto &entry : node)
            walk(entry, {}, complain);
        return;
    }
    if (!node.is_object())
        return;
    const auto reference = textAt(node, "$ref");
    if (!reference.empty() && !reference.starts_with('#'))
        ++m_remotes;
    else if (reference.starts_with("#/") && m_seen.size() < kReferences && m_seen.insert(reference).second)
        checkOne(reference, complain);
    for (const auto &[key, entry] : node.items()) {
        if (!isData(key, entry, parent))
            walk(entry, key, complain);
    }
}

void OpenApiReferences::check(const std::function<void(std::string)> &complain)
{
    walk(m_root, {}, complain);
    if (m_seen.size() >= kReferences)
        complain("there are more than " + std::to_string(kReferences) + " different references; the rest was not looked at");
}

} // namespace muster::http
