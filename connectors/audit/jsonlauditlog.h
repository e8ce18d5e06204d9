// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/audit/auditchain.h"
#include "connectors/files/durable.h"
#include "models/ports/auditlog.h"

#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>

namespace muster::audit {

/// JSON lines in one file (0600), appended under flock so that several consoles can share it, fsync before intent() returns.
/// Beside it "PATH.head" keeps count and hash of the last line, so that a cut end shows. Neither may be a symlink.
class JsonlAuditLog : public AuditLog {
public:
    /// `operatorName` is "ada@laptop". Folders are made (0700) at the first write.
    JsonlAuditLog(std::string path, std::string operatorName);

    [[nodiscard]] std::expected<void, Fault> intent(const std::string &id, const std::string &environment, const Plan &plan, const std::string &reason) override;
    [[nodiscard]] std::expected<void, Fault> outcome(const std::string &id, const std::string &environment, const Plan &plan, const Outcome &outcome,
                                                     Millis took) override;
    /// A log that does not exist yet is empty.
    [[nodiscard]] std::expected<std::vector<AuditEntry>, Fault> read(std::size_t limit) const override;
    [[nodiscard]] std::expected<AuditVerdict, Fault> verify() const override;

    [[nodiscard]] const std::string &path() const { return m_path; }

private:
    struct Tail {
        std::string hash{kGenesis};
        std::uint64_t size = 0;
        bool isTorn = false; ///< the last line has no line break: a crash in the middle of a write
    };
    struct Head {
        std::string hash;
        std::size_t lines = 0;
    };
    [[nodiscard]] std::expected<void, Fault> append(Line line);
    [[nodiscard]] std::expected<void, Fault> writeLine(int descriptor, Line line) const;
    [[nodiscard]] std::expected<files::Descriptor, Fault> openLog(int flags) const;
    [[nodiscard]] std::expected<Tail, Fault> tailOf(int descriptor) const;
    [[nodiscard]] Head readHead() const;
    [[nodiscard]] std::expected<void, Fault> forEachLine(const std::function<void(std::string_view)> &take) const;

    std::string m_path;
    std::string m_operator;
    mutable std::mutex m_mutex; ///< flock is per open file; threads of one process need their own order
};

} // namespace muster::audit
