// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/redis/clientlist.h"
#include "connectors/redis/clustermap.h"
#include "connectors/redis/infofacts.h"
#include "connectors/redis/keyscan.h"
#include "connectors/redis/redisinfoparser.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

/// Everything that a Redis server says as text.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    using namespace muster::redis;
    const std::string_view bytes(reinterpret_cast<const char *>(data), size);
    const auto info = parseInfo(bytes);
    muster::FactBatch batch;
    FactWriter writer(batch, muster::Millis{1000}, {});
    addInfoFacts(writer, info, {}, {});
    (void)countersOf(info, {});
    (void)parseClusterNodes(bytes, "seed");
    (void)clientsTable(bytes, 16);
    (void)redirectOf(bytes);
    (void)slotOf(bytes);
    return 0;
}
