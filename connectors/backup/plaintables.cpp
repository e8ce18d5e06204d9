// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/backup/plaintables.h"

#include <algorithm>

namespace muster::backup {

namespace {

constexpr std::size_t kLineLimit = 1024;
constexpr std::size_t kNamesLimit = 10000;

/// Takes one identifier off the front: name, or "na""me".
std::string takeIdentifier(std::string_view &text)
{
    std::string name;
    if (!text.starts_with('"')) {
        const auto end = std::min(text.find_first_of(". ("), text.size());
        name = text.substr(0, end);
        text.remove_prefix(end);
        return name;
    }
    text.remove_prefix(1);
    while (!text.empty()) {
        const char c = text.front();
        text.remove_prefix(1);
        if (c == '"' && !text.starts_with('"'))
            return name;
        if (c == '"')
            text.remove_prefix(1);
        name += c;
    }
    return {}; // no end: beyond the limit of a line
}

} // namespace

void PlainTables::add(std::string_view bytes)
{
    while (!bytes.empty()) {
        const auto end = bytes.find('\n');
        const auto piece = bytes.substr(0, end);
        m_line += piece.substr(0, kLineLimit - std::min(kLineLimit, m_line.size()));
        if (end == std::string_view::npos)
            return;
        endLine();
        bytes.remove_prefix(end + 1);
    }
}

void PlainTables::endLine()
{
    std::string_view line = m_line;
    if (m_isData) {
        m_isData = line != "\\.";
    } else if (line.starts_with("COPY ")) {
        m_isData = m_line.size() == kLineLimit || line.ends_with("FROM stdin;"); // many columns make the line longer than what is kept
    } else {
        for (const std::string_view start : {"CREATE TABLE ", "CREATE UNLOGGED TABLE "}) {
            if (!line.starts_with(start) || m_names.size() == kNamesLimit)
                continue;
            line.remove_prefix(start.size());
            const auto schema = takeIdentifier(line);
            if (!schema.empty() && line.starts_with('.')) {
                line.remove_prefix(1);
                if (const auto name = takeIdentifier(line); !name.empty())
                    m_names.insert(schema + ' ' + name);
            }
        }
    }
    m_line.clear();
}

} // namespace muster::backup
