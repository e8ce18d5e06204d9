// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/net/opensslptr.h"

namespace muster::net {

/// A BIO over a non-blocking socket that it does not own. Unlike OpenSSL's own it sends with MSG_NOSIGNAL: a closed peer is an error and no SIGPIPE.
[[nodiscard]] BioPtr socketBio(int fd);

} // namespace muster::net
