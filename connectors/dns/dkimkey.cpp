// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/dns/dkimkey.h"

#include "connectors/dns/taglist.h"

#include <QByteArray>
#include <memory>
#include <openssl/evp.h>
#include <openssl/x509.h>

namespace muster::dns {

namespace {

constexpr int kEd25519Bytes = 32;

std::expected<int, std::string> rsaBits(const QByteArray &bytes)
{
    const auto *cursor = reinterpret_cast<const unsigned char *>(bytes.constData());
    const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(d2i_PUBKEY(nullptr, &cursor, static_cast<long>(bytes.size())), &EVP_PKEY_free);
    if (!key || EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_RSA)
        return std::unexpected("p= is no RSA public key");
    return EVP_PKEY_get_bits(key.get());
}

} // namespace

std::expected<DkimKey, std::string> parseDkimKey(std::string_view text)
{
    const auto tags = parseTags(text);
    if (!tags)
        return std::unexpected("the record is no list of tag=value");
    const auto valueOf = [&tags](const char *tag) {
        const auto at = tags->find(tag);
        return at == tags->end() ? std::string() : at->second;
    };
    if (const auto version = valueOf("v"); !version.empty() && version != "DKIM1")
        return std::unexpected("v=" + version + " is not DKIM1");
    if (!tags->contains("p"))
        return std::unexpected("the key p= is missing");
    DkimKey key;
    key.type = tags->contains("k") ? valueOf("k") : "rsa";
    key.isTesting = (':' + valueOf("t") + ':').find(":y:") != std::string::npos;
    auto encoded = QByteArray::fromStdString(valueOf("p"));
    encoded.replace(" ", "").replace("\t", "");
    if (encoded.isEmpty())
        return std::unexpected("the key was revoked (p= is empty)");
    const auto decoded = QByteArray::fromBase64Encoding(encoded, QByteArray::AbortOnBase64DecodingErrors);
    if (!decoded)
        return std::unexpected("p= is no base64");
    if (key.type == "ed25519") {
        if (decoded.decoded.size() != kEd25519Bytes)
            return std::unexpected("p= is no Ed25519 public key");
        key.bits = 256;
        return key;
    }
    if (key.type != "rsa")
        return std::unexpected("k=" + key.type + " is no known type of key");
    const auto bits = rsaBits(decoded.decoded);
    if (!bits)
        return std::unexpected(bits.error());
    key.bits = *bits;
    return key;
}

} // namespace muster::dns
