// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/page.h"

#include <span>
#include <string>

namespace muster {

/// A page as the navigation lists it.
struct PageEntry {
    const char *key;
    const char *title; ///< translated by pageTitle()
    Page *(*make)(Session &session, SeriesBook &series, QWidget *parent);
};

[[nodiscard]] std::span<const PageEntry> pageList();
[[nodiscard]] QString pageTitle(const PageEntry &entry);

} // namespace muster
