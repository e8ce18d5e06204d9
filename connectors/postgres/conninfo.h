// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/facts/fault.h"
#include "models/ports/secret.h"

#include <expected>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace muster::postgres {

/// One PostgreSQL server (or one PgBouncer) as the environment file declares it. Relative paths were resolved by its parser.
struct Target {
    std::string id; ///< "postgres/primary", "pgbouncer/pool"
    std::string url; ///< "postgresql://oncall@db1:5432/shop?sslmode=verify-full", or libpq's "host=db1 dbname=shop"
    SecretProvider password; ///< may be empty: libpq's passfile or the service decides
    std::string caFile; ///< PEM; means sslmode=verify-full unless the url says another
    std::string clientCertFile;
    std::string clientKeyFile;
    std::string verifyName; ///< name to verify when it is not the host
    std::vector<std::string> databases; ///< the first one is connected to when the url names none
    std::vector<std::string> alsoSeen; ///< databases of the same server that other entries connect to
    int expectedStandbys = -1; ///< −1 = not declared
    bool isPrimaryExpected = false; ///< true when the environment says so, or declares standbys
    std::string operatorName; ///< "ada@laptop", for application_name
};

/// All libpq keywords of one connection, without its password; the service file is already read into them.
/// The same object serves the console's own connection and its child tools, so that both speak the same TLS to the same server.
class ConnectionParameters {
public:
    /// Reads url, service file and the target's own settings. Fault kind Config, stage "configuration"; never contains a password.
    [[nodiscard]] static std::expected<ConnectionParameters, Fault> from(const Target &target);

    [[nodiscard]] std::string host() const; ///< "" = libpq's default socket directory; one or more names separated by commas
    [[nodiscard]] std::string port() const; ///< "5432" when nothing says another
    [[nodiscard]] std::string dbname() const; ///< defaults to the user, as libpq does
    [[nodiscard]] std::string user() const; ///< defaults to the operating system's user
    [[nodiscard]] std::string sslmode() const; ///< "prefer" when nothing says another
    [[nodiscard]] bool isLocalSocket() const;
    /// "db1:5432/shop" for messages.
    [[nodiscard]] std::string label() const;

    [[nodiscard]] std::string get(const std::string &keyword) const;
    void set(const std::string &keyword, std::string value);
    /// For PQconnectStartParams: keyword and value, sorted by keyword.
    [[nodiscard]] const std::map<std::string, std::string> &keywords() const { return m_keywords; }
    /// From the url or the service file. Empty where there is none.
    [[nodiscard]] const Secret &password() const { return m_password; }

    /// PGHOST, PGPORT, PGDATABASE, PGUSER, PGSSLMODE, PGSSLROOTCERT, ... for pg_dump and its like. Never PGPASSWORD.
    [[nodiscard]] std::vector<std::pair<std::string, std::string>> childEnvironment() const;
    /// One line for a temporary passfile (0600): host:port:database:user:password, `:` and `\` escaped; any database, since pg_dumpall
    /// changes it.
    [[nodiscard]] Secret passfileLine(const Secret &password) const;

private:
    std::map<std::string, std::string> m_keywords;
    Secret m_password;
};

/// "key='va\'lue' ..." for tools that take one connection string, for example a --dbname that must not be read as a URL.
[[nodiscard]] std::string conninfoString(const std::map<std::string, std::string> &keywords);
/// One quoted value: inside single quotes, `'` and `\` escaped.
[[nodiscard]] std::string quoteConninfo(std::string_view value);

/// The section [name] of a service file's text. Lines are "key=value"; '#' starts a comment line.
[[nodiscard]] std::map<std::string, std::string> parseServiceSection(std::string_view text, std::string_view name);

} // namespace muster::postgres
