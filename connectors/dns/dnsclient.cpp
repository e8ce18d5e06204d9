// SPDX-License-Identifier: GPL-3.0-or-later
#define CARES_NO_DEPRECATED // the calls that Debian 12's c-ares 1.18 has too
#include "connectors/dns/dnsclient.h"

#include <algorithm>
#include <ares.h>
#include <array>
#include <cstring>
#include <mutex>
#include <netdb.h>
#include <poll.h>

namespace muster::dns {

namespace {

constexpr int kTryLimit = 1500; ///< ms, doubled at the second try
constexpr int kTries = 2;
constexpr int kMaxRecords = 64;
constexpr int kClassIn = 1;

enum Type : int { A = 1, Ptr = 12, MxType = 15, Txt = 16, Aaaa = 28 };

Status statusOf(int code)
{
    switch (code) {
    case ARES_SUCCESS: return Status::Found;
    case ARES_ENODATA: return Status::NoData;
    case ARES_ENOTFOUND:
    case ARES_EBADNAME: return Status::NoName;
    default: return Status::Failed;
    }
}

void initialize()
{
    static std::once_flag once;
    std::call_once(once, [] { ares_library_init(ARES_LIB_INIT_ALL); });
}

} // namespace

struct DnsClient::Channel {
    ares_channel handle = nullptr;

    Channel() = default;
    ~Channel()
    {
        if (handle)
            ares_destroy(handle);
    }
    Channel(const Channel &) = delete;
    Channel &operator=(const Channel &) = delete;
};

/// The bytes of one answer, filled in by c-ares' callback.
struct DnsClient::Raw {
    bool isDone = false;
    int code = ARES_ETIMEOUT;
    std::vector<unsigned char> bytes;

    static void onAnswer(void *self, int code, int, unsigned char *bytes, int length)
    {
        auto *raw = static_cast<Raw *>(self);
        raw->isDone = true;
        raw->code = code;
        if (bytes && length > 0)
            raw->bytes.assign(bytes, bytes + length);
    }

    [[nodiscard]] int length() const { return static_cast<int>(bytes.size()); }

