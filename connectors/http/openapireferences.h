// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <nlohmann/json.hpp>

#include <cstddef>
#include <functional>
#include <set>
#include <string>

namespace muster::http {

/// The "$ref"s of one document: JSON pointers into it (RFC 6901). Never fetches anything.
class OpenApiReferences {
public:
    explicit OpenApiReferences(const nlohmann::json &root) : m_root(root) {}

    /// Looks at every one: it must lead somewhere, and not in a circle of references alone.
    void check(const std::function<void(std::string)> &complain);
    /// The node itself, or what its reference leads to.
    [[nodiscard]] const nlohmann::json &resolved(const nlohmann::json &node) const;
    [[nodiscard]] std::size_t remotes() const { return m_remotes; }

private:
    const nlohmann::json &m_root;
    std::size_t m_remotes = 0;
    std::set<std::string> m_seen;

    void walk(const nlohmann::json &node, const std::string &parent, const std::function<void(std::string)> &complain);
    void checkOne(const std::string &reference, const std::function<void(std::string)> &complain);
    [[nodiscard]] const nlohmann::json *target(const std::string &reference) const;
};

} // namespace muster::http
