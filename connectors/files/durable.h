// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/facts/fault.h"

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

#include <sys/types.h>

/// Files that survive a power cut, and faults that name path and errno.
namespace muster::files {

/// Owns a file descriptor.
class Descriptor {
public:
    explicit Descriptor(int descriptor = -1) noexcept : m_descriptor(descriptor) {}
    ~Descriptor() { close(); }
    Descriptor(Descriptor &&other) noexcept : m_descriptor(std::exchange(other.m_descriptor, -1)) {}
    Descriptor &operator=(Descriptor &&other) noexcept;
    Descriptor(const Descriptor &) = delete;
    Descriptor &operator=(const Descriptor &) = delete;

    [[nodiscard]] int get() const noexcept { return m_descriptor; }
    explicit operator bool() const noexcept { return m_descriptor >= 0; }
    void close() noexcept;

private:
    int m_descriptor;
};

/// "PATH: No space left on device". Kind Denied for EACCES, EPERM and EROFS, Config for ENOENT and ELOOP, else Unavailable.
[[nodiscard]] Fault systemFault(std::string_view stage, const std::string &path, int error);

[[nodiscard]] std::expected<void, Fault> writeAll(int descriptor, std::string_view bytes, const std::string &path);
/// At most `limit` bytes, else TooLarge. Regular files only, never through a symlink at the end of the path.
[[nodiscard]] std::expected<std::string, Fault> readFile(const std::string &path, std::size_t limit);
/// Temporary name, fsync, rename, fsync of the folder: after a crash the old or the new bytes are there, never a mixture.
[[nodiscard]] std::expected<void, Fault> replaceFile(const std::string &path, std::string_view bytes, mode_t mode = 0600);
/// The same, only while the file still holds `before`: one that was changed meanwhile, or is locked by another writer, is left alone. Mode, owner and
/// group stay. `path` is no symbolic link.
[[nodiscard]] std::expected<void, Fault> exchangeFile(const std::string &path, std::string_view before, std::string_view after);
[[nodiscard]] std::expected<void, Fault> syncFolder(const std::string &path);
/// fsync of every file and folder below and of `path` itself.
[[nodiscard]] std::expected<void, Fault> syncTree(const std::string &path);
/// Creates missing folders 0700 and syncs the parent of each new one.
[[nodiscard]] std::expected<void, Fault> makeFolders(const std::string &path);
/// Removes the folder with all in it; never follows symlinks.
[[nodiscard]] std::expected<void, Fault> removeTree(const std::string &path);

} // namespace muster::files
