// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/postgres/factwriter.h"
#include "connectors/postgres/rows.h"

#include <optional>
#include <map>
#include <string>
#include <vector>

namespace muster::postgres {

struct Slot {
    std::string name;
    std::string type;
    bool isActive = false;
    double retained = 0; ///< bytes of WAL between the current position and restart_lsn
    std::string walStatus;
    std::optional<double> safeWalSize; ///< NULL without max_slot_wal_keep_size
    std::optional<double> inactiveSince; ///< epoch, 17+
    std::string note; ///< why it was invalidated, 16+
    std::optional<double> inactiveFor{}; ///< s: of the server from 17 on, before as this console has watched

    /// Lost or about to be, or nobody has read it for half an hour while it holds WAL, or it holds a lot.
    [[nodiscard]] bool isBad() const;
    /// Not bad, but on its way: nobody reads it, or it holds more than max_wal_size.
    [[nodiscard]] bool isWaiting() const;
};

/// Since when this console sees a slot inactive: servers before 17 do not say.
using SlotWatch = std::map<std::string, BootTime>;
void watchSlots(std::vector<Slot> &slots, SlotWatch &watch, BootTime now);

struct Standby {
    std::string name;
    std::string client;
    std::string state; ///< "streaming", "catchup", ...; "" when hidden from this role
    std::optional<double> lagBytes;
    std::optional<double> lag; ///< s; NULL while idle and caught up
    std::string sync;
    std::optional<double> sentLagBytes{};
    std::optional<double> flushLagBytes{};
    std::optional<double> flushLag{}; ///< s
};

/// A standby's own view of what it receives.
struct Receiver {
    bool isStreaming = false;
    bool isHidden = false;
    std::optional<bool> isConfigured; ///< primary_conninfo is set; nullopt = hidden from this role
    std::string sender;
    std::optional<double> lagBytes; ///< received but not replayed
    std::optional<double> lag; ///< s since the last replayed commit
};

[[nodiscard]] std::string slotsSql(int version);
[[nodiscard]] std::vector<Slot> parseSlots(const Rows &rows);
void addSlotFacts(const std::vector<Slot> &slots, FactWriter &facts);

[[nodiscard]] std::string standbysSql(int version);
[[nodiscard]] std::vector<Standby> parseStandbys(const Rows &rows);
void addStandbyFacts(const std::vector<Standby> &standbys, const Context &context, FactWriter &facts);

[[nodiscard]] std::string receiverSql(int version);
[[nodiscard]] Receiver parseReceiver(const Rows &rows);
void addReceiverFacts(const Receiver &receiver, const Context &context, FactWriter &facts);

} // namespace muster::postgres
