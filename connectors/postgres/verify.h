// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/postgres/factwriter.h"
#include "connectors/postgres/pgclient.h"
#include "connectors/postgres/settings.h"

#include <expected>
#include <map>
#include <span>
#include <string>
#include <string_view>

namespace muster::postgres {

[[nodiscard]] std::span<const std::string_view> factsOfVerify();

/// Reads small B-trees through amcheck's bt_index_check(), a few in each round and all of them in turn. Who created the extension and granted
/// the function asked for it: without them nothing is read. Takes the lock of a SELECT; errors go to the server's log. Not thread-safe.
class IndexVerifier {
public:
    [[nodiscard]] std::expected<void, Fault> run(PgClient &client, const Rights &rights, Deadline deadline, FactWriter &facts);

private:
    /// A fault only when the connection is gone.
    [[nodiscard]] std::expected<void, Fault> read(PgClient &client, const Rights &rights, long long index, const std::string &name, Deadline deadline);

    long long m_last = 0; ///< oid of the index that was read last
    double m_verified = 0; ///< since this console started, each as often as it was read
    std::map<long long, std::string> m_damaged; ///< by oid: the index, and what is wrong with it
};

} // namespace muster::postgres
