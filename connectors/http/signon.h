// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/net/certificate.h"

#include <string_view>
#include <vector>

namespace muster::http {

/// The signing certificates that the metadata of a sign-on service names, at most 32: SAML and WS-Federation (XML), or a JSON Web Key Set (x5c, RFC 7517).
/// They end on a day of their own, which no TLS port shows.
[[nodiscard]] std::vector<net::Certificate> signOnCertificates(std::string_view document);

} // namespace muster::http
