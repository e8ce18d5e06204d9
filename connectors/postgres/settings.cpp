// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/postgres/settings.h"

#include <array>
#include <charconv>
#include <vector>

namespace muster::postgres {

namespace {

constexpr std::size_t kSettingLimit = 200;

/// The settings that the checks read, and what an operator asks for first; the rest is shown when it is not the default.
/// What this session has set for itself (timeouts, read-only) is not the server's: there the value before counts.
constexpr std::string_view kSettingsSql = R"sql(/* muster settings */
select name, case when source = 'session' then reset_val else setting end as setting, unit, source, context, pending_restart
from pg_settings
where name in ('autovacuum', 'track_counts', 'fsync', 'full_page_writes', 'password_encryption', 'log_connections', 'log_disconnections',
    'log_min_duration_statement', 'log_destination', 'logging_collector', 'idle_session_timeout', 'transaction_timeout', 'log_checkpoints', 'log_lock_waits', 'log_temp_files', 'log_autovacuum_min_duration', 'shared_preload_libraries',
    'default_transaction_read_only', 'max_connections', 'superuser_reserved_connections', 'shared_buffers', 'effective_cache_size', 'work_mem',
    'maintenance_work_mem', 'max_wal_size', 'min_wal_size', 'wal_keep_size', 'max_slot_wal_keep_size', 'wal_level', 'archive_mode', 'archive_timeout',
    'checkpoint_timeout', 'synchronous_commit', 'synchronous_standby_names', 'hot_standby', 'ssl', 'ssl_min_protocol_version', 'listen_addresses', 'port',
    'idle_in_transaction_session_timeout', 'statement_timeout', 'lock_timeout', 'track_io_timing', 'zero_damaged_pages', 'ignore_checksum_failure',
    'data_checksums', 'random_page_cost', 'max_worker_processes', 'autovacuum_max_workers', 'autovacuum_freeze_max_age')
  or pending_restart or source in ('configuration file', 'command line', 'environment variable')
order by name limit 201)sql";

bool startsWord(std::string_view list, std::string_view word)
{
    for (auto at = list.find(word); at != std::string_view::npos; at = list.find(word, at + 1)) {
        const auto end = at + word.size();
        const bool isStart = at == 0 || list[at - 1] == ',' || list[at - 1] == ' ' || list[at - 1] == '"' || list[at - 1] == '/';
        if (isStart && (end == list.size() || list[end] == ',' || list[end] == ' ' || list[end] == '"'))
            return true;
    }
    return false;
}

Table settingTable(const Settings &settings)
{
    Table table;
    table.columns = { { "name", "" }, { "value", "" }, { "unit", "" }, { "source", "" }, { "context", "" }, { "pending_restart", "" } };
    table.limit = kSettingLimit;
    for (const auto &[name, setting] : settings.settings) {
        if (table.rows.size() == kSettingLimit) {
            table.isTruncated = true;
            break;
        }
        table.rows.push_back({ name, setting.value, setting.unit, setting.source, setting.context, setting.isPendingRestart });
    }
    return table;
}

void addTruth(std::string_view fact, std::optional<bool> truth, FactWriter &facts)
{
    if (truth)
        facts.add(fact, *truth);
    else
        facts.unknown(fact, "the server does not show this setting");
}

void addLogging(const Settings &settings, const Context &context, FactWriter &facts)
{
    if (const auto value = settings.value("log_connections"))
        facts.add("log_connections", isLogConnectionsOn(*value), *value);
    else
        facts.unknown("log_connections", "the server does not show this setting");
    if (const auto isLoaded = settings.isPreloaded("pgaudit"))
        facts.add("pgaudit", *isLoaded, settings.value("shared_preload_libraries").value_or(""));
    else
        facts.unknown("pgaudit", "shared_preload_libraries is hidden from this role", context.grant("pg_monitor"));
    // Milliseconds; −1 is off and stays −1.
    double millis = -1;
    const auto text = settings.value("log_min_duration_statement").value_or("");
    if (const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), millis); error != std::errc() || text.empty())
        facts.unknown("log_min_duration", "the server does not show this setting");
    else
        facts.add("log_min_duration", millis < 0 ? -1.0 : millis / 1000.0);
}

std::string joined(const std::vector<std::string> &parts)
{
    std::string text;
    for (const auto &part : parts)
        text += (text.empty() ? "" : ", ") + part;
    return text;
}

