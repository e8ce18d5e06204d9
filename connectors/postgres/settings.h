// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/postgres/factwriter.h"
#include "connectors/postgres/rows.h"

#include <map>
#include <optional>
#include <string>

namespace muster::postgres {

struct Setting {
    std::string value;
    std::string unit;
    std::string source;
    std::string context; ///< "postmaster": takes effect at a restart only; "sighup", "user", ...
    bool isPendingRestart = false;
};

/// What this role may see and what is installed: asked before a statement that would only leave an error in the server's log.
struct Rights {
    bool isMonitor = false; ///< may read foreign sessions and statements
    bool canReadAllData = false; ///< sees every sequence's last value
    bool canListWal = false;
    bool canReadConfigFile = false;
    bool canSizeDatabase = false;
    bool canReadHba = false;
    bool canReadPasswords = false;
    bool canListArchive = false; ///< pg_ls_archive_statusdir()
    bool canListDirectories = false; ///< pg_ls_dir(text)
    std::string amcheckSchema; ///< quoted for SQL; "" = not created in this database, or its functions are not granted
    std::string statementsVersion; ///< extversion of pg_stat_statements in this database, "" = not created
    std::string statementsSchema; ///< quoted for SQL
    std::string evictionsSql; ///< reads pg_stat_statements' own counter of evictions
};

struct Settings {
    std::map<std::string, Setting> settings;
    [[nodiscard]] std::optional<std::string> value(const std::string &name) const;
    [[nodiscard]] std::optional<bool> truth(const std::string &name) const;
    /// Is `library` preloaded? nullopt when the setting is hidden from this role.
    [[nodiscard]] std::optional<bool> isPreloaded(const std::string &library) const;
};

[[nodiscard]] std::string rightsSql(int version);
[[nodiscard]] Rights parseRights(const Rows &rows);

[[nodiscard]] std::string settingsSql(int version);
[[nodiscard]] Settings parseSettings(const Rows &rows);
void addSettingFacts(const Settings &settings, const Context &context, FactWriter &facts);

[[nodiscard]] std::string configErrorsSql(int version);
void addConfigErrors(const Rows &rows, FactWriter &facts);

/// log_connections: a truth until 17, a list of aspects from 18 on ("" = off).
[[nodiscard]] bool isLogConnectionsOn(const std::string &value);

} // namespace muster::postgres
