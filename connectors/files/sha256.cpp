// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/files/sha256.h"

#include "connectors/files/durable.h"

#include <openssl/evp.h>

#include <array>
#include <cerrno>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

namespace muster::files {

void Sha256::Free::operator()(evp_md_ctx_st *context) const noexcept
{
    EVP_MD_CTX_free(context);
}

Sha256::Sha256() : m_context(EVP_MD_CTX_new())
{
    EVP_DigestInit_ex(m_context.get(), EVP_sha256(), nullptr);
}

void Sha256::add(std::string_view bytes)
{
    EVP_DigestUpdate(m_context.get(), bytes.data(), bytes.size());
}

std::string Sha256::hex()
{
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned length = 0;
    EVP_DigestFinal_ex(m_context.get(), digest.data(), &length);
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text;
    for (unsigned i = 0; i < length; ++i) {
        text += kDigits[digest[i] >> 4U];
        text += kDigits[digest[i] & 0xFU];
    }
    return text;
}

std::string sha256(std::string_view bytes)
{
    Sha256 hash;
    hash.add(bytes);
    return hash.hex();
}

std::expected<FileHash, Fault> sha256OfFile(const std::string &path, const std::stop_token &stop, const std::function<void(std::uint64_t)> &onBytes)
{
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK));
    if (!file)
        return std::unexpected(systemFault("read", path, errno));
    ::posix_fadvise(file.get(), 0, 0, POSIX_FADV_DONTNEED);
    Sha256 hash;
    FileHash result;
    constexpr std::size_t kPiece = std::size_t{1} << 20;
    std::vector<char> buffer(kPiece);
    while (true) {
        if (stop.stop_requested())
            return std::unexpected(Fault{FaultKind::Cancelled, "read", "stopped while reading " + path, {}});
        const auto got = ::read(file.get(), buffer.data(), buffer.size());
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return std::unexpected(systemFault("read", path, errno));
        if (got == 0)
            break;
        const auto count = static_cast<std::size_t>(got);
        hash.add({buffer.data(), count});
        result.size += count;
        if (onBytes)
            onBytes(count);
    }
    result.hex = hash.hex();
    return result;
}

} // namespace muster::files
