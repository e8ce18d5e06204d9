// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/backup/driver.h"
#include "connectors/backup/dumpheader.h"
#include "connectors/backup/tools.h"

#include <expected>
#include <map>
#include <string>
#include <string_view>

namespace muster::backup {

/// Reads a dump of anybody's to its end, through its compression: an archive with pg_restore --file=/dev/null, a plain one to its closing comment.
/// Kind Protocol: it is damaged. `tools` is needed for archives.
[[nodiscard]] std::expected<void, Fault> readDump(const std::string &path, const DumpHeader &header, const Tools *tools, Work &work);

/// Compares an archive's table of contents with the tables of the connected server; kind Protocol: they are another cluster's.
[[nodiscard]] std::expected<void, Fault> compareIdentity(const std::string &path, const DumpHeader &header, const Tools &tools, Work &work);

/// Whose tables are these? Of "215; 1259 16389 TABLE public items oncall" the number 16389 stays the same for the life of a table in its cluster.
/// "" = the same cluster, or nothing to compare; else the sentence. `serverTables`: "public items" → oid. Pure.
[[nodiscard]] std::string identityProblem(std::string_view contents, const std::map<std::string, std::string> &serverTables);

/// first | second, without a shell: what `first` writes becomes the input of `second`. The first failure of the two, else how `second` ended.
[[nodiscard]] std::expected<process::Finished, Fault> runPipe(process::Command first, process::Command second, const std::string &firstTitle, const std::stop_token &stop);

} // namespace muster::backup
