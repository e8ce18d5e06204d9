// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace muster::backup {

/// Is a tar whole? pg_restore never comes back from one that is cut inside a member, so we look before it does. Pure.
/// A block of 512 bytes a member (name, size in octal at 124, checksum in octal at 148), its bytes in whole blocks, two blocks of zeros at the end.
class TarScan {
public:
    void add(std::string_view bytes);
    /// After the last byte: "" or what is wrong, "cut inside 3342.dat".
    [[nodiscard]] std::string problem() const;

private:
    void header();
    std::string m_block; ///< of a header that is not complete
    std::string m_name;
    std::uint64_t m_left = 0; ///< B of the member to be skipped
    bool m_isEnded = false;
    std::string m_problem;
};

/// The same of a file, by its headers only.
[[nodiscard]] std::string tarProblem(const std::string &path);

} // namespace muster::backup
