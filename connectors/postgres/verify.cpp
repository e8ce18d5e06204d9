// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/postgres/verify.h"

#include <array>

namespace muster::postgres {

namespace {

constexpr std::array<std::string_view, 3> kFacts{ "indexes_damaged", "index_damaged_worst", "indexes_verified" };
constexpr Millis kBudget{ 100 }; ///< of a round: the schedule of dear groups makes the next one late in turn
/// 1 MiB: read in milliseconds. In the order of their oids from where the last round ended, then from the front.
constexpr std::string_view kListSql = R"sql(/* muster verify */
select i.indexrelid::bigint as oid, n.nspname || '.' || c.relname as name
from pg_index i join pg_class c on c.oid = i.indexrelid join pg_namespace n on n.oid = c.relnamespace
where i.indisvalid and i.indisready and c.relkind = 'i' and c.relpersistence = 'p' and c.relam = (select oid from pg_am where amname = 'btree') and c.relpages between 1 and 128
order by i.indexrelid <= $LAST, i.indexrelid < 16384, i.indexrelid limit 200)sql";

/// ERRCODE_INDEX_CORRUPTED and ERRCODE_DATA_CORRUPTED, https://www.postgresql.org/docs/current/errcodes-appendix.html. Others say nothing of the index.
bool isDamage(const Fault &fault)
{
    return fault.detail.find("XX002") != std::string::npos || fault.detail.find("XX001") != std::string::npos;
}

/// Dropped since it was listed.
bool isGone(const Fault &fault)
{
    return fault.detail.find("42P01") != std::string::npos;
}

} // namespace

std::span<const std::string_view> factsOfVerify()
{
    return kFacts;
}

std::expected<void, Fault> IndexVerifier::read(PgClient &client, const Rights &rights, long long index, const std::string &name, Deadline deadline)
{
    const auto answer = client.query("/* muster verify */ select " + rights.amcheckSchema + ".bt_index_check(" + std::to_string(index) + "::regclass)", deadline);
    if (!answer && !client.isConnected())
        return std::unexpected(answer.error());
    if (answer || isGone(answer.error()))
        m_damaged.erase(index);
    else if (isDamage(answer.error()))
        m_damaged.insert_or_assign(index, name + " (" + answer.error().detail + ")");
    if (answer || isDamage(answer.error()))
        ++m_verified;
    return {};
}

std::expected<void, Fault> IndexVerifier::run(PgClient &client, const Rights &rights, Deadline deadline, FactWriter &facts)
{
    if (rights.amcheckSchema.empty()) {
        for (const auto name : kFacts)
            facts.notApplicable(name, "amcheck is not created here, or this role may not call bt_index_check(regclass)");
        return {};
    }
    std::string sql(kListSql);
    constexpr std::string_view kPlace = "$LAST";
    sql.replace(sql.find(kPlace), kPlace.size(), std::to_string(m_last));
    const auto rows = client.query(sql, deadline);
    if (!rows)
        return std::unexpected(rows.error());
    for (const auto &[index, words] : std::map(m_damaged)) { // repaired or dropped meanwhile?
        if (const auto done = read(client, rights, index, words.substr(0, words.find(" (")), deadline); !done)
            return done;
    }
    const auto end = deadline.atMost(kBudget);
    for (std::size_t row = 0; row < rows->size() && (row == 0 || end.left() > Millis{ 0 }); ++row) {
        m_last = static_cast<long long>(rows->number(row, "oid").value_or(0));
        if (const auto done = read(client, rights, m_last, rows->text(row, "name"), deadline); !done)
            return done;
    }
    facts.add("indexes_damaged", static_cast<double>(m_damaged.size()));
    facts.add("index_damaged_worst", m_damaged.empty() ? std::string() : m_damaged.begin()->second);
    facts.add("indexes_verified", m_verified);
    return {};
}

} // namespace muster::postgres
