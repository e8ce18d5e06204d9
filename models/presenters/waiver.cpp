// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/presenters/waiver.h"

#include <QJsonArray>
#include <QJsonDocument>

namespace muster::waiver {

namespace {

QString quoted(const QString &text)
{
    const QByteArray array = QJsonDocument(QJsonArray{text}).toJson(QJsonDocument::Compact);
    return QString::fromUtf8(array.mid(1, array.size() - 2));
}

} // namespace

QString snippet(const QString &check, const QString &owner, const QString &reason, const QDate &until)
{
    return QStringLiteral("\"waivers\": [ { \"check\": %1, \"owner\": %2,\n               \"reason\": %3, \"until\": %4 } ]")
        .arg(quoted(check), quoted(owner), quoted(reason), quoted(until.toString(Qt::ISODate)));
}

} // namespace muster::waiver
