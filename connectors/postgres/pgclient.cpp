// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/postgres/pgclient.h"

#include "connectors/net/certificate.h"
#include "connectors/net/socket.h"
#include "connectors/net/stream.h"
#include "connectors/postgres/pgconnector.h"
#include "connectors/postgres/pgfaults.h"
#include "models/facts/fact.h"

#include <libpq-fe.h>

#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <utility>
#include <vector>

namespace muster::postgres {

namespace {

/// Told before any SET: behind a pooler a SET would leak into other people's transactions.
constexpr std::string_view kProbe =
    "select pg_catalog.pg_backend_pid() as pid, session_user::text as who, "
    "(select source from pg_catalog.pg_settings where name = 'default_transaction_read_only') as read_only_source, "
    "pg_catalog.current_setting('default_transaction_read_only') as read_only";

using PgResult = std::unique_ptr<PGresult, decltype(&PQclear)>;

std::string setupScript(const SessionOptions &options, int serverVersion)
{
    std::string sql = "set statement_timeout = " + std::to_string(options.statementTimeout.count())
        + "; set lock_timeout = " + std::to_string(options.lockTimeout.count())
        + "; set search_path = pg_catalog; set idle_in_transaction_session_timeout = 60000; set jit = off; set "
          "max_parallel_workers_per_gather = 0; set timezone = 'UTC'";
    if (serverVersion >= 140000)
        sql += "; set idle_session_timeout = 0";
    if (options.isReadOnly)
        sql += "; set default_transaction_read_only = on";
    return sql;
}

/// What the kernel has received on this socket since it was opened; 0 where it does not say (local sockets).
std::size_t receivedBytes(int socket)
{
    tcp_info info{};
    socklen_t length = sizeof info;
    if (getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &length) != 0)
        return 0;
    return info.tcpi_bytes_received;
}

void appendRow(const PGresult *result, Rows &rows, std::size_t &bytes)
{
    const int width = PQnfields(result);
    std::vector<std::optional<std::string>> row;
    row.reserve(static_cast<std::size_t>(width));
    for (int i = 0; i < width; ++i) {
        if (PQgetisnull(result, 0, i)) {
            row.emplace_back();
            continue;
        }
        const auto length = static_cast<std::size_t>(PQgetlength(result, 0, i));
        bytes += length + sizeof(std::string);
        row.emplace_back(std::string(PQgetvalue(result, 0, i), length));
    }
    rows.rows.push_back(std::move(row));
}

void readColumns(const PGresult *result, Rows &rows)
{
    rows.columns.clear();
    for (int i = 0; i < PQnfields(result); ++i)
        rows.columns.emplace_back(PQfname(result, i));
}

} // namespace

class PgClient::Impl {
public:
    explicit Impl(net::Interrupter &interrupter) : m_interrupter(interrupter) { }

    std::expected<void, Fault> open(const ConnectionParameters &parameters, const Secret &password, const SessionOptions &options,
                                    Deadline deadline);
    std::expected<Rows, Fault> run(std::string_view sql, std::span<const std::string> parameters, bool isSimple, Deadline deadline);
    void close() noexcept { m_handle.reset(); }
    [[nodiscard]] bool isOpen() const { return m_handle && PQstatus(m_handle.get()) == CONNECTION_OK; }
    [[nodiscard]] const ConnectionInfo &info() const { return m_info; }

private:
    std::expected<void, Fault> setUp(const SessionOptions &options, Deadline deadline);
    std::expected<void, Fault> send(const std::string &sql, std::span<const std::string> parameters, bool isSimple);
    std::expected<void, Fault> flush(Deadline deadline);
    std::expected<void, Fault> awaitResult(Deadline deadline, std::size_t receivedBefore);
    std::expected<Rows, Fault> readResults(Deadline deadline);
    std::expected<void, Fault> wait(short events, Deadline deadline);
    [[nodiscard]] Fault errorOf(const pg_result *result) const;
    void readInfo();
    /// The connection is of no further use.
    std::unexpected<Fault> drop(Fault fault)
    {
        close();
        return std::unexpected(std::move(fault));
    }
    std::unexpected<Fault> lost() { return drop(queryFault("", PQerrorMessage(m_handle.get()), true)); }

    net::Interrupter &m_interrupter;
    PgHandle m_handle;
    ConnectionInfo m_info;
};

