// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/smtp/smtpauth.h"

#include "connectors/net/digest.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <initializer_list>
#include <numeric>
#include <optional>
#include <span>

namespace muster::smtp {

namespace {

using std::string_view_literals::operator""sv;

constexpr int kMinIterations = 4096;
constexpr int kMaxIterations = 1000000; ///< a hostile server must not keep us hashing
constexpr std::array kForPassword{Mechanism::ScramSha256, Mechanism::Plain, Mechanism::Login}; ///< strongest first
constexpr std::array kForToken{Mechanism::XOAuth2};
constexpr std::string_view kNoBinding = "biws"; ///< base64 of "n,,"

bool isOffered(const Capabilities &capabilities, std::string_view mechanism)
{
    return std::find(capabilities.auth.begin(), capabilities.auth.end(), mechanism) != capabilities.auth.end();
}

std::string joined(const std::vector<std::string> &list)
{
    std::string text;
    for (const std::string &word : list)
        text += (text.empty() ? "" : " ") + word;
    return text;
}

/// RFC 5802: "=" and "," have names of their own in a user name.
std::string escapedUser(std::string_view user)
{
    std::string text;
    for (const char c : user)
        text += c == '=' ? "=3D" : c == ',' ? "=2C" : std::string(1, c);
    return text;
}

/// The value of attribute `name` in "r=...,s=...,i=...".
std::string_view attribute(std::string_view message, char name)
{
    while (!message.empty()) {
        const std::string_view part = message.substr(0, message.find(','));
        if (part.size() >= 2 && part[0] == name && part[1] == '=')
            return part.substr(2);
        message.remove_prefix(std::min(message.size(), part.size() + 1));
    }
    return {};
}

/// The parts in base64; the clear text is wiped.
std::string encodedOnce(std::initializer_list<std::string_view> parts)
{
    std::string text;
    text.reserve(std::accumulate(parts.begin(), parts.end(), std::size_t{0}, [](std::size_t sum, std::string_view part) { return sum + part.size(); }));
    for (const std::string_view part : parts)
        text += part;
    std::string encoded = net::toBase64(text);
    std::fill(text.begin(), text.end(), '\0');
    return encoded;
}

std::string proofOf(const net::Sha256 &clientKey, const std::string &authMessage)
{
    const net::Sha256 signature = net::hmacSha256(net::sha256(clientKey), authMessage);
    net::Sha256 proof{};
    std::transform(clientKey.begin(), clientKey.end(), signature.begin(), proof.begin(),
                   [](unsigned char a, unsigned char b) { return static_cast<unsigned char>(a ^ b); });
    return net::toBase64(proof);
}

} // namespace

std::string_view toString(Mechanism mechanism)
{
    switch (mechanism) {
    case Mechanism::ScramSha256:
        return "SCRAM-SHA-256";
    case Mechanism::XOAuth2:
        return "XOAUTH2";
    case Mechanism::Plain:
        return "PLAIN";
    case Mechanism::Login:
        return "LOGIN";
    case Mechanism::None:
        break;
    }
    return "none";
}

Choice chooseMechanism(const Capabilities &capabilities, bool isTls, Credential credential)
{
    if (!isTls)
        return {Mechanism::None, "no credentials are sent without TLS"};
    if (capabilities.auth.empty())
        return {Mechanism::None, "the server offers no AUTH"};
    const std::string offered = joined(capabilities.auth);
    const std::span<const Mechanism> usable = credential == Credential::Token ? std::span<const Mechanism>(kForToken) : std::span<const Mechanism>(kForPassword);
    for (const Mechanism mechanism : usable) {
        if (isOffered(capabilities, toString(mechanism)))
            return {mechanism, capabilities.auth.size() == 1 ? "the only one offered" : "strongest known of " + offered};
    }
    return {Mechanism::None, "the server offers only " + offered + (credential == Credential::Token ? "; the token of the environment needs XOAUTH2" : "")};
}

std::string plainResponse(std::string_view user, std::string_view password) { return encodedOnce({"\0"sv, user, "\0"sv, password}); }

std::string xoauth2Response(std::string_view user, std::string_view token) { return encodedOnce({"user=", user, "\1auth=Bearer ", token, "\1\1"}); }

ScramClient::ScramClient(std::string user, std::string nonce) : m_user(std::move(user)), m_nonce(std::move(nonce)) {}

std::string ScramClient::first() const { return "n,,n=" + escapedUser(m_user) + ",r=" + m_nonce; }

std::expected<std::string, std::string> ScramClient::final(std::string_view serverFirst, std::string_view password)
{
    const std::string_view nonce = attribute(serverFirst, 'r');
    const std::optional<std::string> salt = net::fromBase64(attribute(serverFirst, 's'));
    const std::string_view count = attribute(serverFirst, 'i');
    int iterations = 0;
    const auto parsed = std::from_chars(count.data(), count.data() + count.size(), iterations);
    if (nonce.size() <= m_nonce.size() || !nonce.starts_with(m_nonce))
        return std::unexpected("the server's nonce does not continue ours");
    if (!salt || salt->empty() || parsed.ec != std::errc() || iterations < kMinIterations || iterations > kMaxIterations)
        return std::unexpected("salt or iteration count out of bounds");
    const auto salted = net::pbkdf2Sha256(password, *salt, iterations);
    if (!salted)
        return std::unexpected("the password could not be hashed");
    const std::string withoutProof = std::string("c=").append(kNoBinding).append(",r=").append(nonce);
    const std::string authMessage = first().substr(3) + "," + std::string(serverFirst) + "," + withoutProof;
    m_serverSignature = net::toBase64(net::hmacSha256(net::hmacSha256(*salted, "Server Key"), authMessage));
    return withoutProof + ",p=" + proofOf(net::hmacSha256(*salted, "Client Key"), authMessage);
}

bool ScramClient::isServerProven(std::string_view serverFinal) const
{
    const std::string_view value = attribute(serverFinal, 'v');
    return !m_serverSignature.empty() && net::isEqual(net::bytesOf(value), net::bytesOf(m_serverSignature));
}

} // namespace muster::smtp
