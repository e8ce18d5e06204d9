// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/http/httpclient.h"

#include "connectors/http/transfer.h"
#include "connectors/net/resolver.h"

#include <curl/curl.h>

#include <algorithm>

namespace muster::http {

namespace {

struct MultiCloser {
    void operator()(CURLM *handle) const { curl_multi_cleanup(handle); }
};

constexpr std::size_t kAddressLimit = 8;

void startLibrary()
{
    // Once a process; thread-safe by the rules of local statics.
    [[maybe_unused]] static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
}

} // namespace

std::expected<std::vector<std::string>, Fault> resolveHost(const std::string &host, Deadline deadline, const net::Interrupter &interrupter)
{
    const auto found = net::resolve(host, 0, deadline, interrupter);
    if (!found)
        return std::unexpected(found.error());
    std::vector<std::string> addresses;
    for (const auto &address : *found) {
        const auto text = net::hostOf(address);
        if (addresses.size() < kAddressLimit && std::ranges::find(addresses, text) == addresses.end())
            addresses.push_back(text);
    }
    return addresses;
}

struct HttpClient::Library {
    std::unique_ptr<CURLM, MultiCloser> multi;
};

HttpClient::HttpClient(Options options, net::Interrupter &interrupter) : m_options(std::move(options)), m_interrupter(interrupter)
{
    startLibrary();
    m_library = std::make_unique<Library>();
    close();
}

HttpClient::~HttpClient() = default;

void HttpClient::close()
{
    m_library->multi.reset(curl_multi_init());
    curl_multi_setopt(m_library->multi.get(), CURLMOPT_MAXCONNECTS, 8L);
}

bool HttpClient::canDecode(const std::string &encoding)
{
    const auto *info = curl_version_info(CURLVERSION_NOW);
    const int bit = encoding == "gzip" ? CURL_VERSION_LIBZ : encoding == "br" ? CURL_VERSION_BROTLI : encoding == "zstd" ? CURL_VERSION_ZSTD : 0;
    return (info->features & bit) != 0;
}

std::expected<Response, Fault> HttpClient::send(const Request &request, Deadline deadline)
{
    return sendAny(request, deadline, true);
}

std::expected<Response, Fault> HttpClient::sendUnverified(const Request &request, Deadline deadline)
{
    return sendAny(request, deadline, false);
}

std::expected<std::string, Fault> HttpClient::bearerFor(const Request &request, bool isVerifying) const
{
    if (!m_options.bearer || !isVerifying || request.url.origin() != m_options.bearerOrigin)
        return std::string();
    const auto secret = m_options.bearer();
    if (!secret)
        return std::unexpected(secret.error());
    const auto &token = secret->reveal();
    if (std::ranges::any_of(token, [](char c) { return c < 0x21 || c == 0x7f; }))
        return std::unexpected(Fault{FaultKind::Config, "auth", "the bearer token holds a blank or a control character",
                                     "Store the token alone on one line."});
    return token;
}

std::expected<Response, Fault> HttpClient::sendAny(const Request &request, Deadline deadline, bool isVerifying)
{
    if (!request.address.empty())
        return sendTo(request, deadline, isVerifying);
    const auto begun = BootClock::now();
    const auto addresses = resolveHost(request.url.host, deadline, m_interrupter);
    if (!addresses)
        return std::unexpected(addresses.error());
    const double dns = toSeconds(BootClock::now() - begun);
    std::expected<Response, Fault> result = std::unexpected(Fault{});
    for (std::size_t i = 0; i < addresses->size(); ++i) {
        Request one = request;
        one.address = (*addresses)[i];
        const auto share = deadline.left() / static_cast<int>(addresses->size() - i);
        result = sendTo(one, deadline.atMost(share), isVerifying);
        // Only a server that could not be reached lets another address be tried.
        if (result || result.error().stage != "tcp" || result.error().kind == FaultKind::Cancelled)
            break;
    }
    if (result) {
        result->timings.dns = dns;
        result->timings.total += dns;
    }
    return result;
}

std::expected<Response, Fault> HttpClient::sendTo(const Request &request, Deadline deadline, bool isVerifying)
{
    const auto bearer = bearerFor(request, isVerifying);
    if (!bearer)
        return std::unexpected(bearer.error());
    if (m_interrupter.isInterrupted())
        return std::unexpected(net::cancelledFault("tcp"));
    Transfer transfer(request, m_options, *bearer, isVerifying);
    return transfer.run(m_library->multi.get(), deadline, m_interrupter);
}

} // namespace muster::http