std::expected<void, Fault> PgClient::Impl::open(const ConnectionParameters &parameters, const Secret &password,
                                                const SessionOptions &options, Deadline deadline)
{
    close();
    m_info = {};
    const auto start = BootClock::now();
    auto handle =
        openConnection(parameters, password.isEmpty() ? parameters.password() : password, options, deadline, m_interrupter, m_info);
    if (!handle)
        return std::unexpected(handle.error());
    m_handle = std::move(*handle);
    PQsetnonblocking(m_handle.get(), 1);
    readInfo();
    if (!options.isAdminConsole) {
        const auto authenticated = BootClock::now();
        if (auto done = setUp(options, deadline); !done) {
            auto fault = done.error();
            fault.stage = fault.kind == FaultKind::Cancelled ? fault.stage : "query";
            return drop(std::move(fault));
        }
        m_info.auth += std::chrono::duration_cast<Millis>(BootClock::now() - authenticated);
    }
    m_info.total = std::chrono::duration_cast<Millis>(BootClock::now() - start);
    return {};
}

void PgClient::Impl::readInfo()
{
    const auto text = [](const char *value) { return std::string(value ? value : ""); };
    PGconn *connection = m_handle.get();
    m_info.serverVersionText = clamp(text(PQparameterStatus(connection, "server_version")), 128);
    m_info.serverVersion = PQserverVersion(connection);
    m_info.isSuperuser = text(PQparameterStatus(connection, "is_superuser")) == "on";
    m_info.user = text(PQuser(connection));
    m_info.backendPid = PQbackendPID(connection);
    if (PQsslInUse(connection)) {
        m_info.tlsVersion = text(PQsslAttribute(connection, "protocol"));
        m_info.tlsCipher = text(PQsslAttribute(connection, "cipher"));
        if (const auto certificate = net::peerCertificate(PQsslStruct(connection, "OpenSSL"))) {
            m_info.certificateEnds = certificate->notAfter;
            m_info.certificateName = certificate->subject;
        }
    }
}

std::expected<void, Fault> PgClient::Impl::setUp(const SessionOptions &options, Deadline deadline)
{
    const auto probe = run(kProbe, {}, false, deadline);
    if (!probe)
        return std::unexpected(probe.error());
    // A pooler hands out a cancel key of its own, so that the process id of the handshake is not the backend's.
    m_info.isPooled = probe->number(0, "pid").value_or(0) != m_info.backendPid;
    m_info.user = probe->text(0, "who");
    const auto source = probe->text(0, "read_only_source");
    m_info.isRoleReadOnly = probe->truth(0, "read_only").value_or(false)
        && (source == "user" || source == "database user" || source == "database" || source == "client");
    if (m_info.isPooled)
        return {};
    if (auto done = run(setupScript(options, m_info.serverVersion), {}, true, deadline); !done)
        return std::unexpected(done.error());
    return {};
}

std::expected<void, Fault> PgClient::Impl::wait(short events, Deadline deadline)
{
    switch (net::waitFor(PQsocket(m_handle.get()), events, deadline, m_interrupter)) {
    case net::Wake::Interrupted:
        return drop(net::cancelledFault("query"));
    case net::Wake::TimedOut:
        return drop({ FaultKind::Timeout, "query", m_info.address + ": no answer in time; the connection was closed",
                      "The server accepted the query and went silent: it may be stopped, overloaded or behind a dead network." });
    case net::Wake::Ready:
        break;
    }
    return {};
}

std::expected<void, Fault> PgClient::Impl::send(const std::string &sql, std::span<const std::string> parameters, bool isSimple)
{
    std::vector<const char *> values;
    values.reserve(parameters.size());
    for (const auto &parameter : parameters)
        values.push_back(parameter.c_str());
    const int isSent = isSimple
        ? PQsendQuery(m_handle.get(), sql.c_str())
        : PQsendQueryParams(m_handle.get(), sql.c_str(), static_cast<int>(values.size()), nullptr, values.data(), nullptr, nullptr, 0);
    if (!isSent)
        return lost();
    PQsetSingleRowMode(m_handle.get());
    return {};
}

std::expected<void, Fault> PgClient::Impl::flush(Deadline deadline)
{
    for (int pending = PQflush(m_handle.get()); pending != 0; pending = PQflush(m_handle.get())) {
        if (pending < 0)
            return lost();
        if (auto ready = wait(POLLIN | POLLOUT, deadline); !ready)
            return ready;
        if (!PQconsumeInput(m_handle.get()))
            return lost();
    }
    return {};
}

/// Until PQgetResult can be called without blocking. One row that never ends is caught here, by the kernel's own count.
std::expected<void, Fault> PgClient::Impl::awaitResult(Deadline deadline, std::size_t receivedBefore)
{
    while (PQisBusy(m_handle.get())) {
        if (auto ready = wait(POLLIN, deadline); !ready)
            return ready;
        if (receivedBytes(PQsocket(m_handle.get())) > receivedBefore + kMaxAnswerBytes)
            return drop({ FaultKind::TooLarge, "query", "the answer is larger than 32 MiB",
                          "This is no answer that the console asked for: check what answers at this address." });
        if (!PQconsumeInput(m_handle.get()))
            return lost();
    }
    return {};
}

