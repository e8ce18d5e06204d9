// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/backup/barmanparser.h"
#include "connectors/backup/dumpheader.h"
#include "connectors/backup/pgbackrestparser.h"
#include "connectors/backup/tarscan.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const std::string_view bytes(reinterpret_cast<const char *>(data), size);
    using namespace muster::backup;
    (void)parseHead(bytes);
    (void)parseArchiveHead(bytes);
    (void)isPlainEnd(bytes, false);
    (void)isPlainEnd(bytes, true);
    TarScan tar;
    tar.add(bytes.substr(0, bytes.size() / 2));
    tar.add(bytes.substr(bytes.size() / 2));
    (void)tar.problem();
    (void)pgbackrest::parseInfo(bytes, "demo");
    (void)pgbackrest::parseErrorList(bytes);
    (void)pgbackrest::parseListing(bytes);
    (void)pgbackrest::parseManifest(bytes);
    (void)pgbackrest::parseVerify(bytes);
    (void)pgbackrest::parseConfig(bytes, "demo");
    (void)pgbackrest::parseLock(bytes);
    (void)pgbackrest::parseLogLine(bytes);
    std::vector<std::string> removes;
    if (auto list = barman::parseList(bytes, "demo", removes)) {
        for (auto &entry : *list)
            barman::addDetails(bytes, "demo", entry);
    }
    (void)barman::parseServer(bytes, "demo");
    (void)barman::parseCheck(bytes, "demo");
    (void)barman::parseFound(bytes);
    return 0;
}
