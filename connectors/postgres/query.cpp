// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/postgres/query.h"

#include <algorithm>

namespace muster::postgres {

namespace {

bool isOf(const Item &item, int version)
{
    return version >= item.from && version < item.until;
}

/// All names that this version has, each once.
std::set<std::string_view> namesOf(std::span<const Item> items, int version)
{
    std::set<std::string_view> names;
    for (const auto &item : items) {
        if (isOf(item, version))
            names.insert(item.name);
    }
    return names;
}

/// An error of one column; a timeout or a lost connection is one of the whole statement.
bool isOfOneColumn(const Fault &fault)
{
    return fault.kind == FaultKind::Denied || fault.kind == FaultKind::Protocol;
}

} // namespace

bool hasItem(std::span<const Item> items, std::string_view name, int version)
{
    return std::ranges::any_of(items, [&](const Item &item) { return item.name == name && isOf(item, version); });
}

std::string sqlOf(const Query &query, int version, const std::set<std::string_view> &without)
{
    std::string sql = "/* muster " + std::string(query.tag) + " */ " + std::string(query.before) + " select ";
    bool isFirst = true;
    for (const auto &item : query.items) {
        if (!isOf(item, version))
            continue;
        sql += (isFirst ? "" : ", ") + std::string(without.contains(item.name) ? "null" : item.sql) + " as " + std::string(item.name);
        isFirst = false;
    }
    return sql + " " + std::string(query.after);
}

std::expected<Rows, Fault> QueryReader::read(PgClient &client, const Query &query, Deadline deadline)
{
    const int version = client.info().serverVersion;
    auto &problems = m_problems[query.tag];
    const auto bad = [&problems] {
        std::set<std::string_view> names;
        for (const auto &[name, fault] : problems)
            names.insert(name);
        return names;
    };
    auto rows = client.query(sqlOf(query, version, bad()), deadline);
    if (rows || !client.isConnected() || !isOfOneColumn(rows.error()))
        return rows;
    // Each alone, the others NULL: whatever fails is to blame by itself.
    const auto names = namesOf(query.items, version);
    for (const auto name : names) {
        auto others = names;
        others.erase(name);
        const auto alone = client.query(sqlOf(query, version, others), deadline);
        if (!alone && (!client.isConnected() || !isOfOneColumn(alone.error())))
            return alone;
        if (!alone)
            problems.insert_or_assign(name, alone.error());
    }
    return client.query(sqlOf(query, version, bad()), deadline);
}

const Fault *QueryReader::problem(std::string_view tag, std::string_view item) const
{
    const auto &of = problems(tag);
    const auto found = of.find(item);
    return found == of.end() ? nullptr : &found->second;
}

const std::map<std::string_view, Fault> &QueryReader::problems(std::string_view tag) const
{
    static const std::map<std::string_view, Fault> none;
    const auto found = m_problems.find(tag);
    return found == m_problems.end() ? none : found->second;
}

} // namespace muster::postgres
