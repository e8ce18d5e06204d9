// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <string>

/// Owners of OpenSSL's objects. Inside connectors/net only.
namespace muster::net {

template<auto Free>
struct FreeWith {
    template<class T>
    void operator()(T *object) const { Free(object); }
};

struct OpenSslFree {
    void operator()(void *memory) const { OPENSSL_free(memory); }
};

using BioPtr = std::unique_ptr<BIO, FreeWith<BIO_free_all>>;
using X509Ptr = std::unique_ptr<X509, FreeWith<X509_free>>;
using SslPtr = std::unique_ptr<SSL, FreeWith<SSL_free>>;
using SslContextPtr = std::unique_ptr<SSL_CTX, FreeWith<SSL_CTX_free>>;
using OpenSslText = std::unique_ptr<char, OpenSslFree>;

/// What was written into a memory BIO.
[[nodiscard]] inline std::string bioText(BIO *bio)
{
    char *data = nullptr;
    const long length = BIO_get_mem_data(bio, &data);
    return length > 0 ? std::string(data, static_cast<std::size_t>(length)) : std::string();
}

} // namespace muster::net
