// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/net/certificate.h"

#include "connectors/net/digest.h"
#include "connectors/net/opensslptr.h"
#include "models/facts/fact.h"

#include <algorithm>
#include <array>
#include <arpa/inet.h>
#include <ctime>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

namespace muster::net {

namespace {

constexpr std::size_t kTextLimit = 512;
constexpr std::size_t kMaxNames = 200;
constexpr std::size_t kMaxChain = 32;

std::string nameText(const X509_NAME *name)
{
    const BioPtr out(BIO_new(BIO_s_mem()));
    constexpr unsigned long flags = XN_FLAG_RFC2253 & ~static_cast<unsigned long>(ASN1_STRFLGS_ESC_MSB);
    if (!out || !name || X509_NAME_print_ex(out.get(), name, 0, flags) < 0)
        return {};
    return clamp(bioText(out.get()), kTextLimit);
}

/// A name of the peer's with everything but printable ASCII shown as "?": an embedded NUL must not cut it short.
std::string printable(const ASN1_STRING *text)
{
    const unsigned char *data = ASN1_STRING_get0_data(text);
    std::string result(data, data + std::max(0, ASN1_STRING_length(text)));
    std::replace_if(result.begin(), result.end(), [](unsigned char c) { return c <= ' ' || c > '~'; }, '?');
    return clamp(result, kTextLimit);
}

std::string addressText(const ASN1_OCTET_STRING *address)
{
    std::array<char, INET6_ADDRSTRLEN> text{};
    const int length = ASN1_STRING_length(address);
    const int family = length == 4 ? AF_INET : AF_INET6;
    if ((length != 4 && length != 16) || !::inet_ntop(family, ASN1_STRING_get0_data(address), text.data(), text.size()))
        return "?";
    return text.data();
}

std::vector<std::string> alternativeNames(const X509 *x509)
{
    const std::unique_ptr<GENERAL_NAMES, decltype(&GENERAL_NAMES_free)> names(
        static_cast<GENERAL_NAMES *>(X509_get_ext_d2i(x509, NID_subject_alt_name, nullptr, nullptr)), &GENERAL_NAMES_free);
    std::vector<std::string> list;
    const int count = names ? sk_GENERAL_NAME_num(names.get()) : 0;
    for (int i = 0; i < count && list.size() < kMaxNames; ++i) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names.get(), i);
        if (name->type == GEN_DNS)
            list.push_back(printable(name->d.dNSName));
        else if (name->type == GEN_IPADD)
            list.push_back(addressText(name->d.iPAddress));
    }
    return list;
}

WallTime timeOf(const ASN1_TIME *time)
{
    std::tm fields{};
    if (!time || ASN1_TIME_to_tm(time, &fields) != 1)
        return {};
    return WallTime(std::chrono::seconds(::timegm(&fields)));
}

std::string serialOf(const X509 *x509)
{
    const std::unique_ptr<BIGNUM, decltype(&BN_free)> number(ASN1_INTEGER_to_BN(X509_get0_serialNumber(x509), nullptr), &BN_free);
    if (!number)
        return {};
    const OpenSslText hex(BN_bn2hex(number.get()));
    return hex ? clamp(hex.get(), kTextLimit) : std::string();
}

std::string curveName(const EVP_PKEY *key)
{
    std::array<char, 80> group{};
    std::size_t length = 0;
    if (EVP_PKEY_get_group_name(key, group.data(), group.size(), &length) != 1)
        return "EC";
    const int nid = OBJ_sn2nid(group.data());
    const char *nist = nid == NID_undef ? nullptr : EC_curve_nid2nist(nid);
    return std::string("EC ") + (nist ? nist : group.data());
}

std::string keyText(const EVP_PKEY *key)
{
    switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_RSA:
        return "RSA " + std::to_string(EVP_PKEY_get_bits(key));
    case EVP_PKEY_RSA_PSS:
        return "RSA-PSS " + std::to_string(EVP_PKEY_get_bits(key));
    case EVP_PKEY_EC:
        return curveName(key);
    case EVP_PKEY_ED25519:
        return "Ed25519";
    case EVP_PKEY_ED448:
        return "Ed448";
    default: {
        const char *type = EVP_PKEY_get0_type_name(key);
        return clamp(type ? type : "unknown", 64);
    }
    }
}

std::string fingerprint(const X509 *x509)
{
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned length = 0;
    if (X509_digest(x509, EVP_sha256(), digest.data(), &length) != 1)
        return {};
    return toHex({digest.data(), length});
}

std::string pinOf(const X509 *x509)
{
    unsigned char *der = nullptr;
    const int length = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x509), &der);
    const std::unique_ptr<unsigned char, OpenSslFree> owner(der);
    if (length <= 0)
        return {};
    return toBase64(sha256({der, static_cast<std::size_t>(length)}));
}

} // namespace

Certificate certificateFrom(const x509_st *x509)
{
    Certificate result;
    if (!x509)
        return result;
    const X509_NAME *subject = X509_get_subject_name(x509);
    const X509_NAME *issuer = X509_get_issuer_name(x509);
    result.subject = nameText(subject);
    result.issuer = nameText(issuer);
    result.names = alternativeNames(x509);
    result.notBefore = timeOf(X509_get0_notBefore(x509));
    result.notAfter = timeOf(X509_get0_notAfter(x509));
    result.serial = serialOf(x509);
    if (const EVP_PKEY *key = X509_get0_pubkey(x509)) {
        result.key = keyText(key);
        result.keyBits = EVP_PKEY_get_bits(key);
    }
    const char *signature = OBJ_nid2ln(X509_get_signature_nid(x509));
    result.signature = signature ? signature : "";
    result.sha256 = fingerprint(x509);
    result.pin = pinOf(x509);
    result.isSelfSigned = subject && issuer && X509_NAME_cmp(subject, issuer) == 0;
    ERR_clear_error();
    return result;
}

std::optional<Certificate> peerCertificate(void *ssl)
{
    const X509 *x509 = ssl ? SSL_get0_peer_certificate(static_cast<SSL *>(ssl)) : nullptr;
    return x509 ? std::optional(certificateFrom(x509)) : std::nullopt;
}

std::vector<Certificate> certificatesFromPem(std::string_view pem)
{
    std::vector<Certificate> list;
    const BioPtr in(BIO_new_mem_buf(pem.data(), static_cast<int>(std::min<std::size_t>(pem.size(), 1U << 20U))));
    while (in && list.size() < kMaxChain) {
        const X509Ptr x509(PEM_read_bio_X509(in.get(), nullptr, [](char *, int, int, void *) { return 0; }, nullptr));
        if (!x509)
            break;
        list.push_back(certificateFrom(x509.get()));
    }
    ERR_clear_error();
    return list;
}

} // namespace muster::net
