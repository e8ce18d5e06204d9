// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/net/interrupter.h"

#include <cstdint>
#include <sys/eventfd.h>
#include <unistd.h>

namespace muster::net {

Interrupter::Interrupter() : m_descriptor(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

Interrupter::~Interrupter()
{
    if (m_descriptor >= 0)
        ::close(m_descriptor);
}

void Interrupter::interrupt() noexcept
{
    m_isInterrupted.store(true);
    const std::uint64_t one = 1;
    // Fails only when the counter is full, and then it is readable already.
    [[maybe_unused]] const auto written = ::write(m_descriptor, &one, sizeof one);
}

void Interrupter::rearm() noexcept
{
    m_isInterrupted.store(false);
    std::uint64_t count = 0;
    [[maybe_unused]] const auto got = ::read(m_descriptor, &count, sizeof count);
}

} // namespace muster::net
