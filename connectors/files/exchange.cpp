// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/files/durable.h"

#include <cerrno>
#include <filesystem>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace muster::files {

namespace {

using Done = std::expected<void, Fault>;

Fault changedMeanwhile(const std::string &path)
{
    return { FaultKind::Unavailable, "write", path + ": was changed by somebody else meanwhile", "Nothing was written. Read it again and repeat." };
}

bool isSame(const struct stat &a, const struct stat &b)
{
    return a.st_dev == b.st_dev && a.st_ino == b.st_ino && a.st_size == b.st_size && a.st_mtim.tv_sec == b.st_mtim.tv_sec
        && a.st_mtim.tv_nsec == b.st_mtim.tv_nsec;
}

/// Owner first: a change of owner clears bits of the mode.
Done dress(const Descriptor &file, const struct stat &like, const std::string &path)
{
    struct stat own {};
    if (::fstat(file.get(), &own) != 0)
        return std::unexpected(systemFault("write", path, errno));
    if ((own.st_uid != like.st_uid || own.st_gid != like.st_gid) && ::fchown(file.get(), like.st_uid, like.st_gid) != 0) {
        return std::unexpected(Fault{ FaultKind::Denied, "write", path + ": belongs to another user or group, and writing it would change that",
                                      "Change it as its owner." });
    }
    if (::fchmod(file.get(), like.st_mode & 07777U) != 0)
        return std::unexpected(systemFault("write", path, errno));
    return {};
}

Done fill(const std::string &temporary, std::string_view bytes, const struct stat &like, const std::string &path)
{
    Descriptor file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!file)
        return std::unexpected(systemFault("write", temporary, errno));
    auto done = dress(file, like, path);
    if (done)
        done = writeAll(file.get(), bytes, path);
    if (done && ::fsync(file.get()) != 0)
        done = std::unexpected(systemFault("fsync", path, errno));
    return done;
}

} // namespace

Done exchangeFile(const std::string &path, std::string_view before, std::string_view after)
{
    if (::access(path.c_str(), W_OK) != 0) // renaming over it would work all the same
        return std::unexpected(systemFault("write", path, errno));
    const Descriptor lock(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    if (!lock)
        return std::unexpected(systemFault("write", path, errno));
    if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0)
        return std::unexpected(Fault{ FaultKind::Unavailable, "write", path + ": is being written by another program", "Nothing was written. Try again." });
    struct stat first {};
    struct stat now {};
    if (::fstat(lock.get(), &first) != 0)
        return std::unexpected(systemFault("write", path, errno));
    const auto held = readFile(path, before.size());
    if (!held || *held != before)
        return std::unexpected(!held && held.error().kind != FaultKind::TooLarge ? held.error() : changedMeanwhile(path));

    const auto temporary = path + ".new-" + std::to_string(::getpid());
    ::unlink(temporary.c_str()); // of a killed process with this id
    auto done = fill(temporary, after, first, path);
    if (done && (::stat(path.c_str(), &now) != 0 || !isSame(first, now)))
        done = std::unexpected(changedMeanwhile(path));
    if (done && ::rename(temporary.c_str(), path.c_str()) != 0)
        done = std::unexpected(systemFault("rename", path, errno));
    if (!done) {
        ::unlink(temporary.c_str());
        return done;
    }
    return syncFolder(std::filesystem::path(path).parent_path().string());
}

} // namespace muster::files
