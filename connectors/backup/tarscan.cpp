// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/backup/tarscan.h"

#include "connectors/files/durable.h"
#include "models/facts/fact.h"

#include <algorithm>
#include <array>
#include <optional>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace muster::backup {

namespace {

constexpr std::size_t kBlock = 512;
constexpr std::size_t kNameSize = 100, kSizeAt = 124, kSizeSize = 12, kSumAt = 148, kSumSize = 8;

std::optional<std::uint64_t> octal(std::string_view field)
{
    std::uint64_t value = 0;
    bool hasDigit = false;
    for (const char c : field) {
        if (c >= '0' && c <= '7') {
            value = value * 8 + static_cast<std::uint64_t>(c - '0');
            hasDigit = true;
        } else if (hasDigit || (c != ' ' && c != '\0')) {
            break;
        }
    }
    return hasDigit ? std::optional(value) : std::nullopt;
}

/// Beyond 8 GiB: a first byte of 0x80, the number in the others, highest first.
std::optional<std::uint64_t> sizeOf(std::string_view field)
{
    if (static_cast<unsigned char>(field.front()) != 0x80)
        return octal(field);
    std::uint64_t value = 0;
    for (const char c : field.substr(field.size() - sizeof value))
        value = (value << 8U) | static_cast<unsigned char>(c);
    return value;
}

bool isSumGood(std::string_view block)
{
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < block.size(); ++i)
        sum += i >= kSumAt && i < kSumAt + kSumSize ? ' ' : static_cast<unsigned char>(block[i]);
    return octal(block.substr(kSumAt, kSumSize)) == sum;
}

bool isZero(std::string_view block)
{
    return std::ranges::all_of(block, [](char c) { return c == '\0'; });
}

} // namespace

void TarScan::add(std::string_view bytes)
{
    while (!bytes.empty() && m_problem.empty() && !m_isEnded) {
        if (m_left > 0) {
            const auto skipped = std::min<std::uint64_t>(m_left, bytes.size());
            m_left -= skipped;
            bytes.remove_prefix(static_cast<std::size_t>(skipped));
            continue;
        }
        const auto taken = std::min(kBlock - m_block.size(), bytes.size());
        m_block += bytes.substr(0, taken);
        bytes.remove_prefix(taken);
        if (m_block.size() == kBlock)
            header();
    }
}

void TarScan::header()
{
    if (isZero(m_block)) {
        m_isEnded = true;
        return;
    }
    const auto size = sizeOf(std::string_view(m_block).substr(kSizeAt, kSizeSize));
    if (!size || !isSumGood(m_block)) {
        m_problem = "damaged behind " + (m_name.empty() ? std::string("its beginning") : m_name) + ": what follows is no head of a member";
        return;
    }
    m_name = muster::clamp(m_block.substr(0, std::min(m_block.find('\0'), kNameSize)), kNameSize);
    m_left = (*size + kBlock - 1) / kBlock * kBlock;
    m_block.clear();
}

std::string TarScan::problem() const
{
    if (!m_problem.empty() || m_isEnded)
        return m_problem;
    return "cut" + (m_name.empty() ? std::string() : (m_left > 0 ? " inside " : " behind ") + m_name);
}

std::string tarProblem(const std::string &path)
{
    const files::Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY));
    struct stat info {};
    if (!file || ::fstat(file.get(), &info) != 0)
        return {};
    constexpr int kMembersLimit = 200000;
    std::array<char, kBlock> block{};
    off_t at = 0;
    std::string name = "its beginning";
    for (int members = 0; members < kMembersLimit; ++members) {
        if (::pread(file.get(), block.data(), block.size(), at) != static_cast<ssize_t>(block.size()))
            return "cut behind " + name;
        const std::string_view head(block.data(), block.size());
        if (isZero(head))
            return {};
        const auto size = sizeOf(head.substr(kSizeAt, kSizeSize));
        if (!size || !isSumGood(head))
            return "damaged behind " + name + ": what follows is no head of a member";
        name = muster::clamp(std::string(head.substr(0, std::min(head.find('\0'), kNameSize))), kNameSize);
        if (*size > static_cast<std::uint64_t>(info.st_size) || at + static_cast<off_t>(kBlock + *size) > info.st_size)
            return "cut inside " + name;
        at += static_cast<off_t>(kBlock + (*size + kBlock - 1) / kBlock * kBlock);
    }
    return {};
}

} // namespace muster::backup
