// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/imap/imapclient.h"

#include "connectors/http/curlfault.h"
#include "connectors/http/url.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <curl/curl.h>
#include <string_view>

namespace muster::imap {

namespace {

constexpr std::size_t kMaxAnswer = 256UL * 1024;
constexpr std::size_t kMaxUids = 10'000;

/// The data that follows "{102}" at the end of the line where `mark` stands; "" when there is none.
std::string_view literalAfter(std::string_view answer, std::string_view mark)
{
    // * 2 FETCH (UID 2 BODY[HEADER] {102}
    // From: alerts@shop.example
    const auto line = answer.find(mark);
    if (line == std::string_view::npos)
        return {};
    const auto open = answer.find('{', line);
    const auto end = answer.find('\n', line);
    if (open == std::string_view::npos || end == std::string_view::npos || open > end)
        return {};
    std::size_t size = 0;
    std::from_chars(answer.data() + open + 1, answer.data() + end, size);
    return answer.substr(end + 1, size);
}

} // namespace

std::string MailboxTarget::display() const
{
    return (isImplicit ? "imaps://" : "imap://") + user + "@" + host + ":" + std::to_string(port) + "/" + folder;
}

std::string quotedString(const std::string &text)
{
    std::string result = "\"";
    for (const char c : text) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
            continue;
        if (c == '"' || c == '\\')
            result += '\\';
        result += c;
    }
    return result + "\"";
}

struct ImapClient::Library {
    CURLM *multi = curl_multi_init();
    CURL *easy = curl_easy_init();
    std::array<char, CURL_ERROR_SIZE> error{};
    std::string answer;
    bool isTooLarge = false;
    curl_slist *connectTo = nullptr;

    Library() = default;
    ~Library()
    {
        curl_slist_free_all(connectTo);
        curl_easy_cleanup(easy);
        curl_multi_cleanup(multi);
    }
    Library(const Library &) = delete;
    Library &operator=(const Library &) = delete;

    template<class T>
    void set(CURLoption option, T value) { curl_easy_setopt(easy, option, value); }

    /// curl hands every line of an answer to a custom command to the header function, the lines of literals too.
    static std::size_t onLine(char *data, std::size_t size, std::size_t count, void *self)
    {
        auto &library = *static_cast<Library *>(self);
        if (library.answer.size() + size * count > kMaxAnswer) {
            library.isTooLarge = true;
            return 0;
        }
        library.answer.append(data, size * count);
        return size * count;
    }
    static std::size_t onBody(char *, std::size_t size, std::size_t count, void *) { return size * count; }
};

ImapClient::ImapClient(MailboxTarget target, net::Interrupter &interrupter)
    : m_target(std::move(target)), m_interrupter(interrupter), m_library(std::make_unique<Library>())
{
}

ImapClient::~ImapClient() = default;

void ImapClient::setTls()
{
    const auto &tls = m_target.tls;
    if (!tls.verifyName.empty() && !m_library->connectTo)
        m_library->connectTo = curl_slist_append(nullptr, ("::" + http::bracketed(m_target.host) + ":" + std::to_string(m_target.port)).c_str());
    m_library->set(CURLOPT_CONNECT_TO, m_library->connectTo);
    m_library->set(CURLOPT_USE_SSL, long{CURLUSESSL_ALL});
    m_library->set(CURLOPT_SSLVERSION, long{CURL_SSLVERSION_TLSv1_2});
    if (!tls.caFile.empty()) {
        m_library->set(CURLOPT_CAINFO, tls.caFile.c_str());
        m_library->set(CURLOPT_CAPATH, nullptr);
    }
    if (!tls.clientCertFile.empty()) {
        m_library->set(CURLOPT_SSLCERT, tls.clientCertFile.c_str());
        m_library->set(CURLOPT_SSLKEY, (tls.clientKeyFile.empty() ? tls.clientCertFile : tls.clientKeyFile).c_str());
    }
    std::string pins;
    for (const auto &pin : tls.pins)
        pins += (pins.empty() ? "sha256//" : ";sha256//") + pin;
    if (!pins.empty())
        m_library->set(CURLOPT_PINNEDPUBLICKEY, pins.c_str());
}

void ImapClient::setUp(const std::string &line)
{
    auto &library = *m_library;
    curl_easy_reset(library.easy);
    library.answer.clear();
    library.isTooLarge = false;
    library.error.front() = '\0';
    char *folder = curl_easy_escape(library.easy, m_target.folder.c_str(), static_cast<int>(m_target.folder.size()));
    const auto name = m_target.tls.verifyName.empty() ? m_target.host : m_target.tls.verifyName;
    const auto url = (m_target.isImplicit ? "imaps://" : "imap://") + http::bracketed(name) + ":" + std::to_string(m_target.port) + "/" + (folder ? folder : "INBOX");
    curl_free(folder);
    library.set(CURLOPT_URL, url.c_str());
    library.set(CURLOPT_CUSTOMREQUEST, line.c_str());
    library.set(CURLOPT_PROTOCOLS_STR, "imap,imaps");
    library.set(CURLOPT_PROXY, "");
    library.set(CURLOPT_NETRC, long{CURL_NETRC_IGNORED});
    library.set(CURLOPT_NOSIGNAL, 1L);
    library.set(CURLOPT_ERRORBUFFER, library.error.data());
    library.set(CURLOPT_HEADERFUNCTION, &Library::onLine);
    library.set(CURLOPT_HEADERDATA, m_library.get());
    library.set(CURLOPT_WRITEFUNCTION, &Library::onBody);
    setTls();
}

