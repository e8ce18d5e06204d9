// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

#include <cstddef>
#include <string>
#include <string_view>

/// Makes server strings inert before they are shown. The one place that escapes.
namespace muster::text {

inline constexpr std::size_t kLabelLimit = 240; ///< characters of one line
inline constexpr std::size_t kBlockLimit = 8192; ///< characters of a box of raw material

/// One line: controls, line breaks, bidirectional and invisible characters become visible signs, broken UTF-8 becomes U+FFFD, runs of
/// combining marks are cut at four, the rest after `limit` characters is replaced by "…". Never markup: show it in a PlainText label.
[[nodiscard]] std::string plain(std::string_view text, std::size_t limit = kLabelLimit);
/// The same with line breaks and tabs kept, for raw material in a PlainText box.
[[nodiscard]] std::string block(std::string_view text, std::size_t limit = kBlockLimit);

/// plain() for widgets that take QString.
[[nodiscard]] QString label(std::string_view text, std::size_t limit = kLabelLimit);
/// For setToolTip() and QMessageBox, which guess at markup: plain(), then escaped, then marked as rich text, so that nothing is guessed.
/// Wraps.
[[nodiscard]] QString toolTip(std::string_view text, std::size_t limit = 600);

} // namespace muster::text
