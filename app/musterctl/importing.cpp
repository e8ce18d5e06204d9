// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/environment/import.h"
#include "app/musterctl/commands.h"
#include "models/format/text.h"

namespace muster::ctl {

int runImport(const Options &options)
{
    const auto imported = environment::importFrom(options.arguments);
    if (!imported) {
        message("env import: " + text::plain(imported.error(), 600) + "\n");
        return kCouldNotJudge;
    }
    for (const auto &remark : imported->remarks)
        message("env import: " + remark + "\n");
    print(imported->text);
    return kDone;
}

} // namespace muster::ctl
