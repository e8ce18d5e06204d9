// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/readiness/causes.h"

#include "models/facts/none.h"
#include "models/format/format.h"
#include "models/format/text.h"
#include "models/readiness/reading.h"

#include <algorithm>
#include <cmath>
#include <optional>

namespace muster::readiness {

namespace {

constexpr double kPatience = 60;          // s that somebody waits before it is a finding
constexpr double kIdle = 300;             // s idle in a transaction, as the check's limit
constexpr double kHorizon = 1000000;      // transactions that vacuum cannot pass
constexpr double kDeadShare = 0.2;
constexpr double kOverdue = 1.1;          // of autovacuum_freeze_max_age, as the check's limit
constexpr double kRetained = 64e6;        // bytes: less than that no disk feels
constexpr std::size_t kNameLimit = 80;

/// The fresh facts of one source.
class Known {
public:
    Known(const Snapshot &snapshot, std::string source) : m_snapshot(snapshot), m_source(std::move(source)) { }

    [[nodiscard]] const Value *value(const std::string &fact) const
    {
        const auto reading = read(m_snapshot, m_source, fact);
        return reading.instead ? nullptr : &reading.observed->fact.value;
    }
    [[nodiscard]] double number(const std::string &fact, double otherwise = 0) const
    {
        const auto *found = value(fact);
        const auto *number = found ? asNumber(*found) : nullptr;
        return number ? *number : otherwise;
    }
    [[nodiscard]] bool isTrue(const std::string &fact) const
    {
        const auto *found = value(fact);
        const auto *truth = found ? asTruth(*found) : nullptr;
        return truth && *truth;
    }
    [[nodiscard]] std::string text(const std::string &fact) const
    {
        const auto *found = value(fact);
        const auto *words = found ? asText(*found) : nullptr;
        return words ? text::plain(*words, kNameLimit) : std::string();
    }
    [[nodiscard]] const Table *table(const std::string &fact) const
    {
        const auto *found = value(fact);
        return found ? asTable(*found) : nullptr;
    }
    [[nodiscard]] const std::string &source() const { return m_source; }

private:
    const Snapshot &m_snapshot;
    std::string m_source;
};

std::string counted(double number, const char *one, const char *many)
{
    return format::number(number, 0) + " " + (std::abs(number - 1) < 0.5 ? one : many);
}

std::string quoted(const std::string &name)
{
    std::string out = "'";
    for (const char c : name)
        out += c == '\'' ? std::string("''") : std::string(1, c);
    return out + "'";
}

// --- slot → retained WAL → time to full

/// The slot that holds most without a reader, or is lost to its limit first.
std::optional<std::size_t> worstSlot(const Table &slots)
{
    std::optional<std::size_t> worst;
    for (std::size_t row = 0; row < slots.rows.size(); ++row) {
        const auto status = slots.text(row, "wal_status");
        const bool isHeld = slots.number(row, "retained").value_or(0) >= kRetained || status == "extended" || status == "unreserved";
        if (!isHeld || (slots.truth(row, "active") && status == "reserved"))
            continue;
        if (!worst || slots.number(row, "retained").value_or(0) > slots.number(*worst, "retained").value_or(0))
            worst = row;
    }
    return worst;
}

std::string timeToFull(const Known &known, std::optional<double> safe)
{
    const double rate = known.number("postgres.wal_rate");
    if (safe && *safe > 0 && rate > 0)
        return "; at " + format::value(rate, "B/s") + " of WAL the slot is lost in " + format::duration(*safe / rate) + " (max_slot_wal_keep_size)";
    if (safe && *safe <= 0)
        return "; it is beyond max_slot_wal_keep_size and is lost with the next checkpoint";
    if (rate <= 0)
        return "; nothing but the disk limits it (max_slot_wal_keep_size is not set)";
    constexpr double kStep = 1e10; // bytes
    return "; nothing but the disk limits it: at " + format::value(rate, "B/s") + " another " + format::size(kStep) + " are full in " + format::duration(kStep / rate);
}

void addSlot(const Known &known, std::vector<Cause> &causes)
{
    const auto *slots = known.table("postgres.slots");
    const auto row = slots ? worstSlot(*slots) : std::nullopt;
    if (!row)
        return;
    const auto name = text::plain(slots->text(*row, "name"), kNameLimit);
    const bool isActive = slots->truth(*row, "active");
    Cause cause{ known.source(), "slot", "Slot " + name + (isActive ? " (its reader is behind)" : " (nobody reads it)") + " keeps "
                     + format::size(slots->number(*row, "retained").value_or(0)) + " of WAL",
                 {}, { "database/slots", "database/archiving" } };
    if (const double size = known.number("postgres.wal_size"); size > 0)
        cause.sentence += ", pg_wal holds " + format::size(size);
    cause.sentence += timeToFull(known, slots->number(*row, "safe_wal_size")) + ".";
    cause.action = isActive ? "Find out why its consumer is slow; guard the disk first: ALTER SYSTEM SET max_slot_wal_keep_size = '20GB'; SELECT pg_reload_conf();"
                            : "Start its consumer again; if it is gone for good: SELECT pg_drop_replication_slot(" + quoted(name) + ");";
    causes.push_back(std::move(cause));
}

// --- root blocker → idle transaction → xmin horizon → dead rows

struct Culprit {
    double pid = 0;
    std::string words; ///< "4711 (shop, reports, idle in transaction for 40 min)"
    double transactionAge = 0;
    bool isRoot = false;
    bool isIdle = false;
};

Culprit culpritOf(const Table &sessions, std::size_t row)
{
    Culprit culprit;
    culprit.pid = sessions.number(row, "pid").value_or(0);
    culprit.transactionAge = sessions.number(row, "transaction_age").value_or(0);
    culprit.isRoot = sessions.truth(row, "is_root");
    const auto state = text::plain(sessions.text(row, "state"), kNameLimit);
    culprit.isIdle = state.starts_with("idle in transaction");
    culprit.words = std::to_string(std::llround(culprit.pid));
    std::string inside = text::plain(sessions.text(row, "user"), kNameLimit);
    for (const auto &part : { text::plain(sessions.text(row, "application"), kNameLimit), state })
        inside += part.empty() ? std::string() : (inside.empty() ? "" : ", ") + part;
    if (culprit.transactionAge > 0)
        inside += ", its transaction is " + format::duration(culprit.transactionAge) + " old";
    culprit.words += " (" + inside + ")";
    return culprit;
}

/// xmin_holders names sessions "pid 4711 (shop, ...)": the oldest horizon of this one.
double horizonOf(const Table *holders, double pid)
{
    const auto prefix = "pid " + std::to_string(std::llround(pid)) + " ";
    for (std::size_t row = 0; holders && row < holders->rows.size(); ++row) {
        if (holders->text(row, "kind") == "session" && holders->text(row, "name").starts_with(prefix))
            return holders->number(row, "xids").value_or(0);
    }
    return 0;
}

/// How many wait for a session, directly or through others.
double waitersOf(const Table &sessions, double pid)
{
    std::vector<double> reached{ pid };
    for (bool isGrowing = true; isGrowing;) {
        isGrowing = false;
        for (std::size_t row = 0; row < sessions.rows.size(); ++row) {
            const auto own = sessions.number(row, "pid").value_or(0);
            const auto by = ", " + sessions.text(row, "blocked_by") + ",";
            const bool isNew = std::ranges::find(reached, own) == reached.end();
            if (isNew && std::ranges::any_of(reached, [&](double each) { return by.find(", " + std::to_string(std::llround(each)) + ",") != std::string::npos; })) {
                reached.push_back(own);
                isGrowing = true;
            }
        }
    }
    return static_cast<double>(reached.size() - 1);
}

std::optional<Culprit> worstCulprit(const Table &sessions, const Table *holders)
{
    std::optional<Culprit> worst;
    double most = 0;
    for (std::size_t row = 0; row < sessions.rows.size(); ++row) {
        auto culprit = culpritOf(sessions, row);
        const double waiters = culprit.isRoot ? waitersOf(sessions, culprit.pid) : 0;
        const bool isHolder = horizonOf(holders, culprit.pid) >= kHorizon;
        if (!culprit.isRoot && !isHolder && !(culprit.isIdle && culprit.transactionAge >= kIdle))
            continue;
        const double weight = waiters * 1e6 + culprit.transactionAge;
        if (!worst || weight > most) {
            most = weight;
            worst = std::move(culprit);
        }
    }
    return worst;
}

/// " blocks 3 sessions, keeps vacuum from ... and lets ..."
std::string joined(const std::vector<std::string> &links)
{
    std::string words;
    for (std::size_t i = 0; i < links.size(); ++i)
        words += (i == 0 ? " " : i + 1 == links.size() ? " and " : ", ") + links[i];
    return words;
}

/// What follows while vacuum cannot pass so many transactions.
void followHorizon(const Known &known, double xids, Cause &cause, std::vector<std::string> &links)
{
    links.push_back("keeps vacuum from the dead rows of the last " + format::number(xids, 0) + " transactions");
    cause.checks.emplace_back("database/xmin-horizon");
    if (known.number("postgres.freeze_overdue_ratio") > kOverdue) {
        links.push_back("lets the transaction ids run out (" + format::ratio(known.number("postgres.xid_used_ratio")) + " used)");
        cause.checks.emplace_back("database/wraparound");
    }
}

void followDeadRows(const Known &known, Cause &cause, std::vector<std::string> &links)
{
    const auto table = known.text("postgres.dead_tuple_table");
    const double dead = known.number("postgres.dead_tuple_ratio");
    if (dead < kDeadShare || table.empty())
        return;
    links.push_back("lets " + table + " fill up (" + format::ratio(dead) + " dead rows)");
    cause.checks.emplace_back("database/autovacuum");
}

void addBlocker(const Known &known, std::vector<Cause> &causes)
{
    const auto *sessions = known.table("postgres.sessions");
    const auto *holders = known.table("postgres.xmin_holders");
    const auto culprit = sessions ? worstCulprit(*sessions, holders) : std::nullopt;
    if (!culprit)
        return;
    const double waiters = culprit->isRoot ? waitersOf(*sessions, culprit->pid) : 0;
    const double longest = known.number("postgres.blocked_longest");
    const double xids = horizonOf(holders, culprit->pid);
    if (longest < kPatience && xids < kHorizon && !(culprit->isIdle && culprit->transactionAge >= kIdle))
        return; // a lock that is soon free again
    Cause cause{ known.source(), "blocker", "Session " + culprit->words, {}, { "database/long-transactions" } };
    std::vector<std::string> links;
    if (waiters > 0) {
        links.push_back("blocks " + counted(waiters, "session", "sessions") + ", the longest for " + format::duration(longest));
        cause.checks.emplace_back("database/blocked-sessions");
    }
    if (culprit->isIdle)
        cause.checks.emplace_back("database/idle-in-transaction");
    if (xids >= kHorizon)
        followHorizon(known, xids, cause, links);
    if (xids >= kHorizon || culprit->transactionAge >= kIdle)
        followDeadRows(known, cause, links);
    if (links.empty())
        links.emplace_back("holds its locks and old rows all that time");
    cause.sentence += joined(links) + ".";
    cause.action = culprit->isIdle ? "It does nothing: end it with SELECT pg_terminate_backend(" + std::to_string(std::llround(culprit->pid)) + "); its transaction is rolled back."
                                   : "Ask its owner, then cancel its statement: SELECT pg_cancel_backend(" + std::to_string(std::llround(culprit->pid)) + ");";
    causes.push_back(std::move(cause));
}

// --- a slot, a prepared transaction or a standby → xmin horizon → ids, dead rows

/// `name` as xmin_holders has it: "left_over (inactive)", "GID (owner)", "standby1 at 192.0.2.7".
std::string releaseOf(const std::string &kind, const std::string &name)
{
    const auto own = quoted(name.substr(0, name.rfind(" (")));
    if (kind == "slot")
        return "Start its consumer again; if it is gone for good: SELECT pg_drop_replication_slot(" + own + ");";
    if (kind == "standby")
        return "End its long query, or set hot_standby_feedback = off there.";
    return "Ask its owner, then in its database: COMMIT PREPARED " + own + "; or ROLLBACK PREPARED " + own + ";";
}

void addHolder(const Known &known, std::vector<Cause> &causes)
{
    const auto *holders = known.table("postgres.xmin_holders");
    if (!holders || holders->rows.empty())
        return;
    const auto kind = holders->text(0, "kind"); // the first is the one that holds most
    const double xids = holders->number(0, "xids").value_or(0);
    if (xids < kHorizon || kind == "session")
        return;
    const auto name = text::plain(holders->text(0, "name"), kNameLimit);
    Cause cause{ known.source(), "horizon", (kind == "slot" ? "Slot " : kind == "standby" ? "Standby " : "Prepared transaction ") + name, releaseOf(kind, name), {} };
    std::vector<std::string> links;
    followHorizon(known, xids, cause, links);
    followDeadRows(known, cause, links);
    cause.sentence += joined(links) + ".";
    causes.push_back(std::move(cause));
}

// --- archiver failing → recovery point growing → backup will fail

/// The newest archived WAL of a backup set, where one knows.
double walAge(const Snapshot &snapshot)
{
    double age = 0;
    for (const auto &source : snapshot.sourcesOfKind("backup")) {
        const double each = Known(snapshot, source).number("backup.wal_age");
        age = isNoneAge(each) ? age : std::max(age, each);
    }
    return age;
}

void addArchiver(const Snapshot &snapshot, const Known &known, std::vector<Cause> &causes)
{
    const bool isFailing = known.isTrue("postgres.archiver_failing");
    const double waiting = known.number("postgres.archive_waiting");
    constexpr double kHanging = 600; // s
    const double longest = known.number("postgres.archive_waiting_longest");
    if (!isFailing && !(waiting > 0 && longest >= kHanging))
        return;
    const auto wal = known.text("postgres.archiver_last_failed_wal");
    Cause cause{ known.source(), "archiver", isFailing ? "Archiving fails" + (wal.empty() ? "" : " (last on " + wal + ")") : "Archiving hangs",
                 "The server's log shows archive_command's own words: run it by hand as the server's account; when it works, SELECT pg_switch_wal(); proves it.",
                 { "database/archiving", "database/recovery" } };
    if (waiting > 0)
        cause.sentence += ", " + counted(waiting, "segment waits", "segments wait");
    const double lost = std::max({ known.number("postgres.archive_age"), walAge(snapshot), longest });
    cause.sentence += lost > 0 ? ": a disaster now would lose the last " + format::duration(lost) : ": nothing has reached the archive yet";
    cause.sentence += ", the next backup would wait for its WAL and fail";
    if (const double ratio = known.number("postgres.wal_size_ratio"); ratio > 1)
        cause.sentence += ", and pg_wal has grown to " + format::size(known.number("postgres.wal_size"));
    cause.sentence += ".";
    causes.push_back(std::move(cause));
}

} // namespace

std::vector<Cause> causesOf(const Snapshot &snapshot)
{
    std::vector<Cause> causes;
    for (const auto &source : snapshot.sourcesOfKind("postgres")) {
        const Known known(snapshot, source);
        addArchiver(snapshot, known, causes);
        addSlot(known, causes);
        addBlocker(known, causes);
        addHolder(known, causes);
    }
    return causes;
}

} // namespace muster::readiness
