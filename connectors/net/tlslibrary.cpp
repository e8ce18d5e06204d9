// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/net/tlslibrary.h"

#include <openssl/crypto.h>

namespace muster::net {

void startTlsLibrary()
{
    [[maybe_unused]] const int started = OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, nullptr);
}

} // namespace muster::net
