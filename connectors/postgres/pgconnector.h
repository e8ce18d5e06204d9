// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/postgres/pgclient.h"

#include <memory>

struct pg_conn; // libpq's PGconn

namespace muster::postgres {

struct PgHandleCloser {
    void operator()(pg_conn *connection) const noexcept;
};
using PgHandle = std::unique_ptr<pg_conn, PgHandleCloser>;

/// Resolves (bounded, outside libpq, which would block), then tries one address after the other through PQconnectStart/PQconnectPoll
/// until one answers; login and certificate faults end the search, since every further try would count as another wrong password.
/// sslmode "prefer" is made of "require", then "disable": libpq's own would try a wrong password twice.
/// Fills address, TLS and times of `info`.
[[nodiscard]] std::expected<PgHandle, Fault> openConnection(const ConnectionParameters &parameters, const Secret &password,
                                                            const SessionOptions &options, Deadline deadline,
                                                            const net::Interrupter &interrupter, ConnectionInfo &info);

} // namespace muster::postgres
