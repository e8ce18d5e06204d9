// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/postgres/replication.h"

#include "models/format/format.h"

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

namespace muster::postgres {

namespace {

constexpr std::size_t kSlotLimit = 100;
constexpr std::size_t kStandbyLimit = 100;

/// pg_current_wal_lsn() is an error on a standby; CASE keeps it from being called there.
constexpr std::string_view kPosition = "case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_lsn() end";

Cell cellOf(std::optional<double> number)
{
    return number ? Cell(*number) : Cell();
}

Table standbyTable(const std::vector<Standby> &standbys)
{
    Table table;
    table.columns = { { "name", "" }, { "client", "" }, { "state", "" }, { "lag_bytes", "B" }, { "lag", "s" }, { "sync", "" },
                      { "unsent_bytes", "B" }, { "unflushed_bytes", "B" }, { "flush_lag", "s" } };
    table.limit = kStandbyLimit;
    for (const auto &s : standbys)
        table.rows.push_back({ s.name, s.client, s.state, cellOf(s.lagBytes), cellOf(s.lag), s.sync,
                               cellOf(s.sentLagBytes), cellOf(s.flushLagBytes), cellOf(s.flushLag) });
    return table;
}

void addMissing(double streaming, const Context &context, FactWriter &facts)
{
    const int expected = context.target.expectedStandbys;
    if (expected < 0)
        facts.notApplicable("standbys_missing", "no number of standbys is declared");
    else
        facts.add("standbys_missing", std::max(0.0, expected - streaming), std::to_string(expected) + " expected");
}

/// What it has not replayed. One that never answered since it connected is behind by what was not even sent to it.
std::optional<double> behind(const Standby &standby)
{
    return standby.lagBytes ? standby.lagBytes : standby.flushLagBytes ? standby.flushLagBytes : standby.sentLagBytes;
}

/// "eu2 at 10.0.0.3 (163 MB not sent yet: lost if it is promoted now)"
std::string standbyWords(const Standby &standby)
{
    return standby.name + (standby.client.empty() ? std::string() : " at " + standby.client)
        + (standby.sentLagBytes.value_or(0) > 0 ? " (" + format::size(*standby.sentLagBytes) + " not sent yet: lost if it is promoted now)" : std::string());
}

void addWorstLag(const std::vector<Standby> &standbys, FactWriter &facts)
{
    if (standbys.empty()) {
        facts.notApplicable("replication_lag_bytes", "no standby is connected");
        facts.notApplicable("replication_lag", "no standby is connected");
        facts.notApplicable("replication_worst", "no standby is connected");
        return;
    }
    const auto &worst = *std::ranges::max_element(standbys, {}, &behind);
    double seconds = 0;
    for (const auto &standby : standbys)
        seconds = std::max(seconds, standby.lag.value_or(0));
    facts.addNumber("replication_lag_bytes", behind(worst), "no standby has said yet how far it is");
    facts.add("replication_lag", seconds);
    facts.add("replication_worst", standbyWords(worst));
}

} // namespace

bool Slot::isBad() const
{
    constexpr double kPatience = 1800; // s
    constexpr double kMuch = 1073741824; // bytes: more than a consumer that restarts leaves behind
    const bool isForgotten = !isActive && retained > 0 && (inactiveFor.value_or(0) >= kPatience || retained >= kMuch);
    return !note.empty() || walStatus == "lost" || walStatus == "unreserved" || isForgotten;
}

bool Slot::isWaiting() const
{
    return !isBad() && ((!isActive && retained > 0) || walStatus == "extended");
}

void watchSlots(std::vector<Slot> &slots, SlotWatch &watch, BootTime now)
{
    SlotWatch seen;
    for (auto &slot : slots) {
        if (slot.isActive)
            continue;
        const auto since = watch.contains(slot.name) ? watch[slot.name] : now;
        seen[slot.name] = since;
        if (!slot.inactiveFor)
            slot.inactiveFor = toSeconds(now - since);
    }
    watch = std::move(seen);
}

std::string slotsSql(int version)
{
    const std::string inactive = version >= 170000 ? "extract(epoch from inactive_since)" : "null";
    const std::string since = version >= 170000 ? "extract(epoch from now() - inactive_since)" : "null";
    const std::string note = version >= 170000 ? "invalidation_reason"
        : version >= 160000                    ? "case when conflicting then 'conflicts with recovery' end"
                                               : "null";
    return "/* muster slots */ select slot_name, slot_type, active, wal_status, safe_wal_size, pg_wal_lsn_diff(" + std::string(kPosition)
        + ", restart_lsn) as retained, " + inactive
        + " as inactive_since, " + since + " as inactive_for, " + note + " as note from pg_replication_slots order by retained desc nulls last limit " + std::to_string(kSlotLimit);
}

std::vector<Slot> parseSlots(const Rows &rows)
{
    std::vector<Slot> slots;
    for (std::size_t row = 0; row < rows.size(); ++row) {
        slots.push_back({ rows.text(row, "slot_name"), rows.text(row, "slot_type"), rows.truth(row, "active").value_or(false),
                          std::max(0.0, rows.number(row, "retained").value_or(0)), rows.text(row, "wal_status"),
                          rows.number(row, "safe_wal_size"), rows.number(row, "inactive_since"), rows.text(row, "note"),
                          rows.number(row, "inactive_for") });
    }
    return slots;
}

void addSlotFacts(const std::vector<Slot> &slots, FactWriter &facts)
{
    Table table;
    table.columns = { { "name", "" },
                      { "type", "" },
                      { "active", "" },
                      { "retained", "B" },
                      { "wal_status", "" },
                      { "safe_wal_size", "B" },
                      { "inactive_since", "epoch" },
                      { "note", "" } };
    table.limit = kSlotLimit;
    const Slot *worst = nullptr;
    for (const auto &s : slots) {
        table.rows.push_back({ s.name, s.type, s.isActive, s.retained, s.walStatus, cellOf(s.safeWalSize), cellOf(s.inactiveSince), s.note });
        // A bad one is worse than any good one, however much that holds.
        const auto weight = [](const Slot &slot) { return std::tuple(slot.isBad(), slot.isWaiting(), slot.retained); };
        if (!worst || weight(s) > weight(*worst))
            worst = &s;
    }
    table.isTruncated = slots.size() >= kSlotLimit;
    const auto most = std::ranges::max_element(slots, {}, &Slot::retained);
    facts.add("slots", table);
    facts.add("slots_bad", static_cast<double>(std::ranges::count_if(slots, &Slot::isBad)));
    facts.add("slots_waiting", static_cast<double>(std::ranges::count_if(slots, &Slot::isWaiting)));
    facts.add("slot_retained_max", most == slots.end() ? 0.0 : most->retained);
    facts.add("slot_worst",
              worst ? worst->name + (worst->isActive ? " (active, " : " (inactive, ")
                      + (worst->walStatus.empty() ? "no WAL" : worst->walStatus) + ")"
                    : std::string());
}

std::string standbysSql(int)
{
    return "/* muster standbys */ select a.application_name, host(a.client_addr) as client, w.state, pg_wal_lsn_diff("
        + std::string(kPosition)
        + ", w.replay_lsn) as lag_bytes, extract(epoch from w.replay_lag) as lag, w.sync_state, pg_wal_lsn_diff(" + std::string(kPosition)
        + ", w.sent_lsn) as unsent, pg_wal_lsn_diff(" + std::string(kPosition)
        + ", w.flush_lsn) as unflushed, extract(epoch from w.flush_lag) as flush_lag "
          "from pg_stat_get_wal_senders() w join lateral pg_stat_get_activity(w.pid) a on true "
          "where w.state is null or (w.state <> 'backup' and a.application_name not like 'pg_basebackup%') order by 1 limit "
        + std::to_string(kStandbyLimit);
}

std::vector<Standby> parseStandbys(const Rows &rows)
{
    std::vector<Standby> standbys;
    for (std::size_t row = 0; row < rows.size(); ++row) {
        standbys.push_back({ rows.text(row, "application_name"), rows.text(row, "client"), rows.text(row, "state"),
                             rows.number(row, "lag_bytes"), rows.number(row, "lag"), rows.text(row, "sync_state"),
                             rows.number(row, "unsent"), rows.number(row, "unflushed"), rows.number(row, "flush_lag") });
    }
    return standbys;
}

void addStandbyFacts(const std::vector<Standby> &standbys, const Context &context, FactWriter &facts)
{
    const bool isHidden = std::ranges::any_of(standbys, [](const Standby &s) { return s.state.empty(); });
    if (isHidden) {
        static constexpr std::array<std::string_view, 6> kNames{ "standbys_connected", "standbys_missing", "replication_worst", "replication_lag_bytes",
                                                                 "replication_lag", "replicas" };
        facts.unknownAll(kNames, "this role may not see the state of the standbys", context.grant("pg_monitor"));
        return;
    }
    const auto streaming = static_cast<double>(std::ranges::count(standbys, "streaming", &Standby::state));
    facts.add("standbys_connected", streaming);
    facts.add("replicas", standbyTable(standbys));
    addMissing(streaming, context, facts);
    addWorstLag(standbys, facts);
}

std::string receiverSql(int)
{
    return "/* muster receiver */ select r.pid, r.status, pg_wal_lsn_diff(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()) as "
           "lag_bytes, "
           "extract(epoch from now() - pg_last_xact_replay_timestamp()) as lag, r.sender_host, r.slot_name, "
           "(select setting <> '' from pg_settings where name = 'primary_conninfo') as is_configured "
           "from (select 1) one left join pg_stat_get_wal_receiver() r on r.pid is not null";
}

Receiver parseReceiver(const Rows &rows)
{
    Receiver receiver;
    receiver.isStreaming = rows.text(0, "status") == "streaming";
    receiver.isHidden = rows.number(0, "pid") && !rows.cell(0, "status");
    receiver.lagBytes = rows.number(0, "lag_bytes");
    receiver.lag = rows.number(0, "lag");
    receiver.isConfigured = rows.truth(0, "is_configured");
    receiver.sender = rows.text(0, "sender_host");
    return receiver;
}

void addReceiverFacts(const Receiver &receiver, const Context &context, FactWriter &facts)
{
    facts.notApplicable("standbys_missing", "this server is a standby");
    facts.add("replication_worst", "this standby");
    facts.addNumber("replication_lag_bytes", receiver.lagBytes, "this standby receives nothing by streaming");
    if (receiver.isHidden) {
        facts.unknown("replication_lag", "this role may not see the state of the receiver", context.grant("pg_monitor"));
        facts.unknown("receiver_streaming", "this role may not see the state of the receiver", context.grant("pg_monitor"));
        return;
    }
    if (receiver.isStreaming || receiver.isConfigured.value_or(true))
        facts.add("receiver_streaming", receiver.isStreaming, receiver.isStreaming ? "from " + receiver.sender : "no WAL receiver is connected");
    else
        facts.notApplicable("receiver_streaming", "this standby reads from an archive: primary_conninfo is empty");
    // Connected and everything replayed: the primary is idle, the standby is not behind. Otherwise the age of the last replayed commit
    // counts.
    if (receiver.isStreaming && receiver.lagBytes.value_or(1) <= 0)
        facts.add("replication_lag", 0.0, "streaming, all received WAL is replayed");
    else if (receiver.lag)
        facts.add("replication_lag", *receiver.lag, receiver.isStreaming ? "streaming" : "not streaming: age of the last replayed commit");
    else
        facts.unknown("replication_lag", "nothing was replayed since this standby started");
}

} // namespace muster::postgres
