// SPDX-License-Identifier: GPL-3.0-or-later
// Each line is a header field; the first is an address as well.
#include "connectors/http/caching.h"
#include "connectors/http/httpdate.h"
#include "connectors/http/ratelimit.h"
#include "connectors/http/redirects.h"
#include "connectors/http/securityheaders.h"
#include "connectors/http/url.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

muster::http::Headers headersOf(std::string_view bytes)
{
    muster::http::Headers headers;
    for (std::size_t from = 0; from < bytes.size();) {
        const auto end = std::min(bytes.find('\n', from), bytes.size());
        const auto line = bytes.substr(from, end - from);
        const auto colon = std::min(line.find(':'), line.size());
        headers.add(std::string(line.substr(0, colon)), std::string(muster::http::trimmed(line.substr(std::min(colon + 1, line.size())))));
        from = end + 1;
    }
    return headers;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const std::string_view bytes(reinterpret_cast<const char *>(data), size);
    using namespace muster::http;
    const auto headers = headersOf(bytes);
    (void)parseCacheControl(headers);
    (void)validatorRequest(headers);
    (void)parseHsts(headers);
    (void)parseRateLimit(headers, 1.8e9);
    (void)missingSecurityHeaders(headers);
    (void)judgeCookies(headers);
    (void)judgeCors("https://elsewhere.example", headers, headers);
    const auto first = bytes.substr(0, bytes.find('\n'));
    (void)parseHttpDate(first);
    const auto base = Url::parse("https://shop.example/a/b?c");
    const auto resolved = base->resolved(first);
    if (resolved && !Url::parse(resolved->text()))
        std::abort(); // where a redirect leads must be an address
    return 0;
}
