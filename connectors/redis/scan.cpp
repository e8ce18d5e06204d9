// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/redis/scan.h"

#include <charconv>

namespace muster::redis {

std::optional<ScanPage> scanPage(Reply reply)
{
    if (!reply.isArray() || reply.elements.size() != 2 || !reply.elements[0].isText() || !reply.elements[1].isArray())
        return std::nullopt;
    ScanPage page;
    const auto &cursor = reply.elements[0].text;
    const auto *end = cursor.data() + cursor.size();
    const auto [stop, error] = std::from_chars(cursor.data(), end, page.cursor);
    if (error != std::errc() || stop != end)
        return std::nullopt;
    auto &keys = reply.elements[1].elements;
    page.keys.reserve(keys.size());
    for (auto &key : keys)
        page.keys.push_back(std::move(key.text));
    return page;
}

Command scanCommand(unsigned long long cursor, int count, const std::string &pattern)
{
    Command command{"SCAN", std::to_string(cursor)};
    if (!pattern.empty()) {
        command.emplace_back("MATCH");
        command.push_back(pattern);
    }
    command.emplace_back("COUNT");
    command.push_back(std::to_string(count));
    return command;
}

std::expected<std::optional<Reply>, Fault> sampleKeys(RedisClient &client, PrefixSample &sample, SampleEffort effort, Deadline deadline,
                                                      const std::stop_token &stop)
{
    unsigned long long cursor = 0;
    for (int i = 0; i < effort.pages && !stop.stop_requested(); ++i) {
        auto reply = client.call(scanCommand(cursor, effort.count), deadline);
        if (!reply)
            return std::unexpected(std::move(reply.error()));
        if (reply->isError())
            return std::move(*reply);
        const auto page = scanPage(std::move(*reply));
        if (!page)
            return std::unexpected(Fault{FaultKind::Protocol, "query", "the answer to SCAN has an unexpected shape", "Compare with redis-cli."});
        for (const auto &key : page->keys)
            sample.take(key);
        cursor = page->cursor;
        if (cursor == 0) {
            sample.setComplete();
            break;
        }
    }
    return std::nullopt;
}

} // namespace muster::redis
