// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>

namespace muster {

/// The profile that is shipped (JSON, for Profile::parse): ":/readiness/default.json".
[[nodiscard]] QByteArray defaultProfileJson();

} // namespace muster
