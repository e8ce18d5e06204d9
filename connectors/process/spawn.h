// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/files/durable.h"
#include "connectors/process/child.h"

#include <sys/types.h>

namespace muster::process {

/// A child that was started: the reading ends of its stdout and stderr (non-blocking), and a pidfd that turns readable at its end.
struct Started {
    pid_t pid = -1; ///< also its process group
    files::Descriptor output;
    files::Descriptor errors;
    files::Descriptor exit;
    files::Descriptor input; ///< our end of a held stdin
};

[[nodiscard]] std::expected<Started, Fault> spawn(const Command &command);

} // namespace muster::process
