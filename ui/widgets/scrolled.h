// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

class QWidget;

namespace muster {

/// Fills `parent` with a body that may be taller than the window and is scrolled then. Lay out in what it gives.
[[nodiscard]] QWidget *scrolledBody(QWidget *parent, const QString &objectName, const QString &accessibleName);

} // namespace muster
