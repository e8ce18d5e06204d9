// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/net/certificate.h"
#include "connectors/net/interrupter.h"
#include "models/facts/fault.h"
#include "models/ports/deadline.h"

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace muster::net {

struct Endpoint {
    std::string host; ///< name or literal address, IPv6 without brackets
    std::uint16_t port = 0;
};

/// How TLS is to be spoken. Relative paths were resolved by the environment parser.
struct TlsOptions {
    bool isOn = false;
    std::string caFile;            ///< PEM; empty = the system's roots
    std::string clientCertFile;
    std::string clientKeyFile;
    std::string verifyName;        ///< name to verify and to send as SNI, when it is not the host
    std::vector<std::string> pins; ///< base64 SHA-256 of the SPKI; an addition to the chain, never instead of it
    bool isVerifying = true;       ///< probes may look at a server that does not verify; clients never turn this off
    int minVersion = 0x0303;       ///< TLS1_2_VERSION
    int maxVersion = 0;            ///< 0 = newest
};

/// What the handshake showed.
struct TlsInfo {
    std::string version; ///< "TLSv1.3"
    std::string cipher;
    std::vector<Certificate> chain; ///< as sent, leaf first
    bool isVerified = false;        ///< chain and name
    bool isNameOk = false;
    std::string verifyError;        ///< "" when verified; OpenSSL's words else
};

struct ConnectTimes {
    Millis dns{0};
    Millis tcp{0};
    Millis tls{0};
};

/// One address that was tried, for diagnosis.
struct Attempt {
    std::string address; ///< "192.0.2.1:6379", "[::1]:6379"
    std::string error;   ///< "" = connected
    Millis took{0};
};

/// A byte stream over TCP, optionally TLS: the only place that knows sockets. Blocking with deadlines; one thread at a time.
/// Every wait also watches the Interrupter, so that another thread can end it at once. A timeout or an interrupt leaves the stream unusable.
class Stream {
public:
    /// Resolves (in a helper thread, bounded by the deadline), races the addresses (250 ms apart, IPv6 and IPv4 interleaved).
    /// Faults: dns / tcp stage, kinds Dns, Refused, Timeout, Cancelled. `attempts` gets every address tried.
    [[nodiscard]] static std::expected<std::unique_ptr<Stream>, Fault> connect(const Endpoint &endpoint, Deadline deadline, Interrupter &interrupter,
                                                                              std::vector<Attempt> *attempts = nullptr);
    ~Stream();

    /// TLS on the connected stream (at once, or after STARTTLS). Bytes that were read ahead in clear are an error (response injection).
    [[nodiscard]] std::expected<void, Fault> startTls(const TlsOptions &options, const std::string &host, Deadline deadline);

    /// At least one byte, at most buffer.size(). Unavailable "closed by the server" at end of stream.
    [[nodiscard]] std::expected<std::size_t, Fault> readSome(std::span<char> buffer, Deadline deadline);
    [[nodiscard]] std::expected<void, Fault> writeAll(std::string_view bytes, Deadline deadline);
    /// One line without CR LF; longer than `limit` is TooLarge. Keeps what came after it for the next read.
    [[nodiscard]] std::expected<std::string, Fault> readLine(std::size_t limit, Deadline deadline);
    /// Is there anything to read now (without waiting)?
    [[nodiscard]] bool hasPending() const;

    [[nodiscard]] bool isTls() const;
    [[nodiscard]] const TlsInfo &tls() const;
    [[nodiscard]] const ConnectTimes &times() const;
    [[nodiscard]] const std::string &peer() const;  ///< "192.0.2.1:6379"
    [[nodiscard]] const std::string &local() const; ///< own address, for EHLO literals

    Stream(const Stream &) = delete;
    Stream &operator=(const Stream &) = delete;

private:
    class Impl;
    explicit Stream(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> m_impl;
};

/// The sentence that a read or write fault carries when the Interrupter fired.
[[nodiscard]] Fault cancelledFault(std::string stage);

} // namespace muster::net
