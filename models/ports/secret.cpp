// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/ports/secret.h"

#include <cstring>

namespace muster {

Secret &Secret::operator=(const Secret &other)
{
    if (this != &other) {
        wipe();
        m_value = other.m_value;
    }
    return *this;
}

Secret::Secret(Secret &&other) noexcept : m_value(std::move(other.m_value))
{
    other.wipe(); // a short string is copied by a move
}

Secret &Secret::operator=(Secret &&other) noexcept
{
    if (this != &other) {
        wipe();
        m_value = std::move(other.m_value);
        other.wipe();
    }
    return *this;
}

Secret::~Secret()
{
    wipe();
}

void Secret::wipe() noexcept
{
    explicit_bzero(m_value.data(), m_value.size());
    m_value.clear();
}

} // namespace muster
