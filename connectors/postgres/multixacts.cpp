// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/postgres/multixacts.h"

#include <array>

namespace muster::postgres {

namespace {

constexpr std::array<std::string_view, 1> kFacts{ "multixact_members_ratio" };
constexpr int kWide = 190000; ///< 19 numbers members with 64 bits

/// A page holds groups of four members in 20 bytes, a segment 32 pages. A segment just ahead of the last checkpoint's position is new, not old.
constexpr std::string_view kListed = R"sql(/* muster members */
with c as (select next_multi_offset::text::bigint as next, (current_setting('block_size')::int / 20) * 4 * 32 as members from pg_control_checkpoint()),
n as (select next / members as here, 4294967296 / members + 1 as segments, members from c),
f as (select mod(n.here - ('x' || lpad(name, 8, '0'))::bit(32)::bigint + n.segments, n.segments) as behind, n.* from pg_ls_dir('pg_multixact/members') name, n)
select coalesce(max(case when behind < segments * 0.99 then behind end), 0) / max(segments)::float8 as used, 'by the files' as how from f)sql";

/// No transaction is a member of one multixact more than a few times: so many multixacts have at most so many members.
constexpr std::string_view kWritten = R"sql(/* muster members */
select case when next_multixact_id::text::float8 * 8 * (current_setting('max_connections')::int + current_setting('max_prepared_transactions')::int) < 4294967296
  then next_multi_offset::text::float8 / 4294967296 end as used, 'at most: all that were ever written' as how from pg_control_checkpoint())sql";

} // namespace

std::span<const std::string_view> factsOfMembers()
{
    return kFacts;
}

std::string membersSql(const Rights &rights)
{
    return std::string(rights.canListDirectories ? kListed : kWritten);
}

void addMemberFacts(const Rows &rows, const Context &context, FactWriter &facts)
{
    const auto used = rows.number(0, "used");
    if (context.version() >= kWide)
        facts.notApplicable("multixact_members_ratio", "PostgreSQL before 19");
    else if (used)
        facts.add("multixact_members_ratio", *used, rows.text(0, "how"));
    else
        facts.unknown("multixact_members_ratio", "this role may not list pg_multixact/members", context.grant("EXECUTE ON FUNCTION pg_ls_dir(text)"));
}

} // namespace muster::postgres
