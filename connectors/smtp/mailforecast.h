// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/dns/resolver.h"
#include "models/ports/action.h"

#include <string>
#include <vector>

/// What receivers will look up about a mail before they keep it. Accepted by the relay is not arrived: this says beforehand what may stop it later.
namespace muster::smtp {

struct ForecastQuestion {
    std::string sender;                     ///< envelope sender and header From: "alerts@shop.example"
    std::vector<std::string> recipients;    ///< addresses
    std::string relayName;                  ///< of the banner: the name it most likely says to others
    std::vector<dns::IpAddress> egress;     ///< from where the mail leaves for the world
    bool isEgressDeclared = false;          ///< else `egress` is only the relay's own address as seen from here
    std::string dkimSelector;               ///< "" = not declared; it cannot be found out
    std::string dkimDomain;                 ///< d=; "" = the sender's domain
};

/// One check a subject (MX, SPF, DKIM, DMARC with alignment, reverse name), each with the record as it stands in DNS. Passed or Warned, never Failed:
/// nothing here is a reason to refuse the test. What DNS did not answer is Warned as "unknown". Each look-up ends with the resolver's deadline.
[[nodiscard]] std::vector<PlanCheck> forecast(dns::Resolver &resolver, const ForecastQuestion &question);

} // namespace muster::smtp
