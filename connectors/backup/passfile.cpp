// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/backup/passfile.h"

#include <cerrno>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

namespace muster::backup {

std::expected<Passfile, Fault> Passfile::make(const Secret &line)
{
    Passfile passfile;
    if (line.isEmpty())
        return passfile;
    files::Descriptor file(::memfd_create("muster-passfile", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    // libpq ignores a passfile that others may read.
    if (!file || ::fchmod(file.get(), 0600) != 0)
        return std::unexpected(files::systemFault("passfile", "memory file", errno));
    if (auto written = files::writeAll(file.get(), line.reveal(), "memory file"); !written)
        return std::unexpected(written.error());
    ::fcntl(file.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL);
    passfile.m_file = std::move(file);
    return passfile;
}

} // namespace muster::backup
