// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/redis/protocol.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const std::string_view bytes(reinterpret_cast<const char *>(data), size);
    muster::redis::ReplyReader reader;
    // Whole and in pieces of three bytes: the cut must not matter to safety.
    for (std::size_t from = 0; from < bytes.size() && reader.feed(bytes.substr(from, 3)); from += 3) {
        for (auto reply = reader.next(); reply && *reply; reply = reader.next()) {
        }
    }
    return 0;
}
