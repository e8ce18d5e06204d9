// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/http/rounds.h"
#include "connectors/tls/tlsfacts.h"

#include <set>

namespace muster::http {

namespace {

net::TlsOptions optionsFor(const Site &site)
{
    auto options = site.target().tls;
    options.isOn = true;
    options.isVerifying = false;
    if (options.verifyName.empty())
        options.verifyName = site.url().host;
    return options;
}

tls::Opener openerFor(const Site &site, const Vantage &vantage)
{
    return [&site, &vantage](Deadline limit) { return net::Stream::connect({vantage.address, site.url().port}, limit, site.interrupter()); };
}

/// With clocks this far apart nobody can say what has expired.
constexpr double kSkewLimit = 60;

void forgetTimes(FactBatch &batch, double skew)
{
    for (auto &fact : batch.facts) {
        if (fact.name == "tls.expires_in" || fact.name == "tls.lifetime_left_ratio" || fact.name == "tls.chain_expires_in")
            fact.value = Unknown{"this machine's clock and the endpoint's are " + std::to_string(static_cast<long>(skew)) + " s apart", "Set the wrong one right: `timedatectl status`."};
    }
}

void addPlainFacts(const Site &site, FactBatch &batch)
{
    std::set<int> statuses;
    for (const auto *vantage : site.answering())
        statuses.insert(vantage->api.front().status);
    batch.add("http.addresses_agree", statuses.size() == 1, "", kPageBudget);
    batch.add("tls.verified", false, "", kPageBudget);
    batch.add("tls.verify_error", std::string("the endpoint is declared as plain http"), "", kPageBudget);
}

} // namespace

void checkLegacyVersions(Site &site, FactBatch &, Deadline deadline)
{
    if (!site.url().isTls())
        return;
    const auto options = optionsFor(site);
    for (const auto *vantage : site.answering())
        site.legacy()[vantage->address] = tls::checkLegacy(openerFor(site, *vantage), vantage->address, options, deadline);
}

void addTlsFacts(Site &site, FactBatch &batch, Deadline deadline)
{
    if (!site.url().isTls())
        return addPlainFacts(site, batch);
    std::optional<net::TlsInfo> worst;
    std::set<std::string> certificates;
    std::set<int> statuses;
    tls::Legacy legacy;
    auto table = tls::addressTable();
    std::string where;
    for (const auto *vantage : site.answering()) {
        const auto stream = openerFor(site, *vantage)(deadline);
        if (!stream || !(*stream)->startTls(optionsFor(site), vantage->address, deadline))
            continue;
        const auto &info = (*stream)->tls();
        certificates.insert(info.chain.empty() ? std::string() : info.chain.front().sha256);
        statuses.insert(vantage->api.front().status);
        tls::addAddress(table, vantage->address, info, site.legacy()[vantage->address], batch.at.wall);
        if (!worst || tls::isWorse(info, *worst)) {
            worst = info;
            where = vantage->address;
        }
        if (const auto &mine = site.legacy()[vantage->address]; !legacy.isOffered && (legacy.why.empty() || mine.isOffered))
            legacy = mine;
    }
    if (!worst)
        return;
    tls::addTlsFacts(batch, *worst, legacy, kPageBudget);
    batch.add("tls.addresses", std::move(table), "", kPageBudget);
    batch.add("tls.worst_address", where, "", kPageBudget);
    if (site.clockSkew() > kSkewLimit)
        forgetTimes(batch, site.clockSkew());
    batch.add("http.addresses_agree", certificates.size() == 1 && statuses.size() == 1, "", kPageBudget,
              std::to_string(certificates.size()) + " certificates, " + std::to_string(statuses.size()) + " statuses over " + std::to_string(site.answering().size()) + " addresses");
}

} // namespace muster::http
