// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/facts/factbatch.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace muster {

/// A fact with where and when it came from. `age` is made from the boot clock at the moment of the snapshot.
struct Observed {
    Fact fact;
    std::string source;
    WallTime at{};
    Millis age{0};

    [[nodiscard]] bool isStale() const { return age > fact.budget; }
    friend bool operator==(const Observed &, const Observed &) = default;
};

/// How a source is doing.
struct SourceState {
    std::string id;                ///< "postgres/primary"
    std::string kind;              ///< "postgres"
    std::optional<Fault> fault;    ///< set while the last round failed
    std::optional<Stamp> lastGood; ///< the last round without a fault
    std::optional<Stamp> faultSince;
    Millis age{0};                 ///< since lastGood; meaningless without it
    friend bool operator==(const SourceState &, const SourceState &) = default;
};

/// A consistent copy of everything known at one moment; what checks, reports and pages read. Immutable by use.
struct Snapshot {
    WallTime at{};
    std::vector<SourceState> sources; ///< every declared source, in declaration order
    std::map<std::string, std::map<std::string, Observed, std::less<>>, std::less<>> facts; ///< source id → name → fact

    [[nodiscard]] const Observed *find(std::string_view source, std::string_view name) const;
    [[nodiscard]] const SourceState *source(std::string_view id) const;
    /// Ids of the declared sources of one kind, in declaration order.
    [[nodiscard]] std::vector<std::string> sourcesOfKind(std::string_view kind) const;
};

/// The latest value of every fact. Lives on one thread (GUI thread, or musterctl's only one). Whole batches in, latest wins.
class FactBook {
public:
    /// Declares a source, so that its absence is "not measured" and not "not configured".
    void declare(const std::string &id, const std::string &kind);
    /// A fact that a declared source will have; until its first round it is unknown.
    void expect(const std::string &source, std::string name, std::string unit);
    void accept(FactBatch batch);
    /// The last round of `source` failed. Its facts stay, and go on ageing.
    void fail(const std::string &source, Fault fault, Stamp at);
    /// Drops the source and its facts.
    void forget(const std::string &source);
    [[nodiscard]] Snapshot snapshot(Stamp now) const;

private:
    struct Entry {
        Fact fact;
        Stamp at;
    };
    std::vector<SourceState> m_sources;
    std::map<std::string, std::map<std::string, Entry, std::less<>>, std::less<>> m_facts;

    SourceState *stateOf(const std::string &id);
};

/// "redis" of "redis/cache".
[[nodiscard]] std::string_view kindOf(std::string_view sourceId);
/// "cache" of "redis/cache".
[[nodiscard]] std::string_view instanceOf(std::string_view sourceId);

} // namespace muster
