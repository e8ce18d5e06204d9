// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/http/httpclient.h"
#include "connectors/http/verdict.h"

#include <optional>
#include <string>
#include <vector>

namespace muster::http {

/// Answers under this are not worth compressing (one packet).
inline constexpr std::size_t kCompressible = 1400;

/// The same resource asked for in several ways. `gzip` and `others` were decoded by the client.
struct CompressionProbe {
    Response identity;            ///< no Accept-Encoding
    Response gzip;                ///< Accept-Encoding: gzip
    Response refused;             ///< Accept-Encoding: gzip;q=0, br;q=0, zstd;q=0, raw
    std::vector<Response> others; ///< Accept-Encoding: br and zstd, each where the client can decode it
    std::optional<Response> preferring; ///< Accept-Encoding: gzip, br;q=0, zstd;q=0, raw: asked where another coding is offered
};

/// gzip is honoured and decodes to the identical bytes, q=0 is honoured, Vary names Accept-Encoding on both, strong ETags differ.
[[nodiscard]] Verdict judgeCompression(const CompressionProbe &probe);
/// "gzip", "gzip, br", "" when there is none.
[[nodiscard]] std::string encodingsSeen(const CompressionProbe &probe);
[[nodiscard]] bool variesBy(const Headers &headers, std::string_view name);

} // namespace muster::http
