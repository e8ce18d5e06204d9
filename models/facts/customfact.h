// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/facts/factbatch.h"
#include "models/ports/deadline.h"

#include <atomic>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace muster {

/// A fact of the environment's own: one question to one declared server, asked over that source's connection.
struct CustomFact {
    std::string name;   ///< "shop.orders_waiting"; its first word is no kind of source
    std::string source; ///< "postgres/primary"
    std::string unit;
    /// postgres: the statement · prometheus: the expression · redis: the command's words · http: the path and the JSON pointer
    std::vector<std::string> question;
    Millis every{60000};
    Millis budget{150000}; ///< of the value's age
};

/// What a server answered to such a question.
struct CustomAnswer {
    Value value;
    std::string raw; ///< evidence beyond the question: the server's warnings, the reply
};

/// The custom facts of one source and when each is due. Used on the source's thread; wantAll() from any.
class CustomFacts {
public:
    using Ask = std::function<std::expected<CustomAnswer, Fault>(const CustomFact &, Deadline)>;

    explicit CustomFacts(std::vector<CustomFact> facts);

    /// Asks what is due, who waited longest first, each within a second; what finds no time left waits for the next round.
    /// A question that fails makes its fact unknown in the server's words; the round goes on.
    void collect(FactBatch &batch, Deadline deadline, const Ask &ask);
    /// Everything is due in the next round. Thread-safe.
    void wantAll() noexcept { m_isAllWanted.store(true); }

    static constexpr std::size_t kRows = 200; ///< of a table; more are cut, and the table says so

private:
    struct Entry {
        CustomFact fact;
        std::optional<BootTime> asked{};
    };
    std::vector<Entry> m_entries;
    std::atomic<bool> m_isAllWanted{false};
};

/// Is this a name of the environment's own, whose first word no kind of source has?
[[nodiscard]] bool isOwnFact(std::string_view name);
/// A number when all of the text is one, else the text, cut to 1 KiB.
[[nodiscard]] Value valueFromText(const std::string &text);

} // namespace muster
