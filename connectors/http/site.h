// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/http/httpclient.h"
#include "connectors/http/target.h"
#include "connectors/http/verdict.h"
#include "connectors/tls/tlsprobe.h"
#include "models/facts/factbatch.h"

#include <expected>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace muster::http {

/// One address of the endpoint's host as this round found it.
struct Vantage {
    std::string address;
    std::optional<Fault> fault;       ///< set: it could not be asked at all
    std::optional<Fault> unverified;  ///< set: the certificate did not verify, everything else is read without looking at it
    std::vector<Response> api;        ///< answers of the api paths, in order; status 0 where one failed
    std::vector<Fault> apiFaults;
};

/// Related facts with the verdict that decides which address's are kept.
struct Topic {
    std::string name;
    Verdict verdict;
    std::vector<Fact> facts;
};
/// Keeps, topic by topic, the worse of the two.
void keepWorse(std::vector<Topic> &kept, std::vector<Topic> fresh);

/// The endpoint during one round: address by address, verifying where it can.
class Site {
public:
    /// Throws nothing; a URL that does not parse shows as a Config fault in open().
    Site(const Target &target, net::Interrupter &interrupter);

    /// Resolves the host and asks every address for the api paths. The fault of the first address when none can be asked.
    [[nodiscard]] std::expected<void, Fault> open(Deadline deadline);
    [[nodiscard]] const std::vector<Vantage> &vantages() const { return m_vantages; }
    /// The addresses that answered, in order.
    [[nodiscard]] std::vector<const Vantage *> answering() const;
    /// GET of a path at an address that answered.
    [[nodiscard]] std::expected<Response, Fault> get(const Vantage &vantage, const std::string &path, Deadline deadline, std::vector<Header> headers = {});
    [[nodiscard]] std::expected<Response, Fault> ask(const Vantage &vantage, Request request, Deadline deadline);
    /// Without an address of its own: the plain-HTTP hops and the instances. `isVerifying` false never carries the bearer.
    [[nodiscard]] std::expected<Response, Fault> askAnywhere(const Request &request, Deadline deadline, bool isVerifying = true);

    [[nodiscard]] const Target &target() const { return m_target; }
    [[nodiscard]] const Url &url() const { return m_url; }
    [[nodiscard]] std::vector<std::string> apiPaths() const;
    [[nodiscard]] double dnsTime() const { return m_dnsTime; }
    /// By address, as last looked at.
    [[nodiscard]] std::map<std::string, tls::Legacy> &legacy() { return m_legacy; }
    /// Seconds between the endpoint's clock and ours in the last round that could tell; 0 = none seen.
    [[nodiscard]] double clockSkew() const { return m_clockSkew; }
    void setClockSkew(double seconds) { m_clockSkew = seconds; }
    [[nodiscard]] net::Interrupter &interrupter() const { return m_interrupter; }
    void close() { m_client.close(); }

private:
    const Target &m_target;
    net::Interrupter &m_interrupter;
    Url m_url;
    bool m_isUrlGood = false;
    HttpClient m_client;
    std::vector<Vantage> m_vantages;
    std::map<std::string, tls::Legacy> m_legacy;
    double m_dnsTime = 0;
    double m_clockSkew = 0;

    void look(Vantage &vantage, Deadline deadline);
};

/// "read without verifying the certificate (…)" before the evidence where that is so.
[[nodiscard]] std::string evidence(const Vantage &vantage, const std::string &text);

// Budgets of facts by how often their round comes.
inline constexpr Millis kFastBudget{30000};    ///< asked every 3 to 10 s
inline constexpr Millis kPageBudget{60000};    ///< asked every 15 s
inline constexpr Millis kSlowBudget{660000};   ///< asked every 5 min

} // namespace muster::http
