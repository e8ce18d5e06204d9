// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/facts/clock.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct x509_st; // OpenSSL's X509

namespace muster::net {

/// A certificate as data. Every text came from the peer: plain, clamped to 512 bytes, never markup.
struct Certificate {
    std::string subject; ///< RFC 2253
    std::string issuer;
    std::vector<std::string> names; ///< subjectAltName: DNS names and IP addresses
    WallTime notBefore{};
    WallTime notAfter{};
    std::string serial;      ///< hex
    std::string key;         ///< "RSA 2048", "EC P-256"
    int keyBits = 0;
    std::string signature;   ///< "ecdsa-with-SHA256"
    std::string sha256;      ///< hex, of the certificate
    std::string pin;         ///< base64 SHA-256 of the SPKI
    bool isSelfSigned = false;
};

/// Never fails: what a certificate does not say stays empty.
[[nodiscard]] Certificate certificateFrom(const x509_st *x509);

/// Of the other side of a connection that another library made; `ssl` is OpenSSL's SSL, may be null.
[[nodiscard]] std::optional<Certificate> peerCertificate(void *ssl);

/// Every certificate of a PEM text (also one with other blocks or comments around), in order, at most 32.
[[nodiscard]] std::vector<Certificate> certificatesFromPem(std::string_view pem);

} // namespace muster::net
