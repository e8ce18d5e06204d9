// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <string>

namespace muster::net {

/// Holds on to the SSL object of a library that keeps the reason of a failed verification to itself (libpq says "certificate verify failed"
/// and no more).
class HandshakeWitness {
public:
    /// Takes a reference to OpenSSL's `SSL *` at its first call with one; later calls and nullptr do nothing.
    void watch(void *ssl);
    /// OpenSSL's words ("certificate has expired"), "" when nothing was watched or nothing was wrong.
    [[nodiscard]] std::string verifyError() const;

private:
    std::shared_ptr<void> m_ssl;
};

} // namespace muster::net