    /// The records once `parse` has read them; its code counts, for an answer may hold none of the type.
    template<typename Record, typename Parse>
    [[nodiscard]] Answer<Record> parsed(Parse parse) const
    {
        Answer<Record> answer;
        const int result = code == ARES_SUCCESS ? parse(answer.records) : code;
        answer.status = statusOf(result);
        if (answer.status == Status::Failed)
            answer.detail = ares_strerror(result);
        if (answer.status == Status::Found && answer.records.empty())
            answer.status = Status::NoData;
        return answer;
    }
};

DnsClient::DnsClient(Deadline deadline, const net::Interrupter &interrupter, const std::string &servers)
    : m_channel(std::make_unique<Channel>())
    , m_deadline(deadline)
    , m_interrupter(interrupter)
{
    initialize();
    ares_options options{};
    options.timeout = kTryLimit;
    options.tries = kTries;
    if (ares_init_options(&m_channel->handle, &options, ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES) != ARES_SUCCESS)
        m_channel->handle = nullptr;
    else if (!servers.empty())
        ares_set_servers_ports_csv(m_channel->handle, servers.c_str());
}

DnsClient::~DnsClient() = default;

DnsClient::Raw DnsClient::ask(const std::string &name, int type)
{
    Raw raw;
    if (!m_channel->handle) {
        raw.code = ARES_ENOTINITIALIZED;
        return raw;
    }
    ares_query(m_channel->handle, name.c_str(), kClassIn, type, &Raw::onAnswer, &raw);
    wait(raw);
    return raw;
}

/// Until the answer is in `raw`, which c-ares points to: it is cancelled before we return without one.
void DnsClient::wait(const Raw &raw)
{
    auto *const channel = m_channel->handle;
    while (!raw.isDone) {
        std::array<ares_socket_t, ARES_GETSOCK_MAXNUM> sockets{};
        const int mask = ares_getsock(channel, sockets.data(), ARES_GETSOCK_MAXNUM);
        std::vector<pollfd> polled{{m_interrupter.descriptor(), POLLIN, 0}};
        for (unsigned at = 0; at < ARES_GETSOCK_MAXNUM; ++at) {
            const int events = (ARES_GETSOCK_READABLE(mask, at) ? POLLIN : 0) | (ARES_GETSOCK_WRITABLE(mask, at) ? POLLOUT : 0);
            if (events != 0)
                polled.push_back({sockets[at], static_cast<short>(events), 0});
        }
        timeval limit{1, 0};
        timeval own{};
        const auto *next = ares_timeout(channel, &limit, &own);
        const auto step = std::min<long long>(m_deadline.left().count(), next->tv_sec * 1000LL + next->tv_usec / 1000 + 1);
        poll(polled.data(), polled.size(), static_cast<int>(step));
        if (m_interrupter.isInterrupted() || m_deadline.isOver()) {
            ares_cancel(channel); // calls back
            return;
        }
        bool isReady = false;
        for (std::size_t at = 1; at < polled.size(); ++at) {
            const auto &entry = polled[at];
            if (entry.revents == 0)
                continue;
            isReady = true;
            ares_process_fd(channel, entry.revents & (POLLIN | POLLERR | POLLHUP) ? entry.fd : ARES_SOCKET_BAD,
                            entry.revents & POLLOUT ? entry.fd : ARES_SOCKET_BAD);
        }
        if (!isReady)
            ares_process_fd(channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD); // time-outs and next tries
    }
}

Answer<std::string> DnsClient::txt(const std::string &name)
{
    const auto raw = ask(name, Txt);
    return raw.parsed<std::string>([&raw](std::vector<std::string> &records) {
        ares_txt_ext *list = nullptr;
        const int code = ares_parse_txt_reply_ext(raw.bytes.data(), raw.length(), &list);
        for (const auto *entry = list; entry; entry = entry->next) {
            if (entry->record_start || records.empty())
                records.emplace_back();
            records.back().append(reinterpret_cast<const char *>(entry->txt), entry->length);
        }
        if (list)
            ares_free_data(list);
        return code;
    });
}

Answer<Mx> DnsClient::mx(const std::string &name)
{
    const auto raw = ask(name, MxType);
    auto answer = raw.parsed<Mx>([&raw](std::vector<Mx> &records) {
        ares_mx_reply *list = nullptr;
        const int code = ares_parse_mx_reply(raw.bytes.data(), raw.length(), &list);
        for (const auto *entry = list; entry; entry = entry->next)
            records.push_back({entry->priority, entry->host});
        if (list)
            ares_free_data(list);
        return code;
    });
    std::ranges::stable_sort(answer.records, {}, &Mx::preference);
    return answer;
}

Answer<IpAddress> DnsClient::addresses(const std::string &name, bool isV4)
{
    const auto raw = ask(name, isV4 ? A : Aaaa);
    return raw.parsed<IpAddress>([&raw, isV4](std::vector<IpAddress> &records) {
        int count = kMaxRecords;
        int code = ARES_SUCCESS;
        if (isV4) {
            std::array<ares_addrttl, kMaxRecords> found{};
            code = ares_parse_a_reply(raw.bytes.data(), raw.length(), nullptr, found.data(), &count);
            for (int at = 0; code == ARES_SUCCESS && at < count; ++at)
                records.push_back(IpAddress::fromV4(&found[static_cast<std::size_t>(at)].ipaddr));
        } else {
            std::array<ares_addr6ttl, kMaxRecords> found{};
            code = ares_parse_aaaa_reply(raw.bytes.data(), raw.length(), nullptr, found.data(), &count);
            for (int at = 0; code == ARES_SUCCESS && at < count; ++at)
                records.push_back(IpAddress::fromV6(&found[static_cast<std::size_t>(at)].ip6addr));
        }
        return code;
    });
}

Answer<std::string> DnsClient::pointers(const IpAddress &address)
{
    const auto raw = ask(address.reverseName(), Ptr);
    return raw.parsed<std::string>([&raw](std::vector<std::string> &records) {
        hostent *host = nullptr;
        const int code = ares_parse_ptr_reply(raw.bytes.data(), raw.length(), nullptr, 0, AF_INET, &host);
        for (auto **alias = host ? host->h_aliases : nullptr; alias && *alias; ++alias)
            records.emplace_back(*alias);
        if (host)
            ares_free_hostent(host);
        return code;
    });
}

} // namespace muster::dns
