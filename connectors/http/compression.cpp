// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/http/compression.h"

namespace muster::http {

namespace {

std::string encodingOf(const Response &response)
{
    const auto encoding = lowered(response.headers.joined("Content-Encoding"));
    return encoding == "identity" ? std::string() : encoding;
}

bool isStrong(const std::string &tag)
{
    return !tag.empty() && !tag.starts_with("W/");
}

Verdict judgeEncoded(const Response &plain, const Response &encoded)
{
    const auto encoding = encodingOf(encoded);
    if (encoded.body != plain.body)
        return Verdict::unknown("the " + encoding + " answer decodes to other bytes than the identity answer (or the content changed between)");
    if (encoded.wireSize >= plain.body.size())
        return Verdict::bad("the " + encoding + " answer is not smaller than the plain one");
    if (!variesBy(encoded.headers, "Accept-Encoding"))
        return Verdict::bad("no Vary: Accept-Encoding on the " + encoding + " answer: a shared cache hands it to clients that cannot read it");
    const auto tag = encoded.headers.first("ETag");
    if (isStrong(tag) && tag == plain.headers.first("ETag"))
        return Verdict::bad("the same strong ETag " + clamp(tag, 80) + " for two encodings");
    return Verdict::good(encoding + " answers " + std::to_string(encoded.wireSize) + " bytes for " + std::to_string(plain.body.size()));
}

} // namespace

bool variesBy(const Headers &headers, std::string_view name)
{
    for (const auto &field : splitOutsideQuotes(headers.joined("Vary"), ',')) {
        if (field == "*" || equalsIgnoringCase(field, name))
            return true;
    }
    return false;
}

std::string encodingsSeen(const CompressionProbe &probe)
{
    auto seen = encodingOf(probe.gzip);
    for (const auto &response : probe.others) {
        if (const auto other = encodingOf(response); !other.empty() && other != seen)
            seen += (seen.empty() ? "" : ", ") + other;
    }
    return seen;
}

Verdict judgeCompression(const CompressionProbe &probe)
{
    if (probe.identity.body.size() < kCompressible)
        return Verdict::unknown("every answer is under 1400 bytes");
    if (!encodingOf(probe.identity).empty())
        return Verdict::bad("compressed with " + encodingOf(probe.identity) + " although nothing was accepted");
    const auto gzip = encodingOf(probe.gzip);
    if (gzip.empty())
        return Verdict::bad("no compression: " + std::to_string(probe.identity.body.size()) + " bytes are sent as they are");
    if (gzip != "gzip" && gzip != "x-gzip")
        return Verdict::bad("asked for gzip, got " + clamp(gzip, 40));
    if (!encodingOf(probe.refused).empty())
        return Verdict::bad("q=0 is not honoured: answered with " + encodingOf(probe.refused) + " although all codings were refused");
    if (probe.preferring && encodingOf(*probe.preferring) != gzip && !encodingOf(*probe.preferring).empty())
        return Verdict::bad("q=0 is not honoured: answered with " + encodingOf(*probe.preferring) + " although only gzip was accepted");
    auto verdict = judgeEncoded(probe.identity, probe.gzip);
    for (const auto &other : probe.others) {
        if (!encodingOf(other).empty() && encodingOf(other) != gzip)
            verdict = worse(verdict, judgeEncoded(probe.identity, other));
    }
    if (verdict.isGood.value_or(false) && !variesBy(probe.identity.headers, "Accept-Encoding"))
        return Verdict::bad("no Vary: Accept-Encoding on the identity answer: a shared cache would serve it to everyone");
    return verdict;
}

} // namespace muster::http