std::expected<void, Fault> ImapClient::transfer(Deadline deadline)
{
    auto &library = *m_library;
    http::Reached reached;
    reached.where = m_target.display();
    reached.isTls = true;
    curl_multi_add_handle(library.multi, library.easy);
    const auto finish = [&](std::expected<void, Fault> result) {
        curl_multi_remove_handle(library.multi, library.easy);
        return result;
    };
    int running = 1;
    while (running > 0) {
        if (curl_multi_perform(library.multi, &running) != CURLM_OK)
            return finish(std::unexpected(Fault{FaultKind::Unavailable, "protocol", "the transfer could not go on", {}}));
        if (running == 0)
            break;
        reached.isConnected = reached.isSecured = reached.isAnswering = !library.answer.empty();
        if (m_interrupter.isInterrupted())
            return finish(std::unexpected(net::cancelledFault("protocol")));
        if (deadline.isOver())
            return finish(std::unexpected(http::timeoutFault(reached)));
        curl_waitfd wake{m_interrupter.descriptor(), CURL_WAIT_POLLIN, 0};
        curl_multi_poll(library.multi, &wake, 1, static_cast<int>(std::min<Millis>(deadline.left(), Millis{1000}).count()), nullptr);
    }
    int left = 0;
    const auto *message = curl_multi_info_read(library.multi, &left);
    const auto code = message ? message->data.result : CURLE_GOT_NOTHING;
    reached.words = library.error.data();
    reached.isConnected = reached.isSecured = reached.isAnswering = !library.answer.empty();
    if (library.isTooLarge)
        return finish(std::unexpected(http::tooLargeFault(reached, "the answer is over 256 KiB")));
    if (code == CURLE_LOGIN_DENIED)
        return finish(std::unexpected(Fault{FaultKind::Auth, "auth", m_target.display() + " does not accept the credentials", "Check smtp.mailboxPassword."}));
    if (code == CURLE_REMOTE_ACCESS_DENIED)
        return finish(std::unexpected(Fault{FaultKind::Denied, "query", "the folder " + m_target.folder + " cannot be opened", "Check the path of smtp.mailbox."}));
    if (code == CURLE_QUOTE_ERROR)
        return finish(std::unexpected(Fault{FaultKind::Protocol, "query", "the server refused to search", {}}));
    if (code != CURLE_OK)
        return finish(std::unexpected(http::curlFault(static_cast<int>(code), reached)));
    return finish({});
}

std::expected<std::string, Fault> ImapClient::command(const std::string &line, Deadline deadline)
{
    setUp(line);
    m_library->set(CURLOPT_USERNAME, m_target.user.c_str());
    if (m_target.secret) {
        const auto secret = m_target.secret();
        if (!secret)
            return std::unexpected(secret.error());
        m_library->set(CURLOPT_PASSWORD, secret->reveal().c_str());
    }
    if (auto done = transfer(deadline); !done)
        return std::unexpected(std::move(done.error()));
    return std::move(m_library->answer);
}

std::expected<std::vector<std::uint32_t>, Fault> ImapClient::search(const std::string &criteria, Deadline deadline)
{
    const auto answer = command("UID SEARCH " + criteria, deadline);
    if (!answer)
        return std::unexpected(answer.error());
    // * SEARCH 2 84 882
    std::vector<std::uint32_t> uids;
    std::string_view rest = *answer;
    while (!rest.empty()) {
        const auto line = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(std::min(line.size() + 1, rest.size()));
        if (!line.starts_with("* SEARCH"))
            continue;
        const char *at = line.data() + std::string_view("* SEARCH").size();
        const char *end = line.data() + line.size();
        while (at < end && uids.size() < kMaxUids) {
            std::uint32_t uid = 0;
            const auto [next, error] = std::from_chars(at + 1, end, uid);
            if (error != std::errc())
                break;
            uids.push_back(uid);
            at = next;
        }
    }
    std::ranges::sort(uids);
    return uids;
}

std::expected<std::string, Fault> ImapClient::header(std::uint32_t uid, Deadline deadline)
{
    const auto answer = command("UID FETCH " + std::to_string(uid) + " BODY.PEEK[HEADER]", deadline);
    if (!answer)
        return std::unexpected(answer.error());
    return std::string(literalAfter(*answer, " FETCH ("));
}

} // namespace muster::imap
