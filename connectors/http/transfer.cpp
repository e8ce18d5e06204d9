// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/http/transfer.h"

#include "models/format/format.h"

#include <algorithm>
#include <string_view>

namespace muster::http {

namespace {

/// "64 KiB", "47.7 MiB"
std::string binarySize(std::size_t bytes)
{
    constexpr double kKibi = 1024;
    const auto size = static_cast<double>(bytes);
    if (bytes < 1024)
        return format::number(size, 0) + " B";
    return size < kKibi * kKibi ? format::number(size / kKibi, 1) + " KiB" : format::number(size / kKibi / kKibi, 1) + " MiB";
}

} // namespace

Transfer::Transfer(const Request &request, const HttpClient::Options &options, const std::string &bearer, bool isVerifying)
    : m_request(request), m_options(options), m_isVerifying(isVerifying), m_easy(curl_easy_init())
{
    setTarget();
    setLimits();
    setTls();
    setMethod();
    setHeaders(bearer);
}

void Transfer::setTarget()
{
    // curl sends and verifies the name that stands in the URL; the real one then travels in Host.
    Url url = m_request.url;
    if (url.isTls() && !m_options.tls.verifyName.empty() && m_options.tls.verifyName != url.host) {
        m_headers.add("Host: " + url.authority());
        url.host = m_options.tls.verifyName;
    }
    set(CURLOPT_URL, url.text().c_str());
    set(CURLOPT_PATH_AS_IS, 1L);
    const auto port = m_request.addressPort ? m_request.addressPort : url.port;
    m_connectTo.add("::" + bracketed(m_request.address) + ":" + std::to_string(port));
    set(CURLOPT_CONNECT_TO, m_connectTo.get());
    set(CURLOPT_PROXY, ""); // the environment's http_proxy is the operator's, not production's
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_FOLLOWLOCATION, 0L);
    set(CURLOPT_NETRC, long{CURL_NETRC_IGNORED});
}

void Transfer::setLimits()
{
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_ERRORBUFFER, m_error.data());
    set(CURLOPT_FRESH_CONNECT, m_request.isFresh ? 1L : 0L);
    set(CURLOPT_FORBID_REUSE, m_request.isFresh ? 1L : 0L); // else one more a round is kept, up to the cache's limit
    set(CURLOPT_HEADERFUNCTION, &Transfer::onHeader);
    set(CURLOPT_HEADERDATA, this);
    set(CURLOPT_WRITEFUNCTION, &Transfer::onBody);
    set(CURLOPT_WRITEDATA, this);
    if (m_request.decodes)
        set(CURLOPT_ACCEPT_ENCODING, m_request.encoding.c_str());
}

void Transfer::setTls()
{
    const auto &tls = m_options.tls;
    set(CURLOPT_SSL_VERIFYPEER, m_isVerifying ? 1L : 0L);
    set(CURLOPT_SSL_VERIFYHOST, m_isVerifying ? 2L : 0L);
    set(CURLOPT_SSLVERSION, long{CURL_SSLVERSION_TLSv1_2});
    if (!tls.caFile.empty()) {
        set(CURLOPT_CAINFO, tls.caFile.c_str());
        set(CURLOPT_CAPATH, nullptr); // else the system's roots count as well
    }
    if (!tls.clientCertFile.empty() && m_isVerifying) {
        set(CURLOPT_SSLCERT, tls.clientCertFile.c_str());
        set(CURLOPT_SSLKEY, (tls.clientKeyFile.empty() ? tls.clientCertFile : tls.clientKeyFile).c_str());
    }
    set(CURLOPT_SSL_CTX_FUNCTION, &Transfer::onHandshake);
    set(CURLOPT_SSL_CTX_DATA, this);
    std::string pins;
    for (const auto &pin : tls.pins)
        pins += (pins.empty() ? "sha256//" : ";sha256//") + pin;
    if (!pins.empty() && m_isVerifying)
        set(CURLOPT_PINNEDPUBLICKEY, pins.c_str());
}

