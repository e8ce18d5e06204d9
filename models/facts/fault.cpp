// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/facts/fault.h"

namespace muster {

std::string_view toString(FaultKind kind)
{
    switch (kind) {
    case FaultKind::Refused:
        return "refused";
    case FaultKind::Timeout:
        return "timeout";
    case FaultKind::Dns:
        return "dns";
    case FaultKind::Tls:
        return "tls";
    case FaultKind::Auth:
        return "auth";
    case FaultKind::Denied:
        return "denied";
    case FaultKind::Protocol:
        return "protocol";
    case FaultKind::Unavailable:
        return "unavailable";
    case FaultKind::TooLarge:
        return "too-large";
    case FaultKind::Config:
        return "config";
    case FaultKind::Cancelled:
        return "cancelled";
    }
    return "unavailable";
}

} // namespace muster
