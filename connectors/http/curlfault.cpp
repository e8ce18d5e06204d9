// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/http/curlfault.h"

#include "models/facts/fact.h"

#include <curl/curl.h>

namespace muster::http {

namespace {

std::string detailOf(const Reached &reached, std::string_view what)
{
    return clamp(reached.where + ": " + std::string(what), 1024);
}

Fault tlsFault(CURLcode code, const Reached &reached)
{
    switch (code) {
    case CURLE_SSL_CACERT_BADFILE:
        return {FaultKind::Config, "tls", detailOf(reached, reached.words), "Check \"ca\" in the environment file."};
    case CURLE_SSL_CERTPROBLEM:
        return {FaultKind::Config, "tls", detailOf(reached, reached.words), "Check \"clientCert\" and \"clientKey\" in the environment file."};
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
        return {FaultKind::Tls, "tls", detailOf(reached, "the certificate's key is none of the pinned ones"),
                "If the key was changed on purpose, put the new pin into the environment file."};
    case CURLE_PEER_FAILED_VERIFICATION:
        return {FaultKind::Tls, "tls", detailOf(reached, reached.words), "Compare the certificate's names, issuer and dates with what is expected; name the CA with \"ca\"."};
    default:
        return {FaultKind::Tls, "tls", detailOf(reached, reached.words), "Check that this port speaks TLS 1.2 or later."};
    }
}

} // namespace

Fault timeoutFault(const Reached &reached)
{
    if (!reached.isConnected)
        return {FaultKind::Timeout, "tcp", detailOf(reached, "no connection within the deadline"), "Check the route and the firewall to this address."};
    if (reached.isTls && !reached.isSecured)
        return {FaultKind::Timeout, "tls", detailOf(reached, "the TLS handshake did not end within the deadline"), "Check that this port speaks TLS."};
    if (!reached.isAnswering)
        return {FaultKind::Timeout, "protocol", detailOf(reached, "connected, but no answer within the deadline"), "The server accepts and stays silent: look at its load and its log."};
    return {FaultKind::Timeout, "protocol", detailOf(reached, "the answer began but did not end within the deadline"), "Look at the server's load and at the network between."};
}

Fault tooLargeFault(const Reached &reached, const std::string &what)
{
    return {FaultKind::TooLarge, "protocol", detailOf(reached, what), "Name a smaller resource."};
}

Fault curlFault(int number, const Reached &reached)
{
    const auto code = static_cast<CURLcode>(number);
    switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
        return {FaultKind::Dns, "dns", detailOf(reached, reached.words), "Check the host name in the environment file."};
    case CURLE_COULDNT_CONNECT:
        return {FaultKind::Refused, "tcp", detailOf(reached, reached.words), "Check that the server runs and listens on this port."};
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
    case CURLE_SSL_INVALIDCERTSTATUS:
        return tlsFault(code, reached);
    case CURLE_OUT_OF_MEMORY: // what libcurl 7.88 says to a header line over 100 KiB
        return tooLargeFault(reached, "a header line is over 100 KiB");
    case CURLE_BAD_CONTENT_ENCODING:
        return {FaultKind::Protocol, "protocol", detailOf(reached, "the compressed body does not decode: " + reached.words), "Look at the server's compression."};
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_PARTIAL_FILE:
        if (reached.isTls && !reached.isSecured)
            return {FaultKind::Tls, "tls", detailOf(reached, reached.words), "The server ended the handshake: check that this port speaks TLS."};
        return {FaultKind::Unavailable, "protocol", detailOf(reached, reached.words), "The server closed the connection: look at its log."};
    case CURLE_URL_MALFORMAT:
        return {FaultKind::Config, "protocol", detailOf(reached, reached.words), "Check the address in the environment file."};
    default:
        return {FaultKind::Protocol, "protocol", detailOf(reached, reached.words.empty() ? curl_easy_strerror(code) : reached.words), "Look at what listens on this port."};
    }
}

} // namespace muster::http
