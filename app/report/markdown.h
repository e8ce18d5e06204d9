// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

namespace muster::report {

/// A server string as one line of Markdown that says the same and does nothing: no markup, no HTML, no link, no end of a table's cell.
[[nodiscard]] std::string markdown(const std::string &untrusted);

} // namespace muster::report
