// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/http/httpclient.h"

#include "connectors/http/curlfault.h"
#include "connectors/net/resolver.h"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace muster::http {

namespace {

struct EasyCloser {
    void operator()(CURL *handle) const { curl_easy_cleanup(handle); }
};
struct MultiCloser {
    void operator()(CURLM *handle) const { curl_multi_cleanup(handle); }
};

/// curl's string lists, freed at the end of the transfer.
class List {
public:
    List() = default;
    ~List() { curl_slist_free_all(m_list); }
    void add(const std::string &line) { m_list = curl_slist_append(m_list, line.c_str()); }
    [[nodiscard]] curl_slist *get() const { return m_list; }
    List(const List &) = delete;
    List &operator=(const List &) = delete;

private:
    curl_slist *m_list = nullptr;
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

/// One request on its way: options in, headers and body collected under their caps.
class HttpClient::Transfer {
public:
    Transfer(const Request &request, const Options &options, const std::string &bearer, bool isVerifying);
    [[nodiscard]] std::expected<Response, Fault> run(CURLM *multi, Deadline deadline, net::Interrupter &interrupter);

private:
    const Request &m_request;
    const Options &m_options;
    bool m_isVerifying;
    std::unique_ptr<CURL, EasyCloser> m_easy;
    List m_headers;
    List m_connectTo;
    std::array<char, CURL_ERROR_SIZE> m_error{};
    Response m_response;
    std::size_t m_headerBytes = 0;
    bool m_isHandshaking = false; ///< curl dates a TLS connection's TCP part only after the handshake
    bool m_isHeaderTooLarge = false;
    bool m_isBodyTooLarge = false;

    template<class T>
    void set(CURLoption option, T value) { curl_easy_setopt(m_easy.get(), option, value); }
    void setTarget();
    void setLimits();
    void setTls();
    void setMethod();
    void setHeaders(const std::string &bearer);
    void read();
    [[nodiscard]] Fault fault(CURLcode code) const;
    [[nodiscard]] Reached reached() const;
    static CURLcode onHandshake(CURL *easy, void *context, void *self);
    static std::size_t onHeader(char *data, std::size_t size, std::size_t count, void *self);
    static std::size_t onBody(char *data, std::size_t size, std::size_t count, void *self);
};

HttpClient::Transfer::Transfer(const Request &request, const Options &options, const std::string &bearer, bool isVerifying)
    : m_request(request), m_options(options), m_isVerifying(isVerifying), m_easy(curl_easy_init())
{
    setTarget();
    setLimits();
    setTls();
    setMethod();
    setHeaders(bearer);
}

void HttpClient::Transfer::setTarget()
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

void HttpClient::Transfer::setLimits()
{
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_ERRORBUFFER, m_error.data());
    set(CURLOPT_FRESH_CONNECT, m_request.isFresh ? 1L : 0L);
    set(CURLOPT_HEADERFUNCTION, &Transfer::onHeader);
    set(CURLOPT_HEADERDATA, this);
    set(CURLOPT_WRITEFUNCTION, &Transfer::onBody);
    set(CURLOPT_WRITEDATA, this);
    if (m_request.decodes)
        set(CURLOPT_ACCEPT_ENCODING, m_request.encoding.c_str());
}

void HttpClient::Transfer::setTls()
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

void HttpClient::Transfer::setMethod()
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

void HttpClient::Transfer::setHeaders(const std::string &bearer)
{
    set(CURLOPT_USERAGENT, "muster/" MUSTER_VERSION);
    for (const auto &header : m_request.headers)
        m_headers.add(header.name + (header.value.empty() ? ";" : ": " + header.value));
    if (!bearer.empty())
        m_headers.add("Authorization: Bearer " + bearer);
    set(CURLOPT_HTTPHEADER, m_headers.get());
}

CURLcode HttpClient::Transfer::onHandshake(CURL *, void *, void *self)
{
    static_cast<Transfer *>(self)->m_isHandshaking = true;
    return CURLE_OK;
}

std::size_t HttpClient::Transfer::onHeader(char *data, std::size_t size, std::size_t count, void *self)
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

std::size_t HttpClient::Transfer::onBody(char *data, std::size_t size, std::size_t count, void *self)
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

std::expected<Response, Fault> HttpClient::Transfer::run(CURLM *multi, Deadline deadline, net::Interrupter &interrupter)
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

Reached HttpClient::Transfer::reached() const
{
    Reached reached;
    reached.where = m_request.url.origin() + " at " + m_request.address;
    reached.isTls = m_request.url.isTls();
    const auto seconds = [&](CURLINFO info) {
        double value = 0;
        curl_easy_getinfo(m_easy.get(), info, &value);
        return value;
    };
    reached.isConnected = m_isHandshaking || seconds(CURLINFO_CONNECT_TIME) > 0;
    reached.isSecured = seconds(CURLINFO_APPCONNECT_TIME) > 0;
    reached.isAnswering = m_headerBytes > 0;
    reached.words = m_error.data();
    return reached;
}

void HttpClient::Transfer::read()
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

Fault HttpClient::Transfer::fault(CURLcode code) const
{
    const auto limit = [](std::size_t bytes) { return std::to_string(bytes / 1024) + " KiB"; };
    if (m_isHeaderTooLarge)
        return tooLargeFault(reached(), "the header is over " + limit(m_request.headerLimit));
    if (m_isBodyTooLarge)
        return tooLargeFault(reached(), "the body is over " + limit(m_request.bodyLimit));
    return curlFault(static_cast<int>(code), reached());
}

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
