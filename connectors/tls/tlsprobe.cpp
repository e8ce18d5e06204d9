// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/tls/tlsprobe.h"

#include <array>

namespace muster::tls {

namespace {

constexpr Millis kLegacyLimit{3000};
constexpr int kTls10 = 0x0301;
constexpr int kTls11 = 0x0302;

enum class Answer { Accepted, Declined, Unclear };

struct Attempted {
    Answer answer = Answer::Unclear;
    std::string version;
    std::string why;
};

Attempted attempt(const Opener &open, const std::string &host, net::TlsOptions options, int version, Deadline deadline)
{
    options.isVerifying = false;
    options.minVersion = version;
    options.maxVersion = version;
    auto stream = open(deadline);
    if (!stream)
        return {Answer::Unclear, {}, stream.error().detail};
    const auto started = (*stream)->startTls(options, host, deadline);
    if (started)
        return {Answer::Accepted, (*stream)->tls().version, {}};
    // A server that does not want the version says so with an alert or hangs up: both are faults of kind Tls.
    return {started.error().kind == FaultKind::Tls ? Answer::Declined : Answer::Unclear, {}, started.error().detail};
}

} // namespace

Legacy checkLegacy(const Opener &open, const std::string &host, const net::TlsOptions &options, Deadline deadline)
{
    Legacy legacy;
    legacy.isChecked = true;
    for (const int version : std::array{kTls11, kTls10}) {
        const Attempted attempted = attempt(open, host, options, version, deadline.atMost(kLegacyLimit));
        if (attempted.answer == Answer::Accepted)
            return {true, true, attempted.version, {}};
        if (attempted.answer == Answer::Unclear) {
            legacy.isChecked = false;
            legacy.why = attempted.why;
            break;
        }
    }
    return legacy;
}

std::expected<Observation, Fault> probe(const Opener &open, const std::string &host, const net::TlsOptions &options, Deadline deadline)
{
    auto stream = open(deadline);
    if (!stream)
        return std::unexpected(stream.error());
    net::TlsOptions trustless = options;
    trustless.isVerifying = false;
    if (auto started = (*stream)->startTls(trustless, host, deadline); !started)
        return std::unexpected(started.error());
    Observation seen{(*stream)->tls(), (*stream)->times(), (*stream)->peer(), {}};
    stream->reset();
    seen.legacy = checkLegacy(open, host, options, deadline);
    return seen;
}

std::expected<Observation, Fault> probe(const net::Endpoint &endpoint, const net::TlsOptions &options, Deadline deadline, net::Interrupter &interrupter)
{
    const Opener open = [&](Deadline limit) { return net::Stream::connect(endpoint, limit, interrupter); };
    return probe(open, endpoint.host, options, deadline);
}

} // namespace muster::tls
