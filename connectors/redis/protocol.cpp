// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/redis/protocol.h"

#include <hiredis/hiredis.h>

#include <algorithm>
#include <new>

namespace muster::redis {

namespace {

#if HIREDIS_MAJOR >= 1
using ArraySize = std::size_t;
#else
using ArraySize = int;
#endif

/// Why building was refused; hiredis itself would only say "out of memory".
enum class Refusal : std::uint8_t { None, TooMany, TooDeep, ForeignType };

struct Budget {
    ReplyLimits limits;
    std::size_t elements = 0;
    Refusal refusal = Refusal::None;
};

Budget &budgetOf(const redisReadTask *task)
{
    return *static_cast<Budget *>(task->privdata);
}

/// A place for the new value: a slot of the parent array, or a root of its own. Growing as elements come keeps a huge header cheap.
Reply *place(const redisReadTask *task)
{
    if (!task->parent)
        return new (std::nothrow) Reply;
    try {
        return &static_cast<Reply *>(task->parent->obj)->elements.emplace_back();
    } catch (const std::bad_alloc &) {
        return nullptr;
    }
}

void *createString(const redisReadTask *task, char *bytes, std::size_t size)
{
    const auto kind = task->type == REDIS_REPLY_ERROR ? Reply::Kind::Error
        : task->type == REDIS_REPLY_STATUS            ? Reply::Kind::Status
                                                      : Reply::Kind::Bulk;
    if (kind == Reply::Kind::Bulk && task->type != REDIS_REPLY_STRING) {
        budgetOf(task).refusal = Refusal::ForeignType;
        return nullptr;
    }
    auto *reply = place(task);
    if (!reply)
        return nullptr;
    reply->kind = kind;
    try {
        reply->text.assign(bytes, size);
    } catch (const std::bad_alloc &) {
        return nullptr;
    }
    return reply;
}

void *createArray(const redisReadTask *task, ArraySize size)
{
    auto &budget = budgetOf(task);
    int depth = 1;
    for (const auto *parent = task->parent; parent; parent = parent->parent)
        ++depth;
    if (task->type != REDIS_REPLY_ARRAY)
        budget.refusal = Refusal::ForeignType;
    else if (depth > budget.limits.depth)
        budget.refusal = Refusal::TooDeep;
    else if (static_cast<std::size_t>(size) > budget.limits.elements - budget.elements)
        budget.refusal = Refusal::TooMany;
    if (budget.refusal != Refusal::None)
        return nullptr;
    budget.elements += static_cast<std::size_t>(size);
    auto *reply = place(task);
    if (reply)
        reply->kind = Reply::Kind::Array;
    return reply;
}

void *createInteger(const redisReadTask *task, long long value)
{
    auto *reply = place(task);
    if (reply) {
        reply->kind = Reply::Kind::Integer;
        reply->integer = value;
    }
    return reply;
}

void *createNil(const redisReadTask *task)
{
    return place(task);
}

void freeReply(void *reply)
{
    delete static_cast<Reply *>(reply);
}

#if HIREDIS_MAJOR >= 1
void *createDouble(const redisReadTask *task, double, char *, std::size_t)
{
    budgetOf(task).refusal = Refusal::ForeignType;
    return nullptr;
}

void *createBool(const redisReadTask *task, int)
{
    budgetOf(task).refusal = Refusal::ForeignType;
    return nullptr;
}
redisReplyObjectFunctions functions{createString, createArray, createInteger, createDouble, createNil, createBool, freeReply};
#else
redisReplyObjectFunctions functions{createString, createArray, createInteger, createNil, freeReply};
#endif

Fault tooLarge(std::string detail)
{
    return {FaultKind::TooLarge, "protocol", std::move(detail), "Look at what answers on this address; a Redis server does not send this to the console's commands."};
}

} // namespace

std::string encode(const Command &command)
{
    std::vector<const char *> arguments;
    std::vector<std::size_t> sizes;
    arguments.reserve(command.size());
    sizes.reserve(command.size());
    for (const auto &argument : command) {
        arguments.push_back(argument.data());
        sizes.push_back(argument.size());
    }
    char *raw = nullptr;
    const auto size = redisFormatCommandArgv(&raw, static_cast<int>(command.size()), arguments.data(), sizes.data());
    if (size < 0)
        throw std::bad_alloc();
    std::string encoded(raw, static_cast<std::size_t>(size));
    redisFreeCommand(raw);
    return encoded;
}

struct ReplyReader::Impl {
    Budget budget;
    redisReader *reader = nullptr;
    std::size_t pending = 0; ///< bytes of the reply that is being read

    [[nodiscard]] Fault faultOf() const
    {
        switch (budget.refusal) {
        case Refusal::TooMany:
            return tooLarge("a reply of more than " + std::to_string(budget.limits.elements) + " elements was announced");
        case Refusal::TooDeep:
            return tooLarge("a reply nested deeper than " + std::to_string(budget.limits.depth) + " levels");
        case Refusal::ForeignType:
            return {FaultKind::Protocol, "protocol", "a reply type that RESP2 does not have", "Check that a Redis server answers on this port."};
        case Refusal::None:
            break;
        }
        const std::string words = reader->errstr;
        if (words.find("Multi-bulk") != std::string::npos || words.find("nested") != std::string::npos)
            return tooLarge(words);
        return {FaultKind::Protocol, "protocol", "not a Redis reply: " + words, "Check that a Redis server answers on this port, and whether it expects TLS."};
    }
};

ReplyReader::ReplyReader(const ReplyLimits &limits)
    : m_impl(std::make_unique<Impl>())
{
    m_impl->budget.limits = limits;
    m_impl->reader = redisReaderCreateWithFunctions(&functions);
    if (!m_impl->reader)
        throw std::bad_alloc();
    m_impl->reader->privdata = &m_impl->budget;
}

ReplyReader::~ReplyReader()
{
    redisReaderFree(m_impl->reader);
}

std::expected<void, Fault> ReplyReader::feed(std::string_view bytes)
{
    m_impl->pending += bytes.size();
    if (redisReaderFeed(m_impl->reader, bytes.data(), bytes.size()) != REDIS_OK)
        return std::unexpected(m_impl->faultOf());
    return {};
}

std::expected<std::optional<Reply>, Fault> ReplyReader::next()
{
    void *raw = nullptr;
    if (redisReaderGetReply(m_impl->reader, &raw) != REDIS_OK)
        return std::unexpected(m_impl->faultOf());
    if (!raw) {
        if (m_impl->pending > m_impl->budget.limits.bytes)
            return std::unexpected(tooLarge("a reply of more than " + std::to_string(m_impl->budget.limits.bytes) + " bytes"));
        return std::nullopt;
    }
    const std::unique_ptr<Reply> reply(static_cast<Reply *>(raw));
    m_impl->pending = m_impl->reader->len - m_impl->reader->pos;
    m_impl->budget.elements = 0;
    return std::move(*reply);
}

} // namespace muster::redis
