// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/redis/reply.h"
#include "models/facts/fault.h"

#include <cstddef>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace muster::redis {

/// The command in RESP, as redisFormatCommandArgv makes it.
[[nodiscard]] std::string encode(const Command &command);

/// What one reply may cost. hiredis limits neither bytes nor (before 1.0) elements.
struct ReplyLimits {
    std::size_t bytes = 8U << 20U;
    std::size_t elements = 200'000; ///< of all arrays of the reply together
    int depth = 7;
};

/// hiredis' reader with caps: bytes in, replies out. An error is final: the connection has to go.
class ReplyReader {
public:
    explicit ReplyReader(const ReplyLimits &limits = {});
    ~ReplyReader();

    /// Hand in at most 64 KiB at a time: the reader moves the rest of its buffer after each reply.
    [[nodiscard]] std::expected<void, Fault> feed(std::string_view bytes);
    /// The next complete reply; nullopt when more bytes are needed. Faults: Protocol, TooLarge.
    [[nodiscard]] std::expected<std::optional<Reply>, Fault> next();

    static constexpr std::size_t kFeedSize = 64U << 10U;

    ReplyReader(const ReplyReader &) = delete;
    ReplyReader &operator=(const ReplyReader &) = delete;

private:
    struct Impl;
    std::unique_ptr<Impl> m_impl;
};

} // namespace muster::redis
