// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/http/openapi.h"
#include "connectors/prometheus/promfacts.h"

#include <array>

/// Which paths are asked for, by the labels of the latency histogram, and which of them no OpenAPI document describes.
namespace muster::prometheus {

namespace {

constexpr std::size_t kPaths = 2000;
constexpr std::array kLabels = {"route", "path", "handler", "uri", "endpoint"};

std::vector<std::string> pathsOf(const QueryResult &result)
{
    std::vector<std::string> paths;
    for (const auto &sample : result.samples) {
        for (const auto *name : kLabels) {
            const auto at = sample.labels.find(name);
            if (at != sample.labels.end() && at->second.starts_with('/') && paths.size() < kPaths)
                paths.push_back(at->second);
        }
    }
    return paths;
}

std::vector<std::string> documentedBy(const Target &target)
{
    std::vector<std::string> documented;
    for (const auto &endpoint : target.documented) {
        if (const auto paths = endpoint->get())
            documented.insert(documented.end(), paths->begin(), paths->end());
    }
    return documented;
}

void addBoth(FactBatch &batch, const Value &why)
{
    batch.add("prometheus.paths_undocumented", why, "count", kPathBudget);
    batch.add("prometheus.path_undocumented_worst", why, "", kPathBudget);
}

} // namespace

bool addPathFacts(FactBatch &batch, PromClient &client, const Target &target, Deadline deadline)
{
    const auto documented = documentedBy(target);
    if (target.histogram.empty() || documented.empty()) {
        addBoth(batch, NotApplicable{target.histogram.empty() ? "no latency histogram is declared" : "no OpenAPI document with paths was read"});
        return target.histogram.empty();
    }
    const auto promql = "count by (route, path, handler, uri, endpoint) (" + target.histogram + "_count)";
    const auto seen = client.query(promql, deadline);
    if (!seen) {
        addBoth(batch, Unknown{seen.error().detail, seen.error().hint});
        return false;
    }
    const auto paths = pathsOf(*seen);
    if (paths.empty()) {
        addBoth(batch, NotApplicable{"no series of the histogram carries a path (label route, path, handler, uri or endpoint)"});
        return true;
    }
    std::string raw;
    const auto missing = http::undocumentedPaths(paths, documented);
    for (const auto &path : missing)
        raw += path + "\n";
    batch.add("prometheus.paths_undocumented", static_cast<double>(missing.size()), "count", kPathBudget, clamp(promql + "\n" + raw));
    batch.add("prometheus.path_undocumented_worst", missing.empty() ? std::string() : clamp(missing.front(), 200), "", kPathBudget);
    return true;
}

} // namespace muster::prometheus
