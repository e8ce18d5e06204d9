// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/net/stream.h"
#include "connectors/tls/tlsprobe.h"
#include "models/facts/factbatch.h"

#include <string>
#include <vector>

namespace muster::tls {

/// Judgement of the keys and signatures of a chain as sent: RSA from 2048 bits, EC from 224, Ed25519/Ed448; no MD5 or SHA-1 signature
/// but on a self-signed root, whose signature nobody relies on.
struct KeyJudgement {
    bool isOk = false;
    std::string why; ///< "" when ok
};
[[nodiscard]] KeyJudgement judgeKeys(const std::vector<net::Certificate> &chain);

/// All tls.* facts of the catalogue. `batch.at.wall` is "now" for everything about validity.
void addTlsFacts(FactBatch &batch, const net::TlsInfo &info, const Legacy &legacy, Millis budget);

/// One row an address, for the fact tls.addresses.
[[nodiscard]] Table addressTable();
void addAddress(Table &table, const std::string &address, const net::TlsInfo &info, const Legacy &legacy, WallTime now);

/// Of two addresses of one host the one to report: unverified before verified, then the certificate that ends first, then what is sent beside it.
[[nodiscard]] bool isWorse(const net::TlsInfo &a, const net::TlsInfo &b);

} // namespace muster::tls
