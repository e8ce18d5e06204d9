// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/files/durable.h"
#include "models/ports/secret.h"

#include <expected>
#include <string>

namespace muster::backup {

/// A libpq passfile that never touches a disk: an anonymous file in memory (0600), which the child gets as its descriptor 3.
/// It is gone with the last process that holds it, also after kill -9.
class Passfile {
public:
    /// An empty `line` makes an empty object: libpq's own passfile decides.
    [[nodiscard]] static std::expected<Passfile, Fault> make(const Secret &line);

    [[nodiscard]] bool isEmpty() const { return !m_file; }
    [[nodiscard]] int descriptor() const { return m_file.get(); }
    /// Value of PGPASSFILE in a child that has the descriptor as 3.
    static constexpr const char *kChildPath = "/proc/self/fd/3";

private:
    files::Descriptor m_file;
};

} // namespace muster::backup
