// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/dns/taglist.h"

namespace muster::dns {

namespace {

std::string_view trimmed(std::string_view text)
{
    const auto from = text.find_first_not_of(" \t\r\n");
    if (from == std::string_view::npos)
        return {};
    return text.substr(from, text.find_last_not_of(" \t\r\n") - from + 1);
}

} // namespace

std::optional<std::map<std::string, std::string>> parseTags(std::string_view text)
{
    std::map<std::string, std::string> tags;
    while (!text.empty()) {
        const auto end = std::min(text.find(';'), text.size());
        const auto part = trimmed(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
        if (part.empty())
            continue;
        const auto equals = part.find('=');
        if (equals == std::string_view::npos)
            return std::nullopt;
        const auto [at, isNew] = tags.emplace(trimmed(part.substr(0, equals)), trimmed(part.substr(equals + 1)));
        if (!isNew)
            return std::nullopt;
    }
    return tags;
}

} // namespace muster::dns
