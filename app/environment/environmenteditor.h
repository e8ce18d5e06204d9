// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/environment/environment.h"
#include "models/facts/fault.h"

#include <expected>
#include <functional>
#include <string>

/// Changes of the environment file that leave everything else byte for byte: comments, order, indentation, line ends, byte order mark.
namespace muster::environment {

/// New bytes, parsed again and compared before they are given out; or what is wrong with the file or the waiver.
using Edited = std::expected<std::string, Problems>;

/// The waiver takes the place of the one of the same check, or is added at the end of the list. Pure.
[[nodiscard]] Edited withWaiver(const std::string &bytes, const readiness::Waiver &waiver);
/// Takes out every waiver of `check`; a problem when there is none. Pure.
[[nodiscard]] Edited withoutWaiver(const std::string &bytes, const std::string &check);

/// True when both parse and say the same but for the list of waivers. Pure.
[[nodiscard]] bool isSameButWaivers(const std::string &bytes, const std::string &other);

/// Reads the file (through symbolic links), edits, writes in one step with the same mode, owner and group, and gives what it says now. Refuses
/// when somebody else changed it in between, or writes it now. A fault means that it is as it was.
[[nodiscard]] std::expected<Environment, Fault> editFile(const std::string &path, const std::function<Edited(const std::string &)> &edit);

} // namespace muster::environment
