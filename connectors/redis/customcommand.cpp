// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/redis/customcommand.h"

#include "connectors/redis/errors.h"
#include "connectors/redis/keypattern.h"

#include <algorithm>
#include <cctype>

namespace muster::redis {

namespace {

constexpr std::size_t kFlags = 2;      ///< places in the server's description of a command
constexpr std::size_t kFirstKey = 3;   ///< 0: none
constexpr std::size_t kCategories = 6; ///< since Redis 6

bool names(const Reply &description, std::size_t place, std::string_view word)
{
    if (description.elements.size() <= place)
        return false;
    return std::ranges::any_of(description.elements[place].elements, [&](const Reply &each) { return each.text == word; });
}

std::string upper(std::string text)
{
    std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    return text;
}

bool isDescribed(const Reply &description)
{
    return std::ranges::any_of(description.elements, [](const Reply &each) { return each.isArray() && !each.elements.empty(); });
}

/// COMMAND INFO takes "MEMORY|USAGE" since Redis 7, and answers nil to "GET|key"; before, the container's own flags speak for its parts.
/// Not both at once: what Redis 7 says of a whole container is nested deeper than hiredis reads.
std::expected<Reply, Fault> describe(const Call &call, const Command &command, Deadline deadline)
{
    if (command.size() > 1) {
        auto part = call({"COMMAND", "INFO", command[0] + "|" + command[1]}, deadline);
        if (!part || part->isError() || isDescribed(*part))
            return part;
    }
    return call({"COMMAND", "INFO", command[0]}, deadline);
}

bool isKeyless(const Reply &known)
{
    return known.elements.size() > kFirstKey && known.elements[kFirstKey].integer == 0 && !names(known, kFlags, "movablekeys");
}

Fault refused(std::string detail)
{
    return {FaultKind::Denied, "query", std::move(detail), "“command” in the section “facts” must be one that only reads, such as LLEN, GET, HGET, ZCARD or DBSIZE."};
}

} // namespace

std::optional<Fault> refusal(const Reply &description, const Command &command, const std::string &user)
{
    const auto name = displayKey(upper(command.front()));
    if (description.isError()) {
        auto fault = faultFromError(description.text, "query");
        fault.hint = aclLine(user, "command|info") + " (so that the server can say whether " + name + " only reads)";
        return fault;
    }
    // [[name, arity, [flags], first key, last key, step, [@categories], ...]]
    if (!isDescribed(description))
        return refused("the server does not know the command " + name);
    const auto &known = description.elements.front();
    if (!names(known, kFlags, "readonly"))
        return refused("the server does not flag " + name + " as readonly (COMMAND INFO): it was not sent");
    for (const auto &[place, word] : {std::pair{kFlags, "blocking"}, std::pair{kCategories, "@dangerous"}}) {
        if (names(known, place, word))
            return refused("the server calls " + name + " " + word + " (COMMAND INFO): it was not sent");
    }
    return std::nullopt;
}

Value customValue(const Reply &reply)
{
    if (reply.isInteger())
        return static_cast<double>(reply.integer);
    if (reply.isText()) {
        auto value = valueFromText(reply.text);
        return asNumber(value) ? value : Value(displayKey(reply.text));
    }
    if (reply.isArray())
        return Unknown{"the server answered a list of " + std::to_string(reply.elements.size()), "A fact wants one value: LLEN, SCARD, HGET instead of LRANGE, SMEMBERS, HGETALL."};
    return Unknown{"the server answered nil: there is no such key", {}};
}

std::expected<CustomAnswer, Fault> askCustom(const Call &call, const CustomFact &fact, const std::string &user, Deadline deadline, const Call &callAll)
{
    const auto description = describe(call, fact.question, deadline);
    if (!description)
        return std::unexpected(description.error());
    if (auto fault = refusal(*description, fact.question, user))
        return std::unexpected(std::move(*fault));
    const auto reply = (callAll && isKeyless(description->elements.front()) ? callAll : call)(fact.question, deadline);
    if (!reply)
        return std::unexpected(reply.error());
    if (reply->isError()) {
        auto fault = faultFromError(reply->text, "query");
        if (fault.kind == FaultKind::Denied)
            fault.hint = aclLine(user, fact.question.front()) + " and the key's pattern";
        return std::unexpected(std::move(fault));
    }
    return CustomAnswer{customValue(*reply), {}};
}

} // namespace muster::redis
