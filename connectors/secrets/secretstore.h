// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/ports/deadline.h"
#include "models/ports/secret.h"

#include <mutex>
#include <optional>

namespace muster::secrets {

/// Environment variable, file (0600 or stricter, ours), command (absolute program, 5 s, first line of stdout) and keyring ("service/key").
/// Thread-safe. Reads anew at each fetch, so that a rotated secret is found; only the verdict on a dead keyring is kept, for 30 s.
class Store : public SecretStore {
public:
    [[nodiscard]] std::expected<Secret, Fault> fetch(const SecretRef &ref) override;

    static constexpr Millis kLimit{5000};

private:
    struct Verdict {
        std::optional<Fault> fault; ///< why the keyring cannot be used
        BootTime at{};
    };
    [[nodiscard]] std::expected<Secret, Fault> fromKeyring(const std::string &name);

    std::mutex m_mutex; ///< guards m_keyring and keeps probes apart
    std::optional<Verdict> m_keyring;
};

} // namespace muster::secrets
