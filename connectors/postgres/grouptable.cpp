// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/postgres/counters.h"
#include "connectors/postgres/details.h"
#include "connectors/postgres/groups.h"
#include "connectors/postgres/multixacts.h"
#include "connectors/postgres/plans.h"
#include "connectors/postgres/probes.h"
#include "connectors/postgres/tables.h"

#include <array>

namespace muster::postgres {

namespace {

using Names = std::string_view;

constexpr std::array kClockFacts{ Names{ "rtt" }, Names{ "clock_skew" } };
constexpr std::array kServerFacts{ Names{ "version" },
                                   Names{ "version_num" },
                                   Names{ "version_supported" },
                                   Names{ "version_minors_behind" },
                                   Names{ "certificate_expires_in" },
                                   Names{ "identity_changed" },
                                   Names{ "role_changed" },
                                   Names{ "system_identifier" },
                                   Names{ "role" },
                                   Names{ "uptime" },
                                   Names{ "user" },
                                   Names{ "is_superuser" },
                                   Names{ "tls_in_use" },
                                   Names{ "tls_version" },
                                   Names{ "connect_time" },
                                   Names{ "through_pooler" },
                                   Names{ "connections_limit" },
                                   Names{ "checksums_on" },
                                   Names{ "archiving_on" },
                                   Names{ "archiver_failing" },
                                   Names{ "archive_age" },
                                   Names{ "archiver_last_failed_wal" },
                                   Names{ "checkpoints_requested_ratio" },
                                   Names{ "checkpoint_write_time" },
                                   Names{ "checkpoint_sync_time" } };
constexpr std::array kActivityFacts{ Names{ "connections_used" },
                                     Names{ "connections_used_ratio" },
                                     Names{ "connections_table" },
                                     Names{ "sessions" },
                                     Names{ "plaintext_clients" },
                                     Names{ "idle_in_transaction_count" },
                                     Names{ "idle_in_transaction_longest" },
                                     Names{ "transaction_longest" },
                                     Names{ "query_longest" },
                                     Names{ "blocked_count" },
                                     Names{ "blocked_longest" },
                                     Names{ "blocker_worst" } };
constexpr std::array kDatabaseFacts{ Names{ "cache_hit_ratio" },      Names{ "commits_rate" },        Names{ "rollback_ratio" },
                                     Names{ "rollbacks_rate" },
                                     Names{ "deadlocks_rate" },       Names{ "temp_bytes_rate" },     Names{ "xid_used_ratio" },
                                     Names{ "multixact_used_ratio" }, Names{ "xid_oldest_database" }, Names{ "checksum_failures" },
                                     Names{ "checksum_worst" },       Names{ "databases_unseen" },    Names{ "databases_unseen_names" } };
constexpr std::array kSlotFacts{ Names{ "slots" }, Names{ "slots_bad" }, Names{ "slots_waiting" }, Names{ "slot_retained_max" }, Names{ "slot_worst" } };
constexpr std::array kStandbyFacts{ Names{ "standbys_connected" }, Names{ "standbys_missing" }, Names{ "replication_lag_bytes" },
                                    Names{ "replication_lag" }, Names{ "replication_worst" }, Names{ "replicas" }, Names{ "receiver_streaming" } };
constexpr std::array kWalFacts{ Names{ "wal_size" }, Names{ "wal_size_ratio" } };
constexpr std::array kSettingFacts{ Names{ "autovacuum_on" },    Names{ "fsync" },
                                    Names{ "full_page_writes" }, Names{ "is_read_only" },
                                    Names{ "log_connections" },  Names{ "pgaudit" },
                                    Names{ "log_min_duration" }, Names{ "password_encryption" },
                                    Names{ "pending_restart" },  Names{ "settings" },
                                    Names{ "durability_risks" }, Names{ "durability_worst" },
                                    Names{ "logging_gaps" },     Names{ "logging_worst" },
                                    Names{ "track_io_timing" },  Names{ "idle_in_transaction_timeout" } };
constexpr std::array kConfigFacts{ Names{ "config_errors" }, Names{ "pending_settings" } };
constexpr std::array kStatementFacts{ Names{ "statements_available" }, Names{ "statement_mean_worst" }, Names{ "slow_statements" } };
constexpr std::array kIndexFacts{ Names{ "indexes_invalid" }, Names{ "indexes_duplicate" }, Names{ "indexes_unused" },
                                  Names{ "index_hit_ratio" }, Names{ "index_worst" },
                                  Names{ "index_findings" } };
constexpr std::array kSequenceFacts{ Names{ "sequence_used_ratio" }, Names{ "sequence_worst" }, Names{ "sequence_detail" } };
constexpr std::array kSizeFacts{ Names{ "database_size" }, Names{ "database_growth" } };

constexpr Millis kEachRound{ 0 };
constexpr Millis kTenSeconds{ 9500 }; // less than the background cadence, so that its jitter does not skip a turn
constexpr Millis kMinute{ 60000 };
constexpr Millis kFiveMinutes{ 300000 };


} // namespace

std::span<const Group> Groups::all()
{
    // Made once: the lists of probes name their own facts.
    static const std::array groups{
        // In order: what others need comes first, what is dear last.
        Group{ "clock", kEachRound, &Groups::runClock, kClockFacts },
        Group{ "server", kEachRound, &Groups::runServer, kServerFacts },
        Group{ "rights", kMinute, &Groups::runRights, {} },
        Group{ "activity", kEachRound, &Groups::runActivity, kActivityFacts },
        Group{ "settings", kMinute, &Groups::runSettings, kSettingFacts },
        Group{ "state", kTenSeconds, &Groups::runState, stateProbes().facts },
        Group{ "slots", kTenSeconds, &Groups::runSlots, kSlotFacts },
        Group{ "standbys", kTenSeconds, &Groups::runStandbys, kStandbyFacts },
        Group{ "horizon", kTenSeconds, &Groups::runHorizon, factsOfHorizon() },
        Group{ "progress", kTenSeconds, &Groups::runProgress, factsOfProgress() },
        Group{ "plans", kTenSeconds, &Groups::runPlans, factsOfPlans() },
        Group{ "wal", kMinute, &Groups::runWal, kWalFacts },
        Group{ "files", kMinute, &Groups::runFiles, fileProbes().facts },
        Group{ "members", kFiveMinutes, &Groups::runMembers, factsOfMembers() },
        Group{ "hba", kFiveMinutes, &Groups::runHba, hbaProbes().facts },
        Group{ "configuration", kMinute, &Groups::runConfigErrors, kConfigFacts },
        Group{ "statements", kFiveMinutes, &Groups::runStatements, kStatementFacts },
        Group{ "indexes", kMinute, &Groups::runIndexes, kIndexFacts },
        Group{ "tables", kMinute, &Groups::runTables, factsOfTables() },
        Group{ "bloat", kFiveMinutes, &Groups::runBloat, factsOfBloat() },
        Group{ "schema", kFiveMinutes, &Groups::runSchema, schemaProbes().facts },
        Group{ "sequences", kMinute, &Groups::runSequences, kSequenceFacts },
        Group{ "verify", kFiveMinutes, &Groups::runVerify, factsOfVerify() },
        Group{ "size", kMinute, &Groups::runSize, kSizeFacts },
        Group{ "counters", kTenSeconds, &Groups::runCounters, factsOfCounters() },
        // Last, so that the blocks that the first round itself reads are in the first sample and not in the first rate.
        Group{ "databases", kEachRound, &Groups::runDatabases, kDatabaseFacts },
    };
    return groups;
}

} // namespace muster::postgres
