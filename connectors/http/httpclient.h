// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/http/headers.h"
#include "connectors/http/url.h"
#include "connectors/net/interrupter.h"
#include "connectors/net/stream.h"
#include "models/facts/fault.h"
#include "models/ports/deadline.h"
#include "models/ports/secret.h"

#include <cstddef>
#include <expected>
#include <memory>
#include <string>
#include <vector>

namespace muster::http {

/// Seconds each phase took; 0 where it did not happen (a connection that was used again, no TLS).
struct Timings {
    double dns = 0;
    double connect = 0;
    double tls = 0;
    double firstByte = 0; ///< request sent to first byte of the answer
    double total = 0;     ///< everything, name resolution included
};

/// One request. Redirects are never followed: the caller reads Location and decides.
struct Request {
    std::string method = "GET"; ///< GET, HEAD, OPTIONS; POST only for queries that read
    Url url;
    std::vector<Header> headers;
    std::string body;           ///< POST only, application/x-www-form-urlencoded
    std::string address;        ///< literal address to connect to; empty: the host is resolved and its addresses are tried in order
    std::uint16_t addressPort = 0; ///< 0 = the URL's port
    bool isFresh = false;       ///< a new connection, so that all phases are measured
    bool decodes = false;       ///< ask for and undo `encoding`; else the body is as sent
    std::string encoding;       ///< "gzip", "br": what to ask for when decoding
    std::size_t headerLimit = 64UL * 1024;
    std::size_t bodyLimit = 1024UL * 1024;
};

struct Response {
    int status = 0;
    Headers headers;
    std::string body;
    std::size_t wireSize = 0;  ///< body bytes on the wire, before decoding
    std::string address;       ///< "192.0.2.1:443"
    std::string httpVersion;   ///< "1.1", "2"
    Timings timings;
    bool isVerified = false;   ///< TLS was spoken, chain and name are good

    [[nodiscard]] bool isSuccess() const { return status >= 200 && status < 300; }
};

/// The literal addresses of a host, each once, at most 8.
[[nodiscard]] std::expected<std::vector<std::string>, Fault> resolveHost(const std::string &host, Deadline deadline, const net::Interrupter &interrupter);

/// The only user of libcurl. Blocking, one thread at a time; every wait also watches the Interrupter. No proxy, no netrc, no cookies, no redirects.
/// Faults: stages dns, tcp, tls, protocol; kinds Dns, Refused, Timeout, Tls, Protocol, TooLarge, Unavailable, Cancelled, Config.
class HttpClient {
public:
    /// What stays the same over requests. The bearer goes to `bearerOrigin` only, and never over a connection whose certificate was not verified.
    struct Options {
        net::TlsOptions tls;
        SecretProvider bearer;    ///< may be empty
        std::string bearerOrigin; ///< Url::origin()
    };

    HttpClient(Options options, net::Interrupter &interrupter);
    ~HttpClient();

    [[nodiscard]] std::expected<Response, Fault> send(const Request &request, Deadline deadline);
    /// The same without looking at the certificate, and without the bearer: for what else can be learned about a server that does not verify.
    [[nodiscard]] std::expected<Response, Fault> sendUnverified(const Request &request, Deadline deadline);
    /// Was the library built with this content coding ("gzip", "br", "zstd")?
    [[nodiscard]] static bool canDecode(const std::string &encoding);
    [[nodiscard]] bool hasBearer() const { return static_cast<bool>(m_options.bearer); }
    /// Forgets the connections that are kept.
    void close();

    HttpClient(const HttpClient &) = delete;
    HttpClient &operator=(const HttpClient &) = delete;

private:
    struct Library;
    Options m_options;
    net::Interrupter &m_interrupter;
    std::unique_ptr<Library> m_library;

    [[nodiscard]] std::expected<Response, Fault> sendAny(const Request &request, Deadline deadline, bool isVerifying);
    [[nodiscard]] std::expected<Response, Fault> sendTo(const Request &request, Deadline deadline, bool isVerifying);
    [[nodiscard]] std::expected<std::string, Fault> bearerFor(const Request &request, bool isVerifying) const;
};

} // namespace muster::http
