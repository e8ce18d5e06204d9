// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/facts/fault.h"

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

struct evp_md_ctx_st; // OpenSSL's EVP_MD_CTX

namespace muster::files {

/// SHA-256 of bytes that come in pieces.
class Sha256 {
public:
    Sha256();
    void add(std::string_view bytes);
    /// 64 lower-case hex digits. Ends the object's use.
    [[nodiscard]] std::string hex();

private:
    struct Free {
        void operator()(evp_md_ctx_st *context) const noexcept;
    };
    std::unique_ptr<evp_md_ctx_st, Free> m_context;
};

[[nodiscard]] std::string sha256(std::string_view bytes);

struct FileHash {
    std::string hex;
    std::uint64_t size = 0; ///< bytes read
};

/// Reads the file in full, past the page cache where the kernel agrees, so that the disk answers and not memory. Never follows a symlink.
/// `onBytes` gets the size of each piece read. Fault kind Cancelled after a stop request.
[[nodiscard]] std::expected<FileHash, Fault> sha256OfFile(const std::string &path, const std::stop_token &stop,
                                                         const std::function<void(std::uint64_t)> &onBytes = {});

} // namespace muster::files
