// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/ports/historystore.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace muster::history {

/// How long and how much is kept. Down-sampling: seconds → minutes → quarters of an hour, each with count, mean, min, max and the newest value.
struct Limits {
    std::chrono::seconds raw{std::chrono::days{1}};
    std::chrono::seconds minutes{std::chrono::days{30}};
    std::chrono::seconds quarters{std::chrono::days{730}};
    std::uint64_t bytes = std::uint64_t{512} << 20; ///< above it the finest points go first, oldest first
    std::size_t events = 100000;
};

/// One SQLite file (WAL), used through one connection on one thread of its own, since Qt's SQL connections belong to their thread.
/// Calls wait for it. Several processes may share the file. A damaged file is moved aside to PATH.corrupt-<UTC time> and a new one begun;
/// notice() says so. A full or read-only disk is a Fault of the call, and the next call tries again.
class SqliteHistory : public HistoryStore {
public:
    using Now = std::function<WallTime()>;

    explicit SqliteHistory(std::string path, Limits limits = {}, Now now = {});
    ~SqliteHistory() override;

    [[nodiscard]] std::expected<void, Fault> append(const HistoryEntry &entry) override;
    [[nodiscard]] std::expected<std::vector<HistoryPoint>, Fault> read(const std::string &series, WallTime from, WallTime to, std::size_t maxPoints) const override;
    [[nodiscard]] std::expected<std::vector<HistoryEvent>, Fault> events(WallTime from, WallTime to, std::size_t limit) const override;
    [[nodiscard]] std::expected<std::vector<HistoryDrop>, Fault> drops(WallTime from, WallTime to, std::size_t limit) const override;
    [[nodiscard]] std::expected<HistoryEntry, Fault> latest() const override;
    [[nodiscard]] std::string notice() const override;

private:
    class Worker;
    std::unique_ptr<Worker> m_worker;
};

} // namespace muster::history
