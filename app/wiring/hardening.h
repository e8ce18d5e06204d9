// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>

class QObject;

namespace muster::wiring {

/// First thing in main(), before any thread: no core dump may carry a secret, a closed pipe is an error and no death, SIGINT and SIGTERM
/// wait for onInterrupt().
void hardenProcess();

/// Calls back in the event loop when Ctrl-C or SIGTERM arrives.
void onInterrupt(QObject *context, std::function<void()> call);

} // namespace muster::wiring
