// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <string>

namespace muster::yaml {

/// A scalar's value. `tag` as yaml-cpp reports it: "?" for a plain word, "!" for a quoted one, else the full tag.
[[nodiscard]] nlohmann::json scalar(const std::string &tag, const std::string &text);

} // namespace muster::yaml
