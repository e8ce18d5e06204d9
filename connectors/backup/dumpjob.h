// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/backup/childtool.h"
#include "connectors/backup/driver.h"
#include "connectors/backup/preflight.h"
#include "connectors/backup/readback.h"
#include "connectors/process/child.h"

#include <expected>
#include <stop_token>
#include <string>

namespace muster::backup {

/// Makes one backup: dumps, globals, hashes, reading back; all under `.partial` until everything is on the disk, then the final name.
/// The caller holds the lock. Whatever goes wrong, nothing of it stays.
class DumpJob {
public:
    DumpJob(const Set &set, const Prepared &prepared, Work &work);

    /// The final path. The lock's connection is watched: without it another console might begin, so the dump ends.
    [[nodiscard]] std::expected<std::string, Fault> run();
    [[nodiscard]] const Manifest &manifest() const { return m_manifest; }

private:
    [[nodiscard]] std::expected<void, Fault> begin();
    [[nodiscard]] std::expected<void, Fault> dumpDatabases();
    [[nodiscard]] std::expected<void, Fault> dump(const ServerDatabase &database);
    [[nodiscard]] std::expected<void, Fault> dumpGlobals();
    [[nodiscard]] std::expected<void, Fault> seal();
    [[nodiscard]] std::expected<void, Fault> publish();

    [[nodiscard]] std::expected<void, Fault> runTool(process::Command command, const std::string &title);
    [[nodiscard]] Fault failure(const std::string &title, const process::Finished &finished) const;
    void onLine(std::string_view line);
    void onTick();
    void setPhase(std::string phase);

    const Set &m_set;
    const Prepared &m_prepared;
    Server &m_server; ///< of the work
    Work &m_work;
    std::stop_source m_stop;            ///< stopped by the caller's token, or by us when the lock is lost
    ChildTool m_tool;
    Manifest m_manifest;
    std::string m_partial;
    std::string m_final;
    std::string m_phase;
    std::string m_lockLost;
};

} // namespace muster::backup
