// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/net/digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <stdexcept>
#include <vector>

namespace muster::net {

std::span<const unsigned char> bytesOf(std::string_view text)
{
    return {reinterpret_cast<const unsigned char *>(text.data()), text.size()}; // NOLINT: char to unsigned char
}

Sha256 sha256(std::span<const unsigned char> bytes)
{
    Sha256 digest{};
    SHA256(bytes.data(), bytes.size(), digest.data());
    return digest;
}

Sha256 hmacSha256(std::span<const unsigned char> key, std::string_view message)
{
    Sha256 digest{};
    const auto bytes = bytesOf(message);
    unsigned length = 0;
    HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes.data(), bytes.size(), digest.data(), &length);
    return digest;
}

std::optional<Sha256> pbkdf2Sha256(std::string_view password, std::string_view salt, int iterations)
{
    Sha256 key{};
    const auto saltBytes = bytesOf(salt);
    const int done = PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()), saltBytes.data(), static_cast<int>(saltBytes.size()),
                                       iterations, EVP_sha256(), static_cast<int>(key.size()), key.data());
    if (done != 1)
        return std::nullopt;
    return key;
}

bool isEqual(std::span<const unsigned char> a, std::span<const unsigned char> b)
{
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string randomHex(std::size_t count)
{
    std::vector<unsigned char> bytes(count);
    if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1)
        throw std::runtime_error("no random bytes to be had");
    return toHex(bytes);
}

std::string toHex(std::span<const unsigned char> bytes)
{
    static constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text;
    text.reserve(bytes.size() * 2);
    for (const unsigned char byte : bytes) {
        text += kDigits[byte >> 4U];
        text += kDigits[byte & 15U];
    }
    return text;
}

std::string toBase64(std::span<const unsigned char> bytes)
{
    std::vector<unsigned char> out(4 * ((bytes.size() + 2) / 3) + 1);
    const int length = EVP_EncodeBlock(out.data(), bytes.data(), static_cast<int>(bytes.size()));
    return {out.begin(), out.begin() + length};
}

std::string toBase64(std::string_view text) { return toBase64(bytesOf(text)); }

std::optional<std::string> fromBase64(std::string_view text)
{
    if (text.empty())
        return std::string();
    std::vector<unsigned char> out(3 * (text.size() / 4 + 1));
    const int length = EVP_DecodeBlock(out.data(), bytesOf(text).data(), static_cast<int>(text.size()));
    if (length < 0)
        return std::nullopt;
    // The library counts the padding as zero bytes.
    const auto padding = static_cast<std::ptrdiff_t>(text.ends_with("==") ? 2 : text.ends_with("=") ? 1 : 0);
    std::string bytes(out.begin(), out.begin() + length - padding);
    if (toBase64(bytes) != text)
        return std::nullopt;
    return bytes;
}

} // namespace muster::net
