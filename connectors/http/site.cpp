// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/http/site.h"

#include <algorithm>

namespace muster::http {

namespace {

constexpr std::size_t kPathLimit = 20;

HttpClient::Options optionsOf(const Target &target)
{
    const auto url = Url::parse(target.url);
    return {target.tls, target.bearer, url ? url->origin() : std::string()};
}

} // namespace

void keepWorse(std::vector<Topic> &kept, std::vector<Topic> fresh)
{
    for (auto &topic : fresh) {
        const auto it = std::ranges::find(kept, topic.name, &Topic::name);
        if (it == kept.end())
            kept.push_back(std::move(topic));
        else if (worse(it->verdict, topic.verdict) != it->verdict)
            *it = std::move(topic);
    }
}

std::string evidence(const Vantage &vantage, const std::string &text)
{
    return clamp((vantage.unverified ? "read without verifying the certificate (" + vantage.unverified->detail + ")\n" : std::string()) + text);
}

Site::Site(const Target &target, net::Interrupter &interrupter)
    : m_target(target), m_interrupter(interrupter), m_client(optionsOf(target), interrupter)
{
    if (const auto url = Url::parse(target.url)) {
        m_url = *url;
        m_isUrlGood = true;
    }
}

std::vector<std::string> Site::apiPaths() const
{
    auto paths = m_target.api.empty() ? std::vector<std::string>{"/"} : m_target.api;
    if (paths.size() > kPathLimit)
        paths.resize(kPathLimit);
    return paths;
}

std::expected<void, Fault> Site::open(Deadline deadline)
{
    m_vantages.clear();
    if (!m_isUrlGood)
        return std::unexpected(Fault{FaultKind::Config, "dns", "the address " + clamp(m_target.url, 200) + " is no http(s) address", "Check \"url\" in the environment file."});
    const auto begun = BootClock::now();
    const auto addresses = resolveHost(m_url.host, deadline, m_interrupter);
    m_dnsTime = toSeconds(BootClock::now() - begun);
    if (!addresses)
        return std::unexpected(addresses.error());
    for (std::size_t i = 0; i < addresses->size(); ++i) {
        Vantage vantage;
        vantage.address = (*addresses)[i];
        // The half of what is left stays for the other rounds; the addresses share the rest.
        look(vantage, deadline.atMost(std::max<Millis>(deadline.left() / static_cast<int>(addresses->size() - i + 1), Millis{1})));
        if (vantage.fault && vantage.fault->kind == FaultKind::Cancelled)
            return std::unexpected(*vantage.fault);
        m_vantages.push_back(std::move(vantage));
    }
    if (answering().empty())
        return std::unexpected(*m_vantages.front().fault);
    return {};
}

void Site::look(Vantage &vantage, Deadline deadline)
{
    bool isFirst = true;
    for (const auto &path : apiPaths()) {
        Request request;
        request.url = m_url.withPath(path);
        request.isFresh = std::exchange(isFirst, false);
        auto answer = ask(vantage, request, deadline);
        if (!answer && answer.error().kind == FaultKind::Tls && !vantage.unverified) {
            vantage.unverified = answer.error();
            answer = ask(vantage, request, deadline);
        }
        if (!answer && (answer.error().stage != "protocol" || answer.error().kind == FaultKind::Cancelled)) {
            vantage.fault = vantage.unverified ? *vantage.unverified : answer.error();
            return;
        }
        if (!answer)
            vantage.apiFaults.push_back(answer.error());
        vantage.api.push_back(answer ? std::move(*answer) : Response{});
    }
    if (vantage.apiFaults.size() == vantage.api.size() && !vantage.api.empty()) {
        vantage.fault = vantage.apiFaults.front();
        vantage.fault->detail = apiPaths().front() + ": " + vantage.fault->detail;
    }
}

std::vector<const Vantage *> Site::answering() const
{
    std::vector<const Vantage *> found;
    for (const auto &vantage : m_vantages) {
        if (!vantage.fault)
            found.push_back(&vantage);
    }
    return found;
}

std::expected<Response, Fault> Site::get(const Vantage &vantage, const std::string &path, Deadline deadline, std::vector<Header> headers)
{
    Request request;
    request.url = m_url.withPath(path);
    request.headers = std::move(headers);
    return ask(vantage, std::move(request), deadline);
}

std::expected<Response, Fault> Site::ask(const Vantage &vantage, Request request, Deadline deadline)
{
    request.address = vantage.address;
    return vantage.unverified ? m_client.sendUnverified(request, deadline) : m_client.send(request, deadline);
}

std::expected<Response, Fault> Site::askAnywhere(const Request &request, Deadline deadline, bool isVerifying)
{
    return isVerifying ? m_client.send(request, deadline) : m_client.sendUnverified(request, deadline);
}

} // namespace muster::http
