// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/net/tlserrors.h"

#include "connectors/net/socket.h"
#include "models/facts/fact.h"

#include <array>
#include <ctime>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

namespace muster::net {

namespace {

std::string dateText(WallTime time)
{
    const std::time_t seconds = std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
    std::tm fields{};
    ::gmtime_r(&seconds, &fields);
    std::array<char, 32> text{};
    std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M UTC", &fields);
    return text.data();
}

std::string namesText(const Certificate &certificate)
{
    std::string text;
    for (std::size_t i = 0; i < certificate.names.size() && i < 5; ++i)
        text += (i == 0 ? "" : ", ") + certificate.names[i];
    if (certificate.names.size() > 5)
        text += " and " + std::to_string(certificate.names.size() - 5) + " more";
    return text.empty() ? "no name at all" : text;
}

/// The reason codes by which the local library, not the peer, refuses.
bool isLocalRefusal(int reason)
{
    switch (reason) {
    case SSL_R_NO_PROTOCOLS_AVAILABLE:
    case SSL_R_NO_CIPHERS_AVAILABLE:
        return true;
    default:
        return false;
    }
}

std::string handshakeHint(int reason)
{
    switch (reason) {
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_PACKET_LENGTH_TOO_LONG:
    case SSL_R_HTTP_REQUEST:
    case SSL_R_HTTPS_PROXY_REQUEST:
        return "The server does not speak TLS on this port at once: check the port, and whether it wants STARTTLS or no TLS.";
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
        return "The server speaks no TLS version from 1.2 on: enable TLS 1.2 or 1.3 there.";
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
        return "The server asks for a client certificate that it accepts: set clientCert and clientKey.";
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
        return "The server does not know the authority that issued our client certificate.";
    case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:
        return "Server and console share no cipher, or the server wants a client certificate.";
    case SSL_R_TLSV1_UNRECOGNIZED_NAME:
        return "The server has no certificate for this name: check the host or verifyName.";
    default:
        return "Look at the server's TLS settings and log.";
    }
}

bool isCut(int sslError, unsigned long code)
{
    return sslError == SSL_ERROR_SYSCALL || ERR_GET_REASON(code) == SSL_R_UNEXPECTED_EOF_WHILE_READING;
}

} // namespace

std::string opensslErrors()
{
    std::string words;
    while (const unsigned long code = ERR_get_error()) {
        const char *reason = ERR_reason_error_string(code);
        words += (words.empty() ? "" : "; ") + std::string(reason ? reason : "error " + std::to_string(ERR_GET_REASON(code)));
    }
    return words.empty() ? "no reason given" : clamp(words, 512);
}

std::string verifyWords(int code, const Certificate &at, const std::string &wantedName)
{
    const std::string words = X509_verify_cert_error_string(code);
    switch (code) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
        return words + " (" + at.subject + ", valid until " + dateText(at.notAfter) + ")";
    case X509_V_ERR_CERT_NOT_YET_VALID:
        return words + " (" + at.subject + ", valid from " + dateText(at.notBefore) + ")";
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        return words + " (wanted " + wantedName + ", the certificate is for " + namesText(at) + ")";
    default:
        return words + " (" + at.subject + ", issued by " + at.issuer + ")";
    }
}

std::string verifyHint(int code)
{
    switch (code) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
        return "Renew the certificate on the server; if it was renewed, reload the service.";
    case X509_V_ERR_CERT_NOT_YET_VALID:
        return "Check the clocks of this machine and of the one that issued the certificate.";
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        return "Connect by a name that is in the certificate, or set verifyName to it.";
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
        return "The issuer is not known here, or the server leaves out an intermediate certificate: set ca to the authority's PEM file.";
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
        return "The certificate comes from an authority that is not trusted here: set ca to its PEM file.";
    case X509_V_ERR_CERT_REVOKED:
        return "The certificate was revoked: replace it on the server at once.";
    default:
        return "Look at the certificate chain of the server.";
    }
}

Fault sessionFault(int sslError, int number, const std::string &host, bool isEstablished)
{
    const unsigned long code = ERR_peek_error();
    const int reason = ERR_GET_REASON(code);
    if (isCut(sslError, code)) {
        const std::string how = number != 0 ? errorText(number) : "closed by the server";
        ERR_clear_error();
        if (isEstablished)
            return {FaultKind::Unavailable, "tls", how, "The connection was lost; the server may have been restarted."};
        return {FaultKind::Tls, "tls", "the connection ended during the TLS handshake with " + host + ": " + how,
                "Check that the port speaks TLS; some servers close at once when the name (SNI) or the version does not suit them."};
    }
    const FaultKind kind = isLocalRefusal(reason) ? FaultKind::Config : FaultKind::Tls;
    return {kind, "tls", "TLS with " + host + " failed: " + opensslErrors(), handshakeHint(reason)};
}

} // namespace muster::net
