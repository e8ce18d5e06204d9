// SPDX-License-Identifier: GPL-3.0-or-later
#include "resources/readiness/defaultprofile.h"

#include <QFile>

namespace muster {

QByteArray defaultProfileJson()
{
    QFile file(QStringLiteral(":/readiness/default.json"));
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

} // namespace muster
