// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/backup/dumprestore.h"

#include "connectors/backup/dumpheader.h"
#include "connectors/backup/dumpreader.h"
#include "connectors/backup/readback.h"
#include "connectors/files/durable.h"

#include <filesystem>
#include <sstream>

namespace muster::backup {

namespace {

constexpr std::size_t kGlobalsLimit = std::size_t{64} << 20;

std::expected<void, Fault> good(const std::expected<process::Finished, Fault> &finished, const std::string &what, Work &work)
{
    if (!finished)
        return std::unexpected(finished.error());
    work.log(what + ": " + finished->describe());
    if (!finished->errors.empty())
        work.log(finished->errors);
    return finished->isGood() ? std::expected<void, Fault>() : std::unexpected(drillFault(what, *finished));
}

process::Command psql(const Scratch &scratch, const std::string &database)
{
    return scratch.command({scratch.tools().folder + "/psql", "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--output=/dev/null"}, database);
}

/// The server's account may not read where we may: we feed it.
std::expected<void, Fault> feed(const std::vector<std::string> &source, process::Command sink, const std::string &what, Work &work)
{
    return good(runPipe(process::Host().command(source), std::move(sink), source.front(), work.stop()), what, work);
}

std::expected<void, Fault> restoreArchive(const std::string &path, const DumpHeader &header, Scratch &scratch, Work &work)
{
    const std::vector<std::string> words{scratch.tools().restore(), "--dbname=postgres", "--create", "--exit-on-error", "--no-tablespaces"};
    const auto what = "restoring " + header.database;
    if (!header.compression.empty())
        return feed(decompressor(header.compression, path), scratch.command(words, "postgres"), what, work);
    if (header.format != "directory")
        return feed({"cat", "--", path}, scratch.command(words, "postgres"), what, work);
    // As ourselves: a directory cannot be fed, and we may read it; root passes the socket's folder as well.
    auto command = scratch.command({}, "postgres");
    command.program = words.front();
    command.arguments.assign(words.begin() + 1, words.end());
    command.arguments.insert(command.arguments.end(), {"--", path});
    return good(scratch.run(command), what, work);
}

} // namespace

std::string withoutTablespaces(std::string_view globals)
{
    std::string kept;
    std::istringstream lines{std::string(globals)};
    for (std::string line; std::getline(lines, line);) {
        if (!line.starts_with("CREATE TABLESPACE") && !line.starts_with("ALTER TABLESPACE") && line.find(" ON TABLESPACE ") == std::string::npos)
            kept += line + '\n';
    }
    return kept;
}

std::expected<void, Fault> restoreGlobals(const std::string &path, Scratch &scratch, Work &work)
{
    work.report({"restoring roles", 0, {}, {}, {}});
    const auto bytes = files::readFile(path, kGlobalsLimit);
    if (!bytes)
        return std::unexpected(bytes.error());
    const auto filtered = scratch.folder() + "/globals.sql";
    if (auto written = files::replaceFile(filtered, withoutTablespaces(*bytes)); !written)
        return written;
    return feed({"cat", "--", filtered}, psql(scratch, "postgres"), "restoring roles", work);
}

std::expected<void, Fault> restoreOwn(const std::string &path, const Manifest &manifest, Scratch &scratch, Work &work)
{
    auto done = restoreGlobals(path + '/' + kGlobalsName, scratch, work);
    for (const auto &database : manifest.databases) {
        if (!done)
            return done;
        work.report({"restoring " + database.name, 0, {}, {}, {}});
        DumpHeader header;
        header.format = "directory";
        header.database = database.name;
        done = database.name == "postgres" ? std::expected<void, Fault>() : restoreArchive(path + '/' + database.folder, header, scratch, work);
    }
    return done;
}

std::expected<void, Fault> restoreForeignDump(const std::string &path, Scratch &scratch, Work &work)
{
    const auto header = recognise(path, work.stop());
    if (!header || !header->problem.empty())
        return std::unexpected(Fault{FaultKind::Protocol, "drill", header ? header->problem : "it is no dump any more", {}});
    if (header->format == "tar" && !header->compression.empty()) {
        if (auto whole = scanTar(path, *header, work); !whole)
            return whole;
    }
    work.report({"restoring " + header->database, 0, {}, {}, {}});
    if (header->isArchive())
        return restoreArchive(path, *header, scratch, work);
    // A plain dump that creates no database goes into one of the drill's.
    std::string database = "postgres";
    if (!header->isCluster && header->database.empty()) {
        database = "drill";
        if (auto made = good(scratch.run(scratch.command({scratch.tools().folder + "/createdb", "--template=template0", database}, "postgres")), "making a database", work); !made)
            return made;
    }
    const auto source = header->compression.empty() ? std::vector<std::string>{"cat", "--", path} : decompressor(header->compression, path);
    return feed(source, psql(scratch, database), "restoring", work);
}

} // namespace muster::backup
