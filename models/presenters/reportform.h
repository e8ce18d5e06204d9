// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/facts/clock.h"

#include <QString>

#include <span>
#include <string>

/// The form that asks where a report goes and in which format. Pure.
namespace muster::reportform {

struct Format {
    const char *id;     ///< as ReportRequest::format
    const char *suffix; ///< "pdf"
    const char *title;  ///< to be translated by title()
};

[[nodiscard]] std::span<const Format> formats();
[[nodiscard]] QString title(const Format &format);
/// "muster-shop-2026-11-25-1005.pdf": whatever the environment is called, a name without slashes, blanks and signs.
[[nodiscard]] QString fileName(const std::string &environment, WallTime at, const Format &format);
/// The path with the format's suffix in place of another format's; other names stay as they are.
[[nodiscard]] QString withSuffix(const QString &path, const Format &format);
/// "~/a.pdf" as an absolute path, without "." and "..".
[[nodiscard]] QString absolute(const QString &path);
/// What keeps it from being written; "" when nothing does. Does not look at the disk.
[[nodiscard]] QString problem(const QString &path);

} // namespace muster::reportform
