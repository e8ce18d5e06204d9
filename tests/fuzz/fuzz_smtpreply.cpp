// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/smtp/smtpparser.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const std::string_view bytes(reinterpret_cast<const char *>(data), size);
    muster::smtp::ReplyAssembler assembler;
    for (std::size_t from = 0; from < bytes.size();) {
        const auto end = std::min(bytes.find(0x0A, from), bytes.size());
        const auto reply = assembler.feed(bytes.substr(from, end - from));
        if (!reply)
            break;
        if (*reply) {
            (void)muster::smtp::parseCapabilities(**reply);
            (void)muster::smtp::queueId(**reply);
        }
        from = end + 1;
    }
    return 0;
}
