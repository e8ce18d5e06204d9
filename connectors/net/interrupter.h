// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <atomic>

namespace muster::net {

/// A flag that poll() can wait for: ends whatever blocks on the streams that were given it. interrupt() is thread-safe and never blocks.
class Interrupter {
public:
    Interrupter();
    ~Interrupter();

    void interrupt() noexcept;
    /// Before a new round. Not while a stream is waiting.
    void rearm() noexcept;
    [[nodiscard]] bool isInterrupted() const noexcept { return m_isInterrupted.load(); }
    /// Readable once interrupted (eventfd); for poll() and for curl's socket wait.
    [[nodiscard]] int descriptor() const noexcept { return m_descriptor; }

    Interrupter(const Interrupter &) = delete;
    Interrupter &operator=(const Interrupter &) = delete;

private:
    std::atomic<bool> m_isInterrupted{false};
    int m_descriptor = -1;
};

} // namespace muster::net