void Transfer::setMethod()
{
    if (m_request.method == "HEAD") {
        set(CURLOPT_NOBODY, 1L);
    } else if (m_request.method == "POST") {
        set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(m_request.body.size()));
        set(CURLOPT_COPYPOSTFIELDS, m_request.body.c_str());
    } else if (m_request.method != "GET") {
        set(CURLOPT_CUSTOMREQUEST, m_request.method.c_str());
    }
}

void Transfer::setHeaders(const std::string &bearer)
{
    set(CURLOPT_USERAGENT, "muster/" MUSTER_VERSION);
    for (const auto &header : m_request.headers)
        m_headers.add(header.name + (header.value.empty() ? ";" : ": " + header.value));
    if (!bearer.empty())
        m_headers.add("Authorization: Bearer " + bearer);
    set(CURLOPT_HTTPHEADER, m_headers.get());
}

CURLcode Transfer::onHandshake(CURL *, void *, void *self)
{
    static_cast<Transfer *>(self)->m_isHandshaking = true;
    return CURLE_OK;
}

std::size_t Transfer::onHeader(char *data, std::size_t size, std::size_t count, void *self)
{
    // HTTP/1.1 200 OK
    // Content-Type: application/json
    auto &transfer = *static_cast<Transfer *>(self);
    const std::string_view line(data, size * count);
    transfer.m_headerBytes += line.size();
    if (transfer.m_headerBytes > transfer.m_request.headerLimit) {
        transfer.m_isHeaderTooLarge = true;
        return 0;
    }
    if (line.starts_with("HTTP/")) // an interim answer's fields are not the answer's
        transfer.m_response.headers.clear();
    else if (const auto colon = line.find(':'); colon != std::string_view::npos)
        transfer.m_response.headers.add(std::string(trimmed(line.substr(0, colon))), std::string(trimmed(line.substr(colon + 1))));
    return line.size();
}

std::size_t Transfer::onBody(char *data, std::size_t size, std::size_t count, void *self)
{
    auto &transfer = *static_cast<Transfer *>(self);
    const auto bytes = size * count;
    if (transfer.m_response.body.size() + bytes > transfer.m_request.bodyLimit) {
        transfer.m_isBodyTooLarge = true;
        return 0;
    }
    transfer.m_response.body.append(data, bytes);
    return bytes;
}

std::expected<Response, Fault> Transfer::run(CURLM *multi, Deadline deadline, net::Interrupter &interrupter)
{
    curl_multi_add_handle(multi, m_easy.get());
    const auto finish = [&](std::expected<Response, Fault> result) {
        curl_multi_remove_handle(multi, m_easy.get());
        return result;
    };
    int running = 1;
    while (running > 0) {
        if (curl_multi_perform(multi, &running) != CURLM_OK)
            return finish(std::unexpected(Fault{FaultKind::Unavailable, "protocol", "the transfer could not go on", {}}));
        if (running == 0)
            break;
        if (interrupter.isInterrupted())
            return finish(std::unexpected(net::cancelledFault("protocol")));
        if (deadline.isOver())
            return finish(std::unexpected(timeoutFault(reached())));
        curl_waitfd wake{interrupter.descriptor(), CURL_WAIT_POLLIN, 0};
        const auto wait = std::min<Millis>(deadline.left(), Millis{1000});
        curl_multi_poll(multi, &wake, 1, static_cast<int>(wait.count()), nullptr);
    }
    int left = 0;
    const auto *message = curl_multi_info_read(multi, &left);
    const auto code = message ? message->data.result : CURLE_GOT_NOTHING;
    read();
    if (code != CURLE_OK)
        return finish(std::unexpected(fault(code)));
    return finish(std::move(m_response));
}

