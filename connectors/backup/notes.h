// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/backup/backup.h"
#include "models/facts/fault.h"

#include <expected>
#include <string>
#include <vector>

namespace muster::backup {

/// What was found out about backups that are not ours to write into: when they were read back, and their last drill. One small file each,
/// tied to the fingerprint of the bytes that were judged:
///   <folder>/shop.dump.json   {"schema": 1, "id": "shop.dump", "fingerprint": "4711 1769860800000", "verified_ms": 1769860900000, "problem": "", ...}
/// The first folder is the shared one (in the set's own directory); the others take what cannot be written there.
class Notes {
public:
    explicit Notes(std::vector<std::string> folders) : m_folders(std::move(folders)) { }

    /// Adds to each backup what is noted of exactly these bytes.
    void read(std::vector<Backup> &backups) const;
    [[nodiscard]] std::expected<void, Fault> verified(const Backup &backup, const std::string &problem) const;
    [[nodiscard]] std::expected<void, Fault> drilled(const Backup &backup, const Drill &drill) const;

private:
    [[nodiscard]] std::expected<void, Fault> write(const Backup &backup) const;
    const std::vector<std::string> m_folders;
};

/// $XDG_STATE_HOME/muster/backups/ENVIRONMENT/SET
[[nodiscard]] std::string stateFolder(const std::string &environment, const std::string &set);

} // namespace muster::backup
