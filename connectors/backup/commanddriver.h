// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/backup/driver.h"

#include <string>
#include <vector>

namespace muster::backup {

/// Programs of the team's own that list, make and read back backups (snapshots, managed services), by the contract in man 7 muster-backup. The same
/// contract is spoken by musterctl on a backup host, for sets of dumps and base backups that lie there.
class CommandDriver : public Driver {
public:
    struct Words {
        std::vector<std::string> list;
        std::vector<std::string> run;    ///< empty: this set is only looked at
        std::vector<std::string> verify; ///< the id is added
        int damaged = 1;                 ///< exit status of verify that means damage
        bool isMuster = false;           ///< its verdict is kept there, no note is needed here
    };
    CommandDriver(const Set &set, Words words) : Driver(set), m_words(std::move(words)) { }
    /// Of a set whose musterctl runs on its host.
    [[nodiscard]] static Words musterWords(const Set &set);

    [[nodiscard]] std::expected<Catalogue, Fault> list(const Live &live, Deadline deadline, const std::stop_token &stop) override;
    void planRun(const ServerState &state, Server &server, Deadline deadline, const std::stop_token &stop, Plan &plan) override;
    [[nodiscard]] bool locksItself() const override { return m_words.isMuster; }
    [[nodiscard]] std::expected<std::string, Fault> run(Work &work) override;
    void planVerify(const Backup &backup, Deadline deadline, const std::stop_token &stop, Plan &plan) override;
    [[nodiscard]] std::expected<void, Fault> verify(const Backup &backup, Work &work) override;
    [[nodiscard]] std::expected<void, Fault> restore(const Backup &backup, Scratch &scratch, Work &work) override;

private:
    [[nodiscard]] std::string shown(const std::vector<std::string> &words) const;
    const Words m_words;
    Live m_live;
};

} // namespace muster::backup