/// Settings beside fsync and full_page_writes under which a crash or a bad disk costs data.
void addDurability(const Settings &settings, FactWriter &facts)
{
    std::vector<std::string> risks;
    for (const auto *name : { "zero_damaged_pages", "ignore_checksum_failure" }) {
        if (settings.truth(name).value_or(false))
            risks.push_back(std::string(name) + " is on");
    }
    if (settings.value("wal_level") == "minimal")
        risks.emplace_back("wal_level is minimal");
    facts.add("durability_risks", static_cast<double>(risks.size()));
    facts.add("durability_worst", joined(risks));
}

/// What the server's log would not tell after an incident; the defaults differ by version.
void addLoggingGaps(const Settings &settings, FactWriter &facts)
{
    std::vector<std::string> gaps;
    for (const auto *name : { "log_checkpoints", "log_lock_waits" }) {
        if (settings.truth(name) == false)
            gaps.push_back(std::string(name) + " is off");
    }
    for (const auto *name : { "log_temp_files", "log_autovacuum_min_duration" }) {
        if (settings.value(name) == "-1")
            gaps.push_back(std::string(name) + " is off");
    }
    if (settings.value("log_destination") == "")
        gaps.emplace_back("log_destination is empty");
    facts.add("logging_gaps", static_cast<double>(gaps.size()));
    facts.add("logging_worst", joined(gaps));
}

/// Milliseconds to seconds; 0 is off.
void addTimeouts(const Settings &settings, FactWriter &facts)
{
    const auto value = settings.value("idle_in_transaction_session_timeout");
    double millis = 0;
    const auto isRead = value && std::from_chars(value->data(), value->data() + value->size(), millis).ec == std::errc();
    facts.addNumber("idle_in_transaction_timeout", isRead ? std::optional(millis / 1000) : std::nullopt, "the server does not show this setting");
    addTruth("track_io_timing", settings.truth("track_io_timing"), facts);
}

void addReadOnly(const Settings &settings, const Context &context, FactWriter &facts)
{
    const auto value = settings.truth("default_transaction_read_only");
    if (context.isStandby)
        facts.add("is_read_only", context.target.isPrimaryExpected,
                  context.target.isPrimaryExpected ? "a standby, but declared primary" : "a standby: read-only by design");
    else if (context.info.isRoleReadOnly)
        facts.add("is_read_only", false, "this role is read-only by its own setting, the server is not");
    else
        addTruth("is_read_only", value, facts);
}

} // namespace

std::optional<std::string> Settings::value(const std::string &name) const
{
    const auto found = settings.find(name);
    return found == settings.end() ? std::nullopt : std::optional(found->second.value);
}

std::optional<bool> Settings::truth(const std::string &name) const
{
    const auto text = value(name);
    return text ? std::optional(*text == "on") : std::nullopt;
}

std::optional<bool> Settings::isPreloaded(const std::string &library) const
{
    const auto list = value("shared_preload_libraries");
    return list ? std::optional(startsWord(*list, library)) : std::nullopt;
}

std::string rightsSql(int version)
{
    return std::string("/* muster rights */ select pg_has_role('pg_read_all_stats', 'usage') as is_monitor, ")
        + (version >= 140000 ? "pg_has_role('pg_read_all_data', 'usage')" : "(select rolsuper from pg_roles where rolname = current_user)")
        + " as reads_all_data, "
        + "has_function_privilege('pg_ls_waldir()', 'execute') as lists_wal, "
          "has_table_privilege('pg_file_settings', 'select') and has_function_privilege('pg_show_all_file_settings()', 'execute') as "
          "reads_config_file, "
          "has_table_privilege('pg_hba_file_rules', 'select') and has_function_privilege('pg_hba_file_rules()', 'execute') as reads_hba, "
          "has_table_privilege('pg_authid', 'select') as reads_passwords, "
          "has_function_privilege('pg_ls_archive_statusdir()', 'execute') as lists_archive, "
          "(select quote_ident(s.nspname) from pg_extension x join pg_namespace s on s.oid = x.extnamespace where x.extname = 'amcheck' and "
          "has_function_privilege(to_regprocedure(quote_ident(s.nspname) || '.bt_index_check(regclass)'), 'execute')) as amcheck, "
          "has_function_privilege('pg_ls_dir(text)', 'execute') as lists_directories, "
          "has_database_privilege(current_database(), 'connect') or pg_has_role('pg_read_all_stats', 'usage') as sizes_database, "
          "e.extversion, quote_ident(n.nspname) as extschema "
          "from (select 1) one left join pg_extension e on e.extname = 'pg_stat_statements' left join pg_namespace n on n.oid = "
          "e.extnamespace";
}