Fault PgClient::Impl::errorOf(const pg_result *result) const
{
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    return queryFault(state ? state : "", message ? message : PQresultErrorMessage(result), PQstatus(m_handle.get()) != CONNECTION_OK);
}

std::expected<Rows, Fault> PgClient::Impl::readResults(Deadline deadline)
{
    Rows rows;
    std::size_t bytes = 0;
    std::optional<Fault> fault;
    const auto received = receivedBytes(PQsocket(m_handle.get()));
    for (;;) {
        if (auto ready = awaitResult(deadline, received); !ready)
            return std::unexpected(ready.error());
        const PgResult result(PQgetResult(m_handle.get()), &PQclear);
        if (!result)
            break;
        switch (PQresultStatus(result.get())) {
        case PGRES_SINGLE_TUPLE:
            if (rows.rows.empty())
                readColumns(result.get(), rows);
            appendRow(result.get(), rows, bytes);
            if (bytes > kMaxAnswerBytes || rows.size() > kMaxRows)
                return drop(
                    { FaultKind::TooLarge, "query", "the answer has more rows or bytes than the console takes", "Narrow the statement." });
            break;
        case PGRES_TUPLES_OK:
            readColumns(result.get(), rows);
            break;
        case PGRES_COMMAND_OK:
        case PGRES_EMPTY_QUERY:
            break;
        case PGRES_FATAL_ERROR:
            if (!fault)
                fault = errorOf(result.get());
            break;
        default:
            return drop(
                { FaultKind::Protocol, "query", "the server started a copy that nobody asked for", "Check what answers at this address." });
        }
    }
    while (PGnotify *notice = PQnotifies(m_handle.get()))
        PQfreemem(notice);
    if (!isOpen())
        close();
    if (fault)
        return std::unexpected(*fault);
    return rows;
}

std::expected<Rows, Fault> PgClient::Impl::run(std::string_view sql, std::span<const std::string> parameters, bool isSimple,
                                               Deadline deadline)
{
    if (!isOpen()) {
        close();
        return std::unexpected(Fault{ FaultKind::Unavailable, "query", "not connected", "Connect first." });
    }
    if (auto sent = send(std::string(sql), parameters, isSimple); !sent)
        return std::unexpected(sent.error());
    if (auto flushed = flush(deadline); !flushed)
        return std::unexpected(flushed.error());
    return readResults(deadline);
}

PgClient::PgClient() : m_impl(std::make_unique<Impl>(m_interrupter))
{
}

PgClient::~PgClient() = default;

std::expected<void, Fault> PgClient::connect(const ConnectionParameters &parameters, const Secret &password, const SessionOptions &options,
                                             Deadline deadline)
{
    return m_impl->open(parameters, password, options, deadline);
}

bool PgClient::isConnected() const
{
    return m_impl->isOpen();
}

void PgClient::close() noexcept
{
    m_impl->close();
}

std::expected<Rows, Fault> PgClient::query(std::string_view sql, std::span<const std::string> parameters, Deadline deadline)
{
    return m_impl->run(sql, parameters, false, deadline);
}

std::expected<Rows, Fault> PgClient::simpleQuery(std::string_view sql, Deadline deadline)
{
    return m_impl->run(sql, {}, true, deadline);
}

std::expected<bool, Fault> PgClient::tryAdvisoryLock(std::int64_t key, Deadline deadline)
{
    if (info().isPooled)
        return std::unexpected(Fault{ FaultKind::Config, "role",
                                      info().address + " is a connection pooler: a lock taken through it would belong to nobody",
                                      "Declare the server's own address." });
    const std::string parameter = std::to_string(key);
    const auto rows = query("select pg_catalog.pg_try_advisory_lock($1::bigint) as taken", std::span(&parameter, 1), deadline);
    if (!rows)
        return std::unexpected(rows.error());
    return rows->truth(0, "taken").value_or(false);
}

std::expected<void, Fault> PgClient::advisoryUnlock(std::int64_t key, Deadline deadline)
{
    const std::string parameter = std::to_string(key);
    const auto rows = query("select pg_catalog.pg_advisory_unlock($1::bigint) as freed", std::span(&parameter, 1), deadline);
    if (!rows)
        return std::unexpected(rows.error());
    if (!rows->truth(0, "freed").value_or(false))
        return std::unexpected(Fault{ FaultKind::Unavailable, "query", "the lock was not held by this session any more",
                                      "Look for another console in pg_stat_activity." });
    return {};
}

const ConnectionInfo &PgClient::info() const
{
    return m_impl->info();
}

} // namespace muster::postgres
