// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/readiness/rule.h"

#include <QJsonValue>

#include <string>

namespace muster {

/// A rule from its JSON list of conditions. Throws JsonProblem with the path of what is wrong.
[[nodiscard]] Rule parseRule(const QJsonValue &json, const std::string &path);

} // namespace muster