Rights parseRights(const Rows &rows)
{
    Rights rights;
    rights.isMonitor = rows.truth(0, "is_monitor").value_or(false);
    rights.canReadAllData = rows.truth(0, "reads_all_data").value_or(false);
    rights.canListWal = rows.truth(0, "lists_wal").value_or(false);
    rights.canReadConfigFile = rows.truth(0, "reads_config_file").value_or(false);
    rights.canSizeDatabase = rows.truth(0, "sizes_database").value_or(false);
    rights.canReadHba = rows.truth(0, "reads_hba").value_or(false);
    rights.canReadPasswords = rows.truth(0, "reads_passwords").value_or(false);
    rights.canListArchive = rows.truth(0, "lists_archive").value_or(false);
    rights.canListDirectories = rows.truth(0, "lists_directories").value_or(false);
    rights.amcheckSchema = rows.text(0, "amcheck");
    rights.statementsVersion = rows.text(0, "extversion");
    rights.statementsSchema = rows.text(0, "extschema");
    rights.evictionsSql = "(select dealloc from " + rights.statementsSchema + ".pg_stat_statements_info)";
    return rights;
}

std::string settingsSql(int)
{
    return std::string(kSettingsSql);
}

Settings parseSettings(const Rows &rows)
{
    Settings settings;
    for (std::size_t row = 0; row < rows.size(); ++row) {
        settings.settings[rows.text(row, "name")] = { rows.text(row, "setting"), rows.text(row, "unit"), rows.text(row, "source"), rows.text(row, "context"),
                                                      rows.truth(row, "pending_restart").value_or(false) };
    }
    return settings;
}

void addSettingFacts(const Settings &settings, const Context &context, FactWriter &facts)
{
    const auto isOn = settings.truth("autovacuum");
    const auto isCounting = settings.truth("track_counts");
    addTruth("autovacuum_on", isOn && isCounting ? std::optional(*isOn && *isCounting) : std::nullopt, facts);
    addTruth("fsync", settings.truth("fsync"), facts);
    addTruth("full_page_writes", settings.truth("full_page_writes"), facts);
    addDurability(settings, facts);
    addLoggingGaps(settings, facts);
    addTimeouts(settings, facts);
    addReadOnly(settings, context, facts);
    addLogging(settings, context, facts);
    if (const auto value = settings.value("password_encryption"))
        facts.add("password_encryption", *value);
    else
        facts.unknown("password_encryption", "the server does not show this setting");
    double pending = 0;
    std::string names;
    for (const auto &[name, setting] : settings.settings) {
        if (!setting.isPendingRestart)
            continue;
        ++pending;
        names += (names.empty() ? "" : ", ") + name;
    }
    facts.add("pending_restart", pending, names);
    facts.add("settings", settingTable(settings));
}

/// A setting that waits for a restart has an error text here too ("could not be applied"), but no error.
std::string configErrorsSql(int)
{
    return "/* muster configuration */ select f.sourcefile, f.sourceline, f.name, f.setting, f.error, s.setting as running, s.unit, "
           "coalesce(s.pending_restart, false) as is_pending from pg_file_settings f left join pg_settings s on s.name = f.name "
           "where f.error is not null or s.pending_restart order by 1, 2 limit 100";
}

void addConfigErrors(const Rows &rows, FactWriter &facts)
{
    std::string raw;
    double errors = 0;
    Table pending;
    pending.columns = { { "name", "" }, { "now", "" }, { "unit", "" }, { "after_restart", "" }, { "file", "" }, { "line", "" } };
    pending.limit = 100;
    pending.isTruncated = rows.size() >= pending.limit;
    for (std::size_t row = 0; row < rows.size(); ++row) {
        if (rows.truth(row, "is_pending").value_or(false)) {
            pending.rows.push_back({ rows.text(row, "name"), rows.text(row, "running"), rows.text(row, "unit"), rows.text(row, "setting"),
                                     rows.text(row, "sourcefile"), rows.text(row, "sourceline") });
            continue;
        }
        ++errors;
        raw += rows.text(row, "sourcefile") + ":" + rows.text(row, "sourceline") + " " + rows.text(row, "name") + ": "
            + rows.text(row, "error") + "\n";
    }
    facts.add("config_errors", errors, raw);
    facts.add("pending_settings", std::move(pending));
}

bool isLogConnectionsOn(const std::string &value)
{
    static constexpr std::array<std::string_view, 5> kOff{ "", "off", "false", "no", "0" };
    for (const auto off : kOff) {
        if (value == off)
            return false;
    }
    return true;
}

} // namespace muster::postgres
