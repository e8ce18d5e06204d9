// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/redis/scan.h"

#include <algorithm>
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

int PageSize::count(int wanted) const
{
    if (m_keyBytes < 0)
        return std::min(wanted, kFirst);
    const auto fits = static_cast<double>(kBytes) / std::max(1.0, m_keyBytes);
    return fits >= wanted ? wanted : std::max(1, static_cast<int>(fits));
}

void PageSize::pageCame(const ScanPage &page, int count)
{
    double bytes = 0;
    for (const auto &key : page.keys)
        bytes += static_cast<double>(key.size());
    // Long keys are remembered for some pages: one page without them proves nothing.
    m_keyBytes = std::max(bytes / std::max(1, count), m_keyBytes * 0.8);
}

std::expected<std::optional<Reply>, Fault> sampleKeys(RedisClient &client, PrefixSample &sample, SampleEffort effort, Deadline deadline,
                                                      const std::stop_token &stop)
{
    unsigned long long cursor = 0;
    PageSize size;
    for (int i = 0; i <= effort.pages && !stop.stop_requested(); ++i) { // the first page is a small one
        const auto count = size.count(effort.count);
        auto reply = client.call(scanCommand(cursor, count), deadline);
        if (!reply)
            return std::unexpected(std::move(reply.error()));
        if (reply->isError())
            return std::move(*reply);
        const auto page = scanPage(std::move(*reply));
        if (!page)
            return std::unexpected(Fault{FaultKind::Protocol, "query", "the answer to SCAN has an unexpected shape", "Compare with redis-cli."});
        size.pageCame(*page, count);
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
