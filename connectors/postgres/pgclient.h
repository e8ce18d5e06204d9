// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/net/interrupter.h"
#include "connectors/postgres/conninfo.h"
#include "connectors/postgres/rows.h"
#include "models/facts/clock.h"
#include "models/facts/fault.h"
#include "models/ports/deadline.h"

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace muster::postgres {

/// How a session is set up after the connect.
struct SessionOptions {
    std::string applicationName; ///< "muster ada@laptop"; cut to 63 bytes
    Millis statementTimeout{ 3000 }; ///< the server's own limit; 0 = none
    Millis lockTimeout{ 50 }; ///< 0 = none
    bool isReadOnly = true; ///< default_transaction_read_only
    bool isAdminConsole = false; ///< PgBouncer's console: no SET, simple queries only
};

/// What the connect showed.
struct ConnectionInfo {
    int serverVersion = 0; ///< 150018; 0 for a PgBouncer console
    std::string serverVersionText; ///< "15.18 (Debian 15.18-1)", "1.18.0/bouncer"
    std::string address; ///< "192.0.2.1:5432", or the socket's path
    std::string tlsVersion; ///< "TLSv1.3"; "" = not encrypted
    std::string tlsCipher;
    std::optional<WallTime> certificateEnds; ///< of the server's certificate
    std::string certificateName; ///< its subject
    bool isPooled = false; ///< a pooler answered instead of a backend: no session state may be relied on (locks, SET)
    bool isRoleReadOnly = false; ///< this role or database is read-only by ALTER ROLE/DATABASE: says nothing about the server
    bool isServed = false; ///< a backend began to answer this connect (TLS or login), whatever came of it
    bool isSuperuser = false;
    std::string user; ///< session_user
    int backendPid = 0;
    Millis dns{ 0 };
    Millis tcp{ 0 };
    Millis tls{ 0 };
    Millis auth{ 0 }; ///< startup, authentication and set-up
    Millis total{ 0 };
};

/// One connection, used by one thread. Never blocks beyond the deadline: libpq's non-blocking calls and an own poll() on socket and
/// interrupter. A missed deadline, an interrupt and a lost protocol close the connection. The only user of libpq.
class PgClient {
public:
    PgClient();
    ~PgClient();

    /// Faults carry the stage: "dns", "tcp", "tls", "protocol", "auth", "session". An empty `password` lets libpq look into its passfile.
    [[nodiscard]] std::expected<void, Fault> connect(const ConnectionParameters &parameters, const Secret &password,
                                                     const SessionOptions &options, Deadline deadline);
    [[nodiscard]] bool isConnected() const;
    void close() noexcept;

    /// One statement with text parameters ($1, $2, ...). Errors of the statement leave the connection open; look at isConnected().
    /// Kinds: Denied (42501), Timeout (57014, 55P03 and the deadline), TooLarge, Cancelled, Unavailable (connection lost), Protocol (any
    /// other SQL error). `detail` starts with the SQLSTATE where the server sent one: "42P01: relation ...".
    [[nodiscard]] std::expected<Rows, Fault> query(std::string_view sql, std::span<const std::string> parameters, Deadline deadline);
    [[nodiscard]] std::expected<Rows, Fault> query(std::string_view sql, Deadline deadline) { return query(sql, {}, deadline); }
    /// The simple protocol: PgBouncer's console, several statements in one string. The last result counts.
    [[nodiscard]] std::expected<Rows, Fault> simpleQuery(std::string_view sql, Deadline deadline);

    /// Session-level advisory lock; false = another session holds it. Refused on a pooled connection.
    [[nodiscard]] std::expected<bool, Fault> tryAdvisoryLock(std::int64_t key, Deadline deadline);
    [[nodiscard]] std::expected<void, Fault> advisoryUnlock(std::int64_t key, Deadline deadline);

    [[nodiscard]] const ConnectionInfo &info() const;

    /// Ends a blocked connect() or query() now. Thread-safe, never blocks.
    void interrupt() noexcept { m_interrupter.interrupt(); }
    /// Before a new round, on the client's own thread.
    void rearm() noexcept { m_interrupter.rearm(); }
    [[nodiscard]] bool isInterrupted() const noexcept { return m_interrupter.isInterrupted(); }

    /// Of one answer, rows and libpq's buffers together.
    static constexpr std::size_t kMaxAnswerBytes = std::size_t{ 32 } << 20;
    static constexpr std::size_t kMaxRows = 100000;

    PgClient(const PgClient &) = delete;
    PgClient &operator=(const PgClient &) = delete;

private:
    class Impl;
    net::Interrupter m_interrupter;
    std::unique_ptr<Impl> m_impl;
};

} // namespace muster::postgres
