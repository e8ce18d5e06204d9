// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/smtp/smtpparser.h"

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

/// SASL for SMTP. Pure but for the nonce.
namespace muster::smtp {

enum class Mechanism : std::uint8_t { None, ScramSha256, XOAuth2, Plain, Login };

/// What the environment declares: a password, or an OAuth 2.0 access token, which is of no use to the other mechanisms.
enum class Credential : std::uint8_t { Password, Token };

[[nodiscard]] std::string_view toString(Mechanism mechanism);

struct Choice {
    Mechanism mechanism = Mechanism::None;
    std::string reason; ///< "strongest of PLAIN LOGIN"; for None: why there is none
};

/// For a password the strongest first: SCRAM-SHA-256, PLAIN, LOGIN. For a token XOAUTH2. In clear none at all: PLAIN, LOGIN and
/// XOAUTH2 give the secret away, and SCRAM a guess at it.
[[nodiscard]] Choice chooseMechanism(const Capabilities &capabilities, bool isTls, Credential credential = Credential::Password);

/// "user=U^Aauth=Bearer TOKEN^A^A" in base64, ^A being the byte 1.
[[nodiscard]] std::string xoauth2Response(std::string_view user, std::string_view token);

/// "\0user\0password" in base64. RFC 4616.
[[nodiscard]] std::string plainResponse(std::string_view user, std::string_view password);

/// Client side of SCRAM-SHA-256 without channel binding (RFC 5802, RFC 7677):
///     C: n,,n=user,r=rOprNGfwEbeRWgbNEkqO
///     S: r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096
///     C: c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=
///     S: v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=
/// The password is taken as UTF-8 without SASLprep, which changes nothing in ASCII.
class ScramClient {
public:
    ScramClient(std::string user, std::string nonce);

    [[nodiscard]] std::string first() const;
    /// Words when the server's message is wrong: a foreign nonce, or an iteration count outside 4096–1000000.
    [[nodiscard]] std::expected<std::string, std::string> final(std::string_view serverFirst, std::string_view password);
    /// Did the server prove that it knows the password too?
    [[nodiscard]] bool isServerProven(std::string_view serverFinal) const;

private:
    std::string m_user;
    std::string m_nonce;
    std::string m_serverSignature; ///< base64
};

} // namespace muster::smtp
