// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/redis/prefixsample.h"
#include "connectors/redis/redisclient.h"

#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace muster::redis {

/// One answer to SCAN: [cursor as text, [keys...]]. The scan is over at cursor 0.
struct ScanPage {
    unsigned long long cursor = 0;
    std::vector<std::string> keys;
};

/// Takes the reply apart; nullopt when it has another shape.
[[nodiscard]] std::optional<ScanPage> scanPage(Reply reply);

/// SCAN cursor [MATCH pattern] COUNT count. Never TYPE: it counts as lookups.
[[nodiscard]] Command scanCommand(unsigned long long cursor, int count, const std::string &pattern = {});

/// How many keys the next page may have, so that it stays near `bytes` although keys may have megabytes. The first page learns.
class PageSize {
public:
    static constexpr std::size_t kBytes = 1U << 20U;
    static constexpr int kFirst = 16;

    [[nodiscard]] int count(int wanted) const;
    void pageCame(const ScanPage &page, int count);

private:
    double m_keyBytes = -1; ///< an element of COUNT, at most of the last pages
};

struct SampleEffort {
    int pages = 8;
    int count = 250; ///< keys a page, about
};

/// Takes some pages into `sample`. The value is an error reply of the server (no right to SCAN), nullopt when all went well.
[[nodiscard]] std::expected<std::optional<Reply>, Fault> sampleKeys(RedisClient &client, PrefixSample &sample, SampleEffort effort, Deadline deadline,
                                                                    const std::stop_token &stop);

} // namespace muster::redis
