// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace muster::net {

/// OpenSSL without its own exit handler, which would take its tables away under a thread that still waits for a dead server.
/// First thing in main(), before anything else uses OpenSSL.
void startTlsLibrary();

} // namespace muster::net
