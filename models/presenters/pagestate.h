// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/facts/factbook.h"
#include "models/presenters/pagespec.h"

#include <QString>

#include <cstdint>
#include <string>
#include <vector>

namespace muster {

/// Which of its states a page is in, and the words for it. Pure.
struct PageState {
    enum class Kind : std::uint8_t {
        Loading, ///< declared, nothing has reported
        Empty,   ///< nothing declared
        Failed,  ///< never answered
        Stale,   ///< answered once, fails now: content under a banner
        Ready,
    };
    Kind kind = Kind::Loading;
    QString title;
    QString text;  ///< what was seen
    QString step;  ///< the next step
    QString snippet; ///< copyable: what to declare
    friend bool operator==(const PageState &, const PageState &) = default;
};

/// State of one source, or of the whole page for `source` "".
[[nodiscard]] PageState pageState(const PageSpec &spec, const Snapshot &snapshot, const std::string &source);
/// Declared sources of the page's kinds, in declaration order.
[[nodiscard]] std::vector<std::string> pageSources(const PageSpec &spec, const Snapshot &snapshot);

} // namespace muster
