// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/postgres/pgclient.h"

#include <expected>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>

namespace muster::postgres {

constexpr int kNoEnd = 990000;

/// One column of an answer, as data: the same name may stand once per range of versions.
struct Item {
    std::string_view name;
    std::string_view sql; ///< an expression
    int from = 0; ///< the first server version that has it: 140000
    int until = kNoEnd; ///< the first one that no longer has it
};

struct Query {
    std::string_view tag; ///< "server": stands in the statement's comment
    std::span<const Item> items;
    std::string_view before; ///< WITH ...
    std::string_view after; ///< FROM ... ORDER BY ...
};

/// Left-out columns are NULL, so that ORDER BY may name them still.
[[nodiscard]] std::string sqlOf(const Query &query, int version, const std::set<std::string_view> &without = {});
/// Does a server of this version have the column?
[[nodiscard]] bool hasItem(std::span<const Item> items, std::string_view name, int version);

/// Reads statements so that one column which this server lacks or refuses costs that column only. Not thread-safe.
class QueryReader {
public:
    /// A column with a problem is NULL in the rows. Only faults of the whole statement (timeout, lost connection) are faults here.
    [[nodiscard]] std::expected<Rows, Fault> read(PgClient &client, const Query &query, Deadline deadline);
    /// Why a column of the last answer could not be had; null when it could.
    [[nodiscard]] const Fault *problem(std::string_view tag, std::string_view item) const;
    [[nodiscard]] const std::map<std::string_view, Fault> &problems(std::string_view tag) const;
    /// Rights may have been granted: everything is tried again.
    void forget() { m_problems.clear(); }

private:
    std::map<std::string_view, std::map<std::string_view, Fault>> m_problems; ///< tag → item
};

} // namespace muster::postgres
