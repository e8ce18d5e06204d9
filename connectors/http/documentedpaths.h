// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace muster::http {

/// The paths that an endpoint's OpenAPI document describes: written by the source that reads the document, read by the one that sees which paths
/// are asked for. Thread-safe.
class DocumentedPaths {
public:
    void set(std::vector<std::string> paths)
    {
        const std::scoped_lock lock(m_mutex);
        m_paths = std::move(paths);
    }
    /// Nothing while no usable document was read.
    [[nodiscard]] std::optional<std::vector<std::string>> get() const
    {
        const std::scoped_lock lock(m_mutex);
        return m_paths;
    }

private:
    mutable std::mutex m_mutex;
    std::optional<std::vector<std::string>> m_paths;
};

} // namespace muster::http
