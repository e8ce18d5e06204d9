// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/net/interrupter.h"
#include "connectors/postgres/pgsession.h"
#include "connectors/redis/target.h"
#include "models/ports/source.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace muster::samples {

/// The databases and caches of one environment.
struct Servers {
    std::vector<postgres::Target> databases;
    std::vector<redis::Target> caches;
};

struct SiblingTarget {
    std::string id; ///< "sibling/1"
    std::string name; ///< of the other environment, for sentences
    Servers ours;
    Servers theirs;
    std::optional<Fault> problem; ///< the other environment's file could not be read
};

/// Who a server says it is.
struct Identity {
    std::string label;   ///< "postgres/primary (127.0.0.1:5432)"
    std::string lineage; ///< system identifier, or replication id: the same on a server, its standbys and its restored copies
    std::string life;    ///< this very process: start time, or run id
    bool isReplica = false;
    bool isDatabase = false; ///< lineage is a system identifier: who else has it is a copy, with the same data in it
};

/// "theirs is ours", "theirs is a standby of ours"; "theirs is a copy of ours" (a PostgreSQL with the same system identifier); "" when
/// they are two servers. A Redis that once was a copy is none any more: it takes a replication id of its own.
[[nodiscard]] std::string sharing(const Identity &ours, const Identity &theirs);

/// Asks the servers of this environment and of a neighbour who they are: neither a database nor a cache may be shared. Connects for each
/// round, to one server at a time. Facts: sibling.shares_server, sibling.shared_what.
class SiblingSource : public Source
{
public:
    explicit SiblingSource(SiblingTarget target);

    [[nodiscard]] const std::string &id() const override { return m_target.id; }
    [[nodiscard]] Cadence cadence() const override { return {Millis{60000}, Millis{300000}, Millis{10000}}; }
    [[nodiscard]] std::expected<FactBatch, Fault> collect(Deadline deadline, std::stop_token stop) override;
    [[nodiscard]] std::vector<DoctorStage> diagnose(Deadline deadline, std::stop_token stop) override;
    void interrupt() noexcept override;

private:
    using Sessions = std::vector<std::unique_ptr<postgres::PgSession>>;
    struct Asked {
        std::vector<Identity> databases;
        std::vector<Identity> caches;
        std::vector<DoctorStage> stages;
        std::vector<Fault> faults;
    };

    [[nodiscard]] Asked ask(const Servers &servers, const Sessions &sessions, Deadline deadline);
    void rearm();

    SiblingTarget m_target;
    Sessions m_ours;   ///< one for each of ours.databases
    Sessions m_theirs;
    net::Interrupter m_interrupter;
    std::optional<FactBatch> m_held; ///< answered while a refused login must not be repeated
    BootTime m_heldSince{};
};

} // namespace muster::samples
