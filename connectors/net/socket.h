// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/net/interrupter.h"
#include "models/ports/deadline.h"

#include <cstdint>
#include <netinet/in.h>
#include <string>
#include <utility>

namespace muster::net {

/// Owns a file descriptor.
class Descriptor {
public:
    Descriptor() = default;
    explicit Descriptor(int fd) : m_fd(fd) {}
    Descriptor(Descriptor &&other) noexcept : m_fd(std::exchange(other.m_fd, -1)) {}
    Descriptor &operator=(Descriptor &&other) noexcept
    {
        std::swap(m_fd, other.m_fd);
        return *this;
    }
    ~Descriptor();

    [[nodiscard]] int get() const { return m_fd; }
    [[nodiscard]] bool isOpen() const { return m_fd >= 0; }
    void close() noexcept;

private:
    int m_fd = -1;
};

/// A socket address with its text: "192.0.2.1:6379", "[::1]:6379".
struct Address {
    sockaddr_storage storage{};
    socklen_t length = 0;
    std::string text;

    [[nodiscard]] int family() const { return storage.ss_family; }
    [[nodiscard]] const sockaddr *raw() const;
    [[nodiscard]] static Address of(const sockaddr *raw, socklen_t length);
};

/// "192.0.2.1" of a numeric address without its port.
[[nodiscard]] std::string hostOf(const Address &address);

enum class Wake : std::uint8_t { Ready, TimedOut, Interrupted };

/// Waits until `fd` shows one of `events` (or an error, which the next call on it will tell). Interrupt first, deadline second:
/// a peer that always has something to say cannot keep a caller past its deadline.
[[nodiscard]] Wake waitFor(int fd, short events, Deadline deadline, const Interrupter &interrupter);

/// Non-blocking, close-on-exec TCP socket with keep-alive (dead peer known in 25 s) and TCP_USER_TIMEOUT 15 s.
[[nodiscard]] Descriptor openTcpSocket(int family);

/// The system's words for an errno value.
[[nodiscard]] std::string errorText(int number);

} // namespace muster::net
