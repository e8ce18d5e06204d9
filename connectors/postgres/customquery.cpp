// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/postgres/customquery.h"

#include <algorithm>

namespace muster::postgres {

namespace {

constexpr std::size_t kColumns = 8;
constexpr Millis kAnswerTime{100}; ///< between the server's own limit and ours, so that its words arrive

/// "t", "f", "12.5", "new", NULL
Cell cellOf(const std::optional<std::string> &text)
{
    if (!text)
        return {};
    if (*text == "t" || *text == "f")
        return *text == "t";
    const auto value = valueFromText(*text);
    if (const auto *number = asNumber(value))
        return *number;
    return *asText(value);
}

Value valueOf(const Cell &cell)
{
    if (const auto *truth = std::get_if<bool>(&cell))
        return *truth;
    if (const auto *number = std::get_if<double>(&cell))
        return *number;
    if (const auto *text = std::get_if<std::string>(&cell))
        return *text;
    return Unknown{"the statement gave NULL", {}};
}

Table tableOf(const Rows &rows, const std::string &unit)
{
    Table table;
    table.limit = CustomFacts::kRows;
    for (std::size_t i = 0; i < rows.columns.size(); ++i)
        table.columns.push_back({clamp(rows.columns[i], 64), i == 0 ? std::string() : unit});
    for (const auto &row : rows.rows) {
        if (table.rows.size() == table.limit) {
            table.isTruncated = true;
            break;
        }
        auto &cells = table.rows.emplace_back();
        std::ranges::transform(row, std::back_inserter(cells), cellOf);
    }
    return table;
}

Fault explained(Fault fault)
{
    if (fault.detail.starts_with("25006"))
        fault.hint = "“sql” in the section “facts” must only read: its transaction is read-only.";
    else if (fault.kind == FaultKind::Denied)
        fault.hint = "GRANT SELECT on what the statement reads to the user of this console.";
    else if (fault.kind == FaultKind::Protocol)
        fault.hint = "“sql” in the section “facts” must be one statement that gives one value, or a label and a value in each row.";
    return fault;
}

} // namespace

Value customValue(const Rows &rows, const std::string &unit)
{
    const auto wide = rows.columns.size();
    if (wide > 1 && wide <= kColumns)
        return tableOf(rows, unit);
    if (wide == 1 && rows.size() == 1)
        return valueOf(cellOf(rows.rows.front().front()));
    return Unknown{"the statement gave " + std::to_string(rows.size()) + " rows of " + std::to_string(wide) + " columns",
                   "Expected one value, or rows of a label and a value."};
}

std::expected<CustomAnswer, Fault> askCustom(PgClient &client, const CustomFact &fact, Deadline deadline)
{
    const auto limit = std::max(Millis{1}, deadline.left() - kAnswerTime).count();
    // The statement is the user's: its names mean what they mean in that user's own session.
    const auto begin = "BEGIN READ ONLY; SET LOCAL search_path TO DEFAULT; SET LOCAL lock_timeout = 50; SET LOCAL statement_timeout = " + std::to_string(limit);
    if (auto begun = client.simpleQuery(begin, deadline); !begun)
        return std::unexpected(begun.error());
    const auto rows = client.query(fact.question.front(), deadline);
    if (client.isConnected()) {
        if (auto ended = client.simpleQuery("ROLLBACK", deadline); !ended)
            client.close(); // nothing else may be asked inside that transaction
    }
    if (!rows)
        return std::unexpected(explained(rows.error()));
    return CustomAnswer{customValue(*rows, fact.unit), {}};
}

} // namespace muster::postgres
