// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/net/handshakewitness.h"

#include <openssl/ssl.h>
#include <openssl/x509.h>

namespace muster::net {

void HandshakeWitness::watch(void *ssl)
{
    if (!ssl || m_ssl)
        return;
    auto *session = static_cast<SSL *>(ssl);
    if (SSL_up_ref(session) == 1)
        m_ssl = std::shared_ptr<void>(session, [](void *held) { SSL_free(static_cast<SSL *>(held)); });
}

std::string HandshakeWitness::verifyError() const
{
    if (!m_ssl)
        return {};
    const long result = SSL_get_verify_result(static_cast<const SSL *>(m_ssl.get()));
    return result == X509_V_OK ? std::string() : X509_verify_cert_error_string(result);
}

} // namespace muster::net
