// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/facts/fault.h"

#include <expected>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace muster {

/// A secret in memory: no stream operator, no comparison, no implicit conversion; wiped when it goes.
class Secret {
public:
    Secret() = default;
    explicit Secret(std::string value) : m_value(std::move(value)) {}
    Secret(const Secret &) = default;
    Secret &operator=(const Secret &other);
    Secret(Secret &&other) noexcept;
    Secret &operator=(Secret &&other) noexcept;
    ~Secret();

    /// The bytes, for the library call that needs them and nowhere else.
    [[nodiscard]] const std::string &reveal() const { return m_value; }
    [[nodiscard]] bool isEmpty() const { return m_value.empty(); }

private:
    std::string m_value;
    void wipe() noexcept;
};

/// Where a secret lives, as the environment file says it.
struct SecretRef {
    enum class Kind : std::uint8_t { None, Env, File, Keyring, Command };
    Kind kind = Kind::None;
    std::string name;              ///< variable, path, "service/key"
    std::vector<std::string> argv; ///< Command only
    friend bool operator==(const SecretRef &, const SecretRef &) = default;
};

/// Resolves references. Blocking (at most 5 s), any thread but the GUI's.
class SecretStore {
public:
    virtual ~SecretStore() = default;
    [[nodiscard]] virtual std::expected<Secret, Fault> fetch(const SecretRef &ref) = 0;
};

/// What connectors take: fetches the secret when a connection needs it. An empty secret means "none declared".
using SecretProvider = std::function<std::expected<Secret, Fault>()>;

} // namespace muster
