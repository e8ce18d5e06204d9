// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/backup/driver.h"
#include "connectors/backup/dumpheader.h"
#include "connectors/backup/plaintables.h"
#include "connectors/backup/tools.h"

#include <expected>
#include <map>
#include <string>
#include <string_view>

namespace muster::backup {

/// Reads a dump of anybody's to its end, through its compression: an archive with pg_restore --file=/dev/null, a plain one to its closing comment.
/// Kind Protocol: it is damaged. `tools` is needed for archives. The tables of a plain one.
[[nodiscard]] std::expected<PlainTables, Fault> readDump(const std::string &path, const DumpHeader &header, const Tools *tools, Work &work);

/// A packed tar, looked through before pg_restore may have it, which never comes back from a cut one. Kind Protocol: it is damaged.
[[nodiscard]] std::expected<void, Fault> scanTar(const std::string &path, const DumpHeader &header, Work &work);

/// Compares the dump's tables with those of the connected server's database, which is the dump's; kind Protocol: they are another cluster's, or there are none.
[[nodiscard]] std::expected<void, Fault> compareIdentity(const std::string &path, const DumpHeader &header, const PlainTables &tables, const Tools *tools, Work &work);

/// Whose tables are these? Of "215; 1259 16389 TABLE public items oncall" the number 16389 stays the same for the life of a table in its cluster.
/// "" = the same cluster, or nothing to compare; else the sentence. `serverTables`: "public items" → oid. Pure.
[[nodiscard]] std::string identityProblem(std::string_view contents, const std::map<std::string, std::string> &serverTables);
/// The same of a plain dump, which knows names only.
[[nodiscard]] std::string identityProblem(const PlainTables &tables, const std::map<std::string, std::string> &serverTables);

/// first | second, without a shell: what `first` writes becomes the input of `second`. The first failure of the two, else how `second` ended.
[[nodiscard]] std::expected<process::Finished, Fault> runPipe(process::Command first, process::Command second, const std::string &firstTitle, const std::stop_token &stop);

} // namespace muster::backup
