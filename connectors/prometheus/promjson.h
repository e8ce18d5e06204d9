// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/http/json.h"
#include "connectors/prometheus/promparser.h"

/// What the parsers of both APIs share. For .cpp files of this folder only.
namespace muster::prometheus {

inline constexpr int kDepth = 32;
inline constexpr std::size_t kLabelText = 1024; ///< bytes of one label value that are kept

[[nodiscard]] Fault malformed(std::string_view what);
[[nodiscard]] Labels labelsOf(const nlohmann::json &object);

} // namespace muster::prometheus
