// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/net/tlssession.h"

#include "connectors/net/socketbio.h"
#include "connectors/net/tlserrors.h"
#include "models/facts/fact.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <limits>
#include <openssl/err.h>
#include <openssl/x509v3.h>

namespace muster::net {

namespace {

constexpr int kMaxDepth = 10;
constexpr std::size_t kMaxProblems = 8;

bool isAddress(const std::string &name)
{
    std::array<unsigned char, sizeof(in6_addr)> bytes{};
    return ::inet_pton(AF_INET, name.c_str(), bytes.data()) == 1 || ::inet_pton(AF_INET6, name.c_str(), bytes.data()) == 1;
}

int lengthOf(std::size_t size) { return static_cast<int>(std::min<std::size_t>(size, std::numeric_limits<int>::max())); }

Fault configFault(const std::string &what, const std::string &file)
{
    return {FaultKind::Config, "tls", what + " “" + file + "”: " + opensslErrors(), "Check the path and the PEM file named in the environment."};
}

} // namespace

TlsSession::TlsSession(const TlsOptions &options, std::string host) :
    m_options(options), m_host(std::move(host)), m_name(options.verifyName.empty() ? m_host : options.verifyName) {}

TlsSession::~TlsSession()
{
    // One close_notify, not waited for; OpenSSL forbids it after a fatal error.
    if (m_ssl && m_isEstablished && m_failure.detail.empty())
        SSL_shutdown(m_ssl.get());
    ERR_clear_error();
}

std::expected<std::unique_ptr<TlsSession>, Fault> TlsSession::create(int fd, const TlsOptions &options, const std::string &host)
{
    ERR_clear_error();
    std::unique_ptr<TlsSession> session(new TlsSession(options, host));
    if (auto loaded = session->loadContext(); !loaded)
        return std::unexpected(loaded.error());
    if (!session->open(fd))
        return std::unexpected(Fault{FaultKind::Config, "tls", "a TLS session could not be made: " + opensslErrors(), ""});
    return session;
}

std::expected<void, Fault> TlsSession::loadContext()
{
    m_context.reset(SSL_CTX_new(TLS_client_method()));
    if (!m_context || !limitVersions())
        return std::unexpected(Fault{FaultKind::Config, "tls", "the local TLS library does not speak the wanted version: " + opensslErrors(), ""});
    SSL_CTX *context = m_context.get();
    SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_AUTO_RETRY);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_verify_depth(context, kMaxDepth);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, &TlsSession::onVerify);
    // Without a callback the library would ask for a passphrase on the terminal.
    SSL_CTX_set_default_passwd_cb(context, [](char *, int, int, void *) { return 0; });
    if (m_options.caFile.empty())
        SSL_CTX_set_default_verify_paths(context);
    else if (SSL_CTX_load_verify_file(context, m_options.caFile.c_str()) != 1)
        return std::unexpected(configFault("cannot read the CA file", m_options.caFile));
    return loadIdentity();
}

std::expected<void, Fault> TlsSession::loadIdentity()
{
    if (m_options.clientCertFile.empty())
        return {};
    const std::string &keyFile = m_options.clientKeyFile.empty() ? m_options.clientCertFile : m_options.clientKeyFile;
    if (SSL_CTX_use_certificate_chain_file(m_context.get(), m_options.clientCertFile.c_str()) != 1)
        return std::unexpected(configFault("cannot read the client certificate", m_options.clientCertFile));
    if (SSL_CTX_use_PrivateKey_file(m_context.get(), keyFile.c_str(), SSL_FILETYPE_PEM) != 1)
        return std::unexpected(configFault("cannot use the client key", keyFile));
    return {};
}

bool TlsSession::limitVersions()
{
    const bool isLegacy = m_options.minVersion < TLS1_2_VERSION;
    if (isLegacy) {
        // TLS 1.0 and 1.1 sign with SHA-1 and MD5, which only level 0 allows. For probes alone.
        SSL_CTX_set_security_level(m_context.get(), 0);
        if (SSL_CTX_set_cipher_list(m_context.get(), "ALL:@SECLEVEL=0") != 1)
            return false;
    }
    return SSL_CTX_set_min_proto_version(m_context.get(), m_options.minVersion) == 1
        && SSL_CTX_set_max_proto_version(m_context.get(), m_options.maxVersion) == 1;
}

bool TlsSession::open(int fd)
{
    m_ssl.reset(SSL_new(m_context.get()));
    BioPtr bio = socketBio(fd);
    if (!m_ssl || !bio)
        return false;
    BIO *raw = bio.release();
    SSL_set_bio(m_ssl.get(), raw, raw);
    SSL_set_app_data(m_ssl.get(), this);
    SSL_set_connect_state(m_ssl.get());
    X509_VERIFY_PARAM *param = SSL_get0_param(m_ssl.get());
    X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    if (isAddress(m_name))
        return X509_VERIFY_PARAM_set1_ip_asc(param, m_name.c_str()) == 1;
    // SSL_set_tlsext_host_name() spelt out: the macro has an old-style cast.
    const long isNamed = SSL_ctrl(m_ssl.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, m_name.data());
    return isNamed == 1 && X509_VERIFY_PARAM_set1_host(param, m_name.data(), m_name.size()) == 1;
}

