// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/http/health.h"
#include "connectors/http/rounds.h"

#include <cmath>

namespace muster::http {

namespace {

Millis millis(double seconds)
{
    return Millis(std::lround(seconds * 1000));
}

/// The stages of one address, up to the one that failed.
void addStages(std::vector<DoctorStage> &stages, const Site &site, const Vantage &vantage)
{
    const auto where = vantage.address;
    if (vantage.fault) {
        stages.push_back({vantage.fault->stage, false, vantage.fault->detail, vantage.fault->hint, Millis{0}});
        return;
    }
    const auto &first = vantage.api.front();
    stages.push_back({"tcp", true, "connected to " + (first.address.empty() ? where : first.address), {}, millis(first.timings.connect)});
    if (site.url().isTls() && vantage.unverified)
        stages.push_back({"tls", false, vantage.unverified->detail, vantage.unverified->hint, millis(first.timings.tls)});
    else if (site.url().isTls())
        stages.push_back({"tls", true, where + ": chain and name verified", {}, millis(first.timings.tls)});
    const auto paths = site.apiPaths();
    for (std::size_t i = 0; i < vantage.api.size(); ++i) {
        const auto &answer = vantage.api[i];
        const bool isDenied = answer.status == 401 || answer.status == 403;
        stages.push_back({isDenied ? "auth" : "protocol", answer.isSuccess(),
                          where + " GET " + paths[i] + ": " + (answer.status ? "HTTP/" + answer.httpVersion + " " + std::to_string(answer.status) : "no answer"),
                          answer.isSuccess() ? "" : isDenied ? "Declare a \"bearer\" that may read this path." : "Look at the server's log for this path.", millis(answer.timings.total)});
    }
}

} // namespace

std::vector<DoctorStage> diagnoseSite(Site &site, Deadline deadline)
{
    std::vector<DoctorStage> stages;
    const auto opened = site.open(deadline);
    if (site.vantages().empty()) {
        const auto fault = opened ? Fault{} : opened.error();
        return {{fault.stage, false, fault.detail, fault.hint, millis(site.dnsTime())}};
    }
    std::string addresses;
    for (const auto &vantage : site.vantages())
        addresses += (addresses.empty() ? "" : ", ") + vantage.address;
    stages.push_back({"dns", true, site.url().host + " → " + addresses, {}, millis(site.dnsTime())});
    for (const auto &vantage : site.vantages())
        addStages(stages, site, vantage);
    if (!opened || site.target().health.empty())
        return stages;
    const auto answer = site.get(*site.answering().front(), site.target().health, deadline);
    const auto health = answer ? parseHealth(*answer) : Health{};
    stages.push_back({"protocol", health.isGood, "GET " + site.target().health + ": " + (answer ? health.status : answer.error().detail),
                      health.isGood ? "" : "Ask the service what its health check misses.", millis(answer ? answer->timings.total : 0)});
    return stages;
}

} // namespace muster::http
