// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/imap/arrival.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    (void)muster::imap::readHeader(std::string_view(reinterpret_cast<const char *>(data), size));
    return 0;
}
