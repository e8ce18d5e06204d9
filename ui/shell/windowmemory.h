// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

class QWidget;

/// What the window remembers between two starts, in the application's settings.
namespace muster::windowmemory {

/// The size and place of last time, or a first size that fits the screen with its frame.
void restore(QWidget &window);
/// The page of last time, "" at first.
[[nodiscard]] std::string page();
void remember(const QWidget &window, const std::string &page);

} // namespace muster::windowmemory
