// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/net/opensslptr.h"
#include "connectors/net/stream.h"

#include <cstdint>
#include <expected>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace muster::net {

/// One TLS client session over a non-blocking socket. Never waits: a step says what to wait for. Owned and used by one Stream.
class TlsSession {
public:
    enum class Want : std::uint8_t { Nothing, Read, Write, Closed, Failed };
    struct Step {
        Want want = Want::Nothing; ///< Nothing = done, `bytes` moved
        std::size_t bytes = 0;
    };

    /// Config fault (stage "tls") for an unreadable CA, certificate or key, or a version that the local library cannot speak.
    [[nodiscard]] static std::expected<std::unique_ptr<TlsSession>, Fault> create(int fd, const TlsOptions &options, const std::string &host);
    ~TlsSession();

    [[nodiscard]] Step handshake();
    [[nodiscard]] Step read(std::span<char> buffer);
    [[nodiscard]] Step write(std::string_view bytes);
    /// Why the last step failed. `hint` says what to do.
    [[nodiscard]] const Fault &failure() const { return m_failure; }
    [[nodiscard]] bool hasPending() const;

    /// After the handshake: what was seen; a Fault when a verifying session must not be used (pins).
    [[nodiscard]] std::expected<TlsInfo, Fault> finish();

    TlsSession(const TlsSession &) = delete;
    TlsSession &operator=(const TlsSession &) = delete;

private:
    struct Problem {
        int code = 0;
        std::string words; ///< "certificate has expired (CN=…)"
    };

    TlsOptions m_options;
    std::string m_host;
    std::string m_name;           ///< verified, and SNI unless an address
    SslContextPtr m_context;
    SslPtr m_ssl;
    std::vector<Problem> m_problems; ///< filled by the verify callback
    Fault m_failure;
    bool m_isEstablished = false;

    TlsSession(const TlsOptions &options, std::string host);
    [[nodiscard]] std::expected<void, Fault> loadContext();
    [[nodiscard]] std::expected<void, Fault> loadIdentity();
    [[nodiscard]] bool limitVersions();
    [[nodiscard]] bool open(int fd);
    [[nodiscard]] Step judge(int result);
    void explainFailure(int sslError);
    [[nodiscard]] std::string problemWords() const;
    [[nodiscard]] Fault verifyFault() const;
    [[nodiscard]] bool isPinned() const;
    [[nodiscard]] bool isNameOk() const;
    static int onVerify(int isOk, X509_STORE_CTX *store);
};

} // namespace muster::net