Reached Transfer::reached() const
{
    Reached reached;
    reached.where = m_request.url.origin() + " at " + m_request.address;
    reached.isTls = m_request.url.isTls();
    const auto seconds = [&](CURLINFO info) {
        double value = 0;
        curl_easy_getinfo(m_easy.get(), info, &value);
        return value;
    };
    const bool isSending = seconds(CURLINFO_PRETRANSFER_TIME) > 0; // on a kept connection too, which has no times of its own for TCP and TLS
    reached.isConnected = isSending || m_isHandshaking || seconds(CURLINFO_CONNECT_TIME) > 0;
    reached.isSecured = isSending || seconds(CURLINFO_APPCONNECT_TIME) > 0;
    reached.isAnswering = m_headerBytes > 0;
    reached.words = m_error.data();
    return reached;
}

void Transfer::read()
{
    const auto seconds = [&](CURLINFO info) {
        double value = 0;
        curl_easy_getinfo(m_easy.get(), info, &value);
        return value;
    };
    const auto number = [&](CURLINFO info) {
        long value = 0;
        curl_easy_getinfo(m_easy.get(), info, &value);
        return value;
    };
    const double dns = seconds(CURLINFO_NAMELOOKUP_TIME);
    const double connected = seconds(CURLINFO_CONNECT_TIME);
    const double secured = seconds(CURLINFO_APPCONNECT_TIME);
    const double started = seconds(CURLINFO_PRETRANSFER_TIME);
    m_response.timings.connect = std::max(0.0, connected - dns);
    m_response.timings.tls = secured > 0 ? std::max(0.0, secured - connected) : 0;
    m_response.timings.firstByte = std::max(0.0, seconds(CURLINFO_STARTTRANSFER_TIME) - started);
    m_response.timings.total = seconds(CURLINFO_TOTAL_TIME);
    m_response.status = static_cast<int>(number(CURLINFO_RESPONSE_CODE));
    const char *ip = nullptr;
    curl_easy_getinfo(m_easy.get(), CURLINFO_PRIMARY_IP, &ip);
    m_response.address = bracketed(ip ? ip : m_request.address) + ":" + std::to_string(number(CURLINFO_PRIMARY_PORT));
    const auto version = number(CURLINFO_HTTP_VERSION);
    m_response.httpVersion = version == CURL_HTTP_VERSION_1_0 ? "1.0" : version == CURL_HTTP_VERSION_1_1 ? "1.1" : version >= CURL_HTTP_VERSION_3 ? "3" : "2";
    m_response.isVerified = m_isVerifying && m_request.url.isTls();
    curl_off_t wire = 0;
    curl_easy_getinfo(m_easy.get(), CURLINFO_SIZE_DOWNLOAD_T, &wire);
    m_response.wireSize = static_cast<std::size_t>(std::max<curl_off_t>(0, wire));
}

/// What is known of the size of a body that was too large: nothing of one that is sent in pieces without a length.
std::string Transfer::toldSize() const
{
    curl_off_t announced = 0;
    curl_off_t wire = 0;
    curl_easy_getinfo(m_easy.get(), CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &announced);
    curl_easy_getinfo(m_easy.get(), CURLINFO_SIZE_DOWNLOAD_T, &wire);
    const bool isEncoded = !m_response.headers.first("Content-Encoding").empty() && m_request.decodes;
    if (isEncoded)
        return ", decoded from " + binarySize(static_cast<std::size_t>(std::max(wire, announced))) + ',';
    return announced > 0 ? " of " + binarySize(static_cast<std::size_t>(announced)) : std::string();
}

Fault Transfer::fault(CURLcode code) const
{
    if (m_isHeaderTooLarge)
        return tooLargeFault(reached(), "the header is over the limit of " + binarySize(m_request.headerLimit));
    if (m_isBodyTooLarge)
        return tooLargeFault(reached(), "the body" + toldSize() + " is over the limit of " + binarySize(m_request.bodyLimit));
    return curlFault(static_cast<int>(code), reached());
}

} // namespace muster::http
