// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/postgres/factwriter.h"
#include "connectors/postgres/settings.h"
#include "connectors/postgres/query.h"

#include <span>
#include <string_view>

namespace muster::postgres {

/// What a role must have before a probe is asked: the server would answer with an error, or worse, with less than there is.
enum class Need : std::uint8_t { Nothing, Monitor, HbaRules, Passwords, ArchiveStatus };
enum class Where : std::uint8_t { Everywhere, Primary, Standby };
enum class Kind : std::uint8_t { Number, Truth, Text };

/// One fact that one SQL expression answers; the item's name is the fact's.
struct Probe {
    Item item;
    Kind kind = Kind::Number;
    Where where = Where::Everywhere;
    Need need = Need::Nothing;
    std::string_view whenNull = {}; ///< what a NULL means; "n/a: reason" where the thing does not exist here. Texts may be empty
    std::string_view right = {}; ///< to grant when the server refuses: "EXECUTE ON FUNCTION pg_control_checkpoint()"
};

/// Probes that are asked in one statement.
struct ProbeList {
    std::string_view tag;
    std::string_view before; ///< WITH ...: what several of them read
    std::span<const Probe> probes;
    std::span<const std::string_view> facts; ///< the probes' names
};

[[nodiscard]] const ProbeList &stateProbes(); ///< cheap
[[nodiscard]] const ProbeList &fileProbes(); ///< lock table and archive directory: cost grows with what is wrong
[[nodiscard]] const ProbeList &hbaProbes();
[[nodiscard]] const ProbeList &schemaProbes(); ///< catalogs that grow with the schema

/// Writes all facts of the list: each is a value, unknown with reason and grant, or not applicable.
[[nodiscard]] std::expected<void, Fault> runProbes(const ProbeList &list, PgClient &client, QueryReader &reader, const Rights &rights,
                                                   const Context &context, Deadline deadline, FactWriter &facts);

} // namespace muster::postgres
