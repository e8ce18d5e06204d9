// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <set>
#include <string>
#include <string_view>

namespace muster::backup {

/// The tables that a plain dump creates, found while its bytes pass. Pure; keeps at most 10000 names and 1 KiB of a line.
///   CREATE TABLE public.items (
///   CREATE UNLOGGED TABLE public."Strange name" (
///   COPY public.items (id, name) FROM stdin;      lines of data up to "\." are not looked at
class PlainTables {
public:
    void add(std::string_view bytes);
    /// "public items", as Server::tableNumbers() writes them.
    [[nodiscard]] const std::set<std::string> &names() const { return m_names; }

private:
    void endLine();
    std::string m_line;
    bool m_isData = false;
    std::set<std::string> m_names;
};

} // namespace muster::backup
