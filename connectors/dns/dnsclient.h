// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/dns/resolver.h"
#include "connectors/net/interrupter.h"
#include "models/ports/deadline.h"

#include <memory>
#include <string>

namespace muster::dns {

/// Asks the system's name servers (or `servers`), one question at a time, each until the deadline or the interrupter ends it. One thread.
class DnsClient : public Resolver {
public:
    /// `servers`: "192.0.2.53,127.0.0.1:5353"; "" = those of /etc/resolv.conf.
    DnsClient(Deadline deadline, const net::Interrupter &interrupter, const std::string &servers = {});
    ~DnsClient() override;

    [[nodiscard]] Answer<std::string> txt(const std::string &name) override;
    [[nodiscard]] Answer<Mx> mx(const std::string &name) override;
    [[nodiscard]] Answer<IpAddress> addresses(const std::string &name, bool isV4) override;
    [[nodiscard]] Answer<std::string> pointers(const IpAddress &address) override;

private:
    struct Channel;
    struct Raw;

    std::unique_ptr<Channel> m_channel;
    Deadline m_deadline;
    const net::Interrupter &m_interrupter;

    [[nodiscard]] Raw ask(const std::string &name, int type);
    void wait(const Raw &raw);
};

} // namespace muster::dns
