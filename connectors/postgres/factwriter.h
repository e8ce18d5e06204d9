// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/postgres/conninfo.h"
#include "connectors/postgres/pgclient.h"
#include "models/facts/factbatch.h"

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace muster::postgres {

/// What the fact makers know beside their rows.
struct Context {
    const Target &target;
    const ConnectionInfo &info;
    Stamp at;
    bool isStandby = false;

    [[nodiscard]] int version() const { return info.serverVersion; }
    /// "GRANT pg_monitor TO \"oncall\";"
    [[nodiscard]] std::string grant(std::string_view what) const;
};

/// Adds facts with the prefix, unit and budget that they have in the catalogue.
class FactWriter {
public:
    FactWriter(FactBatch &batch, Millis budget) : m_batch(batch), m_budget(budget) { }

    void add(std::string_view name, Value value, std::string raw = {});
    /// A number that the server did not give is unknown with `reason`, never zero.
    void addNumber(std::string_view name, std::optional<double> value, std::string_view reason);
    void unknown(std::string_view name, std::string reason, std::string hint = {});
    void unknownAll(std::span<const std::string_view> names, const std::string &reason, const std::string &hint);
    void notApplicable(std::string_view name, std::string reason);
    /// What was written under this name is not known after all.
    void overrule(std::string_view name, std::string reason, std::string hint);

private:
    FactBatch &m_batch;
    Millis m_budget;
};

/// "GRANT pg_monitor TO \"oncall\";"
[[nodiscard]] std::string grantTo(std::string_view what, std::string_view role);

/// Unit of a fact ("connections_used" → "count"); "" for text, truth and tables.
[[nodiscard]] std::string_view unitOf(std::string_view name);

/// "42", or "312 s": whole seconds for sentences.
[[nodiscard]] std::string wholeSeconds(double seconds);

} // namespace muster::postgres
