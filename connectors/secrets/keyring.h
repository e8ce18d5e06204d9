// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/facts/fault.h"
#include "models/ports/deadline.h"
#include "models/ports/secret.h"

#include <expected>
#include <string>

/// The desktop's keyring (libsecret or KWallet through QtKeychain), asked on a thread of its own. Blocking, from any thread but the GUI's.
namespace muster::secrets::keyring {

/// The entry `key` of `service`. Faults are Config (no entry, no keyring), Denied (locked, refused) and Timeout; never with the secret.
[[nodiscard]] std::expected<Secret, Fault> read(const std::string &service, const std::string &key, Deadline deadline);
[[nodiscard]] std::expected<void, Fault> write(const std::string &service, const std::string &key, const Secret &secret, Deadline deadline);
[[nodiscard]] std::expected<void, Fault> remove(const std::string &service, const std::string &key, Deadline deadline);
/// Writes, reads and deletes an entry of its own: whether a library loads says nothing about whether a keyring answers.
[[nodiscard]] std::expected<void, Fault> probe(Deadline deadline);

} // namespace muster::secrets::keyring
