// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/facts/clock.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace muster {

/// The fact could not be had. Never zero, never green. `hint` is what to do: the exact GRANT or ACL line where there is one.
struct Unknown {
    std::string reason; ///< "no permission to read pg_stat_activity", "no traffic in the window"
    std::string hint;
    friend bool operator==(const Unknown &, const Unknown &) = default;
};

/// The fact does not exist here (wrong role, wrong version).
struct NotApplicable {
    std::string reason;
    friend bool operator==(const NotApplicable &, const NotApplicable &) = default;
};

/// A cell of a table: nothing, truth, number or text.
using Cell = std::variant<std::monostate, bool, double, std::string>;

struct Column {
    std::string name; ///< snake case
    std::string unit; ///< as Fact::unit
    friend bool operator==(const Column &, const Column &) = default;
};

/// A table-valued fact (sessions, slots, backups). Rows beyond `limit` were cut at the server and `isTruncated` says so.
struct Table {
    std::vector<Column> columns;
    std::vector<std::vector<Cell>> rows; ///< each row as wide as `columns`
    std::size_t limit = 0;
    bool isTruncated = false;

    /// Index of the column, or npos.
    [[nodiscard]] std::size_t column(std::string_view name) const;
    /// Number / text of a cell; nullopt / "" when the column is absent or the cell is of another kind.
    [[nodiscard]] std::optional<double> number(std::size_t row, std::string_view name) const;
    [[nodiscard]] std::string text(std::size_t row, std::string_view name) const;
    [[nodiscard]] bool truth(std::size_t row, std::string_view name) const;
    friend bool operator==(const Table &, const Table &) = default;

    static constexpr std::size_t npos = static_cast<std::size_t>(-1);
};

using Value = std::variant<Unknown, NotApplicable, bool, double, std::string, Table>;

/// One observed value. `name` is `source.thing.measure` in snake case without the instance ("redis.hit_ratio");
/// the instance is the batch's source id ("redis/cache").
/// Units: "s", "B", "ratio" (0-1), "count", "1/s", "B/s", "ms" never (use s), "epoch" (seconds, UTC), "" for text and truth.
struct Fact {
    std::string name;
    Value value;
    std::string unit;
    Millis budget{0};  ///< older than this, the value is stale and counts as unknown
    std::string raw;   ///< evidence on demand: query, reply, header, certificate text; at most kRawLimit bytes

    static constexpr std::size_t kRawLimit = 8192;
    friend bool operator==(const Fact &, const Fact &) = default;
};

[[nodiscard]] const double *asNumber(const Value &value);
[[nodiscard]] const bool *asTruth(const Value &value);
[[nodiscard]] const std::string *asText(const Value &value);
[[nodiscard]] const Table *asTable(const Value &value);

/// Cuts `text` to at most `limit` bytes at a UTF-8 boundary and says how much was cut.
[[nodiscard]] std::string clamp(std::string_view text, std::size_t limit = Fact::kRawLimit);

} // namespace muster
