// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/http/httpclient.h"
#include "connectors/http/verdict.h"

#include <optional>
#include <string>

namespace muster::http {

/// Answers under this are not worth compressing (one packet).
inline constexpr std::size_t kCompressible = 1400;

/// The same resource asked for in four ways. `gzip` and `other` were decoded by the client.
struct CompressionProbe {
    Response identity;            ///< no Accept-Encoding
    Response gzip;                ///< Accept-Encoding: gzip
    Response refused;             ///< Accept-Encoding: gzip;q=0, raw
    std::optional<Response> other; ///< Accept-Encoding: br or zstd, where the client can decode it
};

/// gzip is honoured and decodes to the identical bytes, q=0 is honoured, Vary names Accept-Encoding on both, strong ETags differ.
[[nodiscard]] Verdict judgeCompression(const CompressionProbe &probe);
/// "gzip", "gzip, br", "" when there is none.
[[nodiscard]] std::string encodingsSeen(const CompressionProbe &probe);
[[nodiscard]] bool variesBy(const Headers &headers, std::string_view name);

} // namespace muster::http
