// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/files/durable.h"

#include <array>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace muster::files {

namespace fs = std::filesystem;

Descriptor &Descriptor::operator=(Descriptor &&other) noexcept
{
    if (this != &other) {
        close();
        m_descriptor = std::exchange(other.m_descriptor, -1);
    }
    return *this;
}

void Descriptor::close() noexcept
{
    if (m_descriptor >= 0)
        ::close(std::exchange(m_descriptor, -1));
}

Fault systemFault(std::string_view stage, const std::string &path, int error)
{
    Fault fault{FaultKind::Unavailable, std::string(stage), path + ": " + std::generic_category().message(error), {}};
    switch (error) {
    case EACCES:
    case EPERM:
        fault.kind = FaultKind::Denied;
        fault.hint = "Give the console's user the right to this path.";
        break;
    case EROFS:
        fault.kind = FaultKind::Denied;
        fault.hint = "The file system is mounted read-only; choose another folder or remount it.";
        break;
    case ENOENT:
        fault.kind = FaultKind::Config;
        fault.hint = "Create it, or correct the path in the environment file.";
        break;
    case ELOOP:
        fault.kind = FaultKind::Config;
        fault.detail = path + ": is a symbolic link";
        fault.hint = "Put the real path in; symbolic links are not followed here.";
        break;
    case ENOSPC:
    case EDQUOT:
        fault.hint = "Free space on the file system that holds this path.";
        break;
    default:
        break;
    }
    return fault;
}

std::expected<void, Fault> writeAll(int descriptor, std::string_view bytes, const std::string &path)
{
    while (!bytes.empty()) {
        const auto written = ::write(descriptor, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return std::unexpected(systemFault("write", path, errno));
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
}

std::expected<std::string, Fault> readFile(const std::string &path, std::size_t limit)
{
    // O_NONBLOCK: opening a FIFO must not wait for its writer.
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK));
    if (!file)
        return std::unexpected(systemFault("read", path, errno));
    struct stat info {};
    if (::fstat(file.get(), &info) != 0 || !S_ISREG(info.st_mode))
        return std::unexpected(Fault{FaultKind::Config, "read", path + ": is not a regular file", {}});
    std::string bytes;
    std::array<char, 65536> buffer{};
    while (true) {
        const auto got = ::read(file.get(), buffer.data(), buffer.size());
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return std::unexpected(systemFault("read", path, errno));
        if (got == 0)
            return bytes;
        bytes.append(buffer.data(), static_cast<std::size_t>(got));
        if (bytes.size() > limit)
            return std::unexpected(Fault{FaultKind::TooLarge, "read", path + ": larger than " + std::to_string(limit) + " bytes", {}});
    }
}

std::expected<void, Fault> replaceFile(const std::string &path, std::string_view bytes, mode_t mode)
{
    const auto temporary = path + ".new-" + std::to_string(::getpid());
    Descriptor file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode));
    if (!file)
        return std::unexpected(systemFault("write", path, errno)); // the name that the caller knows
    auto written = writeAll(file.get(), bytes, path);
    if (written && ::fsync(file.get()) != 0)
        written = std::unexpected(systemFault("fsync", path, errno));
    file.close();
    if (written && ::rename(temporary.c_str(), path.c_str()) != 0)
        written = std::unexpected(systemFault("rename", path, errno));
    if (!written) {
        ::unlink(temporary.c_str());
        return written;
    }
    return syncFolder(fs::path(path).parent_path().string());
}

std::expected<void, Fault> syncFolder(const std::string &path)
{
    const Descriptor folder(::open(path.empty() ? "." : path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!folder)
        return std::unexpected(systemFault("fsync", path, errno));
    // Some network file systems cannot sync a folder and say EINVAL.
    if (::fsync(folder.get()) != 0 && errno != EINVAL)
        return std::unexpected(systemFault("fsync", path, errno));
    return {};
}

std::expected<void, Fault> syncTree(const std::string &path)
{
    std::error_code error;
    for (fs::directory_iterator it(path, error), end; !error && it != end; it.increment(error)) {
        const auto status = it->symlink_status(error);
        if (fs::is_directory(status)) {
            if (auto synced = syncTree(it->path().string()); !synced)
                return synced;
        } else if (fs::is_regular_file(status)) {
            const Descriptor file(::open(it->path().c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
            if (!file || ::fsync(file.get()) != 0)
                return std::unexpected(systemFault("fsync", it->path().string(), errno));
        }
    }
    if (error)
        return std::unexpected(systemFault("fsync", path, error.value()));
    return syncFolder(path);
}

std::expected<void, Fault> makeFolders(const std::string &path)
{
    struct stat info {};
    if (::stat(path.c_str(), &info) == 0)
        return S_ISDIR(info.st_mode) ? std::expected<void, Fault>() : std::unexpected(systemFault("mkdir", path, ENOTDIR));
    const auto parent = fs::path(path).parent_path().string();
    if (!parent.empty() && parent != path) {
        if (auto made = makeFolders(parent); !made)
            return made;
    }
    if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST)
        return std::unexpected(systemFault("mkdir", path, errno));
    return syncFolder(parent);
}

std::expected<void, Fault> removeTree(const std::string &path)
{
    std::error_code error;
    fs::remove_all(path, error);
    if (error)
        return std::unexpected(systemFault("remove", path, error.value()));
    return {};
}

} // namespace muster::files