int TlsSession::onVerify(int isOk, X509_STORE_CTX *store)
{
    auto *ssl = static_cast<SSL *>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
    auto *self = static_cast<TlsSession *>(SSL_get_app_data(ssl));
    if (isOk == 1)
        return 1;
    const int code = X509_STORE_CTX_get_error(store);
    const bool isKnown = std::any_of(self->m_problems.begin(), self->m_problems.end(), [code](const Problem &problem) { return problem.code == code; });
    if (!isKnown && self->m_problems.size() < kMaxProblems) {
        const Certificate at = certificateFrom(X509_STORE_CTX_get_current_cert(store));
        self->m_problems.push_back({code, verifyWords(code, at, self->m_name)});
    }
    return self->m_options.isVerifying ? 0 : 1;
}

TlsSession::Step TlsSession::handshake()
{
    ERR_clear_error();
    errno = 0;
    const Step step = judge(SSL_do_handshake(m_ssl.get()));
    m_isEstablished = step.want == Want::Nothing;
    return step;
}

TlsSession::Step TlsSession::read(std::span<char> buffer)
{
    ERR_clear_error();
    errno = 0;
    return judge(SSL_read(m_ssl.get(), buffer.data(), lengthOf(buffer.size())));
}

TlsSession::Step TlsSession::write(std::string_view bytes)
{
    ERR_clear_error();
    errno = 0;
    return judge(SSL_write(m_ssl.get(), bytes.data(), lengthOf(bytes.size())));
}

TlsSession::Step TlsSession::judge(int result)
{
    if (result > 0)
        return {Want::Nothing, static_cast<std::size_t>(result)};
    const int error = SSL_get_error(m_ssl.get(), result);
    switch (error) {
    case SSL_ERROR_WANT_READ:
        return {Want::Read, 0};
    case SSL_ERROR_WANT_WRITE:
        return {Want::Write, 0};
    case SSL_ERROR_ZERO_RETURN:
        return {Want::Closed, 0};
    default:
        explainFailure(error);
        return {Want::Failed, 0};
    }
}

void TlsSession::explainFailure(int sslError)
{
    const int number = errno;
    if (!m_problems.empty() && m_options.isVerifying && !m_isEstablished) {
        m_failure = verifyFault();
        ERR_clear_error();
        return;
    }
    m_failure = sessionFault(sslError, number, m_host, m_isEstablished);
}

Fault TlsSession::verifyFault() const
{
    return {FaultKind::Tls, "tls", "the certificate of " + m_host + " does not verify: " + problemWords(), verifyHint(m_problems.front().code)};
}

std::string TlsSession::problemWords() const
{
    std::string words;
    for (const Problem &problem : m_problems)
        words += (words.empty() ? "" : "; ") + problem.words;
    return words;
}

bool TlsSession::hasPending() const { return SSL_has_pending(m_ssl.get()) == 1; }

bool TlsSession::isNameOk() const
{
    X509 *leaf = SSL_get0_peer_certificate(m_ssl.get());
    constexpr unsigned flags = X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT;
    if (!leaf)
        return false;
    if (isAddress(m_name))
        return X509_check_ip_asc(leaf, m_name.c_str(), flags) == 1;
    return X509_check_host(leaf, m_name.data(), m_name.size(), flags, nullptr) == 1;
}

bool TlsSession::isPinned() const
{
    const STACK_OF(X509) *chain = m_options.isVerifying ? SSL_get0_verified_chain(m_ssl.get()) : SSL_get_peer_cert_chain(m_ssl.get());
    for (int i = 0; chain && i < sk_X509_num(chain); ++i) {
        const std::string pin = certificateFrom(sk_X509_value(chain, i)).pin;
        if (std::find(m_options.pins.begin(), m_options.pins.end(), pin) != m_options.pins.end())
            return true;
    }
    return false;
}

std::expected<TlsInfo, Fault> TlsSession::finish()
{
    TlsInfo info;
    info.version = SSL_get_version(m_ssl.get());
    info.cipher = SSL_get_cipher_name(m_ssl.get());
    const STACK_OF(X509) *chain = SSL_get_peer_cert_chain(m_ssl.get());
    for (int i = 0; chain && i < sk_X509_num(chain); ++i)
        info.chain.push_back(certificateFrom(sk_X509_value(chain, i)));
    info.isNameOk = isNameOk();
    info.verifyError = problemWords();
    if (!m_options.pins.empty() && !isPinned()) {
        const std::string seen = info.chain.empty() ? "none" : info.chain.front().pin;
        const std::string words = "no certificate of the chain has a pinned key (the server's is " + seen + ")";
        if (m_options.isVerifying)
            return std::unexpected(Fault{FaultKind::Tls, "tls", words, "If the key was changed on purpose, put the new pin into the environment file."});
        info.verifyError += (info.verifyError.empty() ? "" : "; ") + words;
    }
    info.isVerified = info.verifyError.empty() && info.isNameOk && !info.chain.empty();
    return info;
}

} // namespace muster::net
