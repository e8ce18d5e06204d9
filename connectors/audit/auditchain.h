// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/ports/auditlog.h"

#include <expected>
#include <map>
#include <set>
#include <string>
#include <string_view>

namespace muster::audit {

/// What stands in a line besides AuditEntry.
struct Line {
    AuditEntry entry;
    std::string identity;  ///< of the server, as the plan said it
    std::string command;   ///< in words
    std::string planHash;  ///< SHA-256 of the plan that was confirmed
    std::string previous;  ///< hash of the line before; 64 zeros in the first
    std::string hash;      ///< of this line; see sealLine
};

/// The hash that the first line carries as its predecessor's.
inline constexpr std::string_view kGenesis = "0000000000000000000000000000000000000000000000000000000000000000";
/// Longer lines are refused when read and cannot be written: every text is clamped.
inline constexpr std::size_t kLineLimit = std::size_t{64} << 10;

/// SHA-256 over all that the operator was shown of the plan.
[[nodiscard]] std::string hashOf(const Plan &plan);

/// One JSON line without its line break. Its last key "hash" is the SHA-256 of the line as it would stand without that key,
/// so that `prev` and `hash` chain the lines and each line proves itself:
///   {"phase":"intent",...,"prev":"00…"}  →  {"phase":"intent",...,"prev":"00…","hash":"ab…"}
[[nodiscard]] std::string sealLine(const Line &line);
/// The error says in words what is wrong with it.
[[nodiscard]] std::expected<Line, std::string> openLine(std::string_view text);

/// Takes a log's lines one after the other and finds the first that does not fit.
class ChainVerifier {
public:
    /// False once the chain is broken; further lines are ignored then.
    bool add(std::string_view line);
    /// `expectedHash` and `expectedLines` come from the head file: what the log must at least reach. Empty: not known.
    [[nodiscard]] AuditVerdict finish(std::string_view expectedHash, std::size_t expectedLines) const;

private:
    AuditVerdict m_verdict;
    std::string m_previous{kGenesis};
    std::map<std::size_t, std::string> m_hashes; ///< the last few lines, to find the head's
    std::set<std::string> m_open;                ///< ids with an intent and no outcome yet

    void breakAt(std::string why);
};

} // namespace muster::audit
